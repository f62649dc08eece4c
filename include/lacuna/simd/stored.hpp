// SPDX-License-Identifier: MIT
//
// Registers of the type that sums have, from values in memory as they are stored.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/simd/isa.hpp>

#include <concepts>

namespace lacuna::simd::inline LACUNA_ISA {

/// V can be loaded as registers of accumulator_t<V>: float and double as they are, bf16 and f16 widened to float.
template <class V, class Arch>
concept loadable =
    (std::floating_point<V> || std::same_as<V, bf16> || std::same_as<V, f16>) && has_batch<Arch, accumulator_t<V>>;

/// Loads of registers of stored values, whole or some lanes, so that a kernel is written once for all value types.
template <class Arch, class V>
struct stored {
  using batch_type = batch<V, Arch>;
  [[nodiscard]] LACUNA_INLINE static batch_type load(V const* p) noexcept { return batch_type::load_unaligned(p); }
  [[nodiscard]] LACUNA_INLINE static batch_type load(V const* p, lane_bits bits) noexcept {
    return masked<Arch, V>::load(p, bits);
  }
};
template <class Arch>
struct stored<Arch, bf16> : widen<Arch, bf16> {};
template <class Arch>
struct stored<Arch, f16> : widen<Arch, f16> {};

}  // namespace lacuna::simd::inline LACUNA_ISA
