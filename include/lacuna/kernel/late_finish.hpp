// SPDX-License-Identifier: MIT
//
// Sums that are written to Y by columns piece by piece, while the next ones are computed.
//
// Bound: a group of rows written in one go waits for the lines of Y, which the core asks for before it writes them:
// 16384 of them for 2048 rows and 128 columns, some 5 ns each where they come from L3. The lines of a piece wait in the
// buffer of stores, beside multiply-adds. Time of products with Y by columns, Y by rows 1, 2048x512, 128 tokens,
// AVX-512, written late and in one go: csr 1.07 and 1.10, bsr 8x1 1.10 and 1.12, panel 1.03 and 1.06 at 80 % sparsity;
// 1.07 and 1.11, 1.15 and 1.27, 1.16 and 1.21 at 90. Pieces of 4 columns take up to 20 % longer, those of 64 rows 3.
#pragma once

#include <lacuna/core/checked.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/kernel/finish.hpp>

#include <algorithm>
#include <limits>

namespace lacuna::kernel::inline LACUNA_ISA {

/// The sums of two groups of rows in turn: those at hand, and those before, which wait for Y. Borrows room for both,
/// `size` elements each.
template <class S>
class late_finish {
 public:
  late_finish(S* room, index size) noexcept : room_(room), size_(size) {}

  /// Where the sums of the next group go; always to the same place if none ever wait.
  [[nodiscard]] S* next(bool wait) noexcept {
    if (wait) turn_ = size_ - turn_;
    return room_ + turn_;
  }
  /// From now on these sums wait; as finish::run. Nothing else may wait.
  void start(any_output<S> const& y, S const* sums, index stride, index first, index last, index column,
             index width) noexcept {
    y_ = &y;
    sums_ = sums;
    stride_ = stride;
    first_ = first;
    last_ = last;
    column_ = column;
    width_ = width;
    at_ = first == last ? width : 0;
  }
  /// `some` will be called so often: what waits is spread over these calls.
  void spread(index calls) noexcept {
    index const waiting = at_ < width_ ? detail::ceil_div(width_ - at_, columns) : 0;
    at_once_ = detail::ceil_div(waiting, std::max<index>(calls, 1));
    every_ = waiting == 0 ? never : std::max<index>(calls / waiting, 1);
    left_ = every_;
  }
  LACUNA_INLINE void some() noexcept {
    if (--left_ == 0) write_some();
  }
  /// Writes all that waits.
  void rest() noexcept {
    while (at_ < width_) write();
    left_ = never;
  }

 private:
  static constexpr index columns = 16;  // a multiple of those that a transpose takes
  static constexpr index never = std::numeric_limits<index>::max();

  /// The next piece: all rows of some columns, because the processor fetches ahead in each.
  void write() noexcept {
    y_->finish(sums_ + at_, stride_, first_, last_, column_ + at_, std::min(columns, width_ - at_));
    at_ += columns;
  }
  LACUNA_NOINLINE void write_some() noexcept {
    for (index n = at_once_; n != 0 && at_ < width_; --n) write();
    left_ = at_ < width_ ? every_ : never;
  }

  S* room_;
  index size_;
  index turn_ = 0;
  any_output<S> const* y_ = nullptr;
  S const* sums_ = nullptr;
  index stride_ = 0;
  index first_ = 0;
  index last_ = 0;
  index column_ = 0;
  index width_ = 0;
  index at_ = 0;  // the column of the sums that comes next; width_ and more: nothing waits
  index at_once_ = 0;
  index every_ = never;
  index left_ = never;
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
