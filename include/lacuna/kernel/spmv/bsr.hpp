// SPDX-License-Identifier: MIT
//
// y = epilogue(A x) with A in blocks: see block_dot.
//
// Bound and what is reached: there, GB/s of values and columns.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/core/vector.hpp>
#include <lacuna/format/bsr.hpp>
#include <lacuna/kernel/block_dot.hpp>
#include <lacuna/kernel/spmv.hpp>
#include <lacuna/simd/stored.hpp>

#include <algorithm>
#include <concepts>
#include <string_view>

namespace lacuna::kernel::inline LACUNA_ISA {

template <int R, int C, class Arch>
struct spmv<bsr_layout<R, C>, Arch> {
  static constexpr std::string_view name = "bsr/values";

  template <class View, class X, class Y>
  static constexpr bool accepts = simd::loadable<typename View::value_type, Arch> && !std::integral<X>;

  /// Elements of the copy of x that `prepare` may make.
  template <class View>
  [[nodiscard]] static index prepared_size(View a) noexcept {
    return block_shape<Arch, accumulator_t<typename View::value_type>, R, C>::inputs(a.cols());
  }
  /// x, of any stride and type, as `run` wants it: as it is, if no block reads beyond its end.
  template <class View, class X>
  [[nodiscard]] static auto prepare(View a, vector_view<X const> x,
                                    accumulator_t<typename View::value_type>* to) noexcept {
    return padded_vector(x, prepared_size(a), to);
  }
  /// Rows that are computed together. Any range is right; whole blocks are fast.
  template <class View>
  [[nodiscard]] static constexpr index unit(View const&) noexcept {
    return R;
  }
  /// See spmv_fallback::run.
  template <class View, class S, class Y, class Epilogue>
  static void run(View a, vector_view<S const> x, vector_view<Y> y, Epilogue const& ep, index first,
                  index last) noexcept {
    block_list const blocks{a.columns().data(), a.values().data(), static_cast<index>(a.columns().size()), a.cols()};
    auto const* const offsets = a.offsets().data();
    for (index b = first / R; b * R < last; ++b)
      block_dot<Arch, S, R, C, 1>::run(
          [&](auto&& piece) LACUNA_INLINE_LAMBDA {
            piece(blocks, static_cast<index>(offsets[b]), static_cast<index>(offsets[b + 1]), x.data());
          },
          0,
          [&](index r, index, S sum) LACUNA_INLINE_LAMBDA {
            auto const i = b * R + r;
            if (i >= first && i < last) spmv_fallback::store<typename View::value_type>(sum, ep, y, i);
          });
  }
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
