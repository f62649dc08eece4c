// SPDX-License-Identifier: MIT
#include <lacuna/simd/isa.hpp>
#include <lacuna/simd/masked.hpp>

#include "support/guard.hpp"
#include "support/lanes.hpp"
#include "support/random.hpp"

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>

namespace simd = lacuna::simd;
using lacuna_test::guarded;
using lacuna_test::lane_masks;
using lacuna_test::lanes_of;
using lacuna_test::placement;
using arch = simd::default_arch;

namespace {

/// Where a register has to start so that the last (upper) or first (lower) of its counted lanes touches a guard page.
template <class T>
T* against(guarded<T>& memory, placement where, simd::lane_bits bits) {
  if (where == placement::upper) return memory.data() + memory.size() - std::bit_width(bits);
  return memory.data() - std::countr_zero(bits);
}

/// Lanes behind the last one do not exist: their bits say nothing.
template <class T>
simd::lane_bits with_noise(simd::lane_bits bits) {
  if constexpr (lanes_of<T> < 64)
    return bits | (~simd::lane_bits{0} << lanes_of<T>);
  else
    return bits;
}

}  // namespace

TEST_CASE("masked: first_lanes") {
  STATIC_REQUIRE(simd::first_lanes(0) == 0);
  STATIC_REQUIRE(simd::first_lanes(1) == 1);
  STATIC_REQUIRE(simd::first_lanes(16) == 0xFFFF);
  STATIC_REQUIRE(simd::first_lanes(63) == ~simd::lane_bits{0} >> 1);
}

TEMPLATE_TEST_CASE("masked: a load reads the counted lanes and nothing else, for every mask", "", float, double,
                   std::int32_t, std::int8_t) {
  using T = TestType;
  lacuna_test::random r(1);
  for (auto const where : lacuna_test::both_placements) {
    guarded<T> memory(lanes_of<T>, where);
    for (auto& value : memory) value = static_cast<T>(1 + r.below(100));
    memory.make_read_only();
    lacuna::index wrong = 0;
    for (auto const bits : lane_masks(lanes_of<T>)) {
      if (bits == 0) {  // nothing may be read: not even a pointer into the guard page hurts
        for (auto const lane : lacuna_test::lanes<T>(simd::masked<arch, T>::load(memory.data() + memory.size(), 0)))
          wrong += lane != T{0};
        continue;
      }
      auto const* const p = against(memory, where, bits);
      auto const got = lacuna_test::lanes<T>(simd::masked<arch, T>::load(p, with_noise<T>(bits)));
      for (int l = 0; l != lanes_of<T>; ++l)
        wrong += got[static_cast<std::size_t>(l)] != (((bits >> l) & 1u) != 0 ? p[l] : T{0});
    }
    CHECK(wrong == 0);
  }
}

TEMPLATE_TEST_CASE("masked: a store writes the counted lanes and nothing else, for every mask", "", float, double,
                   std::int32_t, std::int8_t) {
  using T = TestType;
  std::array<T, static_cast<std::size_t>(lanes_of<T>)> source;
  for (std::size_t l = 0; l != source.size(); ++l) source[l] = static_cast<T>(l + 1);
  auto const value = lacuna_test::batch<T>::load_unaligned(source.data());
  for (auto const where : lacuna_test::both_placements) {
    guarded<T> memory(lanes_of<T>, where);
    lacuna::index wrong = 0;
    for (auto const bits : lane_masks(lanes_of<T>)) {
      std::fill(memory.begin(), memory.end(), T{99});
      if (bits == 0) {
        simd::masked<arch, T>::store(memory.data() + memory.size(), value, 0);
        continue;
      }
      auto* const p = against(memory, where, bits);
      simd::masked<arch, T>::store(p, value, with_noise<T>(bits));
      for (auto* at = memory.begin(); at != memory.end(); ++at) {
        auto const l = at - p;
        bool const counted = l >= 0 && l < lanes_of<T> && ((bits >> l) & 1u) != 0;
        wrong += *at != (counted ? source[static_cast<std::size_t>(l)] : T{99});
      }
    }
    CHECK(wrong == 0);
    CHECK(memory.intact());
  }
}

TEMPLATE_TEST_CASE("masked: choose_lanes, every mask", "", float, double) {
  using T = TestType;
  if constexpr (simd::has_batch<arch, T>) {
    using batch = lacuna_test::batch<T>;
    std::array<T, static_cast<std::size_t>(lanes_of<T>)> first, second;
    for (std::size_t l = 0; l != first.size(); ++l) first[l] = static_cast<T>(l), second[l] = static_cast<T>(100 + l);
    lacuna::index wrong = 0;
    for (auto const bits : lane_masks(lanes_of<T>)) {
      auto const got = lacuna_test::lanes<T>(simd::choose_lanes(
          with_noise<T>(bits), batch::load_unaligned(first.data()), batch::load_unaligned(second.data())));
      for (std::size_t l = 0; l != got.size(); ++l) wrong += got[l] != (((bits >> l) & 1u) != 0 ? first[l] : second[l]);
    }
    CHECK(wrong == 0);
  }
}
