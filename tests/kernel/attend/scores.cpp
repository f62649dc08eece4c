// SPDX-License-Identifier: MIT
#include <lacuna/kernel/attend/scores.hpp>

#include "../../support/guard.hpp"
#include "../../support/random.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <memory>
#include <vector>

namespace la = lacuna;
namespace kernel = lacuna::kernel;
using arch = la::simd::default_arch;

namespace {

template <class A>
struct operands {
  alignas(64) A queries[40 * 64];
  alignas(64) A scores[72 * 64];
  alignas(64) A peak[64];
};

template <class A>
void check(la::index rows, la::index count, la::index depth, bool biased) {
  lacuna_test::random r(1);
  auto const o = std::make_unique<operands<A>>();
  for (auto& x : o->queries) x = static_cast<A>(r.normal());
  for (auto& x : o->peak) x = -1000;
  lacuna_test::guarded<A> keys(count * depth, lacuna_test::placement::upper);
  for (auto& x : keys) x = static_cast<A>(r.normal());
  kernel::of_slots<A const*> at;
  std::vector<float> bias(72);
  for (auto& b : bias) b = static_cast<float>(r.normal());
  for (std::size_t s = static_cast<std::size_t>(count); s != 72; ++s) bias[s] = bias[s - 1];
  for (la::index s = 0; s != count; ++s) at.slot[s] = keys.data() + (count - 1 - s) * depth;  // in any order
  at.close(count);
  kernel::of_slots<void const*> along;  // fetched, not read: it may be anything
  for (auto& row : along.slot) row = o.get() + 1;
  kernel::attend_scores<arch>(o->queries, rows, at.slot, {along.slot, rows % 2 != 0}, count, depth,
                              biased ? bias.data() : nullptr, o->scores, o->peak);
  for (la::index i = 0; i != rows; ++i) {
    A top = -1000;
    for (la::index s = 0; s != count; ++s) {
      double sum = biased ? static_cast<double>(bias[static_cast<std::size_t>(s)]) : 0;
      for (la::index k = 0; k != depth; ++k)
        sum += static_cast<double>(o->queries[k * 64 + i]) * static_cast<double>(at.slot[s][k]);
      auto const got = o->scores[s * 64 + i];
      if (!(std::fabs(static_cast<double>(got) - sum) <= 1e-4))
        FAIL(rows << " rows, " << count << " keys, depth " << depth);
      top = std::max(top, got);
    }
    CHECK(o->peak[i] == top);  // what a register tile computes for nobody repeats the last key
  }
}

}  // namespace

TEST_CASE("scores: every count of rows and keys, keys anywhere, and nothing read behind them") {
  for (la::index const rows : {1, 3, 16, 17, 32, 48, 63, 64})
    for (la::index const count : {1, 4, 5, 7, 8, 13, 63, 64}) check<float>(rows, count, 17, false);
  for (la::index const depth : {0, 1, 4, 40}) check<float>(64, 64, depth, true);
  if constexpr (la::simd::has_batch<arch, double>) check<double>(37, 29, 6, true);
}

namespace {

/// Row i sees slots [from[i], to[i]).
template <class A>
void check_reached(la::index rows, la::index const (&from)[64], la::index const (&to)[64], la::index count,
                   bool leaves_out) {
  constexpr la::index depth = 19;
  constexpr A untouched = 12345;
  lacuna_test::random r(2);
  auto const o = std::make_unique<operands<A>>();
  for (auto& x : o->queries) x = static_cast<A>(r.normal());
  for (auto& x : o->scores) x = untouched;
  lacuna_test::guarded<A> keys(count * depth, lacuna_test::placement::upper);
  for (auto& x : keys) x = static_cast<A>(r.normal());
  kernel::of_slots<A const*> at;
  for (la::index s = 0; s != count; ++s) at.slot[s] = keys.data() + s * depth;
  at.close(count);
  kernel::of_slots<void const*> along;
  for (auto& row : along.slot) row = o.get() + 1;
  std::vector<std::uint64_t> words(64, 0);
  for (std::size_t i = 0; i != static_cast<std::size_t>(rows); ++i)
    for (la::index s = from[i]; s < to[i]; ++s) words[i] |= std::uint64_t{1} << s;
  kernel::attend_scores<arch>(o->queries, rows, at.slot, {along.slot, true}, count,
                              kernel::attend_reaches{words.data()}, depth, nullptr, o->scores, o->peak);
  la::index wrong = 0, left_out = 0;
  for (la::index i = 0; i != rows; ++i)
    for (la::index s = 0; s != count; ++s) {
      double sum = 0;
      for (la::index k = 0; k != depth; ++k)
        sum += static_cast<double>(o->queries[k * 64 + i]) * static_cast<double>(at.slot[s][k]);
      auto const got = o->scores[s * 64 + i];
      left_out += got == untouched ? 1 : 0;
      bool const seen = (words[static_cast<std::size_t>(i)] >> s & 1u) != 0;
      wrong += (seen || got != untouched) && !(std::fabs(static_cast<double>(got) - sum) <= 1e-4) ? 1 : 0;
    }
  CAPTURE(rows, count);
  CHECK(wrong == 0);
  if (leaves_out) CHECK(left_out >= rows * count / 4);
}

}  // namespace

TEST_CASE("scores: what rows see is computed, and not much of what none of a register sees") {
  la::index from[64], to[64];
  for (la::index const rows : {5, 16, 37, 48, 64})
    for (la::index const count : {9, 40, 64}) {
      bool const whole = rows == 64 && count == 64;
      for (la::index i = 0; i != 64; ++i) from[i] = 0, to[i] = std::min(i + 1, count);  // causal
      check_reached<float>(rows, from, to, count, whole);
      for (la::index i = 0; i != 64; ++i) from[i] = std::min(i, count), to[i] = count;  // the far end of a window
      check_reached<float>(rows, from, to, count, whole);
      for (la::index i = 0; i != 64; ++i) from[i] = i * 7 % count, to[i] = i % 3 == 0 ? from[i] : from[i] + 1;
      check_reached<float>(rows, from, to, count, false);
      for (la::index i = 0; i != 64; ++i) from[i] = i < 32 ? 0 : count / 2, to[i] = i < 32 ? count / 2 : count;
      check_reached<float>(rows, from, to, count, whole);  // halves without a slot in common
    }
  if constexpr (la::simd::has_batch<arch, double>) {
    for (la::index i = 0; i != 64; ++i) from[i] = i / 2, to[i] = std::min<la::index>(64, i + 9);
    check_reached<double>(61, from, to, 64, false);
  }
}
