// SPDX-License-Identifier: MIT
#include <lacuna/format/nm.hpp>
#include <lacuna/kernel/nm_columns.hpp>
#include <lacuna/pack.hpp>
#include <lacuna/prune.hpp>
#include <lacuna/simd/arch.hpp>

#include "support/guarded_operands.hpp"
#include "support/random.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstdint>
#include <type_traits>
#include <vector>

namespace la = lacuna;

namespace {

/// Every row length up to some steps, the codes between guard pages.
template <int Keep, int M>
void check() {
  lacuna_test::random r(Keep * 100 + M);
  for (la::index cols = 0; cols <= 20 * M; ++cols) {
    auto const w = lacuna_test::random_dense<float>(r, 1, cols);
    auto const a = la::pack<la::nm<float, Keep, M>>(w, la::prune(w, la::magnitude{}, la::n_of_m<Keep, M>{}));
    std::vector<std::uint16_t> expected;
    a.visit_row(0, [&](la::index j, float) { expected.push_back(static_cast<std::uint16_t>(j)); });
    for (auto const where : lacuna_test::both_placements) {
      lacuna_test::guarded_copy<std::uint8_t> const codes(a.codes(), where);
      lacuna_test::guarded<std::uint16_t> columns(static_cast<la::index>(expected.size()) + 3, where);
      auto const count = la::kernel::nm_columns<Keep, M>(codes.get().data(), cols, columns.data());
      CAPTURE(Keep, M, cols, where);
      REQUIRE(std::vector<std::uint16_t>(columns.data(), columns.data() + count) == expected);
    }
  }
}

}  // namespace

TEST_CASE("nm_columns: as visit_row has them, for masks that are looked up") {
  check<2, 4>();
  check<4, 8>();
  check<3, 5>();
  check<2, 2>();
  check<2, 3>();
}

TEST_CASE("nm_columns: as visit_row has them, for other masks and for codes") {
  check<5, 8>();
  check<8, 32>();
  check<1, 4>();
  check<2, 8>();
  check<1, 16>();
  check<1, 1>();
  check<1, 2>();
  check<1, 5>();
  check<1, 32>();
  check<2, 7>();
  check<2, 16>();
}

TEST_CASE("spread_four: four neighbouring fields, 16 bits apart, whatever stands behind them") {
  auto const check_bits = [](auto bits) {
    constexpr int width = decltype(bits)::value;
    lacuna_test::random r(width);
    for (int round = 0; round != 100; ++round) {
      std::uint64_t fields = 0, expected = 0;
      for (int f = 0; f != 64 / width; ++f) {
        auto const field = static_cast<std::uint64_t>(r.below(la::index{1} << width));
        fields |= field << (f * width);
        if (f < 4) expected |= field << (f * 16);
      }
      CAPTURE(width, fields);
      REQUIRE(la::kernel::spread_four<width>(fields) == expected);
    }
  };
  check_bits(std::integral_constant<int, 1>{});
  check_bits(std::integral_constant<int, 2>{});
  check_bits(std::integral_constant<int, 3>{});
  check_bits(std::integral_constant<int, 5>{});
  check_bits(std::integral_constant<int, 8>{});
}

namespace {

/// Rows of some pieces, with a part of one more, and room for their slots alone.
template <int Keep, int M>
void check_all() {
  lacuna_test::random r(Keep * 100 + M);
  constexpr la::index piece = 1024 / Keep / 8 * 8 * M;
  std::vector<la::index> lengths{piece - 1, piece, piece + 1, 2 * piece + 3 * M + 1};
  for (la::index cols = 0; cols <= 20 * M; ++cols) lengths.push_back(cols);
  for (auto const cols : lengths) {
    auto const w = lacuna_test::random_dense<float>(r, 1, cols);
    auto const a = la::pack<la::nm<float, Keep, M>>(w, la::prune(w, la::magnitude{}, la::n_of_m<Keep, M>{}));
    std::vector<std::int32_t> expected;
    a.visit_row(0, [&](la::index j, float) { expected.push_back(static_cast<std::int32_t>(j)); });
    for (auto const where : lacuna_test::both_placements) {
      lacuna_test::guarded_copy<std::uint8_t> const codes(a.codes(), where);
      lacuna_test::guarded<std::int32_t> columns(static_cast<la::index>(expected.size()), where);
      la::kernel::all_nm_columns<la::simd::default_arch, Keep, M>(codes.get().data(), cols, columns.data());
      CAPTURE(Keep, M, cols, where);
      REQUIRE(columns.intact());
      REQUIRE(std::vector<std::int32_t>(columns.begin(), columns.end()) == expected);
    }
  }
}

}  // namespace

TEST_CASE("all_nm_columns: as visit_row has them, of few groups and beyond the first piece") {
  check_all<1, 5>();
  check_all<1, 16>();
  check_all<2, 8>();
  check_all<7, 32>();
  check_all<2, 4>();
  check_all<1, 4>();
  check_all<2, 8>();
  check_all<4, 32>();
  check_all<3, 16>();
}
