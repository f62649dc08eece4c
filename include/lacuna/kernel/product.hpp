// SPDX-License-Identifier: MIT
//
// The types of a product: what it accumulates in, what its epilogue computes in, and which combinations exist.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/dense.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/core/vector.hpp>

#include <concepts>
#include <cstdint>
#include <type_traits>

namespace lacuna::kernel::inline LACUNA_ISA {

/// Weights of A times activations of X: float with float, double with double, bf16 and f16 with float or with
/// themselves, int8 with int8 or uint8.
template <class A, class X>
concept multipliable =
    scalar<A> && scalar<X> &&
    (std::integral<A> ? std::same_as<A, std::int8_t> && (std::same_as<X, std::int8_t> || std::same_as<X, std::uint8_t>)
                      : std::same_as<A, X> || (std::same_as<X, float> && sizeof(A) == 2));

/// An int32 sum stays what it is unless a stage computes in float or adds it to a Y that is not int32.
template <class Sum, class Y, class Epilogue>
inline constexpr bool stays_exact = Epilogue::exact && (!Epilogue::reads_output || std::same_as<Y, std::int32_t>);

/// The type in which an epilogue computes on sums of Sum.
template <class Sum, class Y, class Epilogue>
using work_t = std::conditional_t<std::integral<Sum> && !stays_exact<Sum, Y, Epilogue>, float, Sum>;

/// The accumulator, the type in which an epilogue computes, and whether Y can take its result.
template <scalar A, scalar Y, class Epilogue>
struct product {
  using sum_type = accumulator_t<A>;
  static constexpr bool integral = std::integral<sum_type>;
  static constexpr bool exact = stays_exact<sum_type, Y, Epilogue>;
  using work_type = work_t<sum_type, Y, Epilogue>;

  /// Integers are stored as they are only where they are exact sums or requantised.
  static constexpr bool storable =
      std::integral<Y> ? (Epilogue::template requantizes_to<Y> || (integral && exact && std::same_as<Y, std::int32_t>))
                       : !Epilogue::requantizes;
  /// Stages for int32 sums have such sums before them, not what others made of them.
  static constexpr bool correctable = !Epilogue::corrects_sums || (integral && Epilogue::corrects_first);
};

/// A stored weight or activation in the type of the sum: always exact.
template <class Sum, scalar T>
[[nodiscard]] LACUNA_INLINE Sum widened(T value) noexcept {
  return static_cast<Sum>(value);
}

/// acc + w * x. Integers wrap instead of overflowing (undefined): exact while |sum| < 2^31, that is for any row of up
/// to 65793 slots of int8 with uint8.
template <class Sum>
[[nodiscard]] LACUNA_INLINE Sum multiply_add(Sum acc, Sum w, Sum x) noexcept {
  if constexpr (std::integral<Sum>)
    return static_cast<Sum>(static_cast<std::uint32_t>(acc) + static_cast<std::uint32_t>(w * x));
  else
    return acc + w * x;
}

/// A finished value as an element of Y: rounded once to nearest; requantised values are whole and in range already.
template <scalar Y, class V>
[[nodiscard]] LACUNA_INLINE Y finished(V value) noexcept {
  if constexpr (std::integral<Y>)
    return static_cast<Y>(value);
  else
    return detail::convert<Y>(value);
}

/// Where in Y an epilogue stands when it works on one value.
template <class V, class Y, order Order>
struct scalar_place {
  dense_view<Y, Order> y;
  index i;
  index j;

  template <class U>
  [[nodiscard]] LACUNA_INLINE V row_value(vector_view<U const> b) const noexcept {
    return detail::convert<V>(b[i]);
  }
  template <class U>
  [[nodiscard]] LACUNA_INLINE V column_value(vector_view<U const> b) const noexcept {
    return detail::convert<V>(b[j]);
  }
  /// f(row of A).
  template <class F>
  [[nodiscard]] LACUNA_INLINE V row_map(F const& f) const noexcept {
    return f(i);
  }
  template <class U, order O>
  [[nodiscard]] LACUNA_INLINE V entry(dense_view<U const, O> r) const noexcept {
    return detail::convert<V>(r(i, j));
  }
  [[nodiscard]] LACUNA_INLINE V output() const noexcept { return detail::convert<V>(y(i, j)); }
};

/// One sum through the epilogue to Y(i, j).
template <class Sum, class Y, order Order, class Epilogue>
LACUNA_INLINE void finish_sum(Sum sum, Epilogue const& ep, dense_view<Y, Order> y, index i, index j) noexcept {
  using work_type = work_t<Sum, Y, Epilogue>;
  if constexpr (Epilogue::corrects_sums) sum = ep.corrected(sum, scalar_place<Sum, Y, Order>{y, i, j});
  y(i, j) = finished<Y>(ep(static_cast<work_type>(sum), scalar_place<work_type, Y, Order>{y, i, j}));
}

}  // namespace lacuna::kernel::inline LACUNA_ISA
