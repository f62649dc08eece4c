// SPDX-License-Identifier: MIT
//
// The Gram matrix of activations, as a stream: what updates of weights are computed from.
//
// Bound: tokens * inputs^2 / 2 multiply-adds at Eigen's rate, and the bytes of the sums, which are read and written
// once for each 1024 tokens. Reached, of the rate of Eigen's rankUpdate, AVX-512, 768 to 4096 inputs: 74 to 84 % in
// float, 91 to 105 % in double.
#pragma once

#include <lacuna/core/buffer.hpp>
#include <lacuna/core/checked.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/dense.hpp>
#include <lacuna/core/error.hpp>
#include <lacuna/core/executor.hpp>
#include <lacuna/core/moved_along.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/prune/key_lines.hpp>
#include <lacuna/reconstruct/finite.hpp>

#include <Eigen/Core>

#include <concepts>

namespace lacuna::detail::inline LACUNA_ISA {

/// Tokens whose products are summed in the type of the statistic before the sum joins the total of doubles. They are
/// counted from the first token ever seen. At most what Eigen sums up at a time (144 doubles where the L1 cache has
/// 32 KB), so that the order of additions is that of the tokens.
inline constexpr index gram_chunk = 128;
/// Tokens that are gathered before they are multiplied: the total is then read and written once for eight chunks.
inline constexpr index gram_stage = 8 * gram_chunk;
/// Inputs whose products with as many others are one piece of work: 512 KB of the total, in the L2 cache.
inline constexpr index gram_tile = 256;

/// Copies tokens [first, first + count) of x to `out`, token by token.
template <class T, executor E, scalar U, order Order>
void stage_tokens(E&& exec, dense_view<U const, Order> x, index first, index count, T* out) {
  index const cols = x.cols();
  for_lines(exec, count, cols, 16, [&](index begin, index end, index) {
    if constexpr (Order == order::row_major) {
      for (index t = begin; t != end; ++t)
        for (index j = 0; j != cols; ++j) out[t * cols + j] = convert<T>(x(first + t, j));
    } else {
      for (index band = begin; band < end; band += 16)
        for (index j = 0; j != cols; ++j)
          for (index t = band; t != (end - band < 16 ? end : band + 16); ++t)
            out[t * cols + j] = convert<T>(x(first + t, j));
    }
  });
}

/// Adds the products of inputs i.. and j.. (tiles of at most gram_tile; i >= j) to their place in the total. Element
/// (i, j), i >= j, of the total stands at i + j * cols; the other triangle is not touched.
template <class T>
void add_gram_tile(T const* staged, index tokens, index cols, index i, index j, T* products, double* total) {
  using matrix = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic>;
  using stride = Eigen::OuterStride<>;
  index const height = cols - i < gram_tile ? cols - i : gram_tile;
  index const width = cols - j < gram_tile ? cols - j : gram_tile;
  Eigen::Map<matrix> chunk(products, height, width);
  Eigen::Map<Eigen::MatrixXd, 0, stride> sums(total + i + j * cols, height, width, stride(cols));
  for (index first = 0; first < tokens; first += gram_chunk) {
    index const depth = tokens - first < gram_chunk ? tokens - first : gram_chunk;
    Eigen::Map<matrix const, 0, stride> const a(staged + first * cols + i, height, depth, stride(cols));
    if (i == j) {
      chunk.setZero();
      chunk.template selfadjointView<Eigen::Lower>().rankUpdate(a);
      sums.triangularView<Eigen::Lower>() += chunk.template cast<double>();
    } else {
      Eigen::Map<matrix const, 0, stride> const b(staged + first * cols + j, width, depth, stride(cols));
      chunk.noalias() = a * b.transpose();
      sums += chunk.template cast<double>();
    }
  }
}

/// Adds the products of staged tokens to the lower triangle of the total. A tile belongs to one worker.
template <class T, executor E>
void add_gram(E&& exec, T const* staged, index tokens, index cols, double* total) {
  if (tokens == 0 || cols == 0) return;
  index const lines = ceil_div(cols, gram_tile);
  index const room = gram_tile * gram_tile;
  buffer<T> products(checked_multiply(room, static_cast<index>(exec.concurrency()), "gram"));
  exec.for_ranges(lines * (lines + 1) / 2, 1, [&](index first, index last, index worker) {
    index row = 0;  // of tiles; `first` counts along the rows of the lower triangle
    while ((row + 1) * (row + 2) / 2 <= first) ++row;
    index col = first - row * (row + 1) / 2;
    for (index tile = first; tile != last; ++tile) {
      add_gram_tile(staged, tokens, cols, row * gram_tile, col * gram_tile, products.data() + worker * room, total);
      if (col++ == row) {
        ++row;
        col = 0;
      }
    }
  });
}

/// Completes the upper triangle, which in row-major order is where add_gram has written, with the lower one.
template <executor E>
void mirror_gram(E&& exec, index cols, double* total) {
  constexpr index tile = 32;
  exec.for_ranges(ceil_div(cols, tile), 1, [&](index first, index last, index) {
    for (index i0 = first * tile; i0 < (last * tile < cols ? last * tile : cols); i0 += tile)
      for (index j0 = 0; j0 <= i0; j0 += tile)
        for (index i = i0; i != (cols - i0 < tile ? cols : i0 + tile); ++i)
          for (index j = j0; j != (i < j0 + tile ? i : j0 + tile); ++j) total[i * cols + j] = total[j * cols + i];
  });
}

}  // namespace lacuna::detail::inline LACUNA_ISA

namespace lacuna {

/// H = X^T X of activations X (tokens x inputs, either order, any floating type), as a stream: `update` as often as
/// there are batches, `merge` what others gathered. No factor, no mean over tokens. The products of 128 tokens are
/// summed in T, of which float is twice as fast and double exact to 2^-52; these sums are added in double. How the
/// tokens are cut into updates, the memory order and the number of threads do not change a bit. Merging adds the sums
/// of the other stream, so it equals the one stream but for rounding. Memory: 8 * inputs^2 bytes, and 1024 tokens.
/// Throws shape_error where the number of inputs is not that of the first update, value_error, naming token and input,
/// for an Inf or a NaN; the statistic is then as it was.
template <std::floating_point T = float>
class gram {
 public:
  using value_type = T;

  /// No inputs, no tokens: the first update or merge tells how many inputs there are.
  LACUNA_INLINE gram() noexcept = default;
  LACUNA_INLINE gram(gram const&) = default;
  LACUNA_INLINE gram(gram&&) noexcept = default;
  LACUNA_INLINE gram& operator=(gram const&) = default;
  LACUNA_INLINE gram& operator=(gram&&) noexcept = default;
  LACUNA_INLINE ~gram() = default;
  /// The Gram matrix of one batch.
  template <dense_matrix X>
  LACUNA_INLINE explicit gram(X const& x) {
    update(x);
  }
  template <executor E, dense_matrix X>
  LACUNA_INLINE gram(E&& exec, X const& x) {
    update(exec, x);
  }

  /// Takes in more tokens. O(tokens * inputs^2), of which each 1024 tokens are due together.
  template <dense_matrix X>
  LACUNA_INLINE void update(X const& x) {
    update(serial{}, x);
  }
  template <executor E, dense_matrix X>
  LACUNA_INLINE void update(E&& exec, X const& x) {
    auto const given = view_of(x);
    dense_view<element_t<X const> const, decltype(given)::memory_order> const view(given);
    static_assert(std::floating_point<accumulator_t<element_t<X const>>>, "lacuna: gram takes floating activations");
    check_size(view.cols(), view.rows());
    detail::require_finite<T>(exec, view, "gram", detail::token_words);
    fix_size(view.cols());
    for (index first = 0; first != view.rows();) {
      index const room = detail::gram_stage - staged_tokens_;
      index const count = view.rows() - first < room ? view.rows() - first : room;
      detail::stage_tokens(exec, view, first, count, staged_.data() + staged_tokens_ * size_);
      first += count;
      staged_tokens_ = staged_tokens_ + count;
      if (staged_tokens_ != detail::gram_stage) continue;
      detail::add_gram(exec, staged_.data(), staged_tokens_, size_, total_.data());
      staged_tokens_ = 0;
    }
    tokens_ = tokens_ + view.rows();
  }

  /// Takes in the tokens of another stream; one that was never updated changes nothing.
  LACUNA_INLINE void merge(gram const& other) { merge(serial{}, other); }
  template <executor E>
  LACUNA_INLINE void merge(E&& exec, gram const& other) {
    if (!other.fixed_) return;
    check_size(other.size_, other.tokens_);
    fix_size(other.size_);
    auto const sum = other.matrix(exec);
    for (index k = 0; k != total_.size(); ++k) total_[k] += sum.data()[k];
    tokens_ = tokens_ + other.tokens_;
  }

  /// Number of inputs.
  [[nodiscard]] LACUNA_INLINE index size() const noexcept { return size_; }
  /// Number of tokens so far.
  [[nodiscard]] LACUNA_INLINE index tokens() const noexcept { return tokens_; }
  /// H, inputs x inputs, symmetric. A copy, with the product of the tokens that are not yet in the total.
  [[nodiscard]] LACUNA_INLINE dense<double> matrix() const { return matrix(serial{}); }
  template <executor E>
  [[nodiscard]] LACUNA_INLINE dense<double> matrix(E&& exec) const {
    dense<double> h(size_, size_);
    for (index k = 0; k != total_.size(); ++k) h.data()[k] = total_[k];
    detail::add_gram(exec, staged_.data(), staged_tokens_, size_, h.data());
    detail::mirror_gram(exec, size_, h.data());
    return h;
  }

 private:
  LACUNA_INLINE void check_size(index cols, index tokens) const {
    if (fixed_ && cols != size_)
      detail::fail<shape_error>("gram: the inputs were ", size(), " so far and are ", cols, " now");
    static_cast<void>(detail::checked_add(tokens_, tokens, "gram"));
  }
  LACUNA_INLINE void fix_size(index cols) {
    if (fixed_) return;
    total_ = buffer<double>(detail::checked_multiply(cols, cols, "gram"));
    staged_ = buffer<T>(detail::checked_multiply(cols, detail::gram_stage, "gram"));
    size_ = cols;
    fixed_ = true;
  }

  buffer<double> total_;  // its lower triangle, by columns
  buffer<T> staged_;      // tokens that are not yet in the total
  detail::moved_along<index> size_;
  detail::moved_along<index> tokens_;
  detail::moved_along<index> staged_tokens_;
  detail::moved_along<bool> fixed_;
};

template <dense_matrix X>
gram(X const&) -> gram<accumulator_t<element_t<X const>>>;
template <executor E, dense_matrix X>
gram(E&&, X const&) -> gram<accumulator_t<element_t<X const>>>;

}  // namespace lacuna
