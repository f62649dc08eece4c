// SPDX-License-Identifier: MIT
#include <lacuna/format/bsr.hpp>
#include <lacuna/kernel/quad_lines.hpp>

#include "support/lanes.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstdint>

namespace la = lacuna;
using arch = la::simd::default_arch;
using view = la::bsr_view<std::int8_t, 3, 4>;

namespace {

/// Writes 100 b + r, and what the row starts at, to row r of line b, as far as it counts.
struct numbers : la::kernel::quad_lines<numbers, arch, 3, 2> {
  template <int N, class View>
  static void multiply_line(la::kernel::quads_matrix<View> const&, la::index b, std::int32_t const*,
                            la::kernel::quad_sums const& sums) {
    for (la::index r = 0; r != 3; ++r)
      if (r >= sums.low && r < sums.high)
        for (la::index c = 0; c != N * lacuna_test::lanes_of<std::int32_t>; ++c)
          sums.to[r * sums.pitch + c] = static_cast<std::int32_t>(100 * b + r) + sums.start[r];
  }
};

/// Rows go to `place`, `pitch` apart, or are handed over.
struct takes_rows {
  std::int32_t* kept;
  la::index pitch;
  bool in_place;
  int* handed;

  [[nodiscard]] std::int32_t* place(la::index r) const { return in_place ? kept + r * pitch : nullptr; }
  void operator()(std::int32_t const* sums, la::index r) const {
    ++*handed;
    for (la::index c = 0; c != 2 * lacuna_test::lanes_of<std::int32_t>; ++c) kept[r * pitch + c] = sums[c];
  }
};

}  // namespace

TEST_CASE("quad_lines: rows of any range, where they belong or handed over, each line with its starts") {
  constexpr la::index line = 2 * lacuna_test::lanes_of<std::int32_t>, pitch = line + 5;
  STATIC_REQUIRE(numbers::block(view{}) == 18);
  STATIC_REQUIRE(numbers::accepts<view> == la::simd::has_batch<arch, std::int8_t>);
  STATIC_REQUIRE_FALSE(numbers::accepts<la::bsr_view<float, 3, 4>>);
  std::int32_t start[12];
  for (int i = 0; i != 12; ++i) start[i] = 1000 * i;
  for (bool const in_place : {true, false})
    for (la::index const first : {0, 1, 2, 3})
      for (la::index const last : {first, first + 1, la::index{7}, la::index{9}}) {
        std::int32_t kept[9 * pitch] = {}, sums[9 * line];
        int handed = 0;
        numbers::run<2>(la::kernel::quads_matrix<view>{view{}, 0, start}, nullptr, sums, first, last,
                        takes_rows{kept, pitch, in_place, &handed});
        la::index wrong = 0;
        for (la::index i = first; i != first + 9; ++i)
          for (la::index c = 0; c != pitch; ++c)
            wrong += kept[(i - first) * pitch + c] != (i < last && c < line ? 1000 * i + 100 * (i / 3) + i % 3 : 0);
        CAPTURE(in_place, first, last);
        CHECK(wrong == 0);
        CHECK(handed == (in_place ? 0 : last - first));
      }
}
