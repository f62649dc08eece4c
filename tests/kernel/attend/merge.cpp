// SPDX-License-Identifier: MIT
#include <lacuna/core/buffer.hpp>
#include <lacuna/kernel/attend/merge.hpp>

#include "support/guard.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cmath>
#include <limits>

namespace la = lacuna;
using arch = la::simd::default_arch;

TEST_CASE("kernel merge: factors add up to 1, and a side of -inf has none") {
  auto const nothing = -std::numeric_limits<double>::infinity();
  for (double const gap : {0.0, 1e-9, 1.0, 30.0, 800.0}) {
    auto const f = la::kernel::merge_factors_of(5 + gap, 5);
    CHECK(std::fabs(f.first + f.second - 1) <= 1e-15);
    CHECK(std::fabs(f.lse - 5 - gap - std::log1p(std::exp(-gap))) <= 1e-13 * f.lse);
    auto const g = la::kernel::merge_factors_of(5, 5 + gap);
    CHECK(f.first == g.second);
    CHECK(f.lse == g.lse);
  }
  CHECK(la::kernel::merge_factors_of(nothing, 3).second == 1);
  CHECK(la::kernel::merge_factors_of(3, nothing).first == 1);
  CHECK(la::kernel::merge_factors_of(nothing, nothing).lse == nothing);
}

TEST_CASE("kernel merge: rows of every length between guard pages") {
  for (la::index n = 0; n != 40; ++n)
    for (auto const where : lacuna_test::both_placements) {
      lacuna_test::guarded<float> to(n, where);
      lacuna_test::guarded<la::bf16> from(n, where);
      for (la::index c = 0; c != n; ++c) {
        to.data()[c] = static_cast<float>(c);
        from.data()[c] = la::bf16(static_cast<float>(2 * c));
      }
      la::kernel::merge_row<arch, float>(to.data(), from.data(), n, {0.5, 0.25, 0});
      for (la::index c = 0; c != n; ++c) REQUIRE(to.data()[c] == static_cast<float>(c));
    }
}

TEST_CASE("kernel merge: parts of a row become all of it, whichever has the largest logit") {
  constexpr la::index count = 32, distance = 48, parts = 3;
  for (la::index best = 0; best != parts; ++best) {
    la::buffer<float> memory(parts * distance);
    double sums[count] = {}, mass = 0;
    for (la::index p = 0; p != parts; ++p) {
      double const top = p == best ? 50 : 47 - static_cast<double>(p);
      for (la::index c = 0; c != count; ++c) {
        memory[p * distance + c] = static_cast<float>(1 + p + c);
        sums[c] += static_cast<double>(1 + p + c) * std::exp(top - 50);
      }
      memory[p * distance + count] = static_cast<float>(top);
      memory[p * distance + count + 1] = static_cast<float>(2 + p);
      mass += static_cast<double>(2 + p) * std::exp(top - 50);
    }
    la::kernel::merge_parts<arch>(memory.data(), parts, distance, count);
    for (la::index c = 0; c != count; ++c) CHECK(std::fabs(static_cast<double>(memory[c]) - sums[c]) <= 1e-6 * sums[c]);
    CHECK(memory[count] == 50.0f);
    CHECK(std::fabs(static_cast<double>(memory[count + 1]) - mass) <= 1e-6 * mass);
  }
}
