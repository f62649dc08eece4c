// SPDX-License-Identifier: MIT
#include <lacuna/kernel/bit_rows.hpp>
#include <lacuna/pack.hpp>
#include <lacuna/prune.hpp>

#include "support/random.hpp"

#include <catch2/catch_test_macros.hpp>

#include <vector>

namespace la = lacuna;

namespace {

/// Walking the bits and the values gives what visit_row gives, from any row on.
template <class Format>
void check(Format const& a) {
  STATIC_REQUIRE(la::kernel::has_bit_rows<typename Format::layout>);
  auto const all = la::kernel::bit_rows_from(a.view(), 0);
  auto const* value = all.values;
  for (la::index i = 0; i != a.rows(); ++i) {
    if (i != 0) value = all.next(i - 1, value);
    auto const below = la::kernel::bit_rows_from(a.view(), i);
    REQUIRE(value == below.values);
    REQUIRE(all.bits + i * all.bytes == below.bits);
    std::vector<la::index> want, got;
    std::vector<float> want_values;
    a.visit_row(i, [&](la::index j, float v) {
      want.push_back(j);
      want_values.push_back(v);
    });
    la::detail::visit_bits(below.bits, below.bytes, [&](la::index j) { got.push_back(j); });
    CHECK(got == want);
    CHECK(std::vector<float>(value, value + want.size()) == want_values);
  }
}

}  // namespace

TEST_CASE("bit_rows: bitmap and masks of N:M, nothing else") {
  lacuna_test::random r(1);
  auto const w = lacuna_test::random_dense<float>(r, 40, 70);
  check(la::pack<la::bitmap<float>>(w, lacuna_test::random_mask(r, 40, 70, lacuna_test::coverage::ragged)));
  check(la::pack<la::nm<float, 2, 4>>(w, la::prune(w, la::magnitude{}, la::n_of_m<2, 4>{})));
  check(la::pack<la::nm<float, 3, 5>>(w, la::prune(w, la::magnitude{}, la::n_of_m<3, 5>{})));
  STATIC_REQUIRE_FALSE(la::kernel::has_bit_rows<la::nm_layout<1, 4>>);  // codes
}
