// SPDX-License-Identifier: MIT
#include <lacuna/kernel/attend/masks.hpp>
#include <lacuna/kernel/attend/reach.hpp>
#include <lacuna/kernel/attend/weights.hpp>

#include "../../support/random.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <memory>

namespace la = lacuna;
namespace kernel = lacuna::kernel;
using arch = la::simd::default_arch;

namespace {

struct tile {
  alignas(64) float scores[64 * 64];
  kernel::attend_state<float> state;
};

void fill(lacuna_test::random& r, tile& t, la::index count) {
  t.state.clear_peak();
  for (la::index s = 0; s != count; ++s)
    for (la::index i = 0; i != 64; ++i) {
      t.scores[s * 64 + i] = static_cast<float>(10 * r.normal());
      t.state.peak[i] = std::max(t.state.peak[i], t.scores[s * 64 + i]);
    }
}

}  // namespace

TEST_CASE("weights: a softmax over two tiles, of any number of keys") {
  lacuna_test::random r(1);
  auto const t = std::make_unique<tile>();
  for (la::index const count : {1, 2, 3, 4, 5, 7, 63, 64}) {
    t->state.clear();
    double mass[64] = {}, top[64];
    std::fill_n(top, 64, -1e300);
    for (int round = 0; round != 2; ++round) {
      fill(r, *t, count);
      double was[64];
      for (int i = 0; i != 64; ++i) {
        was[i] = top[i];
        for (la::index s = 0; s != count; ++s) top[i] = std::max(top[i], static_cast<double>(t->scores[s * 64 + i]));
        mass[i] *= std::exp(was[i] - top[i]);
        for (la::index s = 0; s != count; ++s) mass[i] += std::exp(static_cast<double>(t->scores[s * 64 + i]) - top[i]);
      }
      auto const grew = kernel::attend_weigh<arch>(t->scores, count, 64, t->state);
      for (int i = 0; i != 64; ++i) {
        CHECK(static_cast<double>(t->state.top[i]) == top[i]);
        CHECK((grew >> i & 1u) == (top[i] > was[i] ? 1u : 0u));
        CHECK(std::fabs(static_cast<double>(t->state.mass[i]) - mass[i]) <= 1e-5 * mass[i]);
        CHECK((t->state.shrink[i] == 1) == (top[i] == was[i]));
      }
    }
  }
}

TEST_CASE("weights: slots that no row of a register sees weigh nothing, whatever their scores, and change no bit") {
  lacuna_test::random r(3);
  constexpr auto lanes = static_cast<la::index>(la::simd::batch<float, arch>::size);
  auto const all = std::make_unique<tile>(), reached = std::make_unique<tile>();
  for (int const kind : {0, 1, 2})
    for (la::index const count : {64, 61, 8}) {
      std::uint64_t of_row[64], seen[64];
      for (int i = 0; i != 64; ++i) {  // up to the diagonal, behind it, and a few, none of them for rows 16 to 31
        of_row[i] = kind == 0   ? ~std::uint64_t{0} >> (63 - i)
                    : kind == 1 ? ~std::uint64_t{1} << i
                                : r.bits() & r.bits();
        if (kind == 2 && i / 16 == 1) of_row[i] = 0;
        of_row[i] &= ~std::uint64_t{0} >> (64 - count);
        seen[i] = of_row[i];
      }
      kernel::transpose_bits(seen);
      kernel::attend_reaches const reaches{of_row};
      all->state.clear();
      reached->state.clear();
      for (int round = 0; round != 2; ++round) {
        fill(r, *all, count);
        std::copy_n(all->scores, 64 * 64, reached->scores);
        for (la::index i = 0; i != 64; ++i) {
          auto const reach = reaches(i / lanes * lanes, lanes, count);
          for (la::index s = 0; s != count; ++s)
            if (s < reach.first || s >= reach.last)
              reached->scores[s * 64 + i] = std::numeric_limits<float>::quiet_NaN();
        }
        kernel::attend_mask<arch>(all->scores, count, 64, seen, all->state.peak);
        kernel::attend_mask<arch>(reached->scores, count, 64, seen, reached->state.peak, reaches);
        auto const grew = kernel::attend_weigh<arch>(all->scores, count, 64, all->state);
        CHECK(kernel::attend_weigh<arch>(reached->scores, count, 64, reached->state, reaches) == grew);
        auto const same = [](float const* a, float const* b, la::index n) {
          return std::memcmp(a, b, static_cast<std::size_t>(n) * sizeof(float)) == 0;
        };
        CHECK(same(all->scores, reached->scores, count * 64));
        CHECK(same(all->state.top, reached->state.top, 64));
        CHECK(same(all->state.mass, reached->state.mass, 64));
        CHECK(same(all->state.added, reached->state.added, 64));
        CHECK(same(all->state.shrink, reached->state.shrink, 64));
      }
    }
}

TEST_CASE("weights: sums shrink where a row has grown, and nowhere else") {
  alignas(64) float sums[3 * 64], shrink[64] = {0.5f, 0.25f, 2.0f};
  std::fill_n(sums, 3 * 64, 4.0f);
  kernel::attend_shrink<arch>(sums, 64, 2, 0b101u, shrink);
  for (int c = 0; c != 64; ++c) {
    CHECK(sums[c] == 2);
    CHECK(sums[64 + c] == 4);
    CHECK(sums[128 + c] == 4);  // a row that is not in use
  }
}

TEST_CASE("weights: below and settled speak of rows in use only") {
  kernel::attend_state<float> state{};
  for (int i = 0; i != 64; ++i) {
    state.top[i] = 1;
    state.peak[i] = i < 10 ? -2.5f : 5.0f;
    state.mass[i] = 10;
    state.added[i] = i < 10 ? 0.5f : 5.0f;
  }
  CHECK(kernel::attend_all_below(state, 10, -3.0f));
  CHECK(!kernel::attend_all_below(state, 11, -3.0f));
  CHECK(!kernel::attend_all_below(state, 10, -4.0f));
  CHECK(kernel::attend_all_settled(state, 10, 0.1f));
  CHECK(!kernel::attend_all_settled(state, 11, 0.1f));
  CHECK(!kernel::attend_all_settled(state, 10, 0.05f));
}
