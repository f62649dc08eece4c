// SPDX-License-Identifier: MIT
//
// Scores of single keys by their label channels: lanes are tokens, so that nothing is summed across lanes.
//
// Bound: one load and one fma for each register of the index, read once for all queries of a group of heads (64 tokens
// of it stay in L1): decoding one token it is count / (2 dim) of the bytes of keys and values.
//
// Reached on Zen 5, 32 heads over 8, 32768 keys, 16 labels of bf16, scoring and choosing 1 of 16: 584 us if the heads
// of a group choose together, 14 GB/s of the index, 1529 if each does: what is left is the cuts, four times as many.
#pragma once

#include <lacuna/attention/heads_view.hpp>
#include <lacuna/attention/select/channels.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/kernel/select/join.hpp>
#include <lacuna/kernel/select/score.hpp>
#include <lacuna/simd/isa.hpp>
#include <lacuna/simd/math.hpp>
#include <lacuna/simd/stored.hpp>
#include <lacuna/simd/unroll.hpp>

#include <cstddef>

namespace lacuna::kernel::inline LACUNA_ISA {

template <class T, class Arch>
struct select_scores<attention::channels<T>, Arch> {
  using scorer = attention::channels<T>;

  [[nodiscard]] static index tiles(scorer const&, index /*group*/, index /*tile_queries*/) noexcept { return 1; }
  [[nodiscard]] static index memory(scorer const& keys, score_job const& job) noexcept {
    return keys.count() * job.heads * job.tile_queries;
  }

  template <class Q>
  static void run(scorer const& keys, heads_view<Q const> q, score_job const& job) noexcept {
    auto const labels = keys.count();
    for (index t = job.tile; t != job.tile + job.tiles; ++t) {
      auto const first = job.first_query(t), count = job.last_query(t) - first;
      for (index r = 0; r < job.heads * count; ++r) {
        auto const* const query = q.row(job.head + r / count, first + r % count);
        for (index c = 0; c != labels; ++c)
          job.memory[r * labels + c] = static_cast<float>(query[keys.labels(job.kv_head)[c]]) * job.scale;
      }
      for (index j = 0; j < job.units; j += scorer::tokens_a_block)
        for (index r = 0; r < job.heads * count; ++r)
          score_block(keys.block(job.kv_head, j / scorer::tokens_a_block), job.memory + r * labels, labels,
                      job.row(job.head + r / count, t) + j, job.units - j, r % count == 0);
    }
  }

 private:
  using batch = simd::batch<float, Arch>;
  static constexpr int lanes = static_cast<int>(batch::size);
  static constexpr int registers = 64 / lanes < 8 ? 64 / lanes : 8;

  /// Scores of 64 tokens for one query, or of the first `left`: written, or the larger of old and new.
  LACUNA_INLINE static void score_block(T const* block, float const* query, index labels, float* to, index left,
                                        bool fresh) noexcept {
    for (index l = 0; l < 64 && l < left; l += registers * lanes) {
      batch sum[std::size_t{registers}];
      simd::unroll<registers>([&](auto r) LACUNA_INLINE_LAMBDA { sum[r] = batch(0.0f); });
      for (index c = 0; c != labels; ++c) {
        batch const weight(query[c]);
        auto const* const line = block + c * 64 + l;
        simd::unroll<registers>([&](auto r) LACUNA_INLINE_LAMBDA {
          sum[r] = simd::fma(weight, simd::stored<Arch, T>::load(line + r * lanes), sum[r]);
        });
      }
      simd::unroll<registers>([&](auto r) LACUNA_INLINE_LAMBDA {
        constexpr index at = decltype(r)::value * lanes;
        if (left - l > at) {
          auto const bits = left - l - at < lanes ? simd::first_lanes(left - l - at) : simd::first_lanes(lanes);
          if (!fresh) {
            auto const old = simd::masked<Arch, float>::load(to + l + at, bits);
            sum[r] = larger_score(sum[r], old);
          }
          simd::masked<Arch, float>::store(to + l + at, sum[r], bits);
        }
      });
    }
  }
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
