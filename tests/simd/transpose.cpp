// SPDX-License-Identifier: MIT
#include <lacuna/simd/isa.hpp>
#include <lacuna/simd/transpose.hpp>

#include "support/guard.hpp"
#include "support/lanes.hpp"

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace simd = lacuna::simd;
namespace la = lacuna;
using lacuna_test::guarded;
using lacuna_test::lanes_of;
using arch = simd::default_arch;

namespace {

template <class T>
T number(la::index r, la::index c) {
  return static_cast<T>(100 * r + c + 1);
}

/// How many lanes are not what the transpose of number(r, c) has there.
template <class T, std::size_t Columns>
la::index wrong_lanes(lacuna_test::batch<T> const (&block)[Columns]) {
  la::index wrong = 0;
  for (la::index c = 0; c != static_cast<la::index>(Columns); ++c) {
    auto const column = lacuna_test::lanes<T>(block[c]);
    for (la::index r = 0; r != lanes_of<T>; ++r) wrong += column[static_cast<std::size_t>(r)] != number<T>(r, c);
  }
  return wrong;
}

}  // namespace

TEMPLATE_TEST_CASE("transpose: lanes and registers change places", "", float, double, std::int32_t) {
  using T = TestType;
  if constexpr (simd::has_batch<arch, T>) {
    STATIC_REQUIRE(simd::transpose<arch, T>::lanes == lanes_of<T>);
    lacuna_test::batch<T> block[lacuna_test::batch<T>::size];
    for (la::index r = 0; r != lanes_of<T>; ++r) {
      T row[lacuna_test::batch<T>::size];
      for (la::index c = 0; c != lanes_of<T>; ++c) row[c] = number<T>(r, c);
      block[r] = lacuna_test::batch<T>::load_unaligned(row);
    }
    simd::transpose<arch, T>::run(block);
    CHECK(wrong_lanes<T>(block) == 0);
  }
}

TEMPLATE_TEST_CASE("transpose: a block from memory, with any stride, reading nothing else", "", float, double,
                   std::int32_t) {
  using T = TestType;
  if constexpr (simd::has_batch<arch, T>) {
    for (auto const where : lacuna_test::both_placements)
      for (la::index const stride : {lanes_of<T>, lanes_of<T> + 1, 3 * lanes_of<T> - 1}) {
        guarded<T> memory((lanes_of<T> - 1) * stride + lanes_of<T>, where);
        for (la::index r = 0; r != lanes_of<T>; ++r)
          for (la::index c = 0; c != lanes_of<T>; ++c) memory.data()[r * stride + c] = number<T>(r, c);
        memory.make_read_only();
        lacuna_test::batch<T> block[lacuna_test::batch<T>::size];
        simd::transpose<arch, T>::load(memory.data(), stride, block);
        CHECK(wrong_lanes<T>(block) == 0);
      }
  }
}

TEMPLATE_TEST_CASE("transpose: a few columns from memory, reading nothing else", "", float, double, std::int32_t) {
  using T = TestType;
  if constexpr (simd::has_batch<arch, T>) {
    using transpose = simd::transpose<arch, T>;
    for (auto const where : lacuna_test::both_placements)
      for (la::index const stride : {lanes_of<T>, 2 * lanes_of<T> + 1}) {
        guarded<T> memory((lanes_of<T> - 1) * stride + transpose::columns, where);
        for (la::index r = 0; r != lanes_of<T>; ++r)
          for (la::index c = 0; c != transpose::columns; ++c) memory.data()[r * stride + c] = number<T>(r, c);
        memory.make_read_only();
        lacuna_test::batch<T> block[static_cast<std::size_t>(transpose::columns)];
        transpose::load_columns(memory.data(), stride, block);
        CHECK(wrong_lanes<T>(block) == 0);
      }
  }
}

TEST_CASE("transpose: integers that are computed, moved and stored in one go") {
  if constexpr (simd::has_batch<arch, std::int32_t>) {
    constexpr la::index lanes = lacuna_test::lanes_of<std::int32_t>;
    std::vector<std::uint8_t> from(static_cast<std::size_t>(3 * lanes * lanes));
    for (std::size_t n = 0; n != from.size(); ++n) from[n] = static_cast<std::uint8_t>(n * 7);
    std::vector<std::int32_t> to(from.size());
    for (la::index part = 0; part != 3; ++part) {
      simd::batch<std::int32_t, arch> block[static_cast<std::size_t>(lanes)];
      for (la::index l = 0; l != lanes; ++l)
        block[l] = simd::widen<arch, std::uint8_t>::load(from.data() + (part + 3 * l) * lanes);
      simd::transpose<arch, std::int32_t>::run(block);
      for (la::index l = 0; l != lanes; ++l) block[l].store_unaligned(to.data() + (part * lanes + l) * lanes);
    }
    la::index wrong = 0;
    for (la::index r = 0; r != lanes; ++r)
      for (la::index c = 0; c != 3 * lanes; ++c)
        wrong += to[static_cast<std::size_t>(c * lanes + r)] != from[static_cast<std::size_t>(r * 3 * lanes + c)];
    CHECK(wrong == 0);
  }
}
