// SPDX-License-Identifier: MIT
//
// The sampled product: dense times dense, at the slots of a sparse matrix only. Checks shapes, packs operands in the
// order that kernels want, and splits the work.
#pragma once

#include <lacuna/core/checked.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/dense.hpp>
#include <lacuna/core/error.hpp>
#include <lacuna/core/executor.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/format/concepts.hpp>
#include <lacuna/kernel/row_split.hpp>
#include <lacuna/kernel/scratch.hpp>
#include <lacuna/kernel/sddmm.hpp>
#include <lacuna/kernel/sddmm/bitmap.hpp>
#include <lacuna/kernel/sddmm/bsr.hpp>
#include <lacuna/kernel/sddmm/csr.hpp>
#include <lacuna/kernel/sddmm/row_dots.hpp>
#include <lacuna/simd/arch.hpp>
#include <lacuna/simd/copy_transposed.hpp>

#include <algorithm>
#include <cmath>
#include <string_view>
#include <type_traits>
#include <utility>

namespace lacuna::inline LACUNA_ISA {

/// The name of the kernel that sddmm runs for a sparse matrix type (owner or view); docs/kernels.md has the table. The
/// orders and types of U and V do not matter: they are copied where they are not what the kernel wants.
template <sparse_matrix Format, class Arch = simd::default_arch>
inline constexpr std::string_view sddmm_kernel_of = kernel::chosen_sddmm<view_t<Format>, Arch>::name;

}  // namespace lacuna::inline LACUNA_ISA

namespace lacuna::detail::inline LACUNA_ISA {

/// How a product over t is cut, by its shape alone, so that every executor adds in the same order. A block of t of V is
/// to stay in the L2 cache while all rows of S read it: 1 MB, but 128 t at least, for each block costs a reduction for
/// each slot; or as long as the kernel says. Rows are packed 16 at a time, or as many as share what the kernel keeps.
template <class Kernel>
struct sddmm_blocks {
  static constexpr index strip = [] {
    if constexpr (requires { Kernel::strip; })
      return Kernel::strip;
    else
      return index{16};
  }();
  index length;  // t in a block

  template <class Sum, class View>
  [[nodiscard]] static sddmm_blocks of(View s, index t) noexcept {
    constexpr auto held = (index{1} << 20) / static_cast<index>(sizeof(Sum));
    index most = std::clamp<index>(held / std::max<index>(s.cols(), 1) / 64 * 64, 128, 1024);
    if constexpr (requires { Kernel::most_length(s, most); }) most = Kernel::most_length(s, most);
    return {t <= most + most / 4 ? t : most};
  }
  /// From one packed line to the next: whole cache lines, and an odd number of them, so that lines do not meet in the
  /// same sets of the L1 cache.
  template <class Sum>
  [[nodiscard]] index stride() const noexcept {
    constexpr auto line = index{64} / static_cast<index>(sizeof(Sum));
    return (ceil_div(length, line) | 1) * line;
  }
};

/// Whether a kernel could read a matrix as it is: contiguous along t, in the type of the sums.
template <class Sum, class T, order Order, order Wanted>
inline constexpr bool sddmm_reads = std::is_same_v<Sum, T> && Order == Wanted;

/// Copies columns t0 .. t0 + length of lines first .. last of m to contiguous lines `stride` apart.
template <class Sum, class T, order Order>
void sddmm_pack(dense_view<T const, Order> m, index t0, index length, Sum* to, index stride, index first,
                index last) noexcept {
  if constexpr (Order == order::row_major) {
    for (index i = first; i != last; ++i)
      for (index t = 0; t != length; ++t) to[(i - first) * stride + t] = convert<Sum>(m(i, t0 + t));
  } else if constexpr (std::is_same_v<Sum, T>) {
    simd::copy_transposed<simd::default_arch>(m.data() + first + t0 * m.stride(), m.stride(), to, stride, length,
                                              last - first);
  } else {
    for (index t = 0; t != length; ++t)
      for (index i = first; i != last; ++i) to[(i - first) * stride + t] = convert<Sum>(m(i, t0 + t));
  }
}

/// One block of t for rows first .. last: U is packed some rows at a time where it has to be.
template <class Kernel, class View, class U, order OU, class Sum, class Sums>
void run_sddmm_rows(View s, dense_view<U const, OU> u, index t0, index length,
                    dense_view<Sum const, order::col_major> v, Sums sums, Sum* strip, index stride, index first,
                    index last) noexcept {
  if constexpr (sddmm_reads<Sum, U, OU, order::row_major>) {
    dense_view<Sum const> const part(u.data() + first * u.stride() + t0, last - first, length, u.stride());
    Kernel::run(s, part, v, sums, first, last);
  } else {
    for (index i = first; i < last; i += sddmm_blocks<Kernel>::strip) {
      auto const end = std::min(last, i + sddmm_blocks<Kernel>::strip);
      sddmm_pack(u, t0, length, strip, stride, i, end);
      Kernel::run(s, dense_view<Sum const>(strip, end - i, length, stride), v, sums, i, end);
    }
  }
}

/// The product of checked operands by a kernel that reads contiguous lines.
template <class Kernel, executor E, class View, class T, class U, order OU, class V, order OV>
void run_sddmm_blocks(E& exec, View s, T* values, dense_view<U const, OU> u, dense_view<V const, OV> v,
                      kernel::row_split const& split) {
  using sum_type = accumulator_t<T>;
  constexpr bool reads_u = sddmm_reads<sum_type, U, OU, order::row_major>;
  auto const blocks = sddmm_blocks<Kernel>::template of<sum_type>(s, u.cols());
  auto const stride = blocks.template stride<sum_type>();
  // Parts of long lines, and lines a multiple of 4 KB apart, fall into few sets of the caches: 22 against 58 GFLOP/s.
  bool const reads_v = sddmm_reads<sum_type, V, OV, order::col_major> && blocks.length == u.cols() &&
                       v.stride() * static_cast<index>(sizeof(V)) % 4096 != 0;
  auto const size_v = reads_v ? 0 : checked_multiply(v.cols(), stride, "sddmm: copy of V");
  auto const size_u = reads_u ? 0 : sddmm_blocks<Kernel>::strip * stride;
  bool const partial = !std::is_same_v<T, sum_type> && blocks.length < u.cols();
  auto* const memory = kernel::scratch<sum_type>(size_v + exec.concurrency() * size_u + (partial ? s.stored() : 0));
  index t0 = 0;
  do {
    auto const length = std::min(blocks.length, u.cols() - t0);
    dense_view<sum_type const, order::col_major> block(memory, length, v.cols(), stride);
    if (!reads_v)
      exec.for_ranges(v.cols(), std::max<index>(16, 32768 / (length + 1)), [&](index first, index last, index) {
        sddmm_pack(transpose(v), t0, length, memory + first * stride, stride, first, last);
      });
    else if constexpr (sddmm_reads<sum_type, V, OV, order::col_major>)
      block = v;
    kernel::sampled_sums<T> const sums{values, memory + size_v + exec.concurrency() * size_u, t0 == 0,
                                       t0 + length == u.cols()};
    split.run(exec, [&](index begin, index end, index worker) {
      auto const first = begin * split.unit(), last = std::min(end * split.unit(), s.rows());
      run_sddmm_rows<Kernel>(s, u, t0, length, block, sums, memory + size_v + worker * size_u, stride, first, last);
    });
    t0 += length;
  } while (t0 < u.cols());
}

template <class T, order Order>
[[nodiscard]] LACUNA_INLINE dense_view<std::remove_const_t<T> const, Order> read_only(dense_view<T, Order> m) noexcept {
  return {m.data(), m.rows(), m.cols(), m.stride()};
}

inline void require_sddmm_shapes(index rows, index cols, index u_rows, index u_cols, index v_rows, index v_cols) {
  if (u_rows != rows) fail<shape_error>("sddmm: S is ", rows, "x", cols, ", U has ", u_rows, " rows");
  if (v_cols != cols) fail<shape_error>("sddmm: S is ", rows, "x", cols, ", V has ", v_cols, " columns");
  if (u_cols != v_rows) fail<shape_error>("sddmm: U has ", u_cols, " columns, V has ", v_rows, " rows");
}

/// Ranges of at least 2^15 multiply-adds, and eight for each worker where there is enough work.
[[nodiscard]] inline index sddmm_ranges(index stored, index t, index workers) noexcept {
  constexpr double least = 32768;
  double const work = static_cast<double>(stored) * static_cast<double>(t + 16);
  auto const most = static_cast<double>(8 * workers);
  return workers == 1 || work <= least ? 1 : static_cast<index>(std::min(std::ceil(work / least), most));
}

/// The product of checked operands, row by row, by a kernel that takes them as they are.
template <executor E, class View, class T, class U, order OU, class V, order OV>
void run_sddmm_in_place(E& exec, View s, T* values, dense_view<U const, OU> u, dense_view<V const, OV> v,
                        kernel::row_split const& split) {
  kernel::sampled_sums<T> const sums{values, nullptr, true, true};
  split.run(exec, [&](index first, index last, index) {
    dense_view<U const, OU> const part(u.data() + first * u.row_stride(), last - first, u.cols(), u.stride());
    kernel::sddmm_fallback::run(s, part, v, sums, first, last);
  });
}

/// The product of checked operands. A matrix that its kernel cannot write out as csr takes the fallback.
template <executor E, class View, class T, class U, order OU, class V, order OV>
void run_sddmm(E& exec, View s, T* values, dense_view<U const, OU> u, dense_view<V const, OV> v) {
  using chosen = kernel::chosen_sddmm<View, simd::default_arch>;
  auto const split = [&](index step) {
    auto const ranges = sddmm_ranges(s.stored(), u.cols(), exec.concurrency());
    return kernel::row_split(kernel::rows_of(s), ranges, u.cols(), step, step);
  };
  if constexpr (requires { chosen::as_csr(exec, s); }) {
    if (chosen::takes_csr(s)) return run_sddmm(exec, chosen::as_csr(exec, s), values, u, v);
    run_sddmm_in_place(exec, s, values, u, v, split(1));
  } else if constexpr (requires { chosen::row_step; }) {
    run_sddmm_blocks<chosen>(exec, s, values, u, v, split(chosen::row_step));
  } else {
    run_sddmm_in_place(exec, s, values, u, v, split(1));
  }
}

}  // namespace lacuna::detail::inline LACUNA_ISA

namespace lacuna::inline LACUNA_ISA {

/// S(i, j) = sum over t of U(i, t) V(t, j) for the slots of S: overwrites the stored values, the pattern stays. The
/// weight gradient of a sparse layer Y = A X is sddmm(A', dY, X^T), A' with the pattern of A. S is the owner of a
/// format whose values() can be written, rows x cols; U is rows x t, V t x cols, in any order, with any stride. All are
/// float, bf16 or f16 (sums are float, rounded once), or all double. Fill (nm) and every slot of a stored block (bsr)
/// inside the matrix are slots and get their values too, so that a gradient of a 2:4 or block layer is complete; bsr's
/// slots outside the matrix stay zero. Each value is within gamma_t sum |u||v| of the exact one, and has the same bits
/// for every executor. U and V do not overlap S. Throws shape_error. O(stored * t) time; O(1) memory but for copies,
/// kept by the calling thread, of about 1 MB of V and some rows of U where they are not contiguous along t in the type
/// of the sums, and of the columns of a bitmap, 4 bytes a slot.
template <executor E, class S, dense_matrix U, dense_matrix V>
  requires sparse_matrix<std::remove_cvref_t<S>>
void sddmm(E&& exec, S&& s, U const& u, V const& v) {
  using format = std::remove_cvref_t<S>;
  using value_type = typename format::value_type;
  constexpr bool writable =
      std::is_lvalue_reference_v<S> && !std::is_const_v<std::remove_reference_t<S>> && rewritable_format<format>;
  constexpr bool types = kernel::sampled_multipliable<value_type, element_t<U const>, element_t<V const>>;
  static_assert(
      writable,
      "lacuna: sddmm overwrites the values of S, which has to be an owner that is not const, of a format whose "
      "values can be written");
  static_assert(
      types,
      "lacuna: sddmm takes floating-point matrices, all of float, bf16 and f16, or all of double; int8 has to "
      "be scaled first");
  if constexpr (writable && types) {
    auto const uv = detail::read_only(view_of(u));
    auto const vv = detail::read_only(view_of(v));
    detail::require_sddmm_shapes(s.rows(), s.cols(), uv.rows(), uv.cols(), vv.rows(), vv.cols());
    auto* const values = s.values().data();
    detail::run_sddmm(exec, std::as_const(s).view(), values, uv, vv);
  }
}

/// In the calling thread.
template <class S, dense_matrix U, dense_matrix V>
  requires sparse_matrix<std::remove_cvref_t<S>>
void sddmm(S&& s, U const& u, V const& v) {
  lacuna::sddmm(serial{}, std::forward<S>(s), u, v);
}

}  // namespace lacuna::inline LACUNA_ISA
