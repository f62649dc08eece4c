// SPDX-License-Identifier: MIT
//
// y = epilogue(A x) with A a bitmap: the values of a row are expanded to the lanes of their columns.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/vector.hpp>
#include <lacuna/format/bitmap.hpp>
#include <lacuna/kernel/expand_dot.hpp>
#include <lacuna/kernel/spmv.hpp>
#include <lacuna/simd/arch.hpp>

#include <concepts>
#include <string_view>

namespace lacuna::kernel::inline LACUNA_ISA {

template <class Arch>
struct spmv<bitmap_layout, Arch> {
  static constexpr std::string_view name = "bitmap/expand";

  template <class View, class X, class Y>
  static constexpr bool accepts = std::floating_point<X> && std::same_as<typename View::value_type, X> &&
                                  std::same_as<X, Y> && simd::has_batch<Arch, X>;

  /// See spmv_fallback::run.
  template <class View, class T, class Epilogue>
  static void run(View a, vector_view<T const> x, vector_view<T> y, Epilogue const& ep, index first,
                  index last) noexcept {
    if (first == last) return;
    auto const* packed = a.values().data() + a.row_start(first);
    for (index i = first; i != last; ++i)
      spmv_fallback::store<T>(expand_dot<Arch>(a.row_bits(i), a.bytes_per_row(), x.data(), packed), ep, y, i);
  }
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
