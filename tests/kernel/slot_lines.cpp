// SPDX-License-Identifier: MIT
#include <lacuna/kernel/slot_lines.hpp>

#include "support/random.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstdint>

namespace la = lacuna;
using arch = la::simd::default_arch;

namespace {

/// Three rows: five slots, none, and two, of six columns.
struct some_rows {
  using value_type = std::int8_t;
  static constexpr std::int32_t columns[] = {5, 0, 3, 3, 1, 2, 4};
  static constexpr la::index bounds[] = {0, 5, 5, 7};
  std::int8_t weights[7];
  [[nodiscard]] la::index rows() const { return 3; }
  [[nodiscard]] la::index cols() const { return 6; }
};
struct kernel : la::kernel::slot_lines<kernel, arch> {
  static auto slots(la::kernel::quads_matrix<some_rows> const& matrix, la::index i) {
    return la::kernel::slot_list{some_rows::columns, matrix.a.weights, some_rows::bounds[i], some_rows::bounds[i + 1]};
  }
};

}  // namespace

TEST_CASE("slot_lines: a row is its slots times the lines of their columns, from where its sums start") {
  using byte = la::simd::dot4_byte<arch>;
  using bytes = la::simd::batch<std::uint8_t, arch>;
  constexpr auto line = static_cast<la::index>(bytes::size);
  lacuna_test::random r(1);
  some_rows a;
  for (auto& w : a.weights) w = static_cast<std::int8_t>(r.bits());
  alignas(64) byte x[6 * line], lines[6 * line];
  for (la::index k = 0; k != 6; ++k) {
    for (la::index t = 0; t != line; ++t) x[k * line + t] = static_cast<byte>(r.bits());
    auto const* const from = reinterpret_cast<std::uint8_t const*>(x + k * line);
    auto const ordered = la::simd::interleave_lines<arch>::order(bytes::load_unaligned(from));
    ordered.store_unaligned(reinterpret_cast<std::uint8_t*>(lines + k * line));
  }
  CHECK(kernel::quads(a) == 2);
  CHECK(kernel::lines(a) == 3);
  std::int32_t const start[] = {-7, 11, 1 << 20};
  la::index wrong = 0;
  for (la::index i = 0; i != 3; ++i)
    for (bool const starts : {false, true}) {
      std::int32_t sums[line];
      kernel::multiply_line<4>(la::kernel::quads_matrix<some_rows>{a, 2, nullptr}, i,
                               reinterpret_cast<std::int32_t const*>(lines),
                               la::kernel::quad_sums{starts ? start + i : nullptr, sums, line, 0, 1});
      for (la::index t = 0; t != line; ++t) {
        std::int32_t expected = starts ? start[i] : 0;
        for (auto e = some_rows::bounds[i]; e != some_rows::bounds[i + 1]; ++e)
          expected += a.weights[e] * x[some_rows::columns[e] * line + t];
        wrong += sums[t] != expected;
      }
    }
  CHECK(wrong == 0);
}

TEST_CASE("slot_lines: sums of weights wrap around") {
  std::int8_t const values[] = {1, -128, 127, 5};
  CHECK(kernel::sum_of(values, 0, 4, 3) == 15);
  CHECK(kernel::sum_of(values, 1, 2, -1) == 128);
  CHECK(kernel::sum_of(values, 2, 2, 9) == 0);
  CHECK(kernel::sum_of(values, 0, 1, 1 << 30) == 1 << 30);
  CHECK(kernel::sum_of(values, 3, 4, 1 << 30) == 1 << 30);  // 5 * 2^30
}
