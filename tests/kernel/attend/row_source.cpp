// SPDX-License-Identifier: MIT
#include <lacuna/attention/dense_kv.hpp>
#include <lacuna/kernel/attend/row_source.hpp>

#include "../../support/attention_heads.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cmath>
#include <cstdint>

namespace la = lacuna;
namespace kernel = lacuna::kernel;
using arch = la::simd::default_arch;
using lacuna_test::heads;

TEST_CASE("row source: keys and values of float stand where they stand, others are converted") {
  lacuna_test::random r(1);
  heads<la::bf16> k(2, 30, 19, true, 1), v(2, 30, 7, false, 2);
  k.fill(r);
  v.fill(r);
  la::attention::dense_kv<la::bf16> const kv(k.read(), v.read());
  kernel::attend_kv<arch, float, la::attention::dense_kv<la::bf16>> const rows(kv);
  auto const keys = rows.keys(), values = rows.values();
  CHECK(!keys.in_place());
  CHECK(keys.dim == 19);
  CHECK(values.bytes == 14);
  std::int32_t const ids[3] = {29, 0, 5};
  void const* at[3];
  float room[3 * 32];
  keys.addresses(keys.source, {1, ids, 0, 3}, at);
  keys.load(keys.source, at, 3, room, 32);
  for (int i = 0; i != 3; ++i) {
    CHECK(at[i] == &k.at(1, ids[i], 0));
    for (int d = 0; d != 19; ++d) CHECK(room[i * 32 + d] == static_cast<float>(k.at(1, ids[i], d)));
  }
  values.addresses(values.source, {0, nullptr, 10, 2}, at);
  CHECK(at[1] == &v.at(0, 11, 0));
  kernel::attend_kv<arch, double, la::attention::dense_kv<la::bf16>> const wide(kv);
  CHECK(!wide.values().in_place());
  heads<float> f(1, 4, 3, true);
  la::attention::dense_kv<float> const floats(f.read(), f.read());
  CHECK(kernel::attend_kv<arch, float, la::attention::dense_kv<float>>(floats).keys().in_place());
}

TEST_CASE("row source: heads of queries and of outputs") {
  lacuna_test::random r(1);
  heads<la::f16> q(3, 5, 20, true, 1);
  q.fill(r);
  auto const view = q.read();
  auto const queries = kernel::attend_heads<arch, float, la::f16>::queries(view);
  kernel::attend_place const place[2] = {{2, 4}, {0, 1}};
  void const* at[2];
  queries.addresses(queries.source, place, 2, at);
  CHECK(at[0] == &q.at(2, 4, 0));
  float row[20];
  queries.load(queries.source, at[1], row);
  for (int d = 0; d != 20; ++d) CHECK(row[d] == static_cast<float>(q.at(0, 1, d)));

  heads<la::bf16> out(3, 5, 20, false, 1);
  auto const to = out.view();
  auto const output = kernel::attend_heads<arch, float, la::bf16>::output(to);
  float const sums[2 * 32] = {1, 2, 3}, factor[2] = {0.5f, 1};
  output.write(output.to, place, 1, sums, 32, factor);
  CHECK(static_cast<float>(out.at(2, 4, 1)) == 1);
  CHECK(static_cast<float>(out.at(2, 4, 2)) == 1.5f);
  CHECK(std::isnan(static_cast<float>(out.at(0, 1, 0))));
  CHECK(out.gaps_intact());
}

TEST_CASE("row source: a matrix by columns is read and written across") {
  la::dense<float, la::order::col_major> m(6, 4);
  for (la::index i = 0; i != 6; ++i)
    for (la::index j = 0; j != 4; ++j) m(i, j) = static_cast<float>(10 * i + j);
  auto const view = m.view();
  using source = kernel::attend_view<arch, float, la::dense_view<float, la::order::col_major>>;
  auto const rows = source::rows(view);
  CHECK(!rows.in_place());
  void const* at[2];
  float room[2 * 8];
  rows.addresses(rows.source, {0, nullptr, 3, 2}, at);
  rows.load(rows.source, at, 2, room, 8);
  for (int j = 0; j != 4; ++j) CHECK(room[8 + j] == static_cast<float>(40 + j));
  auto const output = source::output(view);
  kernel::attend_place const place[1] = {{0, 5}};
  float const sums[4] = {1, 2, 3, 4}, factor[1] = {2};
  output.write(output.to, place, 1, sums, 4, factor);
  for (int j = 0; j != 4; ++j) CHECK(m(5, j) == static_cast<float>(2 * (j + 1)));
  CHECK(m(4, 3) == 43);
}
