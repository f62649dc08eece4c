// SPDX-License-Identifier: MIT
#include <lacuna/kernel/block_rows.hpp>

#include "support/guard.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace la = lacuna;
using arch = la::simd::default_arch;

namespace {

/// Blocks of Height rows and one column in tiles of two registers, of which some ask for X by pairs of columns: for
/// every length, nothing behind the columns and weights is read.
template <int Height>
void check_lengths() {
  constexpr la::index lanes = la::simd::batch<float, arch>::size;
  using rows = la::kernel::block_row<arch, float, Height, 1, 2>;
  alignas(64) float x[20 * rows::line];
  for (la::index k = 0; k != 20 * rows::line; ++k) x[k] = static_cast<float>(k / rows::line + k % rows::line / lanes);
  for (la::index count = 0; count != 20; ++count) {
    lacuna_test::guarded<std::uint16_t> columns(count);
    lacuna_test::guarded<float> values(count * Height);
    for (la::index e = 0; e != count; ++e) columns[e] = static_cast<std::uint16_t>(19 - e);
    for (la::index e = 0; e != count * Height; ++e) values[e] = static_cast<float>(e);
    alignas(64) float sums[Height * rows::line];
    la::kernel::block_list const list{columns.data(), values.data(), count, 20};
    CAPTURE(Height, count);
    REQUIRE_FALSE(lacuna_test::faults([&] { rows::template run<true>(list, 0, count, x, sums, 0, Height); }));
    la::index wrong = 0;
    for (la::index r = 0; r != Height; ++r)
      for (la::index n = 0; n != rows::line; ++n) {
        float sum = 0;
        for (la::index e = 0; e != count; ++e) sum += static_cast<float>((e * Height + r) * (19 - e + n / lanes));
        wrong += sums[r * rows::line + n] != sum;
      }
    CHECK(wrong == 0);
  }
}

/// The same with weights of 16 bits, which are widened in pieces of some hundred blocks, added to sums that are there.
template <int Height, class W>
void check_widened(la::index count) {
  using rows = la::kernel::block_row<arch, float, Height, 1, 2>;
  alignas(64) float x[20 * rows::line];
  for (la::index k = 0; k != 20 * rows::line; ++k) x[k] = static_cast<float>(k % 5 - 2);
  lacuna_test::guarded<std::uint16_t> columns(count);
  lacuna_test::guarded<W> values(count * Height);
  for (la::index e = 0; e != count; ++e) columns[e] = static_cast<std::uint16_t>(7 * e % 20);
  for (la::index e = 0; e != count * Height; ++e) values[e] = W(static_cast<float>(e % 9 - 4));
  alignas(64) float sums[Height * rows::line];
  std::fill_n(sums, Height * rows::line, 3.0f);
  la::kernel::block_list const list{columns.data(), values.data(), count, 20};
  CAPTURE(Height, count);
  REQUIRE_FALSE(lacuna_test::faults([&] { rows::template run<false>(list, 0, count, x, sums, 0, Height); }));
  la::index wrong = 0;
  for (la::index r = 0; r != Height; ++r)
    for (la::index n = 0; n != rows::line; ++n) {
      la::index sum = 3;
      for (la::index e = 0; e != count; ++e)
        sum += ((e * Height + r) % 9 - 4) * ((7 * e % 20 * rows::line + n) % 5 - 2);
      wrong += sums[r * rows::line + n] != static_cast<float>(sum);
    }
  CHECK(wrong == 0);
}

/// The parts of Height rows cover them once, and their tiles fit in the registers.
template <int Height>
void check_parts() {
  using parts = la::kernel::block_parts<arch, Height>;
  int rows = 0;
  for (int p = 0; p != parts::count; ++p) {
    CAPTURE(Height, p);
    CHECK(rows == p * parts::height);
    CHECK(parts::height_of(p) >= 1);
    CHECK(parts::height_of(p) <= parts::height);
    CHECK(la::simd::fits_registers<arch>(parts::height_of(p), parts::registers));
    rows += parts::height_of(p);
  }
  CHECK(rows == Height);
}

}  // namespace

TEST_CASE("block_rows: parts cover the rows of a block") {
  check_parts<1>();
  check_parts<4>();
  check_parts<7>();
  check_parts<9>();
  check_parts<16>();
  check_parts<33>();
}

TEST_CASE("block_rows: weights of 16 bits in one piece and several, to their last one") {
  if constexpr (la::kernel::widenable<arch, la::bf16, float>)
    for (la::index const count : {0, 1, 255, 256, 257, 515}) check_widened<8, la::bf16>(count);
  if constexpr (la::kernel::widenable<arch, la::f16, float>)
    for (la::index const count : {0, 3, 511, 512, 513}) check_widened<4, la::f16>(count);
}

TEST_CASE("block_rows: scattered visits each of its places once, and never the next one next") {
  using order = la::kernel::scattered;
  std::vector<int> places;
  for (int i = 0; i != order::together; ++i) {
    if (i != 0) CHECK(order::place(i) != places.back() + 1);
    places.push_back(order::place(i));
  }
  std::sort(places.begin(), places.end());
  for (int i = 0; i != order::together; ++i) CHECK(places[static_cast<std::size_t>(i)] == i);
}

/// Blocks of 4 rows and one column, in tiles of 4 registers: 2 * 8 + 3 of them, those after the first two.
TEST_CASE("block_rows: sums are those of all blocks in the range, in whichever order they are taken") {
  constexpr la::index lanes = la::simd::batch<float, arch>::size;
  using rows = la::kernel::block_row<arch, float, 4, 1, 4>;
  std::vector<std::uint16_t> columns;
  std::vector<float> values;
  for (int e = 0; e != 21; ++e) {
    columns.push_back(static_cast<std::uint16_t>(2 * e));
    for (int r = 0; r != 4; ++r) values.push_back(static_cast<float>(e * 4 + r));
  }
  alignas(64) float x[41 * rows::line];
  alignas(64) float sums[4 * rows::line];
  for (la::index k = 0; k != 41 * rows::line; ++k) x[k] = static_cast<float>(k / rows::line + k % rows::line / lanes);
  la::kernel::block_list const list{columns.data(), values.data(), 21, 41};
  rows::run<true>(list, 2, 21, x, sums, 0, 4);
  for (int r = 0; r != 4; ++r)
    for (la::index n = 0; n != rows::line; ++n) {
      float sum = 0;
      for (int e = 2; e != 21; ++e) sum += static_cast<float>((e * 4 + r) * (2 * e + n / lanes));
      CHECK(sums[r * rows::line + n] == sum);
    }
}

TEST_CASE("block_rows: any number of blocks, and nothing behind them") {
  check_lengths<3>();
  check_lengths<4>();
  check_lengths<7>();
  check_lengths<8>();
  check_lengths<16>();
}

TEST_CASE("block_rows: adds to sums or starts anew, and leaves rows outside the range alone") {
  constexpr la::index lanes = la::simd::batch<float, arch>::size;
  using rows = la::kernel::block_row<arch, float, 3, 2, 1>;
  std::uint32_t const columns[] = {0, 1};
  float const values[] = {1, 2, 3, 4, 5, 6, 10, 20, 30, 40, 50, 60};
  alignas(64) float x[3 * lanes];  // the second block has one column inside the matrix
  alignas(64) float sums[3 * lanes];
  for (la::index k = 0; k != 3 * lanes; ++k) x[k] = static_cast<float>(1 + k / lanes);
  for (auto& s : sums) s = 1000;
  la::kernel::block_list const list{columns, values, 2, 3};
  rows::run<true>(list, 0, 1, x, sums, 0, 2);  // 1 + 2 * 2, 3 + 4 * 2
  CHECK(sums[0] == 5);
  CHECK(sums[lanes] == 11);
  CHECK(sums[2 * lanes] == 1000);
  rows::run<false>(list, 1, 2, x, sums, 1, 3);  // + 10 * 3, + 30 * 3, + 50 * 3
  CHECK(sums[0] == 5);
  CHECK(sums[lanes] == 101);
  CHECK(sums[2 * lanes] == 1150);
}
