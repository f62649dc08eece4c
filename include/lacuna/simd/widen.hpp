// SPDX-License-Identifier: MIT
//
// Registers of float from 16-bit numbers in memory, and back; of int32 from bytes.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/simd/arch.hpp>
#include <lacuna/simd/dot4.hpp>
#include <lacuna/simd/masked.hpp>

#include <cstdint>

namespace lacuna::simd::inline LACUNA_ISA {

/// A seam operation, with its portable body, for Half = bf16 or f16. load: lane l is the float p[l] (exact; a
/// signalling NaN may come out quiet). store: p[l] is lane l rounded to nearest, ties to even, once, as core/scalar.hpp
/// does it: the same bits, subnormals, infinities and NaN included, in every mode of the processor. With lane_bits: the
/// contract of `masked`; elements whose bits are not set are neither read nor written, and load as 0.
template <class Arch, class Half>
struct widen;

/// The portable body.
template <class Arch, class Half>
struct widen_lane_by_lane {
  using batch_type = batch<float, Arch>;
  static constexpr int lanes = static_cast<int>(batch_type::size);

  [[nodiscard]] LACUNA_INLINE static batch_type load(Half const* p) noexcept {
    alignas(batch_type) float lane[batch_type::size];
    for (int l = 0; l != lanes; ++l) lane[l] = static_cast<float>(p[l]);
    return batch_type::load_aligned(lane);
  }
  [[nodiscard]] LACUNA_INLINE static batch_type load(Half const* p, lane_bits bits) noexcept {
    alignas(batch_type) float lane[batch_type::size];
    for (int l = 0; l != lanes; ++l) lane[l] = ((bits >> l) & 1u) != 0 ? static_cast<float>(p[l]) : 0.0f;
    return batch_type::load_aligned(lane);
  }
  LACUNA_INLINE static void store(Half* p, batch_type value) noexcept {
    alignas(batch_type) float lane[batch_type::size];
    value.store_aligned(lane);
    for (int l = 0; l != lanes; ++l) p[l] = Half(lane[l]);
  }
  LACUNA_INLINE static void store(Half* p, batch_type value, lane_bits bits) noexcept {
    alignas(batch_type) float lane[batch_type::size];
    value.store_aligned(lane);
    for (int l = 0; l != lanes; ++l)
      if (((bits >> l) & 1u) != 0) p[l] = Half(lane[l]);
  }
};

template <class Arch, class Half>
struct widen : widen_lane_by_lane<Arch, Half> {};

/// The same for bytes, which load as int32.
template <class Arch, byte Byte>
struct widen<Arch, Byte> {
  using batch_type = batch<std::int32_t, Arch>;
  static constexpr int lanes = static_cast<int>(batch_type::size);

  [[nodiscard]] LACUNA_INLINE static batch_type load(Byte const* p) noexcept {
    alignas(batch_type) std::int32_t lane[batch_type::size];
    for (int l = 0; l != lanes; ++l) lane[l] = p[l];
    return batch_type::load_aligned(lane);
  }
  [[nodiscard]] LACUNA_INLINE static batch_type load(Byte const* p, lane_bits bits) noexcept {
    alignas(batch_type) std::int32_t lane[batch_type::size];
    for (int l = 0; l != lanes; ++l) lane[l] = ((bits >> l) & 1u) != 0 ? p[l] : 0;
    return batch_type::load_aligned(lane);
  }
};

}  // namespace lacuna::simd::inline LACUNA_ISA
