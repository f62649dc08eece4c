// SPDX-License-Identifier: MIT
//
// Lists the elements of a vector that exceed a threshold: compare, then pack places and values.
//
// 64 elements a step: compared a register at a time into one word of bits, then packed from it. No branch depends on a
// single element, so that the time does not depend on which are active. Bound: for each register of AVX-512 one load,
// one comparison, two compressions of two operations on one port, two stores: 5 cycles, a third of a cycle an element,
// some hundredth of what reading one line of W for each active one takes.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/core/vector.hpp>
#include <lacuna/simd/isa.hpp>
#include <lacuna/simd/math.hpp>
#include <lacuna/simd/stored.hpp>
#include <lacuna/simd/unroll.hpp>

#include <bit>
#include <cstdint>
#include <type_traits>

namespace lacuna::kernel::inline LACUNA_ISA {

/// Active: list what exceeds the threshold; else what does not.
template <class Arch, bool Active = true>
struct select_active {
  /// Writes place and value of each x[j] with |x[j]| > threshold, and of each NaN, or of all others, in increasing
  /// order, and returns how many. Room for x.size() of each, and for 64 more that are overwritten, is expected, and a
  /// threshold of 0 or more.
  template <class X, class S>
  static index run(vector_view<X const> x, S threshold, std::uint32_t* indices, S* values) noexcept {
    if constexpr (simd::has_batch<Arch, S>)
      if (x.stride() == 1) return by_register(x.data(), x.size(), threshold, indices, values);
    index count = 0;
    for (index j = 0; j != x.size(); ++j) {
      auto const value = static_cast<S>(x[j]);
      indices[count] = static_cast<std::uint32_t>(j);
      values[count] = value;
      count += is_active(value, threshold) == Active;
    }
    return count;
  }

 private:
  /// Compares bits: those of a NaN are above those of any threshold, also where the compiler was told that there are no
  /// NaNs.
  template <class S>
  [[nodiscard]] LACUNA_INLINE static bool is_active(S value, S threshold) noexcept {
    using bits_type = std::conditional_t<sizeof(S) == 4, std::uint32_t, std::uint64_t>;
    constexpr bits_type magnitude = static_cast<bits_type>(~bits_type{0}) >> 1;
    return (__builtin_bit_cast(bits_type, value) & magnitude) > (__builtin_bit_cast(bits_type, threshold) & magnitude);
  }

  template <class X, class S>
  static index by_register(X const* x, index size, S threshold, std::uint32_t* indices, S* values) noexcept {
    using batch_type = simd::batch<S, Arch>;
    constexpr int lanes = static_cast<int>(batch_type::size);
    auto* const first = values;
    batch_type const limit(threshold);
    for (index j = 0; j < size; j += 64) {
      auto const left = size - j;
      batch_type value[64 / batch_type::size];
      simd::lane_bits active = 0;
      simd::unroll<64 / lanes>([&](auto r) LACUNA_INLINE_LAMBDA {
        value[r] = left >= (r + 1) * lanes ? simd::stored<Arch, X>::load(x + j + r * lanes)
                   : left > r * lanes
                       ? simd::stored<Arch, X>::load(x + j + r * lanes, simd::first_lanes(left - r * lanes))
                       : batch_type(S{0});
        simd::lane_bits const inactive = (simd::abs(value[r]) <= limit).mask();
        active |= ((Active ? ~inactive : inactive) & simd::first_lanes(lanes)) << (r * lanes);
      });
      if (left < 64) active &= simd::first_lanes(left);
      if (active == 0) continue;
      pack_places(active, static_cast<std::uint32_t>(j), indices);
      simd::unroll<64 / lanes>([&](auto r) LACUNA_INLINE_LAMBDA {
        auto const here = (active >> (r * lanes)) & simd::first_lanes(lanes);
        simd::compress<Arch, S>::store(values, value[r], here);
        values += std::popcount(here);
      });
    }
    return values - first;
  }

  LACUNA_INLINE static void pack_places(simd::lane_bits active, std::uint32_t first, std::uint32_t*& indices) noexcept {
    using batch_type = simd::batch<std::uint32_t, Arch>;
    constexpr int lanes = static_cast<int>(batch_type::size);
    alignas(batch_type) std::uint32_t counts[batch_type::size];
    for (int l = 0; l != lanes; ++l) counts[l] = static_cast<std::uint32_t>(l);
    auto const lane = batch_type::load_aligned(counts);
    simd::unroll<64 / lanes>([&](auto r) LACUNA_INLINE_LAMBDA {
      auto const here = (active >> (r * lanes)) & simd::first_lanes(lanes);
      simd::compress<Arch, std::uint32_t>::store(indices, lane + batch_type(first + r * lanes), here);
      indices += std::popcount(here);
    });
  }
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
