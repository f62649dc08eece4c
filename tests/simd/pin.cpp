// SPDX-License-Identifier: MIT
#include <lacuna/simd/pin.hpp>

#include "support/lanes.hpp"

#include <catch2/catch_test_macros.hpp>

#include <vector>

namespace simd = lacuna::simd;
using lacuna_test::lanes_of;
using arch = simd::default_arch;

namespace {

/// Pins some registers among others that are in use.
template <class T>
void check_pin() {
  std::vector<T> memory(static_cast<std::size_t>(8 * lanes_of<T>));
  for (std::size_t i = 0; i != memory.size(); ++i) memory[i] = static_cast<T>(i);
  auto sum = simd::batch<T, arch>(T{0});
  for (int r = 0; r != 8; ++r) {
    auto v = simd::batch<T, arch>::load_unaligned(memory.data() + r * lanes_of<T>);
    simd::pin(v);
    sum = sum + v + v;
  }
  auto const got = lacuna_test::lanes<T>(sum);
  for (int l = 0; l != lanes_of<T>; ++l)
    CHECK(got[static_cast<std::size_t>(l)] == static_cast<T>(2 * (8 * l + 28 * lanes_of<T>)));
}

}  // namespace

TEST_CASE("pin: a register keeps what it holds") {
  check_pin<float>();
  if constexpr (simd::has_batch<arch, double>) check_pin<double>();
}
