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

/// What a layout can hold: of each group of columns so many in a band of rows; any number where there are no groups.
struct layout_limits {
  lacuna::index band = 1;
  lacuna::index group = 0;
  lacuna::index keep = 0;
};
template <class Layout>
[[nodiscard]] constexpr layout_limits limits_of(Layout) noexcept {
  layout_limits limits;
  if constexpr (requires { Layout::group; }) {
    limits.group = Layout::group;
    limits.keep = Layout::keep;
    if constexpr (requires { Layout::band_rows; }) limits.band = Layout::band_rows;
  }
  return limits;
}

/// Takes away what a layout can't hold: the last ones of each group of an N:M matrix that keeps too many. A V:N:M
/// matrix counts the columns that any row of a band keeps.
[[nodiscard]] inline lacuna::mask trimmed_to(lacuna::mask keep, layout_limits limits) {
  if (limits.group == 0) return keep;
  for (lacuna::index first = 0; first < keep.rows(); first += limits.band) {
    lacuna::index const last = std::min(keep.rows(), first + limits.band);
    lacuna::index kept = 0;
    for (lacuna::index j = 0; j != keep.cols(); ++j) {
      if (j % limits.group == 0) kept = 0;
      bool any = false;
      for (lacuna::index i = first; i != last; ++i) any = any || keep(i, j);
      if (!any) continue;
      if (kept == limits.keep)
        for (lacuna::index i = first; i != last; ++i) keep.set(i, j, false);
      kept += kept != limits.keep;
    }
  }
  return keep;
}
template <class Layout>
[[nodiscard]] lacuna::mask trimmed(lacuna::mask keep, Layout layout) {
  return trimmed_to(std::move(keep), limits_of(layout));
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

/// What visit_row tells of a matrix, in its order. The checks are compiled once for all formats of a type.
template <class T>
class slot_list {
 public:
  [[gnu::noinline]] void add(lacuna::index row, lacuna::index column, T value) {
    slots_.push_back({row, column, value});
  }

  /// Slots that the mask keeps, once each and with their value, and fill of zero. Returns what is wrong, or nothing.
  [[nodiscard]] std::string problem(bool ordered_rows, lacuna::index stored, lacuna::index nonzeros,
                                    lacuna::dense<T> const& expected, lacuna::mask const& keep) const {
    lacuna::mask seen(keep.rows(), keep.cols());
    std::string problem;
    lacuna::index row = -1;
    lacuna::index before = -1;
    for (auto const& s : slots_) {
      if (s.column < 0 || s.column >= keep.cols()) return "visit_row: a column outside the matrix";
      if (std::exchange(row, s.row) != s.row) before = -1;
      if (seen(s.row, s.column)) problem = "a slot twice";
      if (ordered_rows && s.column <= before) problem = "columns out of order";
      if (std::memcmp(&s.value, &expected(s.row, s.column), sizeof(T)) != 0) problem = "a wrong value";
      seen.set(s.row, s.column);
      before = s.column;
      nonzeros -= !lacuna::detail::is_zero(s.value);
    }
    if (!problem.empty()) return "visit_row: " + problem;
    if (!((seen & keep) == keep)) return "visit_row misses a slot";
    if (static_cast<lacuna::index>(slots_.size()) > stored) return "stored() is less than what visit_row visits";
    if (nonzeros != 0) return "nonzeros() is wrong";
    return "";
  }

 private:
  struct slot {
    lacuna::index row;
    lacuna::index column;
    T value;
  };
  std::vector<slot> slots_;
};

/// The slots of a, each with its value: those that the mask keeps, once each and with their value, and fill of zero.
/// Returns what is wrong, or nothing.
template <class F>
[[nodiscard]] std::string slots_problem(F const& a, lacuna::dense<typename F::value_type> const& expected,
                                        lacuna::mask const& keep) {
  using T = typename F::value_type;
  if (a.view().stored() != a.stored() || a.view().bytes() != a.bytes()) return "owner and view differ";
  slot_list<T> slots;
  for (lacuna::index i = 0; i != a.rows(); ++i)
    a.visit_row(i, [&](lacuna::index j, T value) { slots.add(i, j, value); });
  return slots.problem(F::ordered_rows, a.stored(), a.nonzeros(), expected, keep);
}

/// What the checks found: the first thing that is wrong.
class findings {
 public:
  [[gnu::noinline]] void expect(bool right, char const* problem) {
    if (!right && first_.empty()) first_ = problem;
  }
  [[gnu::noinline]] void add(char const* where, std::string const& problem) {
    if (!problem.empty() && first_.empty()) first_ = where + problem;
  }
  [[nodiscard]] std::string const& first() const noexcept { return first_; }

 private:
  std::string first_;
};

/// A matrix to pack, what the mask keeps of it, and whether it has NaN.
template <class T>
struct packing {
  lacuna::dense<T> w;
  lacuna::mask keep;
  lacuna::dense<T> expected;
  bool specials;

  packing(random& r, shape s, coverage how, bool with_specials, layout_limits limits)
      : w(weights<T>(r, s.rows, s.cols, with_specials)),
        keep(trimmed_to(random_mask(r, s.rows, s.cols, how), limits)),
        expected(masked(std::as_const(w).view(), keep)),
        specials(with_specials) {}
};

/// Whether t is the transpose of a matrix.
template <class F>
void check_transpose(F const& t, lacuna::dense<typename F::value_type> const& expected, findings& found) {
  validate(t);
  lacuna::dense<typename F::value_type, lacuna::order::col_major> out(t.rows(), t.cols());
  lacuna::to_dense(t, out);
  found.expect(same_bits(lacuna::transpose(std::as_const(out).view()), expected.view()), "transpose(a) is wrong");
}

/// Ways to other formats and back.
template <class F>
void check_conversions(F const& a, lacuna::dense<typename F::value_type> const& expected, random& r, findings& found) {
  using T = typename F::value_type;
  auto const lists = lacuna::pack<lacuna::csr<T>>(a);
  found.expect(same_bits(lacuna::to_dense(lists), expected), "pack<csr>(a) is wrong");
  found.expect(same_bits(lacuna::to_dense(lacuna::pack<F>(lists)), expected), "pack(pack<csr>(a)) is wrong");
  found.expect(same_bits(lacuna::to_dense(lacuna::pack<F>(a.view())), expected), "pack(a.view()) is wrong");
  auto const some = random_mask(r, a.rows(), a.cols(), 0.5);
  auto const part = lacuna::pack<F>(a, some);
  validate(part);
  found.expect(same_bits(lacuna::to_dense(part), masked(expected.view(), some)), "pack(a, mask) is wrong");
  auto const t = lacuna::transpose(a);
  check_transpose(t, expected, found);
  auto const back = lacuna::pack<F>(lacuna::transpose(t));
  found.expect(same_bits(lacuna::to_dense(back), expected), "a^T^T is wrong");
  found.expect(back.stored() == a.stored(), "a^T^T has other slots");
}

/// Equality of finite matrices.
template <class F>
void check_equality(F const& a, findings& found) {
  auto b = a;
  found.expect(b == a, "a copy is not equal");
  auto c = std::move(b);
  found.expect(c == a, "a moved copy is not equal");
  found.expect(b.rows() == 0 && b.cols() == 0 && b.stored() == 0, "what was moved from is not empty");
  found.expect(b == F(), "what was moved from is not equal to the empty matrix");
  validate(b);
  validate(lacuna::view_t<F>());
  if constexpr (requires { c.values(); })  // a format may keep its values in another way
    for (auto& value : c.values()) {
      if (!lacuna::detail::is_zero(value)) {
        value = {};
        found.expect(!(c == a), "a matrix with another value is equal");
        break;
      }
    }
  found.expect(!(F() == a) || a.rows() + a.cols() == 0, "the empty matrix is equal");
}

/// Views whose arrays stand between guard pages: a read outside them ends the program.
template <class F>
void check_guarded(F const& a, lacuna::dense<typename F::value_type> const& expected, lacuna::mask const& keep,
                   findings& found) {
  for (auto const where : both_placements) {
    guarded_sparse<F> const arrays(a, where);
    auto const view = arrays.view();
    validate(view);
    found.add("a view: ", slots_problem(view, expected, keep));
  }
}

/// How far to go: positions depend neither on the type of the values nor on the size of blocks and groups, so one type
/// and one format of each kind tries every conversion, one type all formats between guard pages, and the others pack,
/// unpack, transpose and compare; else compiling would take minutes.
enum class depth { basic, guarded, full };

/// Other sources of the same matrix.
template <class F>
void check_sources(F const& a, packing<typename F::value_type> const& from, findings& found) {
  using T = typename F::value_type;
  auto const& [w, keep, expected, specials] = from;
  std::vector<T> memory(static_cast<std::size_t>((w.rows() + 3) * w.cols()), T(1));  // columns 3 apart
  lacuna::dense_view<T, lacuna::order::col_major> const strided(memory.data(), w.rows(), w.cols(), w.rows() + 3);
  for (lacuna::index i = 0; i != w.rows(); ++i)
    for (lacuna::index j = 0; j != w.cols(); ++j) strided(i, j) = w(i, j);
  found.expect(same_bits(lacuna::to_dense(lacuna::pack<F>(strided, keep)), expected), "pack(column-major) is wrong");
  auto const nonzeros = lacuna::pack<F>(expected);
  validate(nonzeros);
  found.expect(nonzeros.nonzeros() == a.nonzeros(), "pack(w) does not keep the nonzeros");
  auto const unpacked = lacuna::to_dense(nonzeros);  // where w has -0 nothing is stored, or fill of +0
  bool same = true;
  for (lacuna::index i = 0; i != w.rows(); ++i)
    for (lacuna::index j = 0; j != w.cols(); ++j)
      if (!lacuna::detail::is_zero(expected(i, j)) || !lacuna::detail::is_zero(unpacked(i, j)))
        same = same && std::memcmp(&expected(i, j), &unpacked(i, j), sizeof(T)) == 0;
  found.expect(same, "pack(w) is wrong");
}

/// Packs what the mask keeps of the matrix and checks all of the above.
template <class F, depth Depth>
void check_conformance(packing<typename F::value_type> const& from, random& r, findings& found) {
  auto const& expected = from.expected;
  auto const a = lacuna::pack<F>(from.w, from.keep);
  validate(a);
  if (a.rows() != from.w.rows() || a.cols() != from.w.cols()) return found.expect(false, "the shape is wrong");
  found.expect(same_bits(lacuna::to_dense(a), expected), "to_dense(pack(w, mask)) is wrong");
  found.add("", slots_problem(a, expected, from.keep));
  if constexpr (Depth != depth::basic) check_guarded(a, expected, from.keep, found);
  if constexpr (Depth == depth::full) {
    check_sources(a, from, found);
    check_conversions(a, expected, r, found);
  } else {
    check_transpose(lacuna::transpose(a), expected, found);
  }
  if (!from.specials) check_equality(a, found);  // NaN is not equal to itself
}

/// Shapes that have each of `sizes` as rows and as columns, and all pairs of a few.
[[nodiscard]] inline std::vector<shape> conformance_shapes() {
  auto all = shapes();
  lacuna::index const count = sizeof sizes / sizeof *sizes;
  for (lacuna::index n = 0; n != count; ++n) all.push_back({sizes[n], sizes[(n * 7 + 3) % count]});
  return all;
}

/// The first shape and coverage at which a check of matrices of type T finds something wrong, and what; else nothing.
template <class T>
[[nodiscard]] std::string first_nonconformance(layout_limits limits,
                                               void (*check)(packing<T> const&, random&, findings&)) {
  for (auto const s : conformance_shapes())
    for (auto const how : all_coverages)
      for (auto const seed : seeds(1)) {
        random r(seed);
        packing<T> const from(r, s, how, (s.rows + s.cols) % 2 != 0, limits);
        findings found;
        check(from, r, found);
        if (!found.first().empty())
          return std::to_string(s.rows) + "x" + std::to_string(s.cols) + ", " + name_of(how) + ", seed " +
                 std::to_string(seed) + ": " + found.first();
      }
  return "";
}

/// The same of a format.
template <class F, depth Depth>
[[nodiscard]] std::string first_nonconformance() {
  return first_nonconformance<typename F::value_type>(limits_of(typename F::layout{}), &check_conformance<F, Depth>);
}

}  // namespace lacuna_test
