// SPDX-License-Identifier: MIT
//
// The parts of compare.
#pragma once

#include "recorder.hpp"
#include "settings.hpp"

namespace lacuna_compare {

/// Layers pruned weight by weight, in each format that takes such, beside dense and sparse peers.
void compare_layers(settings const& s, recorder& out);
/// Blocks and N:M, beside dense peers.
void compare_structured(settings const& s, recorder& out);
/// Blocks, groups and single weights of int8 and int4, beside dense int8 and the rate of dots.
void compare_int8(settings const& s, recorder& out);
/// Square layers from 256 to 8192.
void compare_sizes(settings const& s, recorder& out);
/// What was promised beside speed: orders, few tokens, types, epilogues, overhead, packing.
void compare_goals(settings const& s, recorder& out);
/// One token, weights from behind the caches of the core, in 32 and 16 bits, beside what it takes to read them.
void compare_cold(settings const& s, recorder& out);
/// Fixed strip heights and tiles of panels, beside what pack chooses.
void compare_panel_choices(settings const& s, recorder& out);
/// What copying X and writing Y take of products with panels.
void compare_panel_movement(settings const& s, recorder& out);
/// What a layer multiplies while it is trained: forward, gradients of its input and of its weights.
void compare_training(settings const& s, recorder& out);
/// Two threads beside one.
void compare_threads(settings const& s, recorder& out);
/// One head of attention with as many queries as keys, --tokens of them: patterns, plans, types, policies.
void compare_attention(settings const& s, recorder& out);
/// How its cost grows with the length.
void compare_attention_lengths(settings const& s, recorder& out);
void compare_attention_threads(settings const& s, recorder& out);
/// One query of many heads against --tokens keys.
void compare_decode(settings const& s, recorder& out);
void compare_decode_threads(settings const& s, recorder& out);

}  // namespace lacuna_compare
