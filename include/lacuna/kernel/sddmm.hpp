// SPDX-License-Identifier: MIT
//
// S(i, j) = sum over t of U(i, t) V(t, j), for the slots of S only: the fallback, where sums go, and the choice of a
// kernel.
//
// Bound of the fallback: one sum a slot, so the latency of an addition (4 cycles) for each product, and elements of U
// and V as far apart as their order says.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/dense.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/format/concepts.hpp>
#include <lacuna/kernel/product.hpp>
#include <lacuna/simd/arch.hpp>
#include <lacuna/simd/unroll.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstring>
#include <string_view>
#include <type_traits>

namespace lacuna::kernel::inline LACUNA_ISA {

/// What sddmm takes: floating-point matrices, all with the same type of sums (float for bf16, f16 and float).
template <class S, class U, class V>
concept sampled_multipliable =
    scalar<S> && scalar<U> && scalar<V> && !std::integral<S> && !std::integral<U> && !std::integral<V> &&
    std::same_as<accumulator_t<S>, accumulator_t<U>> && std::same_as<accumulator_t<S>, accumulator_t<V>>;

/// Where the sums of slots go. A product over many t is taken in blocks of t: a slot's sum grows from block to block,
/// in the slot itself where it has the type of the sum, else in `partial`, which has a place for each slot.
template <class T>
struct sampled_sums {
  using sum_type = accumulator_t<T>;
  T* values;
  sum_type* partial;
  bool first_block;
  bool last_block;

  /// Adds to a slot, which is told by its place among the values that a view shows.
  LACUNA_INLINE void add(index slot, sum_type sum) const noexcept {
    if constexpr (std::same_as<T, sum_type>) {
      values[slot] = first_block ? sum : values[slot] + sum;
    } else {
      if (!first_block) sum += partial[slot];
      if (last_block)
        values[slot] = detail::convert<T>(sum);
      else
        partial[slot] = sum;
    }
  }
};

/// Adds to Count neighbouring slots.
template <int Count, class T>
LACUNA_INLINE void add_neighbours(sampled_sums<T> to, index slot, accumulator_t<T> const* sums) noexcept {
  if constexpr (std::same_as<T, accumulator_t<T>>) {
    auto* const values = to.values + slot;
    if (to.first_block)
      std::memcpy(values, sums, sizeof(T) * static_cast<std::size_t>(Count));
    else
      simd::unroll<Count>([&](auto g) LACUNA_INLINE_LAMBDA { values[g] += sums[g]; });
  } else {
    simd::unroll<Count>([&](auto g) LACUNA_INLINE_LAMBDA { to.add(slot + g, sums[g]); });
  }
}

/// How many columns of V, each of so many bytes, kernels that block them take at once: 32 KB, to stay in L1, but at
/// least so many that a row of S has 12 slots there on average.
template <class View>
[[nodiscard]] index columns_in_l1(View s, index bytes) noexcept {
  auto const fitting = 32768 / std::max<index>(bytes, 1);
  auto const per_row = s.stored() / std::max<index>(s.rows(), 1) + 1;
  return std::max<index>({fitting, 12 * (s.cols() / per_row), 1});
}

/// Calls f(column, place in values()) for each slot of row i.
template <class View, class F>
LACUNA_INLINE void visit_slots(View const& s, index i, F&& f) noexcept {
  auto const* const values = s.values().data();
  s.visit_row(i, [&](index j, auto&& value) LACUNA_INLINE_LAMBDA {
    static_assert(std::is_same_v<decltype(value), typename View::value_type const&>,
                  "lacuna: sddmm needs a format whose visit_row hands out its slots by reference");
    f(j, static_cast<index>(&value - values));
  });
}

/// A kernel for one layout on one Arch: specialised in kernel/sddmm/<layout>.hpp, with a name, `accepts` and `run` as
/// in row_dots. This one takes none.
template <class Layout, class Arch>
struct sddmm {
  template <class View>
  static constexpr bool accepts = false;
};

/// Any format, any floating-point types, any orders.
struct sddmm_fallback {
  static constexpr std::string_view name = "fallback";

  /// Adds to the slots of rows first .. last of S the products over all t of u and v, and touches no other slot. Row 0
  /// of u is row `first` of S. Expects shapes that fit.
  template <class View, class U, order OU, class V, order OV>
  static void run(View s, dense_view<U const, OU> u, dense_view<V const, OV> v,
                  sampled_sums<typename View::value_type> sums, index first, index last) noexcept {
    using sum_type = accumulator_t<typename View::value_type>;
    for (index i = first; i != last; ++i)
      visit_slots(s, i, [&](index j, index slot) LACUNA_INLINE_LAMBDA {
        sum_type sum{};
        for (index t = 0; t != u.cols(); ++t)
          sum = multiply_add(sum, widened<sum_type>(u(i - first, t)), widened<sum_type>(v(t, j)));
        sums.add(slot, sum);
      });
  }
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
