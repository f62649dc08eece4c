// SPDX-License-Identifier: MIT
#include <lacuna/core/scalar.hpp>
#include <lacuna/kernel/block_dot.hpp>
#include <lacuna/kernel/column_dot.hpp>
#include <lacuna/kernel/quad.hpp>
#include <lacuna/pack.hpp>

#include "support/guard.hpp"
#include "support/random.hpp"

#include <catch2/catch_test_macros.hpp>

#include <concepts>
#include <cstdint>
#include <limits>
#include <vector>

namespace la = lacuna;
namespace kernel = la::kernel;
using arch = la::simd::default_arch;
using byte = la::simd::dot4_byte<arch>;
using kernel::quad;
using lacuna_test::guarded;
using lacuna_test::placement;

namespace {

/// Blocks of R rows and Q quads, and x, between guard pages; x(t, k) is byte k of vector t.
template <int R, int Q>
struct operands {
  operands(lacuna_test::random& r, la::index count, la::index vectors, placement where)
      : blocks(count),
        line((count * Q + 15) / 16 * 16),
        columns(count, where),
        values(count * R * Q * 4, where),
        x(line * vectors, where) {
    for (la::index e = 0; e != count; ++e) columns.data()[e] = static_cast<std::uint16_t>(count - 1 - e);
    for (auto& v : values.span()) v = r.below(3) == 0 ? std::int8_t{-128} : static_cast<std::int8_t>(r.bits());
    for (auto& v : x.span()) v = r.below(3) == 0 ? -1 : static_cast<std::int32_t>(r.bits());
  }
  [[nodiscard]] auto list() const {
    return kernel::block_list{static_cast<std::uint16_t const*>(columns.data()),
                              reinterpret_cast<quad const*>(values.data()), blocks, blocks * Q};
  }
  /// What row i and vector t are to have.
  [[nodiscard]] std::int64_t exact(la::index i, la::index t, bool flipped) const {
    std::int64_t sum = 0;
    auto const* const bytes = reinterpret_cast<unsigned char const*>(x.data() + t * line);
    for (la::index e = 0; e != blocks; ++e)
      for (la::index c = 0; c != 4 * Q; ++c) {
        auto const b = static_cast<byte>(bytes[(blocks - 1 - e) * Q * 4 + c]);
        auto const value = flipped ? std::int64_t{la::simd::flip_byte(b)} : std::int64_t{b};
        sum += value * values.data()[(e * R + i) * Q * 4 + c];
      }
    return sum;
  }

  la::index blocks;
  la::index line;
  guarded<std::uint16_t> columns;
  guarded<std::int8_t> values;
  guarded<std::int32_t> x;
};

constexpr bool there_are_quads = kernel::summable<quad, arch>;

template <int R, int Vectors, bool Flipped>
void check_columns(unsigned seed) {
  if constexpr (there_are_quads) {
    using dot = kernel::column_dot<arch, std::int32_t, R, Vectors, Flipped>;
    lacuna_test::random r(seed);
    for (auto const where : {placement::lower, placement::upper})
      for (la::index count = 0; count != 12; ++count) {
        operands<R, 1> const a(r, count, Vectors, where);
        guarded<std::int32_t> arranged(count * Vectors, where);
        for (la::index q = 0; q != count; ++q)
          for (la::index t = 0; t != Vectors; ++t) arranged.data()[q * Vectors + t] = a.x.data()[t * a.line + q];
        dot::run(
            [&](auto&& piece) {
              piece(a.list(), la::index{0}, count, static_cast<std::int32_t const*>(arranged.data()));
            },
            [&](la::index i, std::int32_t const* of_row) {
              for (la::index t = 0; t != Vectors; ++t) {
                CAPTURE(R, Vectors, Flipped, count, i, t);
                REQUIRE(of_row[t] == a.exact(i, t, Flipped));
              }
            });
      }
  }
}

template <int R, int Q, int Vectors, bool Flipped>
void check_blocks(unsigned seed) {
  if constexpr (there_are_quads) {
    lacuna_test::random r(seed);
    for (auto const where : {placement::lower, placement::upper})
      for (la::index count = 0; count != 8; ++count) {
        operands<R, Q> const a(r, count, Vectors, where);
        kernel::block_dot<arch, std::int32_t, R, Q, Vectors, Flipped>::run(
            [&](auto&& piece) { piece(a.list(), la::index{0}, count, static_cast<std::int32_t const*>(a.x.data())); },
            a.line,
            [&](la::index i, la::index t, std::int32_t sum) {
              CAPTURE(R, Q, Vectors, Flipped, count, i, t);
              REQUIRE(sum == a.exact(i, t, Flipped));
            });
      }
  }
}

}  // namespace

TEST_CASE("quad: sums are int32, those of other elements what they were") {
  STATIC_REQUIRE(std::same_as<kernel::sum_of_t<quad>, std::int32_t>);
  STATIC_REQUIRE(std::same_as<kernel::sum_of_t<la::bf16>, float>);
  STATIC_REQUIRE_FALSE(kernel::summable<std::int8_t, arch>);
  CHECK(kernel::wrapping_sum(std::numeric_limits<std::int32_t>::max(), 1) == std::numeric_limits<std::int32_t>::min());
  CHECK(kernel::wrapping_sum(0.5f, 1.0f) == 1.5f);
}

TEST_CASE("quad: blocks of one quad, any count, between guard pages") {
  check_columns<1, 1, false>(1);
  check_columns<4, 1, true>(2);
  check_columns<3, 4, false>(3);
  check_columns<4, 4, true>(4);
  check_columns<4, 8, false>(5);
  check_columns<16, 8, true>(6);
  check_columns<20, 4, false>(7);
}

TEST_CASE("quad: blocks of several quads, any count, between guard pages") {
  check_blocks<1, 4, 1, false>(11);
  check_blocks<1, 16, 4, true>(12);
  check_blocks<3, 2, 2, false>(13);
  check_blocks<8, 16, 1, true>(14);
}

TEST_CASE("quad: a bsr matrix of int8 as one of quads") {
  la::dense<std::int8_t> w(3, 9);
  w(2, 8) = 5;
  auto const a = la::pack<la::bsr<std::int8_t, 2, 8>>(w);
  kernel::bsr_quads_view<2, 2, std::uint32_t, std::uint32_t> const quads(a.view());
  CHECK(quads.rows() == 3);
  CHECK(quads.cols() == 4);
  CHECK(quads.stored() == 16);
  REQUIRE(quads.values().size() == 4);
  CHECK(quads.values()[0].weight[0] == 5);
  CHECK(quads.columns()[0] == 1);
  CHECK(quads.offsets().size() == 3);
}
