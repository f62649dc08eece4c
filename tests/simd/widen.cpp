// SPDX-License-Identifier: MIT
#include <lacuna/simd/isa.hpp>
#include <lacuna/simd/narrow.hpp>
#include <lacuna/simd/widen.hpp>

#include "support/guard.hpp"
#include "support/lanes.hpp"
#include "support/random.hpp"

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

namespace la = lacuna;
namespace simd = lacuna::simd;
using lacuna_test::guarded;
using lacuna_test::lane_masks;
using lacuna_test::placement;
using arch = simd::default_arch;
using lacuna_test::batch;
constexpr int lanes = lacuna_test::lanes_of<float>;

namespace {

std::uint32_t bits_of(float f) { return std::bit_cast<std::uint32_t>(f); }

/// The same float, bit for bit; of a NaN only sign and payload, since it may have been made quiet.
bool same(float a, float b) {
  auto const quiet = [](float f) { return bits_of(f) | (std::isnan(f) ? 0x400000u : 0u); };
  return quiet(a) == quiet(b);
}

/// Floats around every number that Half can hold: itself, its neighbours, and the ties between two of them.
template <class Half>
std::vector<float> around() {
  std::vector<float> all;
  for (std::uint32_t h = 0; h != 0x10000; ++h) {
    auto const value = bits_of(static_cast<float>(Half::from_bits(static_cast<std::uint16_t>(h))));
    auto const next = bits_of(static_cast<float>(Half::from_bits(static_cast<std::uint16_t>(h ^ 1u))));
    auto const tie = (value >> 1) + (next >> 1) + (value & next & 1u);
    for (auto const near : {value, tie})
      for (auto const bits : {near - 1, near, near + 1}) all.push_back(std::bit_cast<float>(bits));
  }
  lacuna_test::random r(3);
  for (int n = 0; n != 20000; ++n) all.push_back(std::bit_cast<float>(static_cast<std::uint32_t>(r.bits())));
  all.resize((all.size() + 63) / 64 * 64);
  return all;
}

/// Where a register has to start so that the last (upper) or first (lower) of its counted lanes touches a guard page.
template <class T>
T* against(guarded<T>& memory, placement where, simd::lane_bits bits) {
  if (where == placement::upper) return memory.data() + memory.size() - std::bit_width(bits);
  return memory.data() - std::countr_zero(bits);
}

}  // namespace

TEMPLATE_TEST_CASE("widen: all 65536 numbers load as what they are", "", la::bf16, la::f16) {
  using half = TestType;
  std::vector<half> all(0x10000);
  for (std::size_t h = 0; h != all.size(); ++h) all[h] = half::from_bits(static_cast<std::uint16_t>(h));
  la::index wrong = 0;
  for (std::size_t h = 0; h != all.size(); h += static_cast<std::size_t>(lanes)) {
    auto const got = lacuna_test::lanes<float>(simd::widen<arch, half>::load(all.data() + h));
    for (std::size_t l = 0; l != got.size(); ++l) wrong += !same(got[l], static_cast<float>(all[h + l]));
  }
  CHECK(wrong == 0);
}

namespace {

/// Numbers that load wrongly into the shortest registers of at least so many lanes.
template <class Half, int Lanes>
la::index wrong_in_short() {
  using narrow = simd::narrow_arch<arch, float, Lanes>;
  using short_batch = simd::batch<float, narrow>;
  std::array<float, short_batch::size> got;
  la::index wrong = 0;
  guarded<Half> from(static_cast<la::index>(got.size()), placement::upper);
  for (std::uint32_t h = 0; h != 0x10000; h += static_cast<std::uint32_t>(got.size())) {
    for (std::size_t l = 0; l != got.size(); ++l)
      from[static_cast<la::index>(l)] = Half::from_bits(static_cast<std::uint16_t>(h + l));
    simd::widen<narrow, Half>::load(from.data()).store_unaligned(got.data());
    for (std::size_t l = 0; l != got.size(); ++l)
      wrong += !same(got[l], static_cast<float>(from[static_cast<la::index>(l)]));
  }
  return wrong;
}

}  // namespace

TEMPLATE_TEST_CASE("widen: short registers load the same", "", la::bf16, la::f16) {
  CHECK(wrong_in_short<TestType, 4>() == 0);
  CHECK(wrong_in_short<TestType, 8>() == 0);
}

TEMPLATE_TEST_CASE("widen: stores round as one number does, bit for bit, near every number and tie", "", la::bf16,
                   la::f16) {
  using half = TestType;
  auto const all = around<half>();
  la::index wrong = 0;
  for (std::size_t at = 0; at != all.size(); at += static_cast<std::size_t>(lanes)) {
    std::array<half, static_cast<std::size_t>(lanes)> got, some;
    auto const value = batch<float>::load_unaligned(all.data() + at);
    simd::widen<arch, half>::store(got.data(), value);
    simd::widen<arch, half>::store(some.data(), value, ~simd::lane_bits{0});
    for (std::size_t l = 0; l != got.size(); ++l) {
      auto const want = half(all[at + l]).bits;
      wrong += got[l].bits != want || some[l].bits != want;
    }
  }
  CHECK(wrong == 0);
}

TEMPLATE_TEST_CASE("widen: whole registers touch as many elements as there are lanes", "", la::bf16, la::f16) {
  using half = TestType;
  for (auto const where : lacuna_test::both_placements) {
    guarded<half> memory(lanes, where);
    simd::widen<arch, half>::store(memory.data(), batch<float>(1.5f));
    for (auto const value : memory) CHECK(static_cast<float>(value) == 1.5f);
    CHECK(memory.intact());
    memory.make_read_only();
    for (auto const lane : lacuna_test::lanes<float>(simd::widen<arch, half>::load(memory.data()))) CHECK(lane == 1.5f);
  }
}

TEMPLATE_TEST_CASE("widen: a masked load reads the counted lanes and nothing else, for every mask", "", la::bf16,
                   la::f16) {
  using half = TestType;
  lacuna_test::random r(1);
  for (auto const where : lacuna_test::both_placements) {
    guarded<half> memory(lanes, where);
    for (auto& value : memory) value = half(static_cast<int>(1 + r.below(100)));
    memory.make_read_only();
    la::index wrong = 0;
    for (auto const bits : lane_masks(lanes)) {
      auto const noise = bits | (~simd::lane_bits{0} << lanes);
      auto const* const p = bits == 0 ? memory.data() + memory.size() : against(memory, where, bits);
      auto const got = lacuna_test::lanes<float>(simd::widen<arch, half>::load(p, noise));
      for (int l = 0; l != lanes; ++l)
        wrong += bits_of(got[static_cast<std::size_t>(l)]) !=
                 bits_of(((bits >> l) & 1u) != 0 ? static_cast<float>(p[l]) : 0.0f);
    }
    CHECK(wrong == 0);
  }
}

TEMPLATE_TEST_CASE("widen: a masked store writes the counted lanes and nothing else, for every mask", "", la::bf16,
                   la::f16) {
  using half = TestType;
  std::array<float, static_cast<std::size_t>(lanes)> source;
  for (std::size_t l = 0; l != source.size(); ++l) source[l] = static_cast<float>(l + 1);
  auto const value = batch<float>::load_unaligned(source.data());
  for (auto const where : lacuna_test::both_placements) {
    guarded<half> memory(lanes, where);
    la::index wrong = 0;
    for (auto const bits : lane_masks(lanes)) {
      std::fill(memory.begin(), memory.end(), half(99));
      auto* const p = bits == 0 ? memory.data() + memory.size() : against(memory, where, bits);
      simd::widen<arch, half>::store(p, value, bits | (~simd::lane_bits{0} << lanes));
      for (auto* at = memory.begin(); at != memory.end(); ++at) {
        auto const l = at - p;
        bool const counted = l >= 0 && l < lanes && ((bits >> l) & 1u) != 0;
        wrong += static_cast<float>(*at) != (counted ? source[static_cast<std::size_t>(l)] : 99.0f);
      }
    }
    CHECK(wrong == 0);
    CHECK(memory.intact());
  }
}

TEMPLATE_TEST_CASE("widen: bytes load as int32, whole registers and some lanes, reading nothing else", "", std::int8_t,
                   std::uint8_t) {
  using byte = TestType;
  constexpr int count = lacuna_test::lanes_of<std::int32_t>;
  for (auto const where : lacuna_test::both_placements) {
    guarded<byte> memory(256 + count - 1, where);
    for (la::index k = 0; k != memory.size(); ++k) memory[k] = static_cast<byte>(k);
    for (la::index first = 0; first != 256; ++first) {
      auto const got = lacuna_test::lanes<std::int32_t>(simd::widen<arch, byte>::load(memory.data() + first));
      for (int l = 0; l != count; ++l) REQUIRE(got[static_cast<std::size_t>(l)] == memory[first + l]);
    }
  }
  for (auto const where : lacuna_test::both_placements) {
    std::deque<guarded<byte>> of_span;  // mapping memory for each mask took seconds
    for (int span = 0; span <= count; ++span) of_span.emplace_back(span, where);
    for (auto const bits : lane_masks(count)) {
      if (bits == 0) continue;
      auto& memory = of_span[static_cast<std::size_t>(static_cast<int>(std::bit_width(bits)) - std::countr_zero(bits))];
      for (la::index k = 0; k != memory.size(); ++k) memory[k] = static_cast<byte>(k + 125);
      auto const* const p = memory.data() - std::countr_zero(bits);
      auto const got = lacuna_test::lanes<std::int32_t>(simd::widen<arch, byte>::load(p, bits));
      for (int l = 0; l != count; ++l) {
        bool const set = ((bits >> l) & 1u) != 0;
        REQUIRE(got[static_cast<std::size_t>(l)] == (set ? p[l] : 0));
      }
    }
  }
}
