// SPDX-License-Identifier: MIT
//
// y = A^T x with A in compressed rows and x a list of active inputs: each row is scattered into the sums.
//
// Bound: the bytes of the active rows, or a load and a store of a sum for each slot. The part of a row that belongs to
// a range of outputs is found by bisection, so that ranges share the work.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/format/csr.hpp>
#include <lacuna/format/sparse_vector.hpp>
#include <lacuna/kernel/active.hpp>
#include <lacuna/kernel/product.hpp>

#include <algorithm>
#include <concepts>
#include <string_view>

namespace lacuna::kernel::inline LACUNA_ISA {

template <class Arch>
struct active_rows<csr_layout, Arch> {
  static constexpr std::string_view name = "active/csr";

  template <class View>
  static constexpr bool accepts = true;

  /// See active_fallback::run.
  template <class View, class S>
  static void run(View a, sparse_vector_view<S> x, S* sums, index first, index last) noexcept {
    std::fill_n(sums, last - first, S{0});
    auto const* const offsets = a.offsets().data();
    auto const* const columns = a.columns().data();
    auto const* const weights = a.values().data();
    for (index s = 0; s != x.stored(); ++s) {
      auto const j = static_cast<index>(x.indices().data()[s]);
      auto const value = x.values().data()[s];
      auto const end = static_cast<index>(offsets[j + 1]);
      auto const from = lower_bound(columns, static_cast<index>(offsets[j]), end, first);
      auto const to = last == a.cols() ? end : lower_bound(columns, from, end, last);
      for (index slot = from; slot != to; ++slot) {
        auto& sum = sums[static_cast<index>(columns[slot]) - first];
        sum = multiply_add(sum, widened<S>(weights[slot]), value);
      }
    }
  }

 private:
  /// The first slot of [begin, end), in which columns increase, whose column is not below `column`.
  template <class I>
  [[nodiscard]] LACUNA_INLINE static index lower_bound(I const* columns, index begin, index end,
                                                       index column) noexcept {
    if (column == 0) return begin;
    while (begin != end) {
      auto const middle = begin + (end - begin) / 2;
      if (static_cast<index>(columns[middle]) < column)
        begin = middle + 1;
      else
        end = middle;
    }
    return begin;
  }
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
