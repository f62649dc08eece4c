// SPDX-License-Identifier: MIT
#include <lacuna/simd/compress.hpp>
#include <lacuna/simd/isa.hpp>

#include "support/guard.hpp"
#include "support/lanes.hpp"
#include "support/random.hpp"

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <array>
#include <cstdint>
#include <cstring>
#include <limits>

namespace simd = lacuna::simd;
using lacuna_test::batch;
using lacuna_test::guarded;
using lacuna_test::lane_masks;
using lacuna_test::lanes_of;
using arch = simd::default_arch;

TEMPLATE_TEST_CASE("compress: every mask, in order, writing within one register of memory", "", float, double,
                   std::uint32_t) {
  using T = TestType;
  if constexpr (simd::has_batch<arch, T>) {
    std::array<T, static_cast<std::size_t>(lanes_of<T>)> source;
    for (std::size_t l = 0; l != source.size(); ++l) source[l] = static_cast<T>(l + 1);
    auto const value = batch<T>::load_unaligned(source.data());
    for (auto const where : lacuna_test::both_placements) {
      guarded<T> memory(lanes_of<T>, where);
      lacuna::index wrong = 0;
      for (auto const bits : lane_masks(lanes_of<T>)) {
        simd::compress<arch, T>::store(memory.data(), value, bits | (~simd::lane_bits{0} << lanes_of<T>));
        auto const* packed = memory.data();
        for (int l = 0; l != lanes_of<T>; ++l)
          if (((bits >> l) & 1u) != 0) wrong += *packed++ != source[static_cast<std::size_t>(l)];
      }
      CHECK(wrong == 0);
      CHECK(memory.intact());
    }
  }
}

TEMPLATE_TEST_CASE("compress: NaN, infinities and zeros of both signs keep their bits", "", float, double) {
  using T = TestType;
  if constexpr (simd::has_batch<arch, T>) {
    std::array<T, static_cast<std::size_t>(lanes_of<T>)> source, got;
    T const special[] = {std::numeric_limits<T>::quiet_NaN(), std::numeric_limits<T>::infinity(), T{-0.0}, T{0}};
    for (std::size_t l = 0; l != source.size(); ++l) source[l] = special[l % 4];
    simd::compress<arch, T>::store(got.data(), batch<T>::load_unaligned(source.data()), ~simd::lane_bits{0});
    CHECK(std::memcmp(got.data(), source.data(), sizeof source) == 0);
  }
}
