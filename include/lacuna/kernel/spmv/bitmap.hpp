// SPDX-License-Identifier: MIT
//
// y = epilogue(A x) with A a bitmap: the values of a row are expanded to the lanes of their columns.
//
// 64 columns a step: for each register of it, its bits, the next values expanded to them, x loaded under the same bits
// (so that an Inf or NaN of x opposite a gap never meets the zero there), one fma. Four sums in turn hide its latency.
//
// Bound: values, and one bit an element, once from memory; or 3 cycles a register on AVX-512 (a mask move and an expand
// of two uops share one port), whatever the sparsity, whichever is slower.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/vector.hpp>
#include <lacuna/format/bitmap.hpp>
#include <lacuna/format/bits.hpp>
#include <lacuna/kernel/spmv.hpp>
#include <lacuna/simd/isa.hpp>
#include <lacuna/simd/math.hpp>
#include <lacuna/simd/unroll.hpp>

#include <bit>
#include <concepts>
#include <cstdint>
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
      spmv_fallback::store<T>(row_sum(a.row_bits(i), a.bytes_per_row(), x.data(), packed), ep, y, i);
  }

 private:
  /// The product of one row with x; `packed` moves on to the values of the next row.
  template <class T>
  LACUNA_INLINE static T row_sum(std::uint8_t const* bits, index bytes, T const* x, T const*& packed) noexcept {
    using batch = simd::batch<T, Arch>;
    constexpr int lanes = static_cast<int>(batch::size);
    batch sum[4] = {batch(T{0}), batch(T{0}), batch(T{0}), batch(T{0})};
    for (index byte = 0; byte < bytes; byte += 8) {
      auto word = detail::load_bits(bits + byte, bytes - byte);
      auto const* column = x + 8 * byte;
      if (word == 0) continue;
      simd::unroll<64 / lanes>([&](auto step) LACUNA_INLINE_LAMBDA {
        auto const here = (word >> (step * lanes)) & simd::first_lanes(lanes);  // columns behind the last have no bits
        auto const w = simd::expand<Arch, T>::load(packed, here);
        auto const v = simd::masked<Arch, T>::load(column + step * lanes, here);
        sum[step % 4] = simd::fma(w, v, sum[step % 4]);
        packed += std::popcount(here);
      });
    }
    return simd::reduce_add((sum[0] + sum[1]) + (sum[2] + sum[3]));
  }
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
