// SPDX-License-Identifier: MIT
//
// Few columns of X with rows of csr: three to eight stand row by row, a register for each slot; two are gathered in
// pairs; one as a vector.
//
// Bound: a slot loads its column, its weight into all lanes and a register of X: 1.5 cycles of a core that loads twice
// a cycle, 1 where registers of 256 bits are loaded three times. Register tiles take a load of 512 bits and a loop over
// rows in step for each. Beside those on Zen 5, AVX-512, sparsity 50, 80, 95 %: 4 columns of 512x512 1.1, 1.2, 1.4
// times as fast, 8 columns 1.0, 1.1, 1.2, 8 columns of 2048x2048 2.1, 2.5, 2.1; AVX2 1.1, 1.15, 1.3 and, 8
// columns, 1.05. Pairs: a gather takes a load for each of its lanes, whether they are of 32 bits or of 64; AVX-512 1.35
// times as fast as two products with a vector in the mean of 23 matrices of DLMC, 1.0 to 1.6, but 0.8 to 0.9 where the
// product takes 1 us and copies of X count (64x256 at 95 %); AVX2 1.1 to 1.65, and 0.84 there. Zen 5, where loads take
// the place of gathers, 1.9.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/format/csr.hpp>
#include <lacuna/kernel/few_columns.hpp>
#include <lacuna/kernel/spmv/csr.hpp>
#include <lacuna/simd/isa.hpp>
#include <lacuna/simd/masked.hpp>
#include <lacuna/simd/math.hpp>
#include <lacuna/simd/narrow.hpp>
#include <lacuna/simd/stored.hpp>
#include <lacuna/simd/unroll.hpp>

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <limits>

namespace lacuna::kernel::inline LACUNA_ISA {

template <class Arch>
struct few_columns<csr_layout, Arch> {
  using vectors = spmv<csr_layout, Arch>;
  using arch = typename vectors::arch;

  /// Two columns of x stand in turn, and are gathered together.
  template <class View>
  static constexpr bool takes_pairs = simd::avx2<arch> && std::same_as<accumulator_t<typename View::value_type>, float>;

  /// Three columns and more, of double two, stand row by row. Weights of 16 bits would have to be widened one by one.
  template <class View>
  static constexpr bool takes_rows =
      simd::avx2<arch> && std::same_as<typename View::value_type, accumulator_t<typename View::value_type>>;

  template <class View>
  static constexpr index widest = !simd::loadable<typename View::value_type, arch> ? 0
                                  : takes_rows<View>                               ? 8
                                                                                   : 4;
  template <class View>
  [[nodiscard]] static constexpr index writes(index width) noexcept {
    return width;
  }

  /// Five to eight columns row by row take a copy of X more, which 24 slots a column of A outweigh (64x256 at 80 %, 13:
  /// 0.83 of the speed with AVX2). Where columns do not stand row by row, and a register for each row of X fits the
  /// cache, rows in step take three columns and more in the time of one and a half pairs: 2048x512 at 80 %, 2, 3, 4
  /// columns, 81, 125, 126 us with AVX-512, pairs 79, 148, 161. Where it does not, four columns are gathered faster:
  /// 2048x2048 at 90 %, 430 and 313 us. Of columns that are gathered one by one, two take as long as rows in step, with
  /// AVX2 longer if X fits 32 KB.
  template <class View>
  [[nodiscard]] static index most(View const& a) noexcept {
    if (a.cols() > std::numeric_limits<std::int32_t>::max()) return 0;  // what a gather takes
    using sum_type = accumulator_t<typename View::value_type>;
    using batch = simd::batch<sum_type, Arch>;
    if (takes_rows<View>) return simd::holds<Arch, sum_type, 8> && a.stored() / 24 >= a.cols() ? 8 : 4;
    auto const bytes = a.cols() * static_cast<index>(sizeof(batch));
    if (!takes_pairs<View> && simd::avx2<Arch> && bytes <= 32768) return 1;
    return bytes < 73728 ? 2 : 4;
  }
  template <class View>
  [[nodiscard]] static constexpr index unit(View const&) noexcept {
    return 16;
  }

  template <class View>
    requires(takes_pairs<View> || takes_rows<View>)
  [[nodiscard]] static constexpr index arranged(index inputs, index width) noexcept {
    constexpr auto lanes = static_cast<index>(simd::batch<accumulator_t<typename View::value_type>, Arch>::size);
    index places = 0;
    in_groups<View>(width, [&](auto group, index) LACUNA_INLINE_LAMBDA { places += group.lanes; });
    return places * (detail::ceil_div(inputs, lanes) * lanes);
  }
  template <class View, class S>
    requires(takes_pairs<View> || takes_rows<View>)
  [[nodiscard]] static few_inputs<S> arrange(few_inputs<S> x, index width, S* to) noexcept {
    in_groups<View>(width, [&](auto group, index c) LACUNA_INLINE_LAMBDA {
      index const count = std::min<index>(group.lanes, width - c);
      auto const* const from = x.data + c * x.stride;
      auto* const rows = to + c * x.stride;
      for (index k = 0; k != x.inputs; ++k)
        simd::unroll<group.lanes>([&](auto l) LACUNA_INLINE_LAMBDA {
          rows[k * group.lanes + l] = l < count ? from[l * x.stride + k] : S{0};
        });
    });
    return {to, x.stride, x.inputs};
  }

  /// One group.
  template <class View>
  [[nodiscard]] static constexpr bool from_rows(index width) noexcept {
    constexpr bool eight = simd::holds<Arch, accumulator_t<typename View::value_type>, 8>;
    return takes_rows<View> && width > 1 && width <= (eight ? 8 : 4);
  }
  template <class View, class S>
    requires takes_rows<View>
  [[nodiscard]] static few_inputs<S> arrange_rows(x_strip<S> x, index inputs, index width, S* to) noexcept {
    in_groups<View>(width, [&](auto group, index) LACUNA_INLINE_LAMBDA {
      using batch = simd::batch<S, typename decltype(group)::arch>;
      constexpr index lanes = group.lanes;
      bool const aligned = reinterpret_cast<std::uintptr_t>(x.data) % (lanes * sizeof(S)) == 0;
      if (width == lanes && x.pitch == lanes && aligned) return;
      for (index k = 0; k != inputs; ++k) {
        auto const* const row = x.data + k * x.pitch;
        if constexpr (batch::size != lanes)
          std::copy(row, row + lanes, to + k * lanes);  // a pair
        else if (width == lanes)
          batch::load_unaligned(row).store_unaligned(to + k * lanes);
        else if constexpr (lanes <= 4)  // short registers have no masked load
          simd::unroll<group.lanes>([&](auto l)
                                        LACUNA_INLINE_LAMBDA { to[k * lanes + l] = l < width ? row[l] : S{0}; });
        else
          simd::masked<typename decltype(group)::arch, S>::load(row, simd::first_lanes(width))
              .store_unaligned(to + k * lanes);
      }
      x.data = to;
    });
    return {x.data, 0, inputs};
  }

  template <class View, class S>
  static void run(View a, few_inputs<S> x, S* sums, index stride, index first, index last, index width) noexcept {
    for (index i = first; i < last; i += 8) {
      index const end = last - i < 8 ? last : i + 8;
      in_groups<View>(width, [&](auto group, index c) LACUNA_INLINE_LAMBDA {
        auto const* const from = x.data + c * x.stride;
        auto* const to = sums + c;
        if constexpr (group.lanes == 1) {
          vectors::rows(a, from, i, end, to + (i - first) * stride, stride);
        } else {
          for (index row = i; row != end; ++row)
            if constexpr (takes_pairs<View> && group.lanes == 2)
              add_pairs(a, from, row, to + (row - first) * stride);
            else
              add_rows<typename decltype(group)::arch, group.lanes>(a, from, row, to + (row - first) * stride,
                                                                    width - c);
        }
      });
    }
  }

 private:
  /// Columns that stand side by side, as many as registers of As have lanes.
  template <class As, int Lanes>
  struct group {
    using arch = As;
    static constexpr int lanes = Lanes;
  };

  /// f(group, c) for groups of columns that begin at column c, up to column `width`.
  template <class View, class F>
  LACUNA_INLINE static constexpr void in_groups(index width, F&& f) noexcept {
    using S = accumulator_t<typename View::value_type>;
    index c = 0;
    if constexpr (takes_rows<View>) {
      if constexpr (simd::holds<Arch, S, 8>)
        for (; width - c > 4; c += 8) f(group<simd::narrow_arch<Arch, S, 8>, 8>{}, c);
      for (; width - c > 2; c += 4) f(group<simd::narrow_arch<Arch, S, 4>, 4>{}, c);
    }
    if constexpr (takes_pairs<View> || takes_rows<View>)
      for (; width - c > 1; c += 2) f(group<simd::narrow_arch<Arch, S, 2>, 2>{}, c);
    for (; c < width; ++c) f(group<arch, 1>{}, c);
  }

  /// The sums of a row for `width` columns, of which a register holds as many, and zeros. Four slots in step hide the
  /// latency of an fma.
  template <class As, index Lanes, class View, class S>
  LACUNA_INLINE static void add_rows(View const& a, S const* x, index row, S* to, index width) noexcept {
    using batch = simd::batch<S, As>;
    static_assert(batch::size == Lanes);
    auto const begin = static_cast<index>(a.offsets().data()[row]);
    auto const count = static_cast<index>(a.offsets().data()[row + 1]) - begin;
    auto const* const value = a.values().data() + begin;
    auto const* const column = a.columns().data() + begin;
    batch sum[4] = {batch(S{0}), batch(S{0}), batch(S{0}), batch(S{0})};
    auto const add = [&](index s, batch& to_sum) LACUNA_INLINE_LAMBDA {
      to_sum = simd::fma(batch(value[s]), batch::load_unaligned(x + Lanes * static_cast<index>(column[s])), to_sum);
    };
    index s = 0;
    for (; count - s >= 4; s += 4) simd::unroll<4>([&](auto n) LACUNA_INLINE_LAMBDA { add(s + n, sum[n]); });
    for (; s != count; ++s) add(s, sum[0]);
    auto const total = (sum[0] + sum[1]) + (sum[2] + sum[3]);
    if (width >= Lanes)
      total.store_unaligned(to);
    else
      simd::masked<As, S>::store(to, total, simd::first_lanes(width));
  }

  /// The sums of a row for a pair of columns of float. A template, because clang looks at the call for double, too, in
  /// a branch that is not taken.
  template <class View, class S>
  LACUNA_INLINE static void add_pairs(View const& a, S const* x, index row, S* to) noexcept {
    using load = simd::stored<arch, typename View::value_type>;
    using pairs = simd::gather_pairs<arch>;
    using batch = simd::batch<float, arch>;
    constexpr index lanes = static_cast<index>(batch::size);
    auto const begin = static_cast<index>(a.offsets().data()[row]);
    auto const* const value = a.values().data() + begin;
    auto const* const column = a.columns().data() + begin;
    auto const count = static_cast<index>(a.offsets().data()[row + 1]) - begin;
    batch sum[2] = {batch(0.0f), batch(0.0f)};
    batch weight[2];
    index s = 0;
    for (; count - s >= lanes; s += lanes) {
      pairs::twice(load::load(value + s), weight);
      sum[0] = simd::fma(weight[0], pairs::load(x, column + s), sum[0]);
      sum[1] = simd::fma(weight[1], pairs::load(x, column + s + lanes / 2), sum[1]);
    }
    if (s != count) {
      auto const some = simd::first_lanes(count - s);
      pairs::twice(load::load(value + s, some), weight);
      sum[0] = simd::fma(weight[0], pairs::load(x, column + s, some), sum[0]);
      if (count - s > lanes / 2)
        sum[1] = simd::fma(weight[1], pairs::load(x, column + s + lanes / 2, some >> (lanes / 2)), sum[1]);
    }
    pairs::sum(sum[0] + sum[1], to);
  }
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
