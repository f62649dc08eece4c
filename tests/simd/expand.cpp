// SPDX-License-Identifier: MIT
#include <lacuna/simd/expand.hpp>
#include <lacuna/simd/isa.hpp>

#include "support/guard.hpp"
#include "support/lanes.hpp"
#include "support/random.hpp"

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <limits>

namespace simd = lacuna::simd;
using lacuna_test::guarded;
using lacuna_test::lane_masks;
using lacuna_test::lanes_of;
using lacuna_test::placement;
using arch = simd::default_arch;

TEMPLATE_TEST_CASE("expand: every mask, reading exactly as many elements as bits are set", "", float, double,
                   std::int32_t, std::int16_t, std::int8_t, std::uint8_t) {
  using T = TestType;
  lacuna_test::random r(1);
  for (auto const where : lacuna_test::both_placements) {
    guarded<T> memory(lanes_of<T>, where);
    for (auto& value : memory) value = static_cast<T>(1 + r.below(1000));
    memory.make_read_only();
    lacuna::index wrong = 0;
    for (auto const bits : lane_masks(lanes_of<T>)) {
      auto const* packed =
          where == placement::upper ? memory.data() + memory.size() - std::popcount(bits) : memory.data();
      auto noise = bits;
      if constexpr (lanes_of<T> < 64) noise |= ~simd::lane_bits{0} << lanes_of<T>;
      auto const got = lacuna_test::lanes<T>(simd::expand<arch, T>::load(packed, noise));
      for (int l = 0; l != lanes_of<T>; ++l)
        wrong += got[static_cast<std::size_t>(l)] != (((bits >> l) & 1u) != 0 ? *packed++ : T{0});
    }
    CHECK(wrong == 0);
  }
}

TEMPLATE_TEST_CASE("expand: 16-bit values come out as floats", "", lacuna::bf16, lacuna::f16) {
  using T = TestType;
  constexpr int lanes = lanes_of<float>;
  lacuna_test::random r(2);
  for (auto const where : lacuna_test::both_placements) {
    guarded<T> memory(lanes, where);
    for (auto& value : memory) value = T(static_cast<int>(1 + r.below(200)));
    memory.make_read_only();
    lacuna::index wrong = 0;
    for (auto const bits : lane_masks(lanes)) {
      auto const* packed =
          where == placement::upper ? memory.data() + memory.size() - std::popcount(bits) : memory.data();
      auto const noise = bits | (~simd::lane_bits{0} << lanes);
      auto const got = lacuna_test::lanes<float>(simd::expand<arch, T>::load(packed, noise));
      for (int l = 0; l != lanes; ++l)
        wrong += got[static_cast<std::size_t>(l)] != (((bits >> l) & 1u) != 0 ? static_cast<float>(*packed++) : 0.0f);
    }
    CHECK(wrong == 0);
  }
}

TEMPLATE_TEST_CASE("expand: 16-bit values from whole registers, where that is faster", "", lacuna::bf16, lacuna::f16) {
  using T = TestType;
  if constexpr (simd::expands_whole<arch, T>) {
    constexpr int lanes = lanes_of<float>;
    guarded<T> memory(lanes, placement::upper);
    for (int l = 0; l != lanes; ++l) memory.data()[l] = T(l + 1);
    memory.make_read_only();
    lacuna::index wrong = 0;
    for (auto const bits : lane_masks(lanes)) {
      auto const noise = bits | (~simd::lane_bits{0} << lanes);
      auto const got = lacuna_test::lanes<float>(simd::expand<arch, T>::load_whole(memory.data(), noise));
      for (int l = 0, next = 0; l != lanes; ++l) {
        auto const expected = ((bits >> l) & 1u) != 0 ? static_cast<float>(memory[next++]) : 0.0f;
        wrong += std::memcmp(&got[static_cast<std::size_t>(l)], &expected, sizeof expected) != 0;
      }
    }
    CHECK(wrong == 0);
  }
}

TEMPLATE_TEST_CASE("expand: bytes from whole registers, where that is faster", "", std::int8_t, std::uint8_t) {
  using T = TestType;
  if constexpr (simd::expands_whole<arch, T>) {
    lacuna_test::random r(3);
    guarded<T> memory(lanes_of<T>, placement::upper);
    for (auto& value : memory) value = static_cast<T>(1 + r.below(1000));
    memory.make_read_only();
    lacuna::index wrong = 0;
    for (auto const bits : lane_masks(lanes_of<T>)) {
      auto const got = lacuna_test::lanes<T>(simd::expand<arch, T>::load_whole(memory.data(), bits));
      for (int l = 0, next = 0; l != lanes_of<T>; ++l)
        wrong += got[static_cast<std::size_t>(l)] != (((bits >> l) & 1u) != 0 ? memory[next++] : T{0});
    }
    CHECK(wrong == 0);
  }
}

TEMPLATE_TEST_CASE("expand: pairs, where there are any", "", lacuna::bf16) {
  using pairs = simd::expand_pairs<arch, TestType>;
  if constexpr (pairs::available) {
    constexpr int lanes = 2 * lanes_of<float>;
    guarded<lacuna::bf16> memory(lanes, placement::upper);
    for (int l = 0; l != lanes; ++l) memory.data()[l] = lacuna::bf16(l + 1);
    memory.make_read_only();
    lacuna::index wrong = 0;
    for (auto const bits : lane_masks(lanes)) {
      auto const* packed = memory.data() + memory.size() - std::popcount(bits);
      lacuna_test::batch<float> half[2];
      pairs::load(packed, bits, half[0], half[1]);
      for (int l = 0; l != lanes; ++l) {
        auto const got = lacuna_test::lanes<float>(half[l % 2])[static_cast<std::size_t>(l / 2)];
        wrong += got != (((bits >> l) & 1u) != 0 ? static_cast<float>(*packed++) : 0.0f);
      }
    }
    CHECK(wrong == 0);
  }
}

TEMPLATE_TEST_CASE("expand: lanes that do not count are +0, whatever is packed", "", float, double) {
  using T = TestType;
  std::array<T, static_cast<std::size_t>(lanes_of<T>)> packed;
  packed.fill(std::numeric_limits<T>::quiet_NaN());
  packed[0] = -std::numeric_limits<T>::infinity();
  T const zero = 0;
  lacuna::index wrong = 0;
  for (auto const bits : lane_masks(lanes_of<T>)) {
    auto const got = lacuna_test::lanes<T>(simd::expand<arch, T>::load(packed.data(), bits));
    for (int l = 0; l != lanes_of<T>; ++l)
      if (((bits >> l) & 1u) == 0) wrong += std::memcmp(&got[static_cast<std::size_t>(l)], &zero, sizeof zero) != 0;
  }
  CHECK(wrong == 0);
}
