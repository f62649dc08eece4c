// SPDX-License-Identifier: MIT
//
// Few columns of X with N:M groups: code_dot, four columns at a time, eight of masks; masks that it does not take are
// expanded (bits.hpp).
//
// Bound: that of kernel/code_dot.hpp. Reached on Zen 5, AVX-512, float, 1, 2, 4, 8 columns, GFLOP/s of a peak of 245:
// 512x512 2:4 49, 55, 70, 91, 1:4 32, 36, 41, 42; 2048x512 2:4 41, 46, 69, 94. A column more of 1:4 costs two
// permutations of two registers, on the two ports of the fma.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/format/nm.hpp>
#include <lacuna/kernel/code_dot.hpp>
#include <lacuna/kernel/few_columns.hpp>
#include <lacuna/kernel/few_columns/bits.hpp>

#include <algorithm>
#include <type_traits>

namespace lacuna::kernel::inline LACUNA_ISA {

/// By code_dot, at most Widest columns together.
template <int Keep, int M, class Arch, int Widest = nm_layout<Keep, M>::is_mask ? 8 : 4>
struct few_columns_by_lookup {
  template <class View>
  static constexpr index widest = code_shape<Arch, typename View::value_type, Keep, M>::available ? Widest : 0;

  /// AVX2's tables of codes fill the registers with one column.
  template <class View>
  static constexpr bool one_by_one = code_dot<Arch, typename View::value_type, Keep, M>::has_own_tables;

  /// Register tiles take 16 columns in the time of 7 of 1:4 and 2:8 here, and of 2 or 3 where x is gathered: 512x512
  /// with AVX-512, 4 and 8 columns: 1:4 20 and 40 us here, 35 and 36 there; 1:16 with 2 and 4, 9 and 17 against 12. Zen
  /// 5, 4, 5, 6 columns: 1:4 12.4, 17.6, 19.9 here, 16.4 there.
  template <class View>
  [[nodiscard]] static constexpr index most(View const&) noexcept {
    if (nm_layout<Keep, M>::is_mask) return 8;  // 41 us for 2:4, 40 for 4:8; register tiles take 43 for 16 columns
    // Tables of AVX2: Zen 3, 512x512, 1:4 two and three columns 22 and 32 us, up to eight in register tiles 28.
    if (!code_dot<Arch, typename View::value_type, Keep, M>::looks_up || one_by_one<View>) return 2;
    constexpr bool by_fours =
        lacuna::detail::tuned_for_zen && simd::avx512<Arch> && !std::is_same_v<typename View::value_type, double>;
    return by_fours ? 4 : 6;
  }
  template <class View>
  [[nodiscard]] static constexpr index unit(View const&) noexcept {
    return 16;
  }
  /// By columns, arranged, and zeros up to a whole step of slots.
  template <class View>
  [[nodiscard]] static constexpr index arranged(index inputs, index width) noexcept {
    return code_dot<Arch, typename View::value_type, Keep, M>::inputs(inputs) * width;
  }
  template <class View, class S>
  [[nodiscard]] static few_inputs<S> arrange(few_inputs<S> x, index width, S* to) noexcept {
    using dot = code_dot<Arch, typename View::value_type, Keep, M>;
    auto const line = dot::inputs(x.inputs);
    if (!dot::arranges && line <= x.stride) return x;
    for (index c = 0; c != width; ++c) {
      std::copy(x.data + c * x.stride, x.data + c * x.stride + x.inputs, to + c * line);
      std::fill(to + c * line + x.inputs, to + (c + 1) * line, S{0});
      dot::arrange(to + c * line, line);
    }
    return {to, line, x.inputs};
  }
  template <class View>
  [[nodiscard]] static constexpr index writes(index width) noexcept {
    return width;
  }
  template <class View, class S>
  static void run(View a, few_inputs<S> x, S* sums, index stride, index first, index last, index width) noexcept {
    index t = 0;
    if constexpr (Widest >= 8)
      for (; width - t >= 8; t += 8) run_vectors<8>(a, x.data + t * x.stride, x.stride, sums + t, stride, first, last);
    if constexpr (Widest >= 4 && !one_by_one<View>)
      for (; width - t >= 4; t += 4) run_vectors<4>(a, x.data + t * x.stride, x.stride, sums + t, stride, first, last);
    if constexpr (!one_by_one<View>)
      for (; width - t >= 2; t += 2) run_vectors<2>(a, x.data + t * x.stride, x.stride, sums + t, stride, first, last);
    for (; t < width; ++t) run_vectors<1>(a, x.data + t * x.stride, x.stride, sums + t, stride, first, last);
  }

 private:
  // Not inlined: among others gcc 12 keeps tables and sums in memory, which takes twice as long on Zen 3.
  template <int Vectors, class View, class S>
  LACUNA_NOINLINE static void run_vectors(View a, S const* x, index apart, S* sums, index stride, index first,
                                          index last) noexcept {
    code_dot<Arch, typename View::value_type, Keep, M>::template run<Vectors>(
        a, x, apart, first, last,
        [&](index i, index t, S sum) LACUNA_INLINE_LAMBDA { sums[(i - first) * stride + t] = sum; });
  }
};

/// Masks that become no registers of positions are expanded; the register tiles of N:M take 32 columns in the time of
/// 12 there. On Zen 3 with AVX2 floats take 47 us here with four columns and 67 with six and eight, up to eight in
/// tiles of one register 52 (512x512, 2:4 and 4:8).
template <class Arch>
struct few_columns_by_expand : few_columns_of_bits<Arch> {
  template <class View>
  [[nodiscard]] static constexpr index most(View const&) noexcept {
    constexpr bool quick_tiles =
        simd::avx2<Arch> && lacuna::detail::tuned_for_zen && std::is_same_v<typename View::value_type, float>;
    return quick_tiles ? 4 : 8;
  }
};

/// Masks on AVX2: a pair of columns is looked up, by two permutations for each column and register of slots; more are
/// expanded, by two for all of them. On Zen, where permutations take turns with multiplications, with AVX-512 too: 2:4,
/// 512x512, 4 and 8 columns 17 and 23 us against 20 and 31, 2 columns 13.7 against 9.9.
template <int Keep, int M, class Arch>
struct few_columns_by_either {
  using pair = few_columns_by_lookup<Keep, M, Arch, 2>;
  using more = few_columns_by_expand<Arch>;

  template <class View>
  static constexpr index widest = more::template widest<View>;
  template <class View>
  [[nodiscard]] static constexpr index most(View const& a) noexcept {
    return more::most(a);
  }
  template <class View>
  [[nodiscard]] static constexpr index unit(View const& a) noexcept {
    return more::unit(a);
  }
  template <class View>
  [[nodiscard]] static constexpr index arranged(index inputs, index width) noexcept {
    return width <= 2 ? pair::template arranged<View>(inputs, width) : more::template arranged<View>(inputs, width);
  }
  template <class View, class S>
  [[nodiscard]] static few_inputs<S> arrange(few_inputs<S> x, index width, S* to) noexcept {
    return width <= 2 ? pair::template arrange<View>(x, width, to) : more::template arrange<View>(x, width, to);
  }
  template <class View>
  [[nodiscard]] static constexpr index writes(index width) noexcept {
    return width <= 2 ? width : more::template writes<View>(width);
  }
  template <class View, class S>
  static void run(View a, few_inputs<S> x, S* sums, index stride, index first, index last, index width) noexcept {
    if (width <= 2)
      pair::run(a, x, sums, stride, first, last, width);
    else
      more::run(a, x, sums, stride, first, last, width);
  }
};

template <int Keep, int M, class Arch>
struct few_columns<nm_layout<Keep, M>, Arch> {
  using by_lookup = few_columns_by_lookup<Keep, M, Arch>;

  template <class View>
  [[nodiscard]] static constexpr auto choose() noexcept {
    constexpr bool looks_up = code_shape<Arch, typename View::value_type, Keep, M>::available;
    if constexpr (!nm_layout<Keep, M>::is_mask || (looks_up && !simd::avx2<Arch> && !lacuna::detail::tuned_for_zen))
      return std::type_identity<by_lookup>{};
    else if constexpr (looks_up)
      return std::type_identity<few_columns_by_either<Keep, M, Arch>>{};
    else
      return std::type_identity<few_columns_by_expand<Arch>>{};
  }
  template <class View>
  using kernel = typename decltype(choose<View>())::type;

  template <class View>
  static constexpr bool one_by_one = [] {
    if constexpr (requires { kernel<View>::template one_by_one<View>; })
      return kernel<View>::template one_by_one<View>;
    else
      return false;
  }();
  template <class View>
  static constexpr index widest = kernel<View>::template widest<View>;
  template <class View>
  [[nodiscard]] static constexpr index most(View const& a) noexcept {
    return kernel<View>::most(a);
  }
  template <class View>
  [[nodiscard]] static constexpr index unit(View const& a) noexcept {
    return kernel<View>::unit(a);
  }
  template <class View>
  [[nodiscard]] static constexpr index arranged(index inputs, index width) noexcept {
    return kernel<View>::template arranged<View>(inputs, width);
  }
  template <class View, class S>
  [[nodiscard]] static few_inputs<S> arrange(few_inputs<S> x, index width, S* to) noexcept {
    return kernel<View>::template arrange<View>(x, width, to);
  }
  template <class View>
  [[nodiscard]] static constexpr index writes(index width) noexcept {
    return kernel<View>::template writes<View>(width);
  }
  template <class View, class S>
  static void run(View a, few_inputs<S> x, S* sums, index stride, index first, index last, index width) noexcept {
    kernel<View>::run(a, x, sums, stride, first, last, width);
  }
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
