// SPDX-License-Identifier: MIT
//
// Rows cut for workers by what they store: ranges of equal counts of rows where those hold about as much each, else
// ranges between the rows at which equal shares of all slots end.
//
// Bound: one look at the offsets for each range says whether rows will do, 10 to 20 ns a product. Only where they do
// not is each range searched for, 2 log2(rows) looks, some 50 ns of the microsecond or more that it takes.
#pragma once

#include <lacuna/core/checked.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/first_where.hpp>
#include <lacuna/format/concepts.hpp>

#include <algorithm>

namespace lacuna::kernel::inline LACUNA_ISA {

/// What a row costs beside its slots, in slots, with so many columns of X: its start, its surprising end and its
/// elements of Y; a visit to each tile of columns; and finding the slots among bits, which is most of it with one
/// column and little with many. Zen 5, 128 columns, cycles: a row of csr 150, one of blocks 100, a visit 9 to 13, a
/// slot 4 to 8; one column: 5, 5, 1.3 and 0.5 to 0.7, and of a bitmap 2 for 16 bits and 0.12 for a slot.
template <class View>
[[nodiscard]] LACUNA_INLINE index slots_of_row(View const& a, index columns) noexcept {
  constexpr index start = 16;
  if constexpr (requires { a.grid().tiles(); })
    return start + 3 * a.grid().tiles();
  else if constexpr (requires { a.row_bits(index{}); })
    return start + a.cols() / std::clamp<index>(columns, 1, 64);
  else
    return start;
}

/// The rows of a matrix, as one type for all formats. Borrows the view.
struct any_rows {
  void const* a;
  index rows;
  index stored;
  /// See slots_of_row. This and the next two are null for a matrix whose rows have equal counts by nature.
  index (*row_slots)(void const* a, index columns);
  /// Whether no `height` rows, counted from the first, hold more than nine eighths of what they would if all rows had
  /// equal counts, where each costs `row` slots beside its own.
  bool (*even)(any_rows const& self, index row, index height);
  /// The first multiple of `unit`, or the end, before which at least `work` slots are.
  index (*row_at)(any_rows const& self, index row, index unit, index work);
};

/// `any_rows` of a matrix that counts_before.
template <class View>
struct rows_by_slots {
  [[nodiscard]] LACUNA_INLINE static View const& view(void const* a) noexcept { return *static_cast<View const*>(a); }
  static index row_slots(void const* a, index columns) noexcept { return slots_of_row(view(a), columns); }
  static bool even(any_rows const& self, index row, index height) noexcept {
    auto const mean = static_cast<double>(self.stored) / static_cast<double>(self.rows) + static_cast<double>(row);
    auto const most = static_cast<index>(mean * static_cast<double>(height) * 1.125);
    index done = 0;
    for (index i = 0; i < self.rows; i += height) {
      auto const last = std::min(i + height, self.rows);
      auto const next = view(self.a).stored_before(last) + row * last;
      if (next - done > most) return false;
      done = next;
    }
    return true;
  }
  static index row_at(any_rows const& self, index row, index unit, index work) noexcept {
    auto const before = detail::first_where(0, detail::ceil_div(self.rows, unit), [&](index u) LACUNA_INLINE_LAMBDA {
      return view(self.a).stored_before(u * unit) + row * u * unit >= work;
    });
    return std::min(before * unit, self.rows);
  }
};

template <class View>
[[nodiscard]] any_rows rows_of(View const& a) noexcept {
  using by_slots = rows_by_slots<View>;
  if constexpr (counts_before<View>)
    return {&a, a.rows(), a.stored(), by_slots::row_slots, by_slots::even, by_slots::row_at};
  else
    return {&a, a.rows(), a.stored(), nullptr, nullptr, nullptr};
}

/// Rows cut into ranges of whole units for workers, several passes over all of them one behind the other. What does not
/// depend on a kernel stands outside of its callers: six products have 9 KB less code so.
class row_split {
 public:
  /// About `ranges` ranges of units of `unit` rows, each times `columns` columns; if those differ by too much, of
  /// `least` rows, in whose multiples every range has to start. One range looks at nothing.
  LACUNA_NOINLINE row_split(any_rows const& a, index ranges, index columns, index unit, index least,
                            index passes = 1) noexcept
      : a_(a), ranges_(ranges), passes_(passes), unit_(unit) {
    grain_ = std::max<index>(detail::ceil_div(units() * passes, ranges), 1);
    if (ranges == 1 || a.even == nullptr || (grain_ == 1 && unit == least)) return;
    row_slots_ = a.row_slots(a.a, columns);
    by_rows_ = a.even(a, row_slots_, std::min(grain_, units()) * unit);
    if (by_rows_) return;
    unit_ = least;
    grain_ = 1;
  }

  /// Rows of a unit, and units of a pass; the last may have fewer rows.
  [[nodiscard]] index unit() const noexcept { return unit_; }
  [[nodiscard]] index units() const noexcept { return detail::ceil_div(a_.rows, unit_); }

  /// Calls f(first, last, worker) for ranges of the units of all passes, those of the first pass first.
  template <class E, class F>
  void run(E& exec, F&& f) const {
    exec.for_ranges(by_rows_ ? units() * passes_ : ranges_, grain_, [&](index first, index last, index worker) {
      if (!by_rows_) first = unit_at(first), last = unit_at(last);
      if (first != last) f(first, last, worker);
    });
  }

 private:
  /// The first unit of range r.
  [[nodiscard]] LACUNA_NOINLINE index unit_at(index r) const noexcept {
    auto const pass = a_.stored + a_.rows * row_slots_;
    auto const all = pass * passes_;
    auto const work = all / ranges_ * r + all % ranges_ * r / ranges_;  // without the product of all and r
    return work / pass * units() + detail::ceil_div(a_.row_at(a_, row_slots_, unit_, work % pass), unit_);
  }

  any_rows a_;
  index ranges_;
  index passes_;
  index unit_;
  index grain_ = 1;
  index row_slots_ = 0;
  bool by_rows_ = true;
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
