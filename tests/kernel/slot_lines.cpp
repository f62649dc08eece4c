// SPDX-License-Identifier: MIT
#include <lacuna/kernel/slot_lines.hpp>

#include "support/random.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstdint>
#include <type_traits>

namespace la = lacuna;
using arch = la::simd::default_arch;
using dots = la::simd::biased_dot4<arch>;

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
  using matrix = la::kernel::quads_matrix<some_rows>;
  CHECK(kernel::widest(matrix{a, 1024, nullptr}) == la::kernel::widest_slot_lines<arch>);
  CHECK(kernel::widest(matrix{a, 1025, nullptr}) == 4);
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
          expected += a.weights[e] * x[some_rows::columns[e] * line + t] - dots::bias(a.weights[e]);
        wrong += sums[t] != expected;
      }
    }
  CHECK(wrong == 0);
}

TEST_CASE("slot_lines: a row starts at the bias of its weights, and at what flipped bytes lack") {
  constexpr la::index count = 200;
  std::int8_t values[count] = {1, -128, 127, 5};
  lacuna_test::random r(2);
  for (auto& w : values)
    if (&w >= values + 4) w = r.below(3) == 0 ? std::int8_t{-128} : static_cast<std::int8_t>(r.bits());
  constexpr auto flipped = la::simd::flip_correction<
      std::conditional_t<std::is_signed_v<la::simd::dot4_byte<arch>>, std::uint8_t, std::int8_t>>;
  la::index wrong = 0;
  for (la::index first = 0; first != 5; ++first)
    for (la::index last = first; last <= count; ++last)
      for (std::int32_t const factor : {0, flipped}) {
        std::int32_t expected = 0;
        for (la::index e = first; e != last; ++e) expected += factor * values[e] + dots::bias(values[e]);
        wrong += kernel::start_of(values, first, last, factor) != expected;
      }
  CHECK(wrong == 0);
}
