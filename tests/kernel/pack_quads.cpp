// SPDX-License-Identifier: MIT
#include <lacuna/kernel/pack_quads.hpp>

#include "support/guarded_operands.hpp"
#include "support/lanes.hpp"
#include "support/random.hpp"

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>

namespace la = lacuna;
using lacuna_test::guarded;
using lacuna_test::guarded_dense;
using lacuna_test::lanes_of;
using arch = la::simd::default_arch;

namespace {

/// Packs ranges of quads of some columns, the last of the matrix among them, between guard pages.
template <class X, la::order Order>
void check_quads() {
  using byte = la::simd::dot4_byte<arch>;
  constexpr la::index lanes = lanes_of<std::int32_t>;
  lacuna_test::random r(1);
  for (auto const where : lacuna_test::both_placements)
    for (la::index rows : {0, 1, 3, 4, 15, 4 * static_cast<int>(lanes) + 2})
      for (la::index width : {1, 15, 16, 17, 50, 64, 127, 161}) {
        auto const x = lacuna_test::random_dense<X>(r, rows, width + 3);
        guarded_dense<X, Order> in(x, rows % 3, where);
        la::dense_view<X const, Order> const view = in.view();
        auto const quads = rows / 4 + 2;
        auto const stride = (width + lanes - 1) / lanes * lanes;
        for (la::index first = 0; first < quads; first += 1 + quads / 3)
          for (la::index last : {first, first + 1, quads}) {
            guarded<std::int32_t> to(quads * stride, where);
            for (auto& e : to) e = 0x77777777;
            la::kernel::pack_quads<arch>::run(view, 3, width, to.data(), stride, first, last);
            la::index wrong = 0;
            auto const* const got = reinterpret_cast<byte const*>(to.data());
            for (la::index q = 0; q != quads; ++q)
              for (la::index c = 0; c != width; ++c)
                for (la::index b = 0; b != 4; ++b) {
                  auto const k = 4 * q + b;
                  auto const value = k < rows ? x(k, 3 + c) : X{0};
                  int expected = 0x77;
                  if (q >= first && q < last) {
                    if constexpr (std::same_as<X, byte>)
                      expected = value;
                    else
                      expected = la::simd::flip_byte(value);
                  }
                  wrong += got[4 * (q * stride + c) + b] != expected;
                }
            CAPTURE(rows, width, first, last, where);
            REQUIRE(wrong == 0);
            REQUIRE(to.intact());
          }
      }
}

/// Packs some columns as lines, of a fourth of so many registers, whose quads have to be those of pack_quads.
template <class X, la::order Order, int Registers>
void check_lines() {
  using bytes = la::simd::batch<std::uint8_t, arch>;
  using half = la::simd::interleave_half_lines<arch>;
  constexpr la::index stride = Registers * lanes_of<std::int32_t>;
  lacuna_test::random r(2);
  for (auto const where : lacuna_test::both_placements)
    for (la::index rows : {0, 1, 3, 4, 15, 4 * static_cast<int>(stride) + 2})
      for (la::index width : {la::index{1}, stride - 1, stride}) {
        auto const x = lacuna_test::random_dense<X>(r, rows, width + 3);
        guarded_dense<X, Order> in(x, rows % 3, where);
        la::dense_view<X const, Order> const view = in.view();
        auto const quads = (rows + 3) / 4;
        guarded<std::int32_t> lines(rows * stride / 4, where);  // of the rows that there are
        la::kernel::pack_lines<arch>::run(view, 3, width, lines.data(), stride, 0, quads / 2);
        la::kernel::pack_lines<arch>::run(view, 3, width, lines.data(), stride, quads / 2, quads);
        la::index wrong = 0;
        for (la::index q = 0; q != rows / 4; ++q) {
          auto const* const at = reinterpret_cast<std::uint8_t const*>(lines.data()) + 4 * q * stride;
          bytes quad[std::size_t{Registers}];
          if constexpr (Registers == 2) {
            std::uint8_t const* const four[4] = {at, at + stride, at + 2 * stride, at + 3 * stride};
            half::run(four, quad);
          } else {
            for (int n = 0; n != Registers; n += 4) {
              bytes four[4];
              for (int b = 0; b != 4; ++b)
                four[b] = bytes::load_unaligned(at + b * stride + n * lanes_of<std::int32_t>);
              la::simd::interleave_lines<arch>::run(four);
              for (int j = 0; j != 4; ++j) quad[n + j] = four[j];
            }
          }
          std::uint8_t got[4 * stride];
          for (int n = 0; n != Registers; ++n) quad[n].store_unaligned(got + n * static_cast<int>(bytes::size));
          for (la::index c = 0; c != width; ++c)
            for (la::index b = 0; b != 4; ++b) {
              auto const value = x(4 * q + b, 3 + c);
              auto const flipped = std::same_as<X, la::simd::dot4_byte<arch>> ? value : la::simd::flip_byte(value);
              wrong += got[4 * c + b] != static_cast<std::uint8_t>(flipped);
            }
        }
        CAPTURE(rows, width, where);
        REQUIRE(wrong == 0);
        REQUIRE(lines.intact());
      }
}
template <class X, la::order Order>
void check_all_lines() {
  check_lines<X, Order, 4>();
  check_lines<X, Order, 8>();
  if constexpr (la::simd::interleave_half_lines<arch>::pays) check_lines<X, Order, 2>();
}

}  // namespace

TEMPLATE_TEST_CASE("pack_lines: lines whose quads are those of X, either order, no row that X has not", "",
                   std::uint8_t, std::int8_t) {
  check_all_lines<TestType, la::order::row_major>();
  check_all_lines<TestType, la::order::col_major>();
}

TEMPLATE_TEST_CASE("pack_quads: ranges of quads of any columns, either order, zeros below", "", std::uint8_t,
                   std::int8_t) {
  check_quads<TestType, la::order::row_major>();
  check_quads<TestType, la::order::col_major>();
}
