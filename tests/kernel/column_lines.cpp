// SPDX-License-Identifier: MIT
#include <lacuna/kernel/column_lines.hpp>

#include "support/random.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstdint>
#include <span>

namespace la = lacuna;
using arch = la::simd::default_arch;

namespace {

/// Two lines of five rows: columns 0 to 3, in reverse, and columns 4 and 5 with none in between.
struct some_columns {
  static constexpr std::int32_t list[] = {3, 2, 1, 0, 4, 5};
  std::int8_t weights[6 * 5];
  [[nodiscard]] la::index rows() const { return 10; }
  [[nodiscard]] la::index cols() const { return 6; }
  [[nodiscard]] std::span<std::int8_t const> values() const { return weights; }
};
struct kernel : la::kernel::column_lines<kernel, arch, 5, 1> {
  static la::index lines(some_columns const&) { return 2; }
  static std::int32_t const* columns(la::kernel::quads_matrix<some_columns> const&) { return some_columns::list; }
  static la::kernel::column_range columns_of(some_columns const&, la::index b) {
    return b == 0 ? la::kernel::column_range{0, 4} : la::kernel::column_range{4, 6};
  }
};

template <int N>
void check() {
  using byte = la::simd::dot4_byte<arch>;
  constexpr la::index tokens = kernel::dots::rows_of<N>::line;
  lacuna_test::random r(1);
  some_columns a;
  for (auto& w : a.weights) w = static_cast<std::int8_t>(r.bits());
  alignas(64) byte x[6 * tokens], lines[6 * tokens];
  using lines_type = la::simd::interleave_lines<arch>;
  using bytes = la::simd::batch<std::uint8_t, arch>;
  for (la::index k = 0; k != 6; ++k) {
    for (la::index t = 0; t != tokens; ++t) x[k * tokens + t] = static_cast<byte>(r.bits());
    auto const* const from = reinterpret_cast<std::uint8_t const*>(x + k * tokens);
    auto* const to = reinterpret_cast<std::uint8_t*>(lines + k * tokens);
    if constexpr (N == 2)
      la::simd::interleave_half_lines<arch>::order(from, 0, to);
    else
      lines_type::order(bytes::load_unaligned(from)).store_unaligned(to);
  }
  std::int32_t sums[5 * tokens], factors[10];
  kernel::weight_sums(a, -7, factors, 0, 2);
  CHECK(kernel::quads(a) == 2);
  la::index wrong = 0;
  for (la::index b = 0; b != 2; ++b) {
    kernel::multiply_line<N>(la::kernel::quads_matrix<some_columns>{a, 2, nullptr}, b,
                             reinterpret_cast<std::int32_t const*>(lines),
                             la::kernel::quad_sums{nullptr, sums, tokens, 0, 5});
    auto const [begin, end] = kernel::columns_of(a, b);
    for (la::index i = 0; i != 5; ++i) {
      std::int32_t factor = 0;
      for (la::index e = begin; e != end; ++e) factor += a.weights[e * 5 + i];
      wrong += factors[b * 5 + i] != -7 * factor;
      for (la::index t = 0; t != tokens; ++t) {
        std::int32_t sum = 0;
        for (la::index e = begin; e != end; ++e) sum += a.weights[e * 5 + i] * x[some_columns::list[e] * tokens + t];
        wrong += sums[i * tokens + t] != sum;
      }
    }
  }
  CHECK(wrong == 0);
}

}  // namespace

TEST_CASE("column_lines: each line multiplies its columns, and sums up their weights, in tiles of either width") {
  check<kernel::registers>();
  check<kernel::narrowest>();
}
