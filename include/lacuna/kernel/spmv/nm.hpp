// SPDX-License-Identifier: MIT
//
// y = epilogue(A x) with A an N:M matrix whose groups are masks (2:4, 4:8): the masks of a row, one behind the other,
// are a bit for each column, so a row is multiplied as one of a bitmap.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/vector.hpp>
#include <lacuna/format/nm.hpp>
#include <lacuna/kernel/expand_dot.hpp>
#include <lacuna/kernel/spmv.hpp>
#include <lacuna/simd/arch.hpp>

#include <concepts>
#include <string_view>

namespace lacuna::kernel::inline LACUNA_ISA {

template <int Keep, int M, class Arch>
struct spmv<nm_layout<Keep, M>, Arch> {
  static constexpr std::string_view name = "nm/expand";

  template <class View, class X, class Y>
  static constexpr bool accepts =
      nm_layout<Keep, M>::is_mask && std::floating_point<X> && std::same_as<typename View::value_type, X> &&
      std::same_as<X, Y> && simd::has_batch<Arch, X>;

  /// See spmv_fallback::run.
  template <class View, class T, class Epilogue>
  static void run(View a, vector_view<T const> x, vector_view<T> y, Epilogue const& ep, index first,
                  index last) noexcept {
    for (index i = first; i != last; ++i) {
      auto const* packed = a.row_values(i);
      spmv_fallback::store<T>(expand_dot<Arch>(a.row_codes(i), a.bytes_per_row(), x.data(), packed), ep, y, i);
    }
  }
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
