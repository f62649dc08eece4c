// SPDX-License-Identifier: MIT
//
// The V:N:M pattern: in every M neighbours, Keep stay, the same ones for V rows.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/executor.hpp>
#include <lacuna/core/mask.hpp>
#include <lacuna/prune/blocks.hpp>
#include <lacuna/prune/concepts.hpp>
#include <lacuna/prune/key_lines.hpp>
#include <lacuna/prune/n_of_m.hpp>

namespace lacuna {

/// Cuts the rows into bands of V, the last one short where rows are no multiple, and keeps in each group of M
/// neighbouring columns of a band the Keep with the highest sums of scores over its rows; a short last group of L keeps
/// min(Keep, L). Sums are taken in double, from the first row on; of equal sums the one of lower column is dropped
/// first. What it keeps is what vnm<T, V, Keep, M> stores. Throws value_error if a score is NaN, or if a sum is
/// (infinities of both signs). Memory beside the mask: a bit for each weight of a V-th of the rows, and 8 bytes for
/// each column and worker. Source: R. Castro et al., "VENOM: A Vectorized N:M Format for Unleashing the Power of Sparse
/// Tensor Cores", SC 2023.
template <int V, int Keep, int M>
struct v_n_of_m {
  static_assert(V >= 1 && 1 <= Keep && Keep <= M && M <= 64,
                "lacuna: v_n_of_m<V, Keep, M> needs V >= 1 and 1 <= Keep <= M <= 64");
};

}  // namespace lacuna

namespace lacuna::inline LACUNA_ISA {

template <executor E, score_source S, int V, int Keep, int M>
void mark_kept(E&& exec, S const& scores, v_n_of_m<V, Keep, M> const& /*pattern*/, mask& keep) {
  if constexpr (V == 1) {
    mark_kept(exec, scores, n_of_m<Keep, M>{}, keep);
  } else {
    detail::block_sums<V, 1, S> const sums{scores};
    mask bands(sums.rows(), sums.cols());
    mark_kept(exec, sums, n_of_m<Keep, M>{}, bands);
    detail::for_lines(exec, keep.rows(), keep.cols(), 16, [&](index first, index last, index) {
      for (index i = first; i != last; ++i)
        for (index word = 0; word != keep.words_per_row(); ++word) keep.row(i)[word] = bands.row(i / V)[word];
    });
  }
}

}  // namespace lacuna::inline LACUNA_ISA
