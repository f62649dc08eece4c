// SPDX-License-Identifier: MIT
//
// Registers of f16 that are multiplied and added as f16.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/simd/arch.hpp>

#include <cstddef>
#include <cstdint>

namespace lacuna::simd::inline LACUNA_ISA {

/// A seam operation, with its portable body, which is for tests: kernels ask for avx512fp16. Numbers of type f16 in as
/// many lanes as `Floats` registers of float have, one or two. Trivial:
/// gcc 12 keeps an array of what a constructor fills in memory, with 17 stores a step.
///
/// A number that goes to all lanes stands in memory twice, side by side in 32 bits: a word of 32 bits is broadcast by a
/// load alone, one of 16 bits takes a shuffle besides, on a port of the multiply-adds (8 rows of 2 registers: 390
/// GFLOP/s against 235, and 165 with the load in the multiply-add).
template <class Arch, int Floats>
class halves {
  static_assert(Floats == 1 || Floats == 2);

 public:
  using float_type = batch<float, Arch>;
  static constexpr int lanes = Floats * static_cast<int>(float_type::size);

  halves() = default;
  [[nodiscard]] LACUNA_INLINE static halves zero() noexcept { return broadcast(0); }
  /// Lane l is p[l]; any alignment.
  [[nodiscard]] LACUNA_INLINE static halves load(f16 const* p) noexcept {
    halves h;
    for (int l = 0; l != lanes; ++l) h.lane_[l] = p[l];
    return h;
  }
  /// The number that stands twice in `twice`, in every lane.
  [[nodiscard]] LACUNA_INLINE static halves broadcast(std::uint32_t twice) noexcept {
    halves h;
    for (auto& lane : h.lane_) lane = f16::from_bits(static_cast<std::uint16_t>(twice));
    return h;
  }
  /// to[0 .. count): each number of from[0 .. count) twice. No other element is touched.
  LACUNA_INLINE static void write_twice(f16 const* from, index count, std::uint32_t* to) noexcept {
    for (index k = 0; k != count; ++k) to[k] = std::uint32_t{from[k].bits} * 0x10001u;
  }
  /// this += a * b, rounded once to nearest, ties to even, through the subnormals. In double nothing is lost before:
  /// where product and sum do not fit its 53 bits the smaller of them decides no tie.
  LACUNA_INLINE void multiply_add(halves const& a, halves const& b) noexcept {
    for (int l = 0; l != lanes; ++l)
      lane_[l] = f16(static_cast<double>(a.lane_[l]) * static_cast<double>(b.lane_[l]) + static_cast<double>(lane_[l]));
  }
  /// Lanes n * float_type::size and following, as floats, n < Floats.
  [[nodiscard]] LACUNA_INLINE float_type floats(int n) const noexcept {
    alignas(float_type) float wide[float_type::size];
    for (int l = 0; l != static_cast<int>(float_type::size); ++l)
      wide[l] = static_cast<float>(lane_[n * static_cast<int>(float_type::size) + l]);
    return float_type::load_aligned(wide);
  }
  /// Keeps what was loaded in a register: see simd/pin.hpp.
  LACUNA_INLINE void pin() noexcept {}

 private:
  f16 lane_[static_cast<std::size_t>(lanes)];
};

}  // namespace lacuna::simd::inline LACUNA_ISA
