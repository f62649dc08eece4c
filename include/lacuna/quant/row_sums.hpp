// SPDX-License-Identifier: MIT
//
// The sums of a matrix's rows: what a zero point of the activations adds to each output.
#pragma once

#include <lacuna/core/buffer.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/executor.hpp>
#include <lacuna/format/concepts.hpp>
#include <lacuna/format/transposed.hpp>

#include <algorithm>
#include <concepts>
#include <cstdint>

namespace lacuna::detail::inline LACUNA_ISA {

template <class A>
concept int8_matrix = sparse_matrix<A> && std::same_as<typename A::value_type, std::int8_t>;

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

}  // namespace lacuna::inline LACUNA_ISA
