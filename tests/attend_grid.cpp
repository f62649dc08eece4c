// SPDX-License-Identifier: MIT
//
// The grid of lengths that Block-Sparse-Attention is tested with, and tokens decoded, crossed with dimensions, groups
// of heads, densities, causality and padding: thirds of the heads are dense, streaming, and masked by blocks.
#include <lacuna/attend.hpp>
#include <lacuna/attention/all.hpp>
#include <lacuna/attention/block_mask.hpp>
#include <lacuna/attention/materialize.hpp>
#include <lacuna/attention/per_head.hpp>

#include "support/attention_heads.hpp"
#include "support/attention_operands.hpp"
#include "support/patterns.hpp"
#include "support/quick.hpp"
#include "support/random.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace tests_of_attend_grid {

namespace la = lacuna;
namespace at = lacuna::attention;
using lacuna_test::written_plan;
using pattern = lacuna_test::any_pattern;

namespace {

struct one_case {
  at::shape s;
  la::index dk, dv;
  double density;
  bool causal, padded;
  la::index block_queries, block_keys, tile_queries;
};

/// The n-th of 143 cases: each length meets each dimension, and, since no two of the counts share a divisor but those
/// of blocks and groups, each other property.
one_case nth_case(la::index n) {
  struct length {
    la::index queries, keys;
  };
  constexpr length lengths[] = {{113, 203}, {128, 217},   {113, 211},   {108, 256},   {256, 512},
                                {512, 256}, {1024, 1024}, {1023, 1024}, {1024, 1023}, {2048, 2048},
                                {1, 515},   {7, 515},     {64, 515}};
  constexpr la::index dims[] = {32, 59, 64, 40, 80, 96, 111, 128, 160, 223, 256};
  constexpr double densities[] = {0, 0.1, 0.3, 0.7, 1};
  constexpr la::index kv_heads[] = {6, 2, 1};
  constexpr la::index blocks[][3] = {{64, 64, 64}, {32, 16, 32}, {37, 23, 64}, {128, 128, 128}};
  auto const [queries, keys] = lengths[n % 13];
  auto const dim = dims[n % 11];
  auto const& block = blocks[n % 4];
  return {{queries, keys, 6, kv_heads[n % 3]},
          dim,
          n % 7 == 3 ? dim / 2 + 1 : dim,
          densities[n % 5],
          n / 4 % 2 != 0,
          n % 17 < 8,
          block[0],
          block[1],
          block[2]};
}

/// Heads 0 and 3 see everything, 1 and 4 a sink and a window, 2 and 5 blocks drawn at random; nobody keys behind the
/// first `valid`.
pattern pattern_of(one_case const& c, la::index valid, lacuna_test::random& r) {
  auto const rows = (c.s.queries + c.block_queries - 1) / c.block_queries;
  auto const cols = (c.s.keys + c.block_keys - 1) / c.block_keys;
  auto const blocks =
      at::block_mask(lacuna_test::random_mask(r, rows, cols, c.density),
                     {.queries = c.block_queries, .keys = c.block_keys, .first_position = c.s.keys - c.s.queries});
  auto const heads =
      at::per_head(std::vector<int>{0, 1, 2, 0, 1, 2}, at::all{}, at::sink{20} | at::window{70, 9}, blocks);
  return c.causal ? pattern(at::causal{} & at::sink{valid} & heads) : pattern(at::sink{valid} & heads);
}

/// What the pattern says of each pair, whatever runs it has.
written_plan pair_by_pair(pattern const& p, at::shape s) {
  written_plan plan;
  plan.shape = s;
  plan.tile_queries = s.queries;
  plan.slot_of_head = std::vector<std::int32_t>(static_cast<std::size_t>(s.heads));
  plan.runs = {{0, static_cast<std::int32_t>(s.keys), 0, true}};
  plan.end_row();
  plan.mask = at::mask_of(p);
  return plan;
}

/// Asked on the way and as a plan; what pads the keys is NaN.
template <class K>
void check_case(la::index n) {
  auto const c = nth_case(n);
  lacuna_test::attention_operands<float, K, float> o(c.s, c.dk, c.dv, n % 4 < 2, static_cast<std::uint64_t>(n) + 1);
  auto const valid = c.padded ? 1 + o.r.below(c.s.keys) : c.s.keys;
  for (la::index h = 0; h != c.s.kv_heads; ++h)
    for (auto t = valid; t < c.s.keys; ++t) {
      for (la::index d = 0; d != c.dk; ++d) o.k.at(h, t, d) = K(std::numeric_limits<float>::quiet_NaN());
      for (la::index d = 0; d != c.dv; ++d) o.v.at(h, t, d) = K(std::numeric_limits<float>::quiet_NaN());
    }
  auto const seen = pattern_of(c, valid, o.r);
  auto const pairs = pair_by_pair(seen, c.s);
  auto const step = c.s.queries / 24 + 1;  // some 24 queries of each head
  la::attend_options const options{.lse = la::dense_view<float>(o.lse.data(), c.s.heads, c.s.queries)};
  CAPTURE(n, c.s.queries, c.s.keys, c.s.kv_heads, c.dk, c.dv, c.density, c.causal, valid, c.block_keys);
  la::attend(o.q.view(), o.kv(), seen, o.out.view(), options);
  CHECK(o.error_of(pairs, step) == "");
  for (la::index h = 0; h != c.s.heads; ++h)
    for (la::index i = 0; i != c.s.queries; ++i)
      for (la::index d = 0; d != c.dv; ++d) o.out.at(h, i, d) = std::numeric_limits<float>::quiet_NaN();
  for (auto& l : o.lse) l = std::numeric_limits<float>::quiet_NaN();
  la::attend(o.q.view(), o.kv(), at::materialize(seen, c.s, {.tile_queries = c.tile_queries}), o.out.view(), options);
  CHECK(o.error_of(pairs, step) == "");
}

}  // namespace

TEST_CASE("attend, grid: within twice the error of plain loops, as a pattern and as its plan") {
  for (la::index n = 0; n != 143; ++n) {
    bool const large = n % 13 >= 6 && n % 13 <= 9;
    if (lacuna_test::quick() ? n % 23 != 0 || (large && n % 13 != 8) : large && n / 13 % 3 != 1) continue;
    if (n % 19 < 5)
      check_case<la::bf16>(n);
    else
      check_case<float>(n);
  }
}

}  // namespace tests_of_attend_grid
