// SPDX-License-Identifier: MIT
#include <lacuna/core/threads.hpp>
#include <lacuna/prune.hpp>
#include <lacuna/prune/blocks.hpp>

#include "prune/reference.hpp"
#include "support/sizes.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>

#include <limits>

namespace {

using lacuna::blocks;
using lacuna::index;
using lacuna_test::kind;
using lacuna_test::text_of;

constexpr lacuna::scope all_scopes[] = {lacuna::whole, lacuna::per_row, lacuna::per_column};

/// Blocks of one size, whose scores lie in one order.
struct way {
  index height;
  index width;
  lacuna::mask (*select)(lacuna::dense<float> const&, double sparsity, lacuna::scope);
};
template <int R, int C>
constexpr way by_rows{R, C, [](lacuna::dense<float> const& s, double sparsity, lacuna::scope scope) {
                        return select(s, blocks<R, C>{.sparsity = sparsity, .scope = scope});
                      }};
template <int R, int C>
constexpr way by_columns{R, C, [](lacuna::dense<float> const& s, double sparsity, lacuna::scope scope) {
                           return select(lacuna_test::col_major_copy(s),
                                         blocks<R, C>{.sparsity = sparsity, .scope = scope});
                         }};

TEST_CASE("blocks: half of the whole is the default") {
  STATIC_CHECK(blocks<16, 1>{}.sparsity == 0.5);
  STATIC_CHECK(blocks<16, 1>{.sparsity = 0.7}.scope == lacuna::whole);
}

TEST_CASE("blocks: small masks by hand; edge blocks are short") {
  auto const s = lacuna_test::matrix_of({{3, 1, 2, 1, 9}, {1, 1, 1, 1, 1}, {0, 9, 8, 7, 0}});
  // Sums of 2x2 blocks: 6 5 10 / 9 15 0.
  CHECK(text_of(select(s, blocks<2, 2>{})) == "00001 00001 11110");
  CHECK(text_of(select(s, blocks<2, 2>{.sparsity = 0.17})) == "11111 11111 11110");
  CHECK(text_of(select(s, blocks<2, 2>{.sparsity = 0.34, .scope = lacuna::per_row})) == "11001 11001 11110");
}

TEST_CASE("blocks: of equal sums the lower index goes first, row-major over the blocks") {
  lacuna::dense<float> const s(4, 6);
  CHECK(text_of(select(s, blocks<2, 3>{.sparsity = 0.5})) == "000000 000000 111111 111111");
  CHECK(text_of(select(s, blocks<2, 3>{.sparsity = 0.75})) == "000000 000000 000111 000111");
}

TEST_CASE("blocks: equal to a stable sort of the sums, over shapes, scores and scopes") {
  lacuna_test::random r(11);
  for (auto const& way : {by_rows<1, 1>, by_columns<1, 1>, by_columns<16, 1>, by_rows<1, 4>, by_rows<2, 3>,
                          by_columns<2, 3>, by_rows<8, 8>, by_columns<64, 64>, by_rows<3, 65>})
    for (auto const shape : lacuna_test::shapes())
      for (auto const kind : {kind::different, kind::few, kind::positive_edges, kind::close, kind::equal})
        for (auto const scope : all_scopes) {
          auto const s = lacuna_test::hard_scores(r, shape.rows, shape.cols, kind);
          double const sparsity = static_cast<double>(r.below(101)) / 100.0;
          CAPTURE(s.rows(), s.cols(), way.height, way.width, sparsity, static_cast<int>(scope));
          REQUIRE(way.select(s, sparsity, scope) ==
                  lacuna_test::reference_blocks(s, way.height, way.width, sparsity, scope));
        }
}

TEST_CASE("blocks: sums are compared as doubles") {
  // 2^24 + 1 is no float: in float both sums would be equal, and the first block would go.
  auto const s = lacuna_test::matrix_of({{16777216, 1, 16777216, 0}});
  CHECK(text_of(select(s, blocks<1, 2>{})) == "1100");
}

TEST_CASE("blocks: by L2 or by the largest score; a block of columns is no scope of theirs") {
  auto const s = lacuna_test::matrix_of({{3, 3, 5, 0, 4, 0}, {3, 3, 0, 0, 4, 4}});  // sums 12, 5 and 12
  using lacuna::reduction;
  CHECK(text_of(select(s, blocks<2, 2>{.sparsity = 0.34})) == "110011 110011");
  CHECK(text_of(select(s, blocks<2, 2>{.sparsity = 0.34, .reduce = reduction::l2})) == "110011 110011");
  CHECK(text_of(select(s, blocks<2, 2>{.sparsity = 0.67, .reduce = reduction::l2})) == "000011 000011");
  CHECK(text_of(select(s, blocks<2, 2>{.sparsity = 0.67, .reduce = reduction::largest})) == "001100 001100");
  CHECK_THROWS_AS(select(s, blocks<2, 2>{.scope = lacuna::per_column_block}), lacuna::value_error);
}

TEST_CASE("blocks: threads change nothing") {
  lacuna_test::random r(12);
  auto const s = lacuna_test::hard_scores(r, 700, 433, kind::few);
  auto const expected = lacuna_test::reference_blocks(s, 16, 1, 0.7, lacuna::whole);
  for (index const workers : {1, 2, 3, 7}) {
    lacuna::threads pool{workers};
    CHECK(select(pool, s, blocks<16, 1>{.sparsity = 0.7}) == expected);
    CHECK(select(pool, lacuna_test::col_major_copy(s), blocks<16, 1>{.sparsity = 0.7}) == expected);
  }
}

TEST_CASE("blocks: a NaN is named by its own place") {
  lacuna::dense<float> s(6, 6);
  s(4, 3) = std::numeric_limits<float>::quiet_NaN();
  auto const message = Catch::Matchers::Message("select: the score in row 4, column 3 is NaN");
  for (auto const scope : all_scopes) {
    CHECK_THROWS_MATCHES(select(s, blocks<4, 4>{.scope = scope}), lacuna::value_error, message);
    CHECK_THROWS_MATCHES(select(s, blocks<1, 1>{.scope = scope}), lacuna::value_error, message);
  }
}

TEST_CASE("blocks: infinities are scores, but those of both signs have no sum") {
  constexpr auto inf = std::numeric_limits<float>::infinity();
  auto s = lacuna_test::matrix_of({{1, 2, 3, 4}, {5, 6, 7, 8}});
  s(0, 0) = inf;
  s(0, 2) = -inf;
  CHECK(text_of(select(s, blocks<2, 2>{})) == "1100 1100");
  s(1, 3) = inf;
  CHECK_THROWS_MATCHES(select(s, blocks<2, 2>{}), lacuna::value_error,
                       Catch::Matchers::Message("blocks: the scores of the block from row 0, column 2 hold infinities "
                                                "of both signs: their sum is NaN"));
}

TEST_CASE("blocks: a sparsity that is no fraction is refused") {
  CHECK_THROWS_MATCHES(select(lacuna::dense<float>(3, 4), blocks<2, 2>{.sparsity = 2}), lacuna::value_error,
                       Catch::Matchers::Message("blocks: sparsity is 2, which is not in [0, 1]"));
}

}  // namespace
