// SPDX-License-Identifier: MIT
//
// What the two copies of layer.cpp offer.
#pragma once

/// Enough for all results of one copy.
inline constexpr int layer_capacity = 1 << 18;

/// Runs the layer, writes all results and returns how many; -1 if something was wrong.
extern "C" int layer_older(float* results);
extern "C" int layer_newer(float* results);
