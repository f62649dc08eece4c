// SPDX-License-Identifier: MIT
#include <lacuna/core/executor.hpp>
#include <lacuna/kernel/dense_lines.hpp>
#include <lacuna/kernel/epilogue.hpp>

#include "support/random.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

namespace tests_of_dense_lines {

namespace la = lacuna;
using arch = la::simd::default_arch;

namespace {

/// Rows that store every column.
struct full_view {
  using value_type = std::int8_t;
  la::index count;
  la::index width;
  std::int8_t const* data;
  [[nodiscard]] la::index rows() const { return count; }
  [[nodiscard]] la::index cols() const { return width; }
  [[nodiscard]] la::index stored() const { return count * width; }
};

/// Writes as much as it may behind the last column.
struct kernel : la::kernel::dense_lines<kernel, arch, 64> {
  static std::int8_t const* first_value(full_view const& a, la::index row) { return a.data + row * a.width; }
  static std::int8_t const* next_row(full_view const& a, la::index, std::int8_t const* values) {
    return values + a.width;
  }
  static void expand_row(full_view const&, la::index, std::int8_t const* values, la::index from, la::index to,
                         std::int8_t* dense) {
    auto const count = to - from;
    std::memset(dense, 0x55, static_cast<std::size_t>(count + la::kernel::beyond_dense_bytes));
    std::memset(dense, 0, static_cast<std::size_t>((count + 3) / 4 * 4));
    if (count != 0) std::memcpy(dense, values + from, static_cast<std::size_t>(count));
  }
};

template <class X>
la::index wrong_sums(lacuna_test::random& r, la::index rows, la::index cols, la::index n) {
  auto const w = lacuna_test::random_dense<std::int8_t>(r, rows, cols);
  auto const x = lacuna_test::random_dense<X>(r, cols, n);
  la::dense<std::int32_t> y(rows, n);
  la::serial one;
  la::kernel::multiply_quads<kernel>(la::kernel::any_executor(one), full_view{rows, cols, w.data()}, x.view(), y.view(),
                                     la::identity_epilogue{});
  la::index wrong = 0;
  for (la::index i = 0; i != rows; ++i)
    for (la::index j = 0; j != n; ++j) {
      std::int32_t sum = 0;
      for (la::index k = 0; k != cols; ++k) sum += w(i, k) * x(k, j);
      wrong += y(i, j) != sum;
    }
  return wrong;
}

}  // namespace

TEST_CASE("dense_lines: rows around sixteen, columns around fours and pieces, bytes of both signs") {
  lacuna_test::random r(1);
  for (la::index const rows : {1, 15, 16, 17, 33})
    for (la::index const cols : {1, 3, 4, 63, 65, 511, 512, 513, 1093}) {
      CAPTURE(rows, cols);
      REQUIRE(wrong_sums<std::uint8_t>(r, rows, cols, 7) == 0);
      REQUIRE(wrong_sums<std::int8_t>(r, rows, cols, 19) == 0);
    }
}

TEST_CASE("dense_lines: sums of the weights of lines, 0 behind the last row") {
  std::vector<std::int8_t> w(18 * 70);
  lacuna_test::random r(2);
  for (auto& value : w) value = static_cast<std::int8_t>(r.bits());
  full_view const a{18, 70, w.data()};
  std::vector<std::int32_t> sums(32, 77);
  kernel::weight_sums(a, -128, sums.data(), 1, 2);
  CHECK(sums[0] == 77);
  kernel::weight_sums(a, -128, sums.data(), 0, 1);
  la::index wrong = 0;
  for (la::index i = 0; i != 32; ++i) {
    std::int32_t sum = 0;
    for (la::index k = 0; k != 70 && i < 18; ++k) sum += w[static_cast<std::size_t>(i * 70 + k)];
    wrong += sums[static_cast<std::size_t>(i)] != -128 * sum;
  }
  CHECK(wrong == 0);
}

}  // namespace tests_of_dense_lines
