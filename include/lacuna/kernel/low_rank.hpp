// SPDX-License-Identifier: MIT
//
// The stage that adds a product of low rank: what is left of a layer beside a sparse one.
//
// Bound: the bytes of U, once, row by row: r multiply-adds for each output beside those of A. A row in row-major order
// is dotted with t in two registers of sums.
//
// Reached on Zen 5, 2048 outputs, float: r = 256 91 GB/s of U from L3, as fast as it is read, r = 64 72, r = 16 28:
// some 9 cycles an output for its sum over lanes, which waits for nobody else.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/dense.hpp>
#include <lacuna/core/error.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/core/vector.hpp>
#include <lacuna/kernel/stages.hpp>
#include <lacuna/simd/math.hpp>
#include <lacuna/simd/stored.hpp>
#include <lacuna/simd/tile.hpp>

#include <concepts>

namespace lacuna::kernel::inline LACUNA_ISA {

/// The dot product of `size` neighbours u, widened if need be, and t.
template <class Arch, class U, class S>
[[nodiscard]] LACUNA_INLINE S dot_neighbours(U const* u, S const* t, index size) noexcept {
  using batch_type = simd::batch<S, Arch>;
  constexpr index lanes = batch_type::size;
  batch_type even(S{0}), odd(S{0});
  index p = 0;
  for (; size - p >= 2 * lanes; p += 2 * lanes) {
    even = simd::fma(simd::stored<Arch, U>::load(u + p), batch_type::load_unaligned(t + p), even);
    odd = simd::fma(simd::stored<Arch, U>::load(u + p + lanes), batch_type::load_unaligned(t + p + lanes), odd);
  }
  simd::for_each_tile<Arch, S, 1>(
      size,
      [&](auto const& tile, index at)
          LACUNA_INLINE_LAMBDA { even = simd::fma(tile.load_as(u + at), tile.load(t + at, 0), even); },
      p);
  return simd::reduce_add(even + odd);
}

}  // namespace lacuna::kernel::inline LACUNA_ISA

namespace lacuna::inline LACUNA_ISA {

/// What `low_rank` returns: borrows both factors.
template <class T, order Order, class V>
struct low_rank_stage : detail::stage_base {
  dense_view<T const, Order> u;
  vector_view<V const> t;

  void check(char const* who, detail::output_shape y) const {
    if (u.rows() != y.outputs)
      detail::fail<shape_error>(who, ": U of low_rank has ", u.rows(), " rows, A has ", y.outputs);
    if (u.cols() != t.size())
      detail::fail<shape_error>(who, ": U of low_rank has ", u.cols(), " columns, t has ", t.size(), " elements");
    if (y.rows * y.cols != y.outputs)
      detail::fail<shape_error>(who, ": low_rank adds to the result of one token, Y is ", y.rows, "x", y.cols);
  }
  template <class S, class At>
  [[nodiscard]] LACUNA_INLINE S operator()(S value, At const& at) const noexcept {
    return value + at.row_map([&](index i) LACUNA_INLINE_LAMBDA { return dot<simd::lane_t<S>>(i); });
  }
  [[nodiscard]] low_rank_stage flipped() const { return *this; }

 private:
  template <class S>
  [[nodiscard]] LACUNA_INLINE S dot(index i) const noexcept {
    using arch = simd::default_arch;
    if constexpr (Order == order::row_major && std::same_as<V, S> && simd::loadable<T, arch>)
      if constexpr (std::same_as<accumulator_t<T>, S>)
        if (t.stride() == 1) return kernel::dot_neighbours<arch>(u.data() + i * u.stride(), t.data(), t.size());
    S sum[4] = {};
    for (index p = 0; p != t.size(); ++p) sum[p % 4] += detail::convert<S>(u(i, p)) * detail::convert<S>(t[p]);
    return (sum[0] + sum[1]) + (sum[2] + sum[3]);
  }
};

/// Adds U t to the result of one token: U dense, outputs x r, t of r elements. With t = V x_rest it is the part of a
/// layer W = S + U V that a sparse S, or a list of active inputs, leaves out. Row-major U of t's type, or of 16 bits
/// beside a t of float, is fastest. Borrows both. For spmv, and for spmm and linear with one token. Source: Z. Zhang et
/// al., "R-Sparse: Rank-Aware Activation Sparsity for Efficient LLM Inference", ICLR 2025, arXiv:2504.19449.
template <dense_matrix U, dense_vector V>
[[nodiscard]] auto low_rank(U const& u, V const& t) {
  auto const view = view_of(u);
  auto const vector = vector_of(t);
  low_rank_stage<typename decltype(view)::value_type, decltype(view)::memory_order,
                 typename decltype(vector)::value_type>
      stage;
  stage.u = view;
  stage.t = vector;
  return stage;
}

}  // namespace lacuna::inline LACUNA_ISA
