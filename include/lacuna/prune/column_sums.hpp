// SPDX-License-Identifier: MIT
//
// Streaming sums over tokens: what the statistics of columns are made of.
#pragma once

#include <lacuna/core/buffer.hpp>
#include <lacuna/core/checked.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/dense.hpp>
#include <lacuna/core/error.hpp>
#include <lacuna/core/executor.hpp>
#include <lacuna/core/moved_along.hpp>
#include <lacuna/core/scalar.hpp>

namespace lacuna::detail {

/// The terms of a sum over tokens: powers of a value.
struct first_power {
  LACUNA_INLINE static constexpr double of(double x) noexcept { return x; }
};
struct second_power {
  LACUNA_INLINE static constexpr double of(double x) noexcept { return x * x; }
};

/// Tokens that are summed before the sum joins the total. They are counted from the first token ever seen, so the
/// result does not depend on how a stream is cut into updates; and the rounding error of t tokens is that of
/// 256 + t / 256 additions.
inline constexpr index chunk_tokens = 256;

}  // namespace lacuna::detail

namespace lacuna::detail::inline LACUNA_ISA {

/// Adds tokens [first, last) of columns [begin, end). Each column is summed in the order of its tokens whatever the
/// memory order of x; eight columns at a time where tokens are contiguous, so that additions overlap.
template <class Power, scalar T, order Order>
void add_tokens(dense_view<T const, Order> x, index first, index last, index begin, index end, double* sums) {
  if constexpr (Order == order::row_major) {
    for (index t = first; t != last; ++t)
      for (index j = begin; j != end; ++j) sums[j] += Power::of(static_cast<double>(x(t, j)));
  } else {
    constexpr index width = 8;
    index j = begin;
    for (; j + width <= end; j += width) {
      double sum[width];
      for (index c = 0; c != width; ++c) sum[c] = sums[j + c];
      for (index t = first; t != last; ++t)
        for (index c = 0; c != width; ++c) sum[c] += Power::of(static_cast<double>(x(t, j + c)));
      for (index c = 0; c != width; ++c) sums[j + c] = sum[c];
    }
    for (; j != end; ++j)
      for (index t = first; t != last; ++t) sums[j] += Power::of(static_cast<double>(x(t, j)));
  }
}

/// Adds all tokens of x to columns [begin, end), of which `open` already hold `open_tokens` of the current chunk.
template <class Power, scalar T, order Order>
void add_columns(dense_view<T const, Order> x, index begin, index end, index open_tokens, double* open, double* total) {
  for (index first = 0; first != x.rows();) {
    index const room = chunk_tokens - open_tokens;
    index const last = x.rows() - first < room ? x.rows() : first + room;
    add_tokens<Power>(x, first, last, begin, end, open);
    open_tokens += last - first;
    first = last;
    if (open_tokens == chunk_tokens) {
      for (index j = begin; j != end; ++j) {
        total[j] += open[j];
        open[j] = 0.0;
      }
      open_tokens = 0;
    }
  }
}

/// Adds x with the workers of exec. A column belongs to one worker, so no sum depends on their number.
template <class Power, executor E, scalar T, order Order>
void add_matrix(E&& exec, dense_view<T const, Order> x, index open_tokens, double* open, double* total) {
  constexpr index tile = 512;  // columns whose open sums (4 KiB) stay in the first cache
  index const grain = (index{1} << 15) / (x.rows() + 1) / 16 * 16 + 16;
  exec.for_ranges(x.cols(), grain, [&](index first, index last, index) {
    for (index begin = first; begin < last; begin += tile)
      add_columns<Power>(x, begin, begin + tile < last ? begin + tile : last, open_tokens, open, total);
  });
}

}  // namespace lacuna::detail::inline LACUNA_ISA

namespace lacuna::detail {

/// The sum over all tokens of a power of each column, as a stream.
template <class Power>
class column_sums {
 public:
  LACUNA_INLINE column_sums() noexcept = default;
  LACUNA_INLINE column_sums(column_sums const&) = default;
  LACUNA_INLINE column_sums(column_sums&&) noexcept = default;
  LACUNA_INLINE column_sums& operator=(column_sums const&) = default;
  LACUNA_INLINE column_sums& operator=(column_sums&&) noexcept = default;
  LACUNA_INLINE ~column_sums() = default;

  [[nodiscard]] LACUNA_INLINE index size() const noexcept { return total_.size(); }
  [[nodiscard]] LACUNA_INLINE index tokens() const noexcept { return tokens_; }
  [[nodiscard]] LACUNA_INLINE double operator[](index j) const noexcept {
    LACUNA_ASSERT(j >= 0 && j < size());
    return total_[j] + open_[j];
  }

  template <executor E, dense_matrix X>
  LACUNA_INLINE void update(E&& exec, X const& x, char const* name) {
    auto const view = view_of(x);
    using T = element_t<X const>;
    fix_size(view.cols(), view.rows(), name);
    add_matrix<Power>(exec, dense_view<T const, decltype(view)::memory_order>(view), open_tokens_, open_.data(),
                      total_.data());
    tokens_ = tokens_ + view.rows();
    open_tokens_ = (open_tokens_ + view.rows()) % chunk_tokens;
  }

  LACUNA_INLINE void merge(column_sums const& other, char const* name) {
    if (!other.fixed_) return;
    fix_size(other.size(), other.tokens_, name);
    for (index j = 0; j != size(); ++j) total_[j] += other[j];
    tokens_ = tokens_ + other.tokens_;
  }

 private:
  LACUNA_INLINE void fix_size(index cols, index tokens, char const* name) {
    if (fixed_ && cols != size())
      fail<shape_error>(name, ": the columns were ", size(), " so far and are ", cols, " now");
    static_cast<void>(checked_add(tokens_, tokens, name));
    if (fixed_) return;
    total_ = buffer<double>(cols);
    open_ = buffer<double>(cols);
    fixed_ = true;
  }

  buffer<double> total_;  // closed chunks and what was merged
  buffer<double> open_;   // the chunk that is being filled
  moved_along<index> tokens_;
  moved_along<index> open_tokens_;
  moved_along<bool> fixed_;
};

}  // namespace lacuna::detail
