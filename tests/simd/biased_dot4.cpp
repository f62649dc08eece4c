// SPDX-License-Identifier: MIT
#include <lacuna/simd/biased_dot4.hpp>
#include <lacuna/simd/isa.hpp>

#include "support/lanes.hpp"
#include "support/random.hpp"

#include <catch2/catch_test_macros.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <tuple>

namespace tests_of_biased_dot4 {

namespace simd = lacuna::simd;
using lacuna_test::lanes_of;
using arch = simd::default_arch;
using dots = simd::biased_dot4<arch>;
using byte = typename dots::byte;

namespace {

using sums = std::array<std::int32_t, static_cast<std::size_t>(lanes_of<std::int32_t>)>;
using bytes = std::array<byte, 4 * std::tuple_size_v<sums>>;
using weights = std::array<std::int8_t, std::tuple_size_v<bytes>>;
constexpr std::int8_t least = std::numeric_limits<std::int8_t>::min(), most = std::numeric_limits<std::int8_t>::max();

/// Whether sums are the dots of x and w less the bias of w, modulo 2^32.
bool exact(sums const& sum, bytes const& x, weights const& w) {
  auto const split = dots::split(simd::batch<std::int8_t, arch>::load_unaligned(w.data()));
  auto const got =
      lacuna_test::lanes<std::int32_t>(dots::add(simd::batch<std::int32_t, arch>::load_unaligned(sum.data()),
                                                 simd::batch<byte, arch>::load_unaligned(x.data()), split));
  bool same = true;
  for (std::size_t l = 0; l != sum.size(); ++l) {
    std::int64_t dot = sum[l];
    for (std::size_t b = 4 * l; b != 4 * l + 4; ++b) dot += std::int64_t{x[b]} * w[b] - dots::bias(w[b]);
    same = same && static_cast<std::uint32_t>(dot) == static_cast<std::uint32_t>(got[l]);
  }
  return same;
}

}  // namespace

TEST_CASE("biased_dot4: exact for random bytes and sums") {
  lacuna_test::random r(1);
  lacuna::index wrong = 0;
  for (int n = 0; n != 2000; ++n) {
    sums sum;
    bytes x;
    weights w;
    for (auto& s : sum) s = static_cast<std::int32_t>(r.bits());
    for (auto& b : x) b = static_cast<byte>(r.bits());
    for (auto& b : w) b = static_cast<std::int8_t>(r.bits());
    wrong += !exact(sum, x, w);
  }
  CHECK(wrong == 0);
}

TEST_CASE("biased_dot4: exact for every product in every place, and for extremes beside each other") {
  lacuna::index wrong = 0;
  sums const zero{};
  bytes x{};
  weights w{};
  for (int a = 0; a != 256; ++a)
    for (int b = 0; b != 256; ++b) {
      x.fill(static_cast<byte>(a));
      for (std::size_t n = 0; n != w.size(); ++n)
        w[n] = static_cast<std::int8_t>(n % 4 == (n / 4 + static_cast<std::size_t>(a)) % 4 ? b : 0);
      wrong += !exact(zero, x, w);
    }
  for (std::size_t code = 0; code != 256; ++code) {  // four of the least and the largest beside four
    for (std::size_t n = 0; n != x.size(); ++n) {
      x[n] = (code >> n % 4) % 2 == 0 ? std::numeric_limits<byte>::min() : std::numeric_limits<byte>::max();
      w[n] = (code >> (4 + (n + n / 4) % 4)) % 2 == 0 ? least : most;
    }
    wrong += !exact(zero, x, w);
  }
  CHECK(wrong == 0);
}

TEST_CASE("biased_dot4: a weight of 0 has no bias, others have as many times as the sign says") {
  CHECK(dots::bias(0) == 0);
  CHECK(dots::bias(most) == (dots::biased ? 128 * 127 : 0));
  CHECK(dots::bias(least) == (dots::biased ? -127 * 128 : 0));
}

}  // namespace tests_of_biased_dot4
