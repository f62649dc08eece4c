// SPDX-License-Identifier: MIT
//
// The sums of a matrix's rows: what a zero point of the activations adds to each output.
#pragma once

#include <lacuna/core/buffer.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/executor.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/format/concepts.hpp>
#include <lacuna/format/grouped_int4.hpp>
#include <lacuna/format/transposed.hpp>

#include <algorithm>
#include <concepts>
#include <cstdint>

namespace lacuna::detail::inline LACUNA_ISA {

template <class A>
concept int8_matrix = sparse_matrix<A> && std::same_as<typename A::value_type, std::int8_t>;

/// The sum of a row of groups of int4: exact within a group, then times its scale, added up in double.
template <int G, class Scale, class I, class Offset>
[[nodiscard]] float int4_row_sum(grouped_int4_view<G, Scale, I, Offset> a, index i) noexcept {
  using layout = grouped_int4_layout<G>;
  double sum = 0;
  auto const end = static_cast<index>(a.offsets().data()[i + 1]);
  for (auto g = static_cast<index>(a.offsets().data()[i]); g < end; ++g) {
    index codes = 0;
    for (index c = 0; c != G; ++c) codes += layout::code(a.codes().data() + g * layout::bytes, c);
    sum += static_cast<double>(static_cast<float>(a.scales().data()[g])) * static_cast<double>(codes);
  }
  return static_cast<float>(sum);
}

}  // namespace lacuna::detail::inline LACUNA_ISA

namespace lacuna::inline LACUNA_ISA {

/// The sum of what is stored in each row of an int8 matrix of any format: computed once for a layer, for the epilogue
/// zero_point(z, sums). Exact for rows of up to 2^24 slots. O(stored).
template <executor E, detail::int8_matrix A>
[[nodiscard]] buffer<std::int32_t> row_sums(E&& exec, A const& a) {
  buffer<std::int32_t> sums(a.rows());
  auto const grain = std::max<index>(16, 65536 / (a.stored() / std::max<index>(a.rows(), 1) + 1));
  exec.for_ranges(a.rows(), grain, [&](index first, index last, index) {
    for (index i = first; i != last; ++i) {
      std::int32_t sum = 0;
      a.visit_row(i, [&](index, std::int8_t value) LACUNA_INLINE_LAMBDA { sum += value; });
      sums[i] = sum;
    }
  });
  return sums;
}

/// In the calling thread.
template <detail::int8_matrix A>
[[nodiscard]] buffer<std::int32_t> row_sums(A const& a) {
  return lacuna::row_sums(serial{}, a);
}

/// Of the rows of transposed(A): the columns of A. In the calling thread.
template <detail::int8_matrix View>
[[nodiscard]] buffer<std::int32_t> row_sums(transposed_view<View> const& a) {
  buffer<std::int32_t> sums(a.rows());
  for (index i = 0; i != a.base.rows(); ++i)
    a.base.visit_row(i, [&](index j, std::int8_t value) LACUNA_INLINE_LAMBDA { sums[j] += value; });
  return sums;
}

/// Of the rows of groups of int4, rounded once to float, for zero_point with activations of int8 or uint8. O(stored).
template <int G, scalar Scale, std::integral I, std::integral Offset>
[[nodiscard]] buffer<float> row_sums(grouped_int4_view<G, Scale, I, Offset> a) {
  buffer<float> sums(a.rows());
  for (index i = 0; i != a.rows(); ++i) sums[i] = detail::int4_row_sum(a, i);
  return sums;
}
template <int G, scalar Scale, std::integral I, std::integral Offset>
[[nodiscard]] buffer<float> row_sums(grouped_int4<G, Scale, I, Offset> const& a) {
  return lacuna::row_sums(a.view());
}

}  // namespace lacuna::inline LACUNA_ISA
