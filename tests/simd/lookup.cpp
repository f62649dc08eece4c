// SPDX-License-Identifier: MIT
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

TEMPLATE_TEST_CASE("lookup: gathers read the elements at the positions and nothing else", "", float, double) {
  using T = TestType;
  if constexpr (simd::has_batch<arch, T>) {
    using positions = simd::positions<arch, T>;
    lacuna_test::random r(2);
    for (auto const where : lacuna_test::both_placements)
      for (la::index const count : {1, 3, 64, 256}) {
        guarded<T> memory(count, where);
        for (auto& value : memory) value = static_cast<T>(r.below(1000));
        la::index wrong = 0;
        for (int n = 0; n != 50; ++n) {
          std::uint8_t at[static_cast<std::size_t>(lanes_of<T>)];
          for (auto& position : at) position = static_cast<std::uint8_t>(r.below(count));
          at[n % lanes_of<T>] = static_cast<std::uint8_t>(count - 1);
          auto const got = lacuna_test::lanes<T>(positions::load(at).gather(memory.data()));
          for (std::size_t l = 0; l != got.size(); ++l) wrong += got[l] != memory[at[l]];
        }
        CHECK(wrong == 0);
      }
  }
}
