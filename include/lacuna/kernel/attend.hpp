// SPDX-License-Identifier: MIT
//
// Attention of one head, the fallback: plain loops, any pattern, order, stride and floating-point type.
#pragma once

#include <lacuna/attention/pattern.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/dense.hpp>
#include <lacuna/core/scalar.hpp>

#include <math.h>

#include <concepts>
#include <cstdint>
#include <limits>
#include <utility>

namespace lacuna::kernel::inline LACUNA_ISA {

/// Sizes of the tiles. 32 queries share the packing of a tile of keys; 64 keys are one bit each in a word. With 128
/// columns of the output the tile takes 49 KB of stack in float and 97 KB in double, whatever the length and the head
/// dimension: no heap, and it fits the 128 KB stacks of musl's threads.
struct attend_tile {
  static constexpr index queries = 32;
  static constexpr index keys = 64;
  static constexpr index panel = 64;     // inner dimensions, or columns of V, packed at once
  static constexpr index columns = 128;  // of the output, in one pass over the keys
};

/// The C functions: std::exp(float) is an inline function of the library's, of which an object file may keep a copy
/// built for another processor.
LACUNA_INLINE float attend_exp(float x) noexcept { return ::expf(x); }
LACUNA_INLINE double attend_exp(double x) noexcept { return ::exp(x); }
LACUNA_INLINE float attend_log(float x) noexcept { return ::logf(x); }
LACUNA_INLINE double attend_log(double x) noexcept { return ::log(x); }

/// to[r * ld + c] = m(r0 + r, c0 + c), read along contiguous memory; zeros fill columns `cols` to `padded`.
template <class A, class T, order Order>
void attend_pack(dense_view<T, Order> m, index r0, index rows, index c0, index cols, index padded, A* to, index ld) {
  auto const* const from = m.data() + r0 * m.row_stride() + c0 * m.col_stride();
  if constexpr (Order == order::row_major) {
    for (index r = 0; r != rows; ++r)
      for (index c = 0; c != cols; ++c) to[r * ld + c] = detail::convert<A>(from[r * m.stride() + c]);
  } else {
    for (index c = 0; c != cols; ++c)
      for (index r = 0; r != rows; ++r) to[r * ld + c] = detail::convert<A>(from[c * m.stride() + r]);
  }
  for (index r = 0; r != rows; ++r)
    for (index c = cols; c < padded; ++c) to[r * ld + c] = A{};
}

/// A pattern as the kernel sees it, whatever its type, so that patterns do not breed kernels: one call by pointer for a
/// tile of some thousand pairs. mark sets bit j of allowed[i] where query t.q0 + i sees key t.k0 + j, leaves bits
/// behind the last key undefined, and tells whether any query sees any key.
struct attend_marker {
  void const* pattern;
  bool (*mark)(void const* pattern, attention::tile t, std::uint64_t* allowed) noexcept;
};

template <attention::pattern P>
bool attend_mark(void const* erased, attention::tile t, std::uint64_t* allowed) noexcept {
  P const& pattern = *static_cast<P const*>(erased);
  auto const cover = pattern.classify(t);
  if (cover == attention::cover::none) return false;
  std::uint64_t any = 0;
  for (index i = t.q0; i != t.q1; ++i) {
    std::uint64_t word = ~std::uint64_t{0};
    if (cover == attention::cover::partial) {
      word = 0;
      for (index j = t.k0; j != t.k1; ++j)
        word |= static_cast<std::uint64_t>(static_cast<bool>(pattern.allows(i, j))) << (j - t.k0);
    }
    allowed[i - t.q0] = word;
    any |= word;
  }
  return any != 0;
}

/// Online softmax over tiles of keys (M. Milakov, N. Gimelshein, "Online normalizer calculation for softmax", 2018; T.
/// Dao, D. Y. Fu, S. Ermon, A. Rudra, C. Ré, "FlashAttention", 2022): each row keeps the largest logit so far, and sums
/// that are scaled down whenever it grows. A is the type of accumulation. Lse is called as lse(row, value) once for
/// each query. What is computed for a query depends on its tile alone, hence not on how tiles are shared out.
template <class A, class Q, class K, class V, class Out, class Lse>
class attend_rows {
 public:
  /// The pattern is not copied.
  template <attention::pattern P>
  attend_rows(Q q, K k, V v, P const& pattern, Out out, A scale, Lse lse) noexcept
      : q_(q), kt_(transpose(k)), v_(v), marker_{&pattern, attend_mark<P>}, out_(out), scale_(scale), lse_(lse) {}

  /// Queries [first, last), where first is a multiple of attend_tile::queries. O(pairs in tiles that are not empty *
  /// (dk + dv)); values of more than attend_tile::columns columns cost the logits again for each further pass.
  void operator()(index first, index last) noexcept {
    for (i0_ = first; i0_ < last; i0_ += queries) {
      rows_ = last - i0_ < queries ? last - i0_ : queries;
      c0_ = 0;
      do {
        cols_ = v_.cols() - c0_ < columns ? v_.cols() - c0_ : columns;
        run_pass();
        c0_ += columns;
      } while (c0_ < v_.cols());
    }
  }

 private:
  static constexpr index queries = attend_tile::queries, keys = attend_tile::keys, panel = attend_tile::panel,
                         columns = attend_tile::columns;

  void run_pass() noexcept {
    for (index i = 0; i != rows_; ++i) {
      top_[i] = std::numeric_limits<A>::lowest();  // not -inf: the difference of two such is 0, of two -inf is NaN
      mass_[i] = A{};
      for (index c = 0; c != columns; ++c) sums_[i][c] = A{};
    }
    for (j0_ = 0; j0_ < v_.rows(); j0_ += keys) {
      keys_ = v_.rows() - j0_ < keys ? v_.rows() - j0_ : keys;
      index const p0 = i0_ + v_.rows() - q_.rows();
      if (!marker_.mark(marker_.pattern, {p0, p0 + rows_, j0_, j0_ + keys_}, allowed_)) continue;
      compute_logits();
      weigh();
      add_values();
    }
    finish();
  }

  /// logits_ = Q K^T, not yet scaled. Keys behind the last are zeros; where a key is not allowed, the logit is not
  /// read.
  void compute_logits() noexcept {
    for (index i = 0; i != rows_; ++i)
      for (index j = 0; j != keys; ++j) logits_[i][j] = A{};
    for (index d0 = 0; d0 < q_.cols(); d0 += panel) {
      index const depth = q_.cols() - d0 < panel ? q_.cols() - d0 : panel;
      attend_pack(q_, i0_, rows_, d0, depth, depth, &queries_[0][0], panel);
      attend_pack(kt_, d0, depth, j0_, keys_, keys, &panel_[0][0], keys);
      for (index i = 0; i != rows_; ++i) {
        if (allowed_[i] == 0) continue;
        A sum[keys];
        for (index j = 0; j != keys; ++j) sum[j] = logits_[i][j];
        for (index d = 0; d != depth; ++d)
          for (index j = 0; j != keys; ++j) sum[j] += queries_[i][d] * panel_[d][j];
        for (index j = 0; j != keys; ++j) logits_[i][j] = sum[j];
      }
    }
  }

  /// Turns logits into weights exp(logit - top), and scales down what was summed under a smaller top. A NaN is never
  /// the top, but its weight is NaN, and so is the row.
  void weigh() noexcept {
    for (index i = 0; i != rows_; ++i) {
      auto const word = allowed_[i];
      if (word == 0) continue;
      A top = top_[i];
      for (index j = 0; j != keys_; ++j) {
        A const logit = logits_[i][j] *= scale_;
        if ((word >> j & 1u) != 0 && logit > top) top = logit;
      }
      if (top > top_[i]) {
        A const shrink = attend_exp(top_[i] - top);
        mass_[i] *= shrink;
        for (index c = 0; c != columns; ++c) sums_[i][c] *= shrink;
        top_[i] = top;
      }
      for (index j = 0; j != keys_; ++j)
        if ((word >> j & 1u) != 0) mass_[i] += logits_[i][j] = attend_exp(logits_[i][j] - top);
    }
  }

  /// sums_ += weights * V. A key that is not allowed is left out, not weighed with 0: its values may be Inf or NaN.
  void add_values() noexcept {
    for (index c = 0; c < cols_; c += panel) {
      index const width = cols_ - c < panel ? cols_ - c : panel;
      attend_pack(v_, j0_, keys_, c0_ + c, width, panel, &panel_[0][0], panel);
      for (index i = 0; i != rows_; ++i) {
        A sum[panel];
        for (index l = 0; l != panel; ++l) sum[l] = sums_[i][c + l];
        for (index j = 0; j != keys_; ++j) {
          if ((allowed_[i] >> j & 1u) == 0) continue;
          A const weight = logits_[i][j];
          for (index l = 0; l != panel; ++l) sum[l] += weight * panel_[j][l];
        }
        for (index l = 0; l != panel; ++l) sums_[i][c + l] = sum[l];
      }
    }
  }

  /// A mass of exactly 0 means that no key was allowed, or that all logits were -inf: the top has weight 1.
  void finish() noexcept {
    using T = typename Out::value_type;
    for (index i = 0; i != rows_; ++i) {
      bool const empty = mass_[i] == A{};
      for (index c = 0; c != cols_; ++c)
        out_(i0_ + i, c0_ + c) = detail::convert<T>(empty ? A{} : sums_[i][c] / mass_[i]);
      if (c0_ == 0) lse_(i0_ + i, empty ? -std::numeric_limits<A>::infinity() : top_[i] + attend_log(mass_[i]));
    }
  }

  Q q_;
  decltype(transpose(std::declval<K>())) kt_;
  V v_;
  attend_marker marker_;
  Out out_;
  A scale_;
  Lse lse_;
  index i0_ = 0, rows_ = 0;  // queries of the tile
  index j0_ = 0, keys_ = 0;  // keys
  index c0_ = 0, cols_ = 0;  // columns of V and of the output
  std::uint64_t allowed_[queries];
  A top_[queries];   // largest logit so far
  A mass_[queries];  // sum of the weights
  alignas(64) A queries_[queries][panel];
  alignas(64) A panel_[panel][keys];  // of K^T, then of V
  alignas(64) A logits_[queries][keys];
  alignas(64) A sums_[queries][columns];  // of weight * value
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
