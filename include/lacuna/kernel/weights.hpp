// SPDX-License-Identifier: MIT
//
// Stored weights in the type of the sums.
//
// 16-bit weights are widened some hundred at a time, a register with each step, into memory that stays in L1.
// Widening each as it is broadcast would, with AVX-512, take three instructions on the ports of the multiply-adds,
// for a weight of 4x1 as many again as its four multiply-adds. Reached on AVX-512 with 2048x512, of the rate of float
// weights: panel 94 to 97 % at 50 to 95 % sparsity with 32 and 128 tokens, and 87 to 92 % with one; csr 90 to 98 %.
// With AVX2 panel and tiles of csr widen one, two or four as they broadcast them, by one or two instructions that
// have ports of their own on Zen (simd/broadcast.hpp).
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/simd/isa.hpp>
#include <lacuna/simd/masked.hpp>
#include <lacuna/simd/unroll.hpp>

#include <concepts>
#include <cstddef>
#include <type_traits>

namespace lacuna::kernel::inline LACUNA_ISA {

/// Weights of W can be brought into the type S of sums: they are of it, or narrower and widened without loss.
template <class Arch, class W, class S>
concept widenable = std::floating_point<S> && simd::has_batch<Arch, S> &&
                    (std::same_as<W, S> || (std::same_as<S, float> && (std::same_as<W, bf16> || std::same_as<W, f16>)));

/// to[0 .. count) = from[0 .. count). `to` is aligned to a register and has room for whole ones.
template <class Arch, class W>
LACUNA_INLINE void widen_weights(W const* from, float* to, index count) noexcept {
  using wide = simd::widen<Arch, W>;
  constexpr index lanes = simd::batch<float, Arch>::size;
  index k = 0;
  for (; count - k >= lanes; k += lanes) wide::load(from + k).store_aligned(to + k);
  if (k != count) wide::load(from + k, simd::first_lanes(count - k)).store_aligned(to + k);
}

/// to[0 .. Count) = from[0 .. Count), or the first `left` of them where no more are left to read. Count is a multiple
/// of the lanes.
template <class Arch, int Count, class W>
LACUNA_INLINE void widen_next(W const* from, index left, float* to) noexcept {
  constexpr int lanes = static_cast<int>(simd::batch<float, Arch>::size);
  if (left < Count) [[unlikely]]
    return widen_weights<Arch>(from, to, left);
  simd::unroll<Count / lanes>(
      [&](auto k) LACUNA_INLINE_LAMBDA { simd::widen<Arch, W>::load(from + k * lanes).store_aligned(to + k * lanes); });
}

/// Weights one after the other, in the type S of sums: a pointer where they are stored in it, else a piece of them in
/// `memory`, widened when the last has been taken.
template <class Arch, class W, class S>
class weight_reader {
 public:
  struct memory {
    static constexpr int size = 256;
    alignas(simd::batch<S, Arch>) S wide[size];
  };

  /// Weights from .. end.
  LACUNA_INLINE weight_reader(W const* from, W const* end, memory& m) noexcept
      : source_(from), end_(end), next_(m.wide), last_(m.wide), wide_(m.wide) {}

  /// The next Count <= 16 weights, valid until the next call. So many must be left.
  template <int Count>
  [[nodiscard]] LACUNA_INLINE S const* take() noexcept {
    static_assert(Count <= 16);
    if (last_ - next_ < Count) [[unlikely]]
      refill();
    auto const* const taken = next_;
    next_ += Count;
    return taken;
  }

 private:
  LACUNA_INLINE void refill() noexcept {
    source_ -= last_ - next_;
    auto const left = end_ - source_;
    auto const count = left < memory::size ? left : index{memory::size};
    widen_weights<Arch>(source_, wide_, count);
    source_ += count;
    next_ = wide_;
    last_ = wide_ + count;
  }

  W const* source_;  // the first that is not widened yet
  W const* end_;
  S const* next_;
  S const* last_;
  S* wide_;
};
template <class Arch, class S>
class weight_reader<Arch, S, S> {
 public:
  struct memory {};
  LACUNA_INLINE weight_reader(S const* from, S const*, memory&) noexcept : next_(from) {}
  template <int Count>
  [[nodiscard]] LACUNA_INLINE S const* take() noexcept {
    auto const* const taken = next_;
    next_ += Count;
    return taken;
  }

 private:
  S const* next_;
};

/// Cuts places 0 .. count of H lists of weights into pieces, and calls f(first, size, weights) for each: weights[h]
/// points to places first .. first + size of list h, in the type S of sums. All sizes but the last are even.
template <class Arch, class S, std::size_t H, class W, class F>
LACUNA_INLINE void for_each_piece(W const* const (&values)[H], index count, F&& f) noexcept {
  if constexpr (std::same_as<W, S>) {
    f(index{0}, count, values);
  } else {
    constexpr index together = 128;
    alignas(simd::batch<S, Arch>) S wide[H][together];
    S const* weights[H];
    for (std::size_t h = 0; h != H; ++h) weights[h] = wide[h];
    for (index first = 0; first < count; first += together) {
      index const size = count - first < together ? count - first : together;
      for (std::size_t h = 0; h != H; ++h) widen_weights<Arch>(values[h] + first, wide[h], size);
      f(first, size, weights);
    }
  }
}

/// The order of places, as they stand: one at a time.
struct in_order {
  static constexpr int together = 1;
  [[nodiscard]] static constexpr int place(int) noexcept { return 0; }
};

/// Together places at a time as they stand, so that whoever visits them may give each a sum of its own.
template <int Together>
struct in_turns {
  static constexpr int together = Together;
  [[nodiscard]] static constexpr int place(int i) noexcept { return i; }
};

/// Calls f(e, turn) for each e of 0 .. count: `Order::together` at a time in the order of Order, which are turns 0, 1,
/// ..., known when this is compiled; what is left as it stands, as turn 0.
template <class Order, class F>
LACUNA_INLINE void for_each_place(index count, F&& f) noexcept {
  index e = 0;
  if constexpr (Order::together > 1)
    for (; count - e >= Order::together; e += Order::together)
      simd::unroll<Order::together>([&](auto i) LACUNA_INLINE_LAMBDA {
        constexpr int place = Order::place(i);
        f(e + place, i);
      });
  for (; e != count; ++e) f(e, std::integral_constant<int, 0>{});
}

/// Calls f(e, weights) for each e of first .. last in order, where weights points to the Size values of S that stand,
/// as W, at values + e * Size. Those that have to be widened are, 256 values at a time.
template <class Arch, class S, int Size, class W, class F>
LACUNA_INLINE void for_each_weights(W const* values, index first, index last, F&& f) noexcept {
  if constexpr (std::same_as<W, S>) {
    for (index i = 0; i != last - first; ++i) f(first + i, values + (first + i) * Size);
  } else {
    constexpr index together = Size < 256 ? 256 / Size : 1;
    constexpr index lanes = simd::batch<S, Arch>::size;
    alignas(simd::batch<S, Arch>) S wide[static_cast<std::size_t>((together * Size + lanes - 1) / lanes * lanes)];
    for (index e = first; e < last; e += together) {
      index const count = last - e < together ? last - e : together;
      widen_weights<Arch>(values + e * Size, wide, count * Size);
      for (index k = 0; k != count; ++k) f(e + k, wide + k * Size);
    }
  }
}

}  // namespace lacuna::kernel::inline LACUNA_ISA
