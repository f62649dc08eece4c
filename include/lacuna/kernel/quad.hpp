// SPDX-License-Identifier: MIT
//
// Weights of int8 by fours, so that kernels for blocks of floats multiply them too: four columns of a row are one
// element, and dot4 is its multiply-add.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/format/bsr.hpp>
#include <lacuna/simd/bits_as.hpp>
#include <lacuna/simd/isa.hpp>
#include <lacuna/simd/math.hpp>
#include <lacuna/simd/stored.hpp>

#include <concepts>
#include <cstdint>
#include <span>

namespace lacuna::kernel::inline LACUNA_ISA {

/// Four weights of one row whose columns are neighbours. It meets four bytes of x in an int32_t, as dot4_byte<Arch>.
struct quad {
  std::int8_t weight[4];
};

/// The type of sums of stored elements, quads among them, and whether Arch has registers of it.
template <class V>
struct sum_of {
  using type = accumulator_t<V>;
};
template <>
struct sum_of<quad> {
  using type = std::int32_t;
};
template <class V>
using sum_of_t = typename sum_of<V>::type;
template <class V, class Arch>
inline constexpr bool summable = simd::loadable<V, Arch>;
template <class Arch>
inline constexpr bool summable<quad, Arch> = simd::has_batch<Arch, std::int32_t> && simd::has_batch<Arch, std::int8_t>;

/// A register of stored elements.
template <class Arch, class V>
[[nodiscard]] LACUNA_INLINE auto load_weights(V const* p) noexcept {
  return simd::stored<Arch, V>::load(p);
}
template <class Arch>
[[nodiscard]] LACUNA_INLINE simd::batch<std::int32_t, Arch> load_weights(quad const* p) noexcept {
  return simd::bits_as<std::int32_t>(simd::batch<std::int8_t, Arch>::load_unaligned(p->weight));
}

/// Count of them, over and over.
template <class Arch, int Count, std::floating_point S>
[[nodiscard]] LACUNA_INLINE simd::batch<S, Arch> repeat_weights(S const* p) noexcept {
  return simd::repeat<Arch, S, Count>::load(p);
}
template <class Arch, int Count>
[[nodiscard]] LACUNA_INLINE simd::batch<std::int32_t, Arch> repeat_weights(quad const* p) noexcept {
  return simd::bits_as<std::int32_t>(simd::repeat<Arch, std::int8_t, 4 * Count>::load(p->weight));
}

/// sum + w * x, lane by lane.
template <std::floating_point S, class Arch>
[[nodiscard]] LACUNA_INLINE simd::batch<S, Arch> add_products(simd::batch<S, Arch> w, simd::batch<S, Arch> x,
                                                              simd::batch<S, Arch> sum) noexcept {
  return simd::fma(w, x, sum);
}
template <class Arch>
[[nodiscard]] LACUNA_INLINE simd::batch<std::int32_t, Arch> add_products(simd::batch<std::int32_t, Arch> w,
                                                                         simd::batch<std::int32_t, Arch> x,
                                                                         simd::batch<std::int32_t, Arch> sum) noexcept {
  using byte = simd::dot4_byte<Arch>;
  return simd::dot4<Arch, byte>::add(sum, simd::bits_as<byte>(x), simd::bits_as<std::int8_t>(w));
}

/// What flipped bytes of x have too much: x to subtract the products of, for all weights (simd::flip_byte).
template <class Arch>
[[nodiscard]] LACUNA_INLINE simd::batch<std::int32_t, Arch> flipped_zeros() noexcept {
  return simd::bits_as<std::int32_t>(simd::batch<std::uint8_t, Arch>(std::uint8_t{0x80}));
}

/// a + b; integers wrap around.
template <class S>
[[nodiscard]] LACUNA_INLINE S wrapping_sum(S a, S b) noexcept {
  if constexpr (std::integral<S>)
    return static_cast<S>(static_cast<std::uint32_t>(a) + static_cast<std::uint32_t>(b));
  else
    return a + b;
}

/// Blocks of R rows and 4 Q columns of int8 as blocks of R rows and Q quads.
template <int R, int Q, class I, class Offset>
class bsr_quads_view {
 public:
  using layout = bsr_layout<R, Q>;
  using value_type = quad;

  LACUNA_INLINE explicit bsr_quads_view(bsr_view<std::int8_t, R, 4 * Q, I, Offset> a) noexcept : a_(a) {}
  [[nodiscard]] LACUNA_INLINE index rows() const noexcept { return a_.rows(); }
  /// In quads.
  [[nodiscard]] LACUNA_INLINE index cols() const noexcept { return a_.block_cols() * Q; }
  [[nodiscard]] LACUNA_INLINE index stored() const noexcept { return a_.stored(); }
  [[nodiscard]] LACUNA_INLINE std::span<Offset const> offsets() const noexcept { return a_.offsets(); }
  [[nodiscard]] LACUNA_INLINE std::span<I const> columns() const noexcept { return a_.columns(); }
  [[nodiscard]] LACUNA_INLINE std::span<quad const> values() const noexcept {
    return {reinterpret_cast<quad const*>(a_.values().data()), a_.values().size() / 4};
  }

 private:
  bsr_view<std::int8_t, R, 4 * Q, I, Offset> a_;
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
