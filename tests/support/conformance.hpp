// SPDX-License-Identifier: MIT
//
// What every format must do, whatever it is: pack keeps exactly what the mask keeps, and nothing is lost on any way to
// another format and back.
#pragma once

#include <lacuna/core/dense.hpp>
#include <lacuna/core/mask.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/format/csr.hpp>
#include <lacuna/format/nm.hpp>
#include <lacuna/pack.hpp>

#include "support/guarded_operands.hpp"
#include "support/random.hpp"
#include "support/sizes.hpp"

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

namespace lacuna_test {

/// Takes away what a layout can't hold: the last ones of each group of an N:M matrix that keeps too many. A V:N:M
/// matrix counts the columns that any row of a band keeps.
template <class Layout>
[[nodiscard]] lacuna::mask trimmed(lacuna::mask keep, Layout) {
  if constexpr (requires { Layout::group; }) {
    lacuna::index band = 1;
    if constexpr (requires { Layout::band_rows; }) band = Layout::band_rows;
    for (lacuna::index first = 0; first < keep.rows(); first += band) {
      lacuna::index kept = 0;
      for (lacuna::index j = 0; j != keep.cols(); ++j) {
        if (j % Layout::group == 0) kept = 0;
        bool any = false;
        for (lacuna::index i = first; i != std::min(keep.rows(), first + band); ++i) any = any || keep(i, j);
        if (!any) continue;
        if (kept == Layout::keep)
          for (lacuna::index i = first; i != std::min(keep.rows(), first + band); ++i) keep.set(i, j, false);
        kept += kept != Layout::keep;
      }
    }
  }
  return keep;
}

/// What a mask keeps of a matrix, zeros elsewhere.
template <class T, lacuna::order Order>
[[nodiscard]] lacuna::dense<T> masked(lacuna::dense_view<T const, Order> w, lacuna::mask const& keep) {
  lacuna::dense<T> out(w.rows(), w.cols());
  for (lacuna::index i = 0; i != w.rows(); ++i)
    for (lacuna::index j = 0; j != w.cols(); ++j)
      if (keep(i, j)) out(i, j) = w(i, j);
  return out;
}

/// Whether all bits agree: tells -0 from 0, and takes any NaN for any other, whose sign depends on how a compiler
/// orders the operands of an addition.
template <class T, lacuna::order A, lacuna::order B>
[[nodiscard]] bool same_bits(lacuna::dense_view<T const, A> a, lacuna::dense_view<T const, B> b) {
  if (a.rows() != b.rows() || a.cols() != b.cols()) return false;
  auto const is_nan = [](T v) {
    if constexpr (std::integral<T>)
      return false;
    else
      return std::isnan(static_cast<double>(v));
  };
  for (lacuna::index i = 0; i != a.rows(); ++i)
    for (lacuna::index j = 0; j != a.cols(); ++j)
      if (std::memcmp(&a(i, j), &b(i, j), sizeof(T)) != 0 && !(is_nan(a(i, j)) && is_nan(b(i, j)))) return false;
  return true;
}
template <class T>
[[nodiscard]] bool same_bits(lacuna::dense<T> const& a, lacuna::dense<T> const& b) {
  return same_bits(a.view(), b.view());
}

/// A random matrix with zeros of both signs, and NaN and infinities where `specials` asks for them.
template <class T>
[[nodiscard]] lacuna::dense<T> weights(random& r, lacuna::index rows, lacuna::index cols, bool specials) {
  auto w = random_dense<T>(r, rows, cols);
  if constexpr (!std::integral<T>) {
    float const special[] = {0.0f, -0.0f, 1.0f, -1.0f, __builtin_nanf(""), -__builtin_inff()};
    for (lacuna::index n = rows * cols / 8; n > 0; --n)
      w(r.below(rows), r.below(cols)) = T(special[r.below(specials ? 6 : 4)]);
  }
  return w;
}

/// The slots of a, each with its value: those that the mask keeps, once each and with their value, and fill of zero.
/// Returns what is wrong, or nothing.
template <class F>
[[nodiscard]] std::string slots_problem(F const& a, lacuna::dense<typename F::value_type> const& expected,
                                        lacuna::mask const& keep) {
  using T = typename F::value_type;
  lacuna::mask seen(a.rows(), a.cols());
  std::string problem;
  lacuna::index visited = 0;
  lacuna::index nonzeros = 0;
  for (lacuna::index i = 0; i != a.rows(); ++i) {
    lacuna::index before = -1;
    a.visit_row(i, [&](lacuna::index j, T value) {
      if (j < 0 || j >= a.cols()) {
        problem = "a column outside the matrix";
        return;
      }
      if (seen(i, j)) problem = "a slot twice";
      if (F::ordered_rows && j <= before) problem = "columns out of order";
      if (std::memcmp(&value, &expected(i, j), sizeof(T)) != 0) problem = "a wrong value";
      seen.set(i, j);
      before = j;
      ++visited;
      nonzeros += !lacuna::detail::is_zero(value);
    });
  }
  if (!problem.empty()) return "visit_row: " + problem;
  if (!((seen & keep) == keep)) return "visit_row misses a slot";
  if (visited > a.stored()) return "stored() is less than what visit_row visits";
  if (nonzeros != a.nonzeros()) return "nonzeros() is wrong";
  if (a.view().stored() != a.stored() || a.view().bytes() != a.bytes()) return "owner and view differ";
  return "";
}

/// Whether t is the transpose of a matrix. Returns what is wrong, or nothing.
template <class F>
[[nodiscard]] std::string transpose_problem(F const& t, lacuna::dense<typename F::value_type> const& expected) {
  validate(t);
  lacuna::dense<typename F::value_type, lacuna::order::col_major> out(t.rows(), t.cols());
  lacuna::to_dense(t, out);
  return same_bits(lacuna::transpose(std::as_const(out).view()), expected.view()) ? "" : "transpose(a) is wrong";
}

/// Ways to other formats and back. Returns what is wrong, or nothing.
template <class F>
[[nodiscard]] std::string conversion_problem(F const& a, lacuna::dense<typename F::value_type> const& expected,
                                             random& r) {
  using T = typename F::value_type;
  auto const lists = lacuna::pack<lacuna::csr<T>>(a);
  if (!same_bits(lacuna::to_dense(lists), expected)) return "pack<csr>(a) is wrong";
  if (!same_bits(lacuna::to_dense(lacuna::pack<F>(lists)), expected)) return "pack(pack<csr>(a)) is wrong";
  if (!same_bits(lacuna::to_dense(lacuna::pack<F>(a.view())), expected)) return "pack(a.view()) is wrong";
  auto const some = random_mask(r, a.rows(), a.cols(), 0.5);
  auto const part = lacuna::pack<F>(a, some);
  validate(part);
  if (!same_bits(lacuna::to_dense(part), masked(expected.view(), some))) return "pack(a, mask) is wrong";
  auto const t = lacuna::transpose(a);
  if (auto problem = transpose_problem(t, expected); !problem.empty()) return problem;
  if (!same_bits(lacuna::to_dense(lacuna::pack<F>(lacuna::transpose(t))), expected)) return "a^T^T is wrong";
  if (lacuna::pack<F>(lacuna::transpose(t)).stored() != a.stored()) return "a^T^T has other slots";
  return "";
}

/// Equality of finite matrices. Returns what is wrong, or nothing.
template <class F>
[[nodiscard]] std::string equality_problem(F const& a) {
  auto b = a;
  if (!(b == a)) return "a copy is not equal";
  auto c = std::move(b);
  if (!(c == a)) return "a moved copy is not equal";
  if constexpr (requires { c.values(); })  // a format may keep its values in another way
    for (auto& value : c.values()) {
      if (!lacuna::detail::is_zero(value)) {
        value = {};
        if (c == a) return "a matrix with another value is equal";
        break;
      }
    }
  if (F() == a && a.rows() + a.cols() != 0) return "the empty matrix is equal";
  return "";
}

/// Views whose arrays stand between guard pages: a read outside them ends the program. Returns what is wrong, or
/// nothing.
template <class F>
[[nodiscard]] std::string guarded_problem(F const& a, lacuna::dense<typename F::value_type> const& expected,
                                          lacuna::mask const& keep) {
  for (auto const where : both_placements) {
    guarded_sparse<F> const arrays(a, where);
    auto const view = arrays.view();
    validate(view);
    if (auto problem = slots_problem(view, expected, keep); !problem.empty()) return "a view: " + problem;
  }
  return "";
}

/// How far to go: positions do not depend on the type of the values, so one type tries every conversion, and the others
/// pack, unpack, transpose and compare; else compiling would take minutes.
enum class depth { basic, full };

/// Other sources of the same matrix. Returns what is wrong, or nothing.
template <class F>
[[nodiscard]] std::string source_problem(F const& a, lacuna::dense<typename F::value_type> const& w,
                                         lacuna::dense<typename F::value_type> const& expected,
                                         lacuna::mask const& keep) {
  using T = typename F::value_type;
  std::vector<T> memory(static_cast<std::size_t>((w.rows() + 3) * w.cols()), T(1));  // columns 3 apart
  lacuna::dense_view<T, lacuna::order::col_major> const strided(memory.data(), w.rows(), w.cols(), w.rows() + 3);
  for (lacuna::index i = 0; i != w.rows(); ++i)
    for (lacuna::index j = 0; j != w.cols(); ++j) strided(i, j) = w(i, j);
  if (!same_bits(lacuna::to_dense(lacuna::pack<F>(strided, keep)), expected)) return "pack(column-major) is wrong";
  auto const nonzeros = lacuna::pack<F>(expected);
  validate(nonzeros);
  if (nonzeros.nonzeros() != a.nonzeros()) return "pack(w) does not keep the nonzeros";
  auto const found = lacuna::to_dense(nonzeros);  // where w has -0 nothing is stored, or fill of +0
  for (lacuna::index i = 0; i != w.rows(); ++i)
    for (lacuna::index j = 0; j != w.cols(); ++j)
      if (!lacuna::detail::is_zero(expected(i, j)) || !lacuna::detail::is_zero(found(i, j)))
        if (std::memcmp(&expected(i, j), &found(i, j), sizeof(T)) != 0) return "pack(w) is wrong";
  return "";
}

/// Packs what a random mask keeps of a random matrix and checks all of the above. Returns what is wrong, or nothing.
template <class F, depth Depth>
[[nodiscard]] std::string conformance_problem(shape s, coverage how, bool specials, random& r) {
  using T = typename F::value_type;
  auto const w = weights<T>(r, s.rows, s.cols, specials);
  auto const keep = trimmed(random_mask(r, s.rows, s.cols, how), typename F::layout{});
  auto const expected = masked(w.view(), keep);
  auto const a = lacuna::pack<F>(w, keep);
  validate(a);
  if (a.rows() != s.rows || a.cols() != s.cols) return "the shape is wrong";
  if (!same_bits(lacuna::to_dense(a), expected)) return "to_dense(pack(w, mask)) is wrong";
  if (auto problem = slots_problem(a, expected, keep); !problem.empty()) return problem;

  if constexpr (Depth == depth::basic) {
    if (auto problem = transpose_problem(lacuna::transpose(a), expected); !problem.empty()) return problem;
  } else {
    if (auto problem = source_problem(a, w, expected, keep); !problem.empty()) return problem;
    if (auto problem = guarded_problem(a, expected, keep); !problem.empty()) return problem;
    if (auto problem = conversion_problem(a, expected, r); !problem.empty()) return problem;
  }
  return specials ? "" : equality_problem(a);  // NaN is not equal to itself
}

/// Shapes that have each of `sizes` as rows and as columns, and all pairs of a few.
[[nodiscard]] inline std::vector<shape> conformance_shapes() {
  auto all = shapes();
  lacuna::index const count = sizeof sizes / sizeof *sizes;
  for (lacuna::index n = 0; n != count; ++n) all.push_back({sizes[n], sizes[(n * 7 + 3) % count]});
  return all;
}

/// The first shape and coverage at which a format does not conform, and why; empty if it does.
template <class F, depth Depth>
[[nodiscard]] std::string first_nonconformance() {
  for (auto const s : conformance_shapes())
    for (auto const how : all_coverages)
      for (auto const seed : seeds(1)) {
        random r(seed);
        auto const specials = (s.rows + s.cols) % 2 != 0;
        if (auto const problem = conformance_problem<F, Depth>(s, how, specials, r); !problem.empty())
          return std::to_string(s.rows) + "x" + std::to_string(s.cols) + ", " + name_of(how) + ", seed " +
                 std::to_string(seed) + ": " + problem;
      }
  return "";
}

}  // namespace lacuna_test
