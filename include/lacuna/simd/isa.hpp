// SPDX-License-Identifier: MIT
//
// The seam operations, and the instruction sets that have bodies of their own for them. Who uses a seam operation
// includes this file and never the operation's own, so that no two translation units disagree about which body runs.
#pragma once

#include <lacuna/simd/biased_dot4.hpp>
#include <lacuna/simd/bit_weights.hpp>
#include <lacuna/simd/broadcast.hpp>
#include <lacuna/simd/codes.hpp>
#include <lacuna/simd/compress.hpp>
#include <lacuna/simd/dot4.hpp>
#include <lacuna/simd/even_odd.hpp>
#include <lacuna/simd/expand.hpp>
#include <lacuna/simd/gather.hpp>
#include <lacuna/simd/gather_pairs.hpp>
#include <lacuna/simd/halves.hpp>
#include <lacuna/simd/int4_bytes.hpp>
#include <lacuna/simd/interleave.hpp>
#include <lacuna/simd/interleave_lines.hpp>
#include <lacuna/simd/lookup.hpp>
#include <lacuna/simd/lookup_bytes.hpp>
#include <lacuna/simd/lookup_halves.hpp>
#include <lacuna/simd/masked.hpp>
#include <lacuna/simd/normal_cdf.hpp>
#include <lacuna/simd/pick_quads.hpp>
#include <lacuna/simd/repeat.hpp>
#include <lacuna/simd/round_to_bytes.hpp>
#include <lacuna/simd/scaled_int4.hpp>
#include <lacuna/simd/short_fma.hpp>
#include <lacuna/simd/shorten.hpp>
#include <lacuna/simd/slot_pairs.hpp>
#include <lacuna/simd/spread.hpp>
#include <lacuna/simd/sum_lanes.hpp>
#include <lacuna/simd/transpose.hpp>
#include <lacuna/simd/wide_dot4.hpp>
#include <lacuna/simd/widen.hpp>
#include <lacuna/simd/word_places.hpp>

// Each is empty where the compiler's target lacks it.
#include <lacuna/simd/isa/avx2.hpp>
#include <lacuna/simd/isa/avx2_bit_weights.hpp>
#include <lacuna/simd/isa/avx2_broadcast.hpp>
#include <lacuna/simd/isa/avx2_code_tables.hpp>
#include <lacuna/simd/isa/avx2_dot4.hpp>
#include <lacuna/simd/isa/avx2_expand.hpp>
#include <lacuna/simd/isa/avx2_lookup.hpp>
#include <lacuna/simd/isa/avx2_normal_cdf.hpp>
#include <lacuna/simd/isa/avx2_slot_pairs.hpp>
#include <lacuna/simd/isa/avx2_transpose.hpp>
#include <lacuna/simd/isa/avx2_widen.hpp>
#include <lacuna/simd/isa/avx512.hpp>
#include <lacuna/simd/isa/avx512_dot4.hpp>
#include <lacuna/simd/isa/avx512_even_odd.hpp>
#include <lacuna/simd/isa/avx512_lookup.hpp>
#include <lacuna/simd/isa/avx512_lookup_halves.hpp>
#include <lacuna/simd/isa/avx512_normal_cdf.hpp>
#include <lacuna/simd/isa/avx512_pick_quads.hpp>
#include <lacuna/simd/isa/avx512_word_places.hpp>
#include <lacuna/simd/isa/avx512bw.hpp>
#include <lacuna/simd/isa/avx512fp16.hpp>
#include <lacuna/simd/isa/neon64.hpp>
#include <lacuna/simd/isa/neon64_dot4.hpp>
#include <lacuna/simd/isa/neon64_int4_bytes.hpp>
#include <lacuna/simd/isa/neon64_interleave.hpp>
#include <lacuna/simd/isa/neon64_lookup.hpp>
#include <lacuna/simd/isa/neon64_round_to_bytes.hpp>
#include <lacuna/simd/isa/neon64_scaled_int4.hpp>
#include <lacuna/simd/isa/sse2_dot4.hpp>
#include <lacuna/simd/isa/sse2_widen.hpp>
#include <lacuna/simd/isa/x86_biased_dot4.hpp>
#include <lacuna/simd/isa/x86_int4_bytes.hpp>
#include <lacuna/simd/isa/x86_integers.hpp>
#include <lacuna/simd/isa/x86_interleave.hpp>
#include <lacuna/simd/isa/x86_interleave_lines.hpp>
#include <lacuna/simd/isa/x86_round_to_bytes.hpp>
#include <lacuna/simd/isa/x86_scaled_int4.hpp>
#include <lacuna/simd/isa/x86_wide_dot4.hpp>
