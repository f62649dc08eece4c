// SPDX-License-Identifier: MIT
#include <lacuna/simd/isa.hpp>
#include <lacuna/simd/round_to_bytes.hpp>

#include "support/lanes.hpp"
#include "support/random.hpp"

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace simd = lacuna::simd;
using arch = simd::default_arch;
using lacuna_test::lanes_of;

namespace {

template <class Int>
int expected(float v, int zero) {
  if (std::isnan(v)) return zero;
  auto const number = std::nearbyint(std::clamp(static_cast<double>(v), -1e9, 1e9)) + zero;
  return static_cast<int>(std::clamp(number, static_cast<double>(std::numeric_limits<Int>::min()),
                                     static_cast<double>(std::numeric_limits<Int>::max())));
}

template <class Int>
lacuna::index wrong_in(std::vector<float> const& values, int zero) {
  lacuna_test::batch<float> four[4];
  for (std::size_t k = 0; k != 4; ++k)
    four[k] = lacuna_test::batch<float>::load_unaligned(values.data() + k * lanes_of<float>);
  auto const got = lacuna_test::lanes<Int>(simd::round_to_bytes<arch, Int>::run(four, zero));
  lacuna::index wrong = 0;
  for (std::size_t l = 0; l != got.size(); ++l) wrong += got[l] != expected<Int>(values[l], zero);
  return wrong;
}

}  // namespace

TEMPLATE_TEST_CASE("round_to_bytes: half to even, saturated, in order, whatever floats there are", "", std::int8_t,
                   std::uint8_t) {
  constexpr std::size_t count = 4 * lanes_of<float>;
  constexpr float infinity = std::numeric_limits<float>::infinity();
  constexpr int least = std::numeric_limits<TestType>::min(), most = std::numeric_limits<TestType>::max();
  std::vector<float> some;  // among them what alone leaves 16 or 32 bits
  for (float const v : {0.0f,           -0.0f,
                        0.5f,           1.5f,
                        2.5f,           -0.5f,
                        -1.5f,          126.5f,
                        127.5f,         255.5f,
                        32766.5f,       32767.5f,
                        32768.0f,       -32767.5f,
                        -32768.0f,      -32769.0f,
                        2147483520.0f,  2147483648.0f,
                        -2147483648.0f, 3e9f,
                        -3e9f,          1e38f,
                        -1e38f,         infinity,
                        -infinity,      std::numeric_limits<float>::quiet_NaN()})
    some.push_back(v);
  lacuna_test::random r(1);
  for (int const zero : {least, least + 1, 0, 7, most - 1, most}) {
    lacuna::index wrong = 0;
    for (auto const special : some)
      for (std::size_t at = 0; at != count; ++at) {
        std::vector<float> values(count);
        for (auto& v : values) v = static_cast<float>(r.below(1200)) * 0.5f - 300;
        values[at] = special;
        wrong += wrong_in<TestType>(values, zero);
      }
    CAPTURE(zero);
    CHECK(wrong == 0);
  }
}
