// SPDX-License-Identifier: MIT
#include <lacuna/simd/isa.hpp>
#include <lacuna/simd/wide_dot4.hpp>

#include "support/lanes.hpp"
#include "support/random.hpp"

#include <catch2/catch_test_macros.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <tuple>

namespace simd = lacuna::simd;
using lacuna_test::lanes_of;
using arch = simd::default_arch;
using wide = simd::wide_dot4<arch>;

namespace {

using sums = std::array<std::int32_t, static_cast<std::size_t>(lanes_of<std::int32_t>)>;
using bytes = std::array<std::uint8_t, 4 * std::tuple_size_v<sums>>;

/// The sums of x with each of four rows of weights and those that they are to be, modulo 2^32.
bool exact(sums const& sum, bytes const& x, std::array<std::int8_t, 16> const& w) {
  std::int16_t four[16];
  wide::widen(w.data(), four);
  auto const half = wide::split(simd::batch<std::uint8_t, arch>::load_unaligned(x.data()));
  bool same = true;
  for (std::size_t r = 0; r != 4; ++r) {
    auto const got = lacuna_test::lanes<std::int32_t>(
        wide::add(simd::batch<std::int32_t, arch>::load_unaligned(sum.data()), half, four + 4 * r));
    for (std::size_t l = 0; l != sum.size(); ++l) {
      std::int64_t dot = sum[l];
      for (std::size_t b = 0; b != 4; ++b) dot += std::int64_t{x[4 * l + b]} * w[4 * r + b];
      same = same && static_cast<std::uint32_t>(dot) == static_cast<std::uint32_t>(got[l]);
    }
  }
  return same;
}

}  // namespace

TEST_CASE("wide_dot4: exact for random bytes and sums") {
  if constexpr (simd::has_batch<arch, std::int32_t>) {
    lacuna_test::random r(1);
    lacuna::index wrong = 0;
    for (int n = 0; n != 2000; ++n) {
      sums sum;
      bytes x;
      std::array<std::int8_t, 16> w;
      for (auto& s : sum) s = static_cast<std::int32_t>(r.bits());
      for (auto& b : x) b = static_cast<std::uint8_t>(r.bits());
      for (auto& b : w) b = static_cast<std::int8_t>(r.bits());
      wrong += !exact(sum, x, w);
    }
    CHECK(wrong == 0);
  }
}

TEST_CASE("wide_dot4: exact for every product in every place, and for extremes beside each other") {
  if constexpr (simd::has_batch<arch, std::int32_t>) {
    lacuna::index wrong = 0;
    sums const zero{};
    bytes x{};
    std::array<std::int8_t, 16> w{};
    for (int a = 0; a != 256; ++a)
      for (int b = 0; b != 256; ++b) {
        for (std::size_t n = 0; n != x.size(); ++n)
          x[n] = static_cast<std::uint8_t>(n % 4 == (n / 4 + static_cast<std::size_t>(a)) % 4 ? a : 0);
        w.fill(static_cast<std::int8_t>(b));
        wrong += !exact(zero, x, w);
      }
    for (std::size_t code = 0; code != 256; ++code) {  // four of 0 and 255 beside four of -128 and 127
      for (std::size_t n = 0; n != x.size(); ++n) x[n] = (code >> n % 4) % 2 == 0 ? 0 : 255;
      for (std::size_t n = 0; n != w.size(); ++n)
        w[n] = static_cast<std::int8_t>((code >> (4 + (n + n / 4) % 4)) % 2 == 0 ? -128 : 127);
      wrong += !exact(zero, x, w);
    }
    CHECK(wrong == 0);
  }
}

namespace {

/// A template, so that a target without widen_turned need not have it.
template <class Wide>
lacuna::index wrongly_turned() {
  lacuna::index wrong = 0;
  if constexpr (Wide::turns) {
    lacuna_test::random r(3);
    for (int n = 0; n != 100; ++n) {
      std::int8_t by_rows[16], by_columns[16];
      for (int i = 0; i != 4; ++i)
        for (int b = 0; b != 4; ++b) by_rows[4 * i + b] = by_columns[i + 4 * b] = static_cast<std::int8_t>(r.bits());
      std::int16_t expected[16], got[16];
      Wide::widen(by_rows, expected);
      Wide::widen_turned(by_columns, got);
      for (int e = 0; e != 16; ++e) wrong += got[e] != expected[e];
    }
  }
  return wrong;
}

}  // namespace

TEST_CASE("wide_dot4: weights by columns are widened as those by rows") { CHECK(wrongly_turned<wide>() == 0); }
