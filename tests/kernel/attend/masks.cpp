// SPDX-License-Identifier: MIT
#include <lacuna/kernel/attend/masks.hpp>

#include "../../support/random.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

namespace la = lacuna;
namespace kernel = lacuna::kernel;
using arch = la::simd::default_arch;

TEST_CASE("masks: bits change sides") {
  lacuna_test::random r(1);
  std::uint64_t word[64], turned[64];
  for (int i = 0; i != 64; ++i) turned[i] = word[i] = r.bits();
  kernel::transpose_bits(turned);
  for (int i = 0; i != 64; ++i)
    for (int j = 0; j != 64; ++j) CHECK((word[i] >> j & 1u) == (turned[j] >> i & 1u));
}

TEST_CASE("masks: scores that are not seen become -inf, whatever they were, and are no peak") {
  lacuna_test::random r(2);
  float const infinity = std::numeric_limits<float>::infinity();
  alignas(64) float scores[64 * 64], before[64 * 64], peak[64];
  std::uint64_t seen[64];
  for (la::index n = 0; n != 64 * 64; ++n)
    before[n] = scores[n] = r.chance(0.1) ? std::nanf("") : static_cast<float>(r.normal());
  for (auto& word : seen) word = r.bits() & ~std::uint64_t{1};  // row 0 sees nothing
  for (int s = 0; s != 64; ++s)
    for (int i = 0; i != 64; ++i)
      if (std::isnan(before[s * 64 + i])) seen[s] &= ~(std::uint64_t{1} << i);
  kernel::attend_mask<arch>(scores, 40, 64, seen, peak);
  for (int i = 0; i != 64; ++i) {
    float top = std::numeric_limits<float>::lowest();
    for (int s = 0; s != 40; ++s) {
      bool const sees = (seen[s] >> i & 1u) != 0;
      CHECK(scores[s * 64 + i] == (sees ? before[s * 64 + i] : -infinity));
      if (sees) top = std::max(top, before[s * 64 + i]);
    }
    CHECK(peak[i] == top);
  }
}

TEST_CASE("masks: whether rows are finite, to their last number and no further") {
  for (la::index const dim : {1, 15, 16, 17, 40}) {
    std::vector<float> row(static_cast<std::size_t>(dim), 3e38f);
    float const* rows[2] = {row.data(), row.data()};
    CHECK(kernel::attend_all_finite<arch>(rows, 2, dim));
    row.back() = std::nanf("");
    CHECK(!kernel::attend_all_finite<arch>(rows, 2, dim));
    CHECK(kernel::attend_all_finite<arch>(rows, 2, dim - 1));
    row.back() = -std::numeric_limits<float>::infinity();
    CHECK(!kernel::attend_all_finite<arch>(rows, 2, dim));
  }
}
