// SPDX-License-Identifier: MIT
#include <lacuna/kernel/column_quads.hpp>

#include "support/guard.hpp"
#include "support/lanes.hpp"
#include "support/random.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstdint>

namespace la = lacuna;
using lacuna_test::guarded;
using arch = la::simd::default_arch;
using byte = la::simd::dot4_byte<arch>;

namespace {

/// Lists of any count of columns, in any order, more than are made into quads at a time, in blocks of C of which the
/// last may have columns that the matrix has not; some rows of a band.
template <int R, int C, bool Again, int N>
void check_tiles(unsigned seed) {
  using dots = la::kernel::quads_of_columns<arch, R, C, Again>;
  constexpr la::index line = dots::template rows_of<N>::line;  // tokens
  constexpr la::index inputs = 50;
  lacuna_test::random r(seed);
  for (la::index const blocks : {0, 1, 4, 7, 281, 1030})
    for (auto const where : lacuna_test::both_placements) {
      la::index const count = blocks * C;
      guarded<byte> x(inputs * line, where);
      byte bytes[inputs][line];
      using lines = la::simd::interleave_lines<arch>;
      for (la::index k = 0; k != inputs; ++k) {
        for (auto& b : bytes[k]) b = static_cast<byte>(r.bits());
        auto const* const from = reinterpret_cast<std::uint8_t const*>(bytes[k]);
        auto* const to = reinterpret_cast<std::uint8_t*>(x.data() + k * line);
        if constexpr (N == 2)
          la::simd::interleave_half_lines<arch>::order(from, 0, to);
        else
          lines::order(lacuna_test::batch<std::uint8_t>::load_unaligned(from)).store_unaligned(to);
      }
      guarded<std::uint16_t> columns(blocks, where);
      for (auto& c : columns) c = static_cast<std::uint16_t>(r.below((inputs + C - 1) / C));
      auto const input = [&](la::index e) { return columns[e / C] * la::index{C} + e % C; };
      guarded<std::int8_t> values(count * R, where);
      auto const weight = [&](la::index e, la::index i) -> std::int8_t& { return values[(e / C * R + i) * C + e % C]; };
      for (la::index e = 0; e != count; ++e)
        for (la::index i = 0; i != R; ++i)
          weight(e, i) = input(e) < inputs ? static_cast<std::int8_t>(r.bits()) : std::int8_t{0};
      x.make_read_only(), values.make_read_only(), columns.make_read_only();
      std::int32_t start[R], factors[R];
      dots::weight_sums(values.data(), 0, count, 3, factors);
      for (auto& s : start) s = static_cast<std::int32_t>(r.below(1000));
      la::index const low = blocks % 2, high = R - (blocks == 4);
      guarded<std::int32_t> sums((R - 1) * (line + 3) + line, where);
      for (auto& s : sums) s = 77;
      dots::template run<N>(la::kernel::column_list{columns.data(), values.data(), 0, count, inputs},
                            reinterpret_cast<std::int32_t const*>(x.data()),
                            la::kernel::quad_sums{start, sums.data(), line + 3, low, high});
      la::index wrong = 0;
      for (la::index i = 0; i != R; ++i) {
        std::int32_t factor = 0;
        for (la::index e = 0; e != count; ++e) factor += 3 * weight(e, i);
        wrong += factor != factors[i];
        for (la::index t = 0; t != line; ++t) {
          std::int32_t sum = start[i];
          for (la::index e = 0; e != count; ++e)
            if (input(e) < inputs) sum += weight(e, i) * bytes[input(e)][t];
          wrong += sums[i * (line + 3) + t] != (i >= low && i < high ? sum : 77);
        }
      }
      CAPTURE(R, C, N, blocks);
      REQUIRE(wrong == 0);
      REQUIRE(sums.intact());
    }
}
template <int R, int C = 1, bool Again = la::kernel::makes_quads_again<arch>>
void check(unsigned seed) {
  using dots = la::kernel::quads_of_columns<arch, R, C, Again>;
  check_tiles<R, C, Again, dots::registers>(seed);
  if constexpr (dots::narrowest != dots::registers) check_tiles<R, C, Again, dots::narrowest>(seed + 100);
}

}  // namespace

TEST_CASE("column_quads: any columns, rows of one tile and of several, between guard pages") {
  check<4>(1);
  check<7>(2);
  check<8>(4);
  check<16>(3);
  check<5, 3>(5);
}

TEST_CASE("column_quads: the same in tiles that make their quads again, or that do not, whatever is best here") {
  check<4, 1, !la::kernel::makes_quads_again<arch>>(6);
  check<7, 1, !la::kernel::makes_quads_again<arch>>(7);
  check<16, 1, !la::kernel::makes_quads_again<arch>>(8);
  check<5, 3, !la::kernel::makes_quads_again<arch>>(9);
}
