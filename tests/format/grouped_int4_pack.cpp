// SPDX-License-Identifier: MIT
#include <lacuna/format/grouped_int4.hpp>
#include <lacuna/format/grouped_int4_pack.hpp>
#include <lacuna/pack.hpp>
#include <lacuna/prune.hpp>

#include "support/message_of.hpp"
#include "support/random.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstddef>
#include <limits>

namespace la = lacuna;

TEST_CASE("grouped_int4: the pattern of groups keeps whole groups, and ties go to even") {
  lacuna_test::random r(2);
  auto const w = lacuna_test::random_dense<float>(r, 40, 160);
  auto const keep = la::prune(w, la::magnitude{}, la::blocks<1, 16>{.sparsity = 0.5});
  CHECK(la::pack<la::grouped_int4<16>>(w, keep).stored() == 40 * 160 / 2);
  la::dense<float> ties(1, 6);
  float const values[] = {7, 0.5f, 1.5f, 2.5f, -0.5f, -1.5f};
  for (la::index j = 0; j != 6; ++j) ties(0, j) = values[j];
  auto const back = la::to_dense(la::pack<la::grouped_int4<6>>(ties));
  float const expected[] = {7, 0, 2, 2, 0, -2};
  for (la::index j = 0; j != 6; ++j) CHECK(back(0, j) == expected[j]);
}

TEST_CASE("grouped_int4: codes are held to 7 where a scale was rounded down") {
  constexpr float unit = 0x1p-24f;  // the least number of f16
  la::dense<float> w(1, 4);
  w(0, 0) = 9.8f * unit;
  w(0, 1) = -9.8f * unit;
  w(0, 2) = unit;
  auto const back = la::to_dense(la::pack<la::grouped_int4<4, la::f16>>(w));
  float const expected[] = {7 * unit, -7 * unit, unit, 0};
  for (la::index j = 0; j != 4; ++j) CHECK(back(0, j) == expected[j]);
}

TEST_CASE("grouped_int4: zeros of both signs, subnormal numbers, and what can't be packed") {
  la::dense<float> w(3, 4);
  w(0, 0) = -0.0f;
  w(1, 1) = std::numeric_limits<float>::denorm_min();
  w(2, 3) = 1;
  auto const a = la::pack<la::grouped_int4<4>>(w, la::mask(3, 4, true));
  for (la::index b = 0; b != 4; ++b) CHECK(a.codes()[static_cast<std::size_t>(b)] == 0);  // of two groups
  auto const back = la::to_dense(a);
  CHECK(back(0, 0) == 0);
  CHECK(back(1, 1) == 0);
  CHECK(back(2, 3) == 1);
  auto const said = [](auto const& f) { return lacuna_test::message_of<la::format_error>(f); };
  w(2, 1) = std::numeric_limits<float>::infinity();
  CHECK(said([&] { static_cast<void>(la::pack<la::grouped_int4<4>>(w)); }) ==
        "pack<grouped_int4>: row 2, column 1 has inf, expected a finite value");
  w(2, 1) = 1e30f;
  CHECK(said([&] { static_cast<void>(la::pack<la::grouped_int4<4, la::f16>>(w)); }) ==
        "pack<grouped_int4>: row 2, column 0 starts a group whose scale is beyond its type");
}
