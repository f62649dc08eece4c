// SPDX-License-Identifier: MIT
#include <lacuna/kernel/attend/key_tile.hpp>
#include <lacuna/kernel/attend/values.hpp>

#include "../../support/guard.hpp"
#include "../../support/random.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <memory>
#include <vector>

namespace la = lacuna;
namespace kernel = lacuna::kernel;
using arch = la::simd::default_arch;

namespace {

template <class A>
struct operands {
  alignas(64) A weights[72 * 64];
  alignas(64) A sums[72 * 160];
  alignas(64) A one[160];
  alignas(64) A tails[64 * 16];
  A shrink[64], factor[64];
};

template <class A>
kernel::attend_sums<A> sums_of(operands<A>& o, la::index pitch, bool clear) {
  return {o.sums, pitch, clear, 0, o.shrink, nullptr, o.factor};
}

template <class A>
void check(la::index rows, la::index count, la::index dim, bool clear) {
  constexpr auto lanes = static_cast<la::index>(la::simd::batch<A, arch>::size);
  lacuna_test::random r(1);
  auto const o = std::make_unique<operands<A>>();
  for (auto& x : o->weights) x = static_cast<A>(r.uniform());
  for (auto& x : o->sums) x = static_cast<A>(r.normal());
  auto const pitch = kernel::attend_rounded(dim, lanes), whole = dim / lanes * lanes;
  lacuna_test::guarded<A> values(count * dim);
  for (auto& x : values) x = static_cast<A>(r.normal());
  kernel::of_slots<A const*> at;
  A const* tails[64];
  for (la::index s = 0; s != count; ++s) {
    at.slot[s] = values.data() + (count - 1 - s) * dim;
    for (la::index l = 0; l != lanes; ++l) o->tails[s * lanes + l] = whole + l < dim ? at.slot[s][whole + l] : A{0};
    tails[s] = o->tails + s * lanes;
  }
  at.close(count);
  std::vector<double> expected;
  for (la::index i = 0; i != rows; ++i)
    for (la::index c = 0; c != dim; ++c) {
      double sum = clear ? 0 : static_cast<double>(o->sums[i * pitch + c]);
      for (la::index s = 0; s != count; ++s)
        sum += static_cast<double>(o->weights[s * 64 + i]) * static_cast<double>(at.slot[s][c]);
      expected.push_back(sum);
    }
  // One row by itself, of which it sees all slots.
  std::memcpy(o->one, o->sums + (rows - 1) * pitch, static_cast<std::size_t>(pitch) * sizeof(A));
  kernel::attend_values_of<arch>(~std::uint64_t{0}, o->weights + rows - 1, at.slot, tails, count, dim, o->one, clear);
  kernel::attend_ahead ahead;
  void const* rows_ahead[64];
  for (auto& p : rows_ahead) p = values.data();
  ahead.add(rows_ahead, 100);
  kernel::attend_values<arch>(o->weights, rows, at.slot, tails, count, dim, sums_of(*o, pitch, clear), ahead);
  bool right = true;
  for (la::index i = 0; i != rows; ++i)
    for (la::index c = 0; c != dim; ++c)
      right = right && std::fabs(static_cast<double>(o->sums[i * pitch + c]) -
                                 expected[static_cast<std::size_t>(i * dim + c)]) <= 1e-4;
  CAPTURE(rows, count, dim, clear);
  CHECK(right);
  CHECK(std::memcmp(o->one, o->sums + (rows - 1) * pitch, static_cast<std::size_t>(dim) * sizeof(A)) == 0);
}

}  // namespace

TEST_CASE("values: every count of rows, keys and columns, and nothing read behind a value") {
  for (la::index const rows : {1, 5, 7, 16, 32, 61, 64})
    for (la::index const dim : {1, 8, 16, 33, 64, 100, 160}) check<float>(rows, 9, dim, rows % 2 == 0);
  check<float>(64, 64, 128, false);
  if constexpr (la::simd::has_batch<arch, double>) check<double>(13, 17, 37, false);
}

TEST_CASE("values: rows that grew are scaled down before, and the last sums go to the output, scaled") {
  lacuna_test::random r(3);
  constexpr la::index rows = 23, count = 9, dim = 80;
  auto const o = std::make_unique<operands<float>>();
  for (auto& x : o->weights) x = static_cast<float>(r.uniform());
  for (auto& x : o->sums) x = static_cast<float>(r.normal());
  for (la::index i = 0; i != 64; ++i) {
    o->shrink[i] = i % 5 == 0 ? 0.5f : 1.0f;
    o->factor[i] = static_cast<float>(i + 1);
  }
  std::vector<float> values(count * dim);
  for (auto& x : values) x = static_cast<float>(r.normal());
  kernel::of_slots<float const*> at;
  for (la::index s = 0; s != count; ++s) at.slot[s] = values.data() + s * dim;
  at.close(count);

  // By steps: scaled beforehand, added, scaled.
  auto const steps = std::make_unique<operands<float>>(*o);
  for (la::index i = 0; i != rows; ++i)
    for (la::index c = 0; c != dim; ++c) steps->sums[i * dim + c] *= o->shrink[i];
  kernel::attend_ahead none;
  kernel::attend_values<arch>(o->weights, rows, at.slot, static_cast<float const* const*>(nullptr), count, dim,
                              sums_of(*steps, dim, false), none);
  for (la::index i = 0; i != rows; ++i)
    for (la::index c = 0; c != dim; ++c) steps->sums[i * dim + c] *= o->factor[i];

  auto of = sums_of(*o, dim, false);
  for (la::index i = 0; i < rows; i += 5) of.grew |= std::uint64_t{1} << i;
  lacuna_test::guarded<float> out(rows * dim);
  float* to[64];
  for (la::index i = 0; i != 64; ++i) to[i] = i < rows ? out.data() + (rows - 1 - i) * dim : o->sums + i * dim;
  of.to = to;
  kernel::attend_values<arch>(o->weights, rows, at.slot, static_cast<float const* const*>(nullptr), count, dim, of,
                              none);
  for (la::index i = 0; i != rows; ++i) CHECK(std::memcmp(to[i], steps->sums + i * dim, dim * sizeof(float)) == 0);
}

TEST_CASE("values: what a row does not see is not read") {
  lacuna_test::random r(2);
  auto const o = std::make_unique<operands<float>>();
  for (auto& x : o->weights) x = 1;
  std::vector<float> good(16, 2.0f), bad(16, std::nanf(""));
  float const* const values[3] = {good.data(), bad.data(), good.data()};
  kernel::attend_values_of<arch>(0b101, o->weights, values, static_cast<float const* const*>(nullptr), 3, 16, o->one,
                                 true);
  for (int c = 0; c != 16; ++c) CHECK(o->one[c] == 4);
}

TEST_CASE("ahead: every line of every row once, then nothing") {
  kernel::attend_ahead ahead;
  void const* a[64] = {};
  void const* b[64] = {};
  ahead.add(a, 130);
  ahead.add(b, 0);
  ahead.add(b, 64);
  auto const all = [&](la::index tiles, la::index step) {
    auto left = ahead;
    left.spread(tiles);
    for (la::index first = 0; first < 130; first += step) {
      auto const p = left.take();
      CHECK(p.row == a);
      CHECK(p.first == first);
      CHECK(p.last == std::min<la::index>(first + step, 130));
    }
    CHECK(left.take().row == b);
    CHECK(left.take().row == nullptr);
    CHECK(left.take().row == nullptr);
  };
  all(11, 64);
  all(4, 128);
  all(0, 448);
}

TEST_CASE("values: slots that no row of a tile sees are not read, and the bits are those of weights of 0") {
  constexpr la::index rows = 61, count = 64, dim = 72;
  lacuna_test::random r(4);
  auto const o = std::make_unique<operands<float>>();
  std::vector<std::uint64_t> words(64, 0);
  for (la::index const kind : {0, 1, 2}) {
    for (auto& x : o->sums) x = static_cast<float>(r.normal());
    for (auto& w : words) w = 0;
    for (la::index s = 0; s != count; ++s)
      for (la::index i = 0; i != 64; ++i) {
        bool const seen = i < rows && (kind == 0 ? s <= i : kind == 1 ? s >= i : s == 63 - i && i % 3 == 0);
        o->weights[s * 64 + i] = seen ? static_cast<float>(r.uniform()) : 0;
        if (seen) words[static_cast<std::size_t>(i)] |= std::uint64_t{1} << s;
      }
    std::vector<float> values(count * dim);
    for (auto& x : values) x = static_cast<float>(r.normal());
    kernel::of_slots<float const*> at;
    float const* tails[64];
    for (auto& x : o->tails) x = 0;
    for (la::index s = 0; s != count; ++s) {
      at.slot[s] = values.data() + s * dim;
      std::copy_n(at.slot[s] + 64, dim - 64, o->tails + s * 16);
      tails[s] = dim % 16 == 0 ? nullptr : o->tails + s * 16;
    }
    at.close(count);
    constexpr auto lanes = static_cast<la::index>(la::simd::batch<float, arch>::size);
    constexpr auto pitch = kernel::attend_rounded(dim, lanes);
    auto const all = std::make_unique<operands<float>>(*o);
    kernel::attend_ahead none;
    kernel::attend_values<arch>(all->weights, rows, at.slot, tails, count, dim, sums_of(*all, pitch, false), none);
    if (kind == 0) std::fill_n(values.data() + 63 * dim, dim, NAN);  // key 63 is seen by no row of these 61
    void const* rows_ahead[64];
    for (auto& p : rows_ahead) p = values.data();
    kernel::attend_ahead ahead;
    ahead.add(rows_ahead, 100);
    kernel::attend_values<arch>(o->weights, rows, at.slot, tails, count, dim, sums_of(*o, pitch, false), ahead,
                                kernel::attend_reaches{words.data()});
    la::index wrong = 0;
    for (la::index i = 0; i != rows; ++i)
      for (la::index c = 0; c != dim; ++c) wrong += o->sums[i * pitch + c] != all->sums[i * pitch + c] ? 1 : 0;
    CAPTURE(kind);
    CHECK(wrong == 0);
  }
}
