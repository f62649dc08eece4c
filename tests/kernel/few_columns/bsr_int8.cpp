// SPDX-License-Identifier: MIT
#include <lacuna/kernel/few_columns/bsr_int8.hpp>

#include "support/few_int8_products.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstdint>

namespace la = lacuna;

namespace {

template <int R, int C, class I = std::uint32_t>
using blocks = la::bsr<std::int8_t, R, C, I, std::uint32_t>;

// Each way to multiply takes X of both signs in one shape at least, for it is compiled again for the other.
template <class Format, class... X>
[[nodiscard]] std::string problem(unsigned seed) {
  return lacuna_test::few_int8_problem<Format, Format::layout::block_rows, Format::layout::block_cols, X...>(seed);
}
using u = std::uint8_t;
using s = std::int8_t;

template <int R, int C>
using few = la::kernel::few_quads<la::view_t<blocks<R, C>>, la::simd::default_arch>;

}  // namespace

TEST_CASE("few columns of int8 bsr: blocks of one column") {
  CHECK(problem<blocks<4, 1>, u, s>(1) == "");
  CHECK(problem<blocks<16, 1, std::uint16_t>, s>(2) == "");
}

TEST_CASE("few columns of int8 bsr: blocks of four columns") {
  CHECK(problem<blocks<4, 4>, u, s>(12) == "");
  CHECK(problem<blocks<24, 4>, s>(13) == "");
}

TEST_CASE("few columns of int8 bsr: blocks of several fours, and of no fours") {
  CHECK(problem<blocks<1, 16, std::uint16_t>, u>(21) == "");
  CHECK(problem<blocks<2, 8>, s>(23) == "");
  CHECK(problem<blocks<3, 5>, u, s>(24) == "");
  CHECK(problem<blocks<1, 128>, u, s>(25) == "");
}

TEST_CASE("few columns of int8 bsr: a last block that ends behind the matrix reads no row behind X") {
  if constexpr (few<3, 5>::available) {
    constexpr la::index rows = 31, cols = 64, vectors = 8;
    using byte = la::simd::dot4_byte<la::simd::default_arch>;
    lacuna_test::random r(31);
    auto const a = lacuna_test::int8_matrix<blocks<3, 5>>(r, rows, cols);
    auto const size = la::kernel::few_bytes_size(cols, 1);
    lacuna_test::guarded<std::int32_t> x(size * vectors, lacuna_test::placement::upper);
    for (auto& four : x) four = static_cast<std::int32_t>(r.bits() & 0xFFFFFFFFu);
    x.make_read_only();
    la::buffer<std::int32_t> sums(rows * vectors);
    few<3, 5>::template kernel<false>::run(few<3, 5>::matrix(a.view()), {x.data(), size, size}, sums.data(), vectors, 0,
                                           rows, vectors);
    auto const w = la::to_dense(a);
    auto const* const bytes = reinterpret_cast<byte const*>(x.data());
    la::index wrong = 0;
    for (la::index i = 0; i != rows; ++i)
      for (la::index v = 0; v != vectors; ++v) {
        std::int32_t sum = 0;
        for (la::index k = 0; k != cols; ++k) sum += w(i, k) * bytes[k * vectors + v];
        wrong += sums[i * vectors + v] != sum;
      }
    CHECK(wrong == 0);
  }
}

TEST_CASE("few columns of int8 bsr: which blocks are gathered") {
  if constexpr (few<4, 1>::available) {
    STATIC_REQUIRE_FALSE(few<4, 1>::in_fours);
    STATIC_REQUIRE_FALSE(few<3, 5>::in_fours);
    STATIC_REQUIRE_FALSE(few<2, 12>::in_fours);
    STATIC_REQUIRE_FALSE(few<1, 128>::in_fours);  // more than X is readable behind its end
    STATIC_REQUIRE(few<1, 16>::in_fours);
    STATIC_REQUIRE(few<1, 64>::in_fours);
    STATIC_REQUIRE(few<32, 4>::in_fours);
  }
}
