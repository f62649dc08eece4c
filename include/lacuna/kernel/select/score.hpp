// SPDX-License-Identifier: MIT
//
// What a scorer's kernel is: scores of all units of keys for the tiles of queries of some heads.
#pragma once

#include <lacuna/attention/heads_view.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/kernel/select/visible_keys.hpp>

#include <cstdint>

namespace lacuna::kernel::inline LACUNA_ISA {

/// True for a NaN, also where the compiler was told that there are none.
[[nodiscard]] LACUNA_INLINE bool not_a_number(float score) noexcept {
  return (__builtin_bit_cast(std::uint32_t, score) & 0x7FFFFFFFu) > 0x7F800000u;
}

/// The larger of two scores; a NaN wins, and is found by who reads the scores.
[[nodiscard]] LACUNA_INLINE float larger_score(float a, float b) noexcept { return b > a || not_a_number(b) ? b : a; }

/// One call of a scorer's kernel: query heads [head, head + heads), which all read `kv_head`, and tiles [tile, tile +
/// tiles) of `tile_queries` queries. Row (h - head) * tiles + t - tile of the scores, `stride` numbers from one to the
/// next, has `units` numbers.
struct score_job {
  index kv_head = 0;
  index head = 0;
  index heads = 1;
  index tile = 0;
  index tiles = 1;
  index tile_queries = 64;
  index queries = 0;         ///< in all
  index first_position = 0;  ///< of query 0
  index units = 0;           ///< that some query of the job sees part of; none behind them is
  float scale = 1;
  visible_keys visible;
  float* scores = nullptr;
  index stride = 0;
  float* memory = nullptr;  ///< as many floats as the kernel asks for

  [[nodiscard]] LACUNA_INLINE index first_query(index t) const noexcept { return t * tile_queries; }
  [[nodiscard]] LACUNA_INLINE index last_query(index t) const noexcept {
    auto const end = (t + 1) * tile_queries;
    return end < queries ? end : queries;
  }
  [[nodiscard]] LACUNA_INLINE float* row(index h, index t) const noexcept {
    return scores + ((h - head) * tiles + t - tile) * stride;
  }
};

/// The kernel of a scorer. Members:
///   tiles(scorer, group, tile_queries)  tiles that it wants in one job
///   memory(scorer, job)                 floats of workspace
///   run(scorer, q, job)                 writes the scores; noexcept where it asks no pattern
/// A score depends on the tile, its head and the index alone: not on the job.
template <class Scorer, class Arch>
struct select_scores;

}  // namespace lacuna::kernel::inline LACUNA_ISA
