// SPDX-License-Identifier: MIT
#include <lacuna/kernel/int4_dot.hpp>
#include <lacuna/pack.hpp>

#include "support/guarded_int4.hpp"
#include "support/oracle.hpp"
#include "support/random.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstdint>

namespace la = lacuna;
using lacuna_test::coverage;
using lacuna_test::guarded;
using arch = la::simd::default_arch;

namespace {

/// Some rows of a matrix, several tiles of columns wide, that has rows without groups and columns without a whole one.
template <class Format, int Vectors>
void check(unsigned seed) {
  constexpr int G = Format::layout::group;
  using dot = la::kernel::int4_dot<arch, G, Vectors>;
  lacuna_test::random r(seed);
  for (la::index const cols : {la::index{0}, la::index{G} + 3, (2 * dot::tile + 1) * G - 1})
    for (auto const how : {coverage::ragged, coverage::one_percent, coverage::all})
      for (auto const where : lacuna_test::both_placements) {
        la::index const rows = 21, first = 2;
        auto const a = la::pack<Format>(lacuna_test::random_dense<float>(r, rows, cols),
                                        lacuna_test::random_mask(r, rows, cols, how));
        lacuna_test::guarded_sparse<Format> const in(a, where);
        auto const x = lacuna_test::random_dense<float>(r, cols, Vectors);
        guarded<float> arranged(dot::arranged(cols), where);
        dot::arrange(cols, Vectors, arranged.data(), [&](la::index k, la::index v) { return x(k, v); });
        arranged.make_read_only();
        la::dense<float> y(rows, Vectors);
        dot::run(in.view(), arranged.data(), first, rows, [&](la::index i, la::index v, float sum) { y(i, v) += sum; });
        dot::run(in.view(), arranged.data(), 0, first, [&](la::index i, la::index v, float sum) { y(i, v) += sum; });
        CAPTURE(G, Vectors, cols, lacuna_test::name_of(how));
        REQUIRE(lacuna_test::check_product(a, x, y) == "");
      }
}

}  // namespace

TEST_CASE("int4_dot: vectors times groups, in one tile of columns and in several, between guard pages") {
  check<la::grouped_int4<16>, 1>(1);
  check<la::grouped_int4<48, la::f16, std::uint16_t, std::uint32_t>, 1>(2);
  check<la::grouped_int4<16, la::bf16>, 4>(3);
  check<la::grouped_int4<32>, 8>(4);
}
