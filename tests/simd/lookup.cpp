// SPDX-License-Identifier: MIT
#include <lacuna/simd/gather.hpp>
#include <lacuna/simd/isa.hpp>
#include <lacuna/simd/lookup.hpp>

#include "support/guard.hpp"
#include "support/lanes.hpp"
#include "support/random.hpp"

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <limits>

namespace la = lacuna;
namespace simd = lacuna::simd;
using lacuna_test::guarded;
using lacuna_test::lanes_of;
using lacuna_test::placement;
using arch = simd::default_arch;

namespace {

template <class T>
bool same(T a, T b) {
  return std::memcmp(&a, &b, sizeof a) == 0;
}

/// A table of N elements of which `count` are there, looked up at random positions and at each one. Returns how often
/// that went wrong.
template <class T, int N>
la::index wrong_lookups(lacuna_test::random& r, la::index count, placement where) {
  using positions = simd::positions<arch, T>;
  constexpr la::index lanes = lanes_of<T>;
  guarded<T> table(count, where);
  for (auto& value : table) value = static_cast<T>(1 + r.below(1000));
  if (count > 3) table[1] = std::numeric_limits<T>::quiet_NaN(), table[3] = -std::numeric_limits<T>::infinity();
  table.make_read_only();
  simd::lookup<arch, T, N> const registers(table.data(), count);
  la::index wrong = 0;
  for (la::index n = 0; n != N; ++n)
    for (la::index const used : {lanes, lanes - 1, la::index{1}, la::index{0}}) {
      guarded<std::uint8_t> bytes(used, where);
      for (auto& at : bytes) at = static_cast<std::uint8_t>(r.below(N));
      if (used != 0) bytes[n % used] = static_cast<std::uint8_t>(n);
      bytes.make_read_only();
      auto const at = used == lanes ? positions::load(bytes.data()) : positions::load(bytes.data(), used);
      auto const got = lacuna_test::lanes<T>(registers[at]);
      for (la::index l = 0; l != lanes; ++l) {
        auto const position = l < used ? la::index{bytes[l]} : 0;
        wrong += !same(got[static_cast<std::size_t>(l)], position < count ? table[position] : T{0});
      }
    }
  return wrong;
}

template <class T, int... N>
void check_tables() {
  lacuna_test::random r(1);
  for (auto const where : lacuna_test::both_placements)
    (
        [&] {
          for (la::index const count : {N, N - 1, N / 2, 1, 0}) {
            CAPTURE(N, count);
            CHECK(wrong_lookups<T, N>(r, count, where) == 0);
          }
        }(),
        ...);
}

}  // namespace

TEST_CASE("lookup: every position of a table of floats, no element read that is not there") {
  check_tables<float, 1, 4, 8, 9, 16, 17, 32>();
  check_tables<float, 33, 64, 80, 128, 256>();
}

TEST_CASE("lookup: every position of a table of doubles, no element read that is not there") {
  if constexpr (simd::has_batch<arch, double>) check_tables<double, 1, 4, 7, 8, 16, 17, 32, 100>();
}

namespace {

/// Of elements between guard pages, for registers of an Arch.
template <class As, class T>
void check_gathers() {
  if constexpr (simd::has_batch<As, T>) {
    using positions = simd::positions<As, T>;
    constexpr auto lanes = static_cast<la::index>(simd::batch<T, As>::size);
    lacuna_test::random r(2);
    for (auto const where : lacuna_test::both_placements)
      for (la::index const count : {1, 3, 64, 256}) {
        guarded<T> memory(count, where);
        for (auto& value : memory) value = static_cast<T>(r.below(1000));
        la::index wrong = 0;
        for (int n = 0; n != 50; ++n)
          for (la::index const used : {lanes, lanes - 1, la::index{1}, la::index{0}}) {
            guarded<std::uint8_t> at(used, where);
            for (auto& position : at) position = static_cast<std::uint8_t>(r.below(count));
            if (used != 0) at[n % used] = static_cast<std::uint8_t>(count - 1);
            T got[static_cast<std::size_t>(lanes)];
            auto const p = used == lanes ? positions::load(at.data()) : positions::load(at.data(), used);
            p.gather(memory.data()).store_unaligned(got);
            for (la::index l = 0; l != lanes; ++l) wrong += got[l] != memory[l < used ? la::index{at[l]} : 0];
          }
        CHECK(wrong == 0);
      }
  }
}

}  // namespace

TEMPLATE_TEST_CASE("lookup: gathers read the elements at the positions and nothing else", "", float, double,
                   std::int32_t) {
  check_gathers<arch, TestType>();
  if constexpr (simd::avx512<arch>) check_gathers<simd::gather_arch<arch>, TestType>();
}
