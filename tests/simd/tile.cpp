// SPDX-License-Identifier: MIT
#include <lacuna/simd/tile.hpp>

#include "support/guard.hpp"
#include "support/lanes.hpp"

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <cstdint>
#include <vector>

namespace la = lacuna;
namespace simd = lacuna::simd;
using lacuna_test::guarded;
using lacuna_test::lanes_of;
using arch = simd::default_arch;

namespace {

/// How often each position of a line is covered, and by how many tiles, in order.
template <class T, int N>
bool covers_once(lacuna::index n) {
  std::vector<int> covered(static_cast<std::size_t>(n));
  lacuna::index next = 0, width_before = n;
  bool fine = true;
  simd::for_each_tile<arch, T, N>(n, [&](auto const tile, lacuna::index first) {
    fine = fine && first == next;
    lacuna::index width = 0;
    for (int r = 0; r != tile.registers; ++r)
      for (int l = 0; l != tile.lanes; ++l)
        if (tile.counts(l)) {
          auto const at = static_cast<std::size_t>(first + r * tile.lanes + l);
          fine = fine && at < covered.size() && ++covered[at] == 1;
          ++width;
        }
    fine = fine && width > 0 && width <= width_before;
    for (int r = 0; r != tile.registers; ++r)
      for (auto const lane : lacuna_test::lanes<T>(tile.value[r])) fine = fine && lane == T{0};
    width_before = width;
    next += width;
  });
  return fine && next == n;
}

}  // namespace

TEMPLATE_TEST_CASE("tile: every position of a line once, in order, from wide to narrow", "", float, double) {
  using T = TestType;
  for (lacuna::index n = 0; n <= 4 * 8 * lanes_of<T>; ++n) {
    CAPTURE(n);
    REQUIRE(covers_once<T, 8>(n));
    REQUIRE(covers_once<T, 4>(n));
    REQUIRE(covers_once<T, 1>(n));
  }
}

TEST_CASE("tile: a line of n takes the fewest registers") {
  for (lacuna::index n = 0; n <= 3 * 8 * lanes_of<float>; ++n) {
    lacuna::index registers = 0;
    simd::for_each_tile<arch, float, 8>(n, [&](auto const tile, lacuna::index) { registers += tile.registers; });
    CHECK(registers == (n + lanes_of<float> - 1) / lanes_of<float>);
  }
}

TEMPLATE_TEST_CASE("tile: load, multiply_add and store touch their line and nothing else", "", float, double) {
  using T = TestType;
  for (auto const where : lacuna_test::both_placements)
    for (lacuna::index n = 0; n <= 2 * 8 * lanes_of<T> + 1; ++n) {
      guarded<T> in(n, where), out(n, where);
      for (lacuna::index i = 0; i != n; ++i) in[i] = static_cast<T>(i + 1);
      in.make_read_only();
      simd::for_each_tile<arch, T, 8>(n, [&](auto sum, lacuna::index first) {
        sum.multiply_add(T{2}, in.data() + first);
        sum.multiply_add(T{3}, in.data() + first);
        for (int r = 0; r != sum.registers; ++r)
          sum.store(out.data() + first, sum.value[r] + sum.load(in.data() + first, r), r);
      });
      bool fine = out.intact();
      for (lacuna::index i = 0; i != n; ++i) fine = fine && out[i] == static_cast<T>(6 * (i + 1));
      CAPTURE(n);
      REQUIRE(fine);
    }
}

namespace {

/// Loads, gathers and stores a line of U through registers of T, between guard pages.
template <class T, class U>
void check_conversions() {
  for (auto const where : lacuna_test::both_placements)
    for (lacuna::index n = 0; n <= 2 * lanes_of<T> + 1; ++n)
      for (lacuna::index const stride : {1, 3}) {
        guarded<U> in(n == 0 ? 0 : (n - 1) * stride + 1, where), out(n, where), copied(stride == 1 ? n : 0, where);
        for (lacuna::index i = 0; i != n; ++i) in[i * stride] = U(static_cast<float>(i + 1));
        in.make_read_only();
        simd::for_each_tile<arch, T, 1>(n, [&](auto const tile, lacuna::index first) {
          tile.store_as(out.data() + first, tile.gather(in.data() + first * stride, stride) + T(0.0009765625));
          if (stride == 1) tile.store_as(copied.data() + first, tile.load_as(in.data() + first));
        });
        bool fine = out.intact() && copied.intact();
        for (lacuna::index i = 0; i != n; ++i) {
          fine = fine && out[i] == lacuna::detail::convert<U>(static_cast<T>(i + 1) + T(0.0009765625));
          fine = fine && (stride != 1 || copied[i] == in[i]);
        }
        CAPTURE(n, stride);
        REQUIRE(fine);
      }
}

}  // namespace

TEST_CASE("tile: elements of other types are converted one by one or all at once, and nothing else is touched") {
  check_conversions<float, float>();
  check_conversions<float, la::bf16>();
  check_conversions<float, la::f16>();
  check_conversions<float, double>();
  if constexpr (simd::has_batch<arch, double>) {
    check_conversions<double, double>();
    check_conversions<double, float>();
    check_conversions<double, la::bf16>();
  }
  std::vector<std::int32_t> const whole{1, -2, 3};
  auto const loaded = lacuna_test::lanes<float>(simd::tile<arch, float, 1, true>(7).load_as(whole.data()));
  CHECK((loaded[0] == 1 && loaded[1] == -2 && loaded[2] == 3));
}
