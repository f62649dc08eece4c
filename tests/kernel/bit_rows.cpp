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
  using rows = la::kernel::bit_rows<la::view_t<Format>>;
  STATIC_REQUIRE(rows::available);
  rows const r{a.view()};
  auto const* value = r.values(0);
  for (la::index i = 0; i != a.rows(); ++i) {
    if (i != 0) value = r.values(i, value);
    REQUIRE(value == r.values(i));
    std::vector<la::index> want, got;
    std::vector<float> want_values;
    a.visit_row(i, [&](la::index j, float v) {
      want.push_back(j);
      want_values.push_back(v);
    });
    la::detail::visit_bits(r.bits(i), r.bytes(), [&](la::index j) { got.push_back(j); });
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
  STATIC_REQUIRE_FALSE(la::kernel::bit_rows<la::nm_view<float, 1, 4>>::available);  // codes
}
