// SPDX-License-Identifier: MIT
#include <lacuna/kernel/int4_byte_tiles.hpp>
#include <lacuna/kernel/int4_bytes.hpp>
#include <lacuna/kernel/pack_quads.hpp>
#include <lacuna/pack.hpp>

#include "support/guarded_int4.hpp"
#include "support/int4_products.hpp"
#include "support/random.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <utility>

namespace la = lacuna;
using lacuna_test::coverage;
using lacuna_test::guarded;
using arch = la::simd::default_arch;

namespace {

template <class Format, class X>
using kernels_of = la::kernel::int4_bytes_kernels<la::view_t<Format>, X, arch>;

/// A X in blocks of rows by tiles of N registers; A, X in quads and the sums between guard pages.
template <int N, class Format, class X>
la::dense<float> product(Format const& a, la::dense<X> const& x, lacuna_test::placement where) {
  using kernel = typename kernels_of<Format, X>::tiles;
  la::index const width = N * kernel::lanes;
  lacuna_test::guarded_sparse<Format> const in(a, where);
  la::kernel::quads_matrix<la::view_t<Format>> const matrix{
      in.view(), in.view().group_cols() * Format::layout::group / 4, nullptr};
  guarded<std::int32_t> quads(matrix.quads * width, where);
  la::kernel::pack_quads<arch>::run(x.view(), 0, std::min(width, x.cols()), quads.data(), width, 0, matrix.quads);
  quads.make_read_only();
  la::dense<float> y(a.rows(), width);
  auto const block = kernel::block(matrix);
  for (la::index first = 0; first < a.rows(); first += block) {
    auto const last = std::min(first + block, a.rows());
    guarded<float> sums((last - first) * width, where);
    kernel::template run<N>(matrix, quads.data(), sums.data(), first, last);
    std::copy(sums.begin(), sums.end(), y.data() + first * width);
  }
  return y;
}

/// Random codes, some -8.
template <class Format>
Format random_groups(lacuna_test::random& r, la::index rows, la::index cols, coverage how) {
  auto const a =
      la::pack<Format>(lacuna_test::random_dense<float>(r, rows, cols), lacuna_test::random_mask(r, rows, cols, how));
  la::buffer<std::uint8_t> codes(a.codes());
  if (cols % Format::layout::group == 0)
    for (auto& c : codes)
      if (r.below(9) == 0) c = static_cast<std::uint8_t>(r.below(2) != 0 ? 0x88 : 0x77);
  return Format(rows, cols, a.offsets(), a.groups(), a.scales(), codes.span());
}

template <int N, class Format, class X>
void check(la::index rows, la::index cols, coverage how, lacuna_test::placement where) {
  if constexpr (kernels_of<Format, X>::has_tiles) {
    lacuna_test::random r(static_cast<std::uint64_t>(cols + N));
    auto const a = random_groups<Format>(r, rows, cols, how);
    auto const x = lacuna_test::random_bytes<X>(r, cols, N * kernels_of<Format, X>::tiles::lanes);
    auto const y = product<N>(a, x, where);
    CAPTURE(N, Format::layout::group, rows, cols, lacuna_test::name_of(how));
    REQUIRE(lacuna_test::check_int4_product(a.view(), x, y, lacuna_test::exact_in::group) == "");
  }
}

template <class Format, class X>
void check_all(std::initializer_list<la::index> columns) {
  for (auto const where : lacuna_test::both_placements)
    for (auto const how : {coverage::none, coverage::one_entry, coverage::ragged, coverage::all})
      for (auto const cols : columns) {
        check<1, Format, X>(17, cols, how, where);
        check<2, Format, X>(3, cols, how, where);
        check<4, Format, X>(18, cols, how, where);
      }
}

/// The sum of one group of G equal codes times equal bytes, in every column.
template <int G, class X>
void check_extreme(int code, X byte) {
  using format = la::grouped_int4<G>;
  if constexpr (kernels_of<format, X>::has_tiles) {
    la::buffer<std::uint8_t> codes(G / 2);
    for (auto& c : codes) c = static_cast<std::uint8_t>((code & 15) * 17);
    std::uint32_t const offsets[] = {0, 1}, groups[] = {0};
    float const scales[] = {1};
    format const a(1, G, offsets, groups, scales, codes.span());
    la::dense<X> x(G, 2 * kernels_of<format, X>::tiles::lanes);
    for (la::index k = 0; k != x.rows(); ++k)
      for (la::index t = 0; t != x.cols(); ++t) x(k, t) = byte;
    auto const y = product<2>(a, x, lacuna_test::both_placements[0]);
    for (la::index t = 0; t != y.cols(); ++t) CHECK(y(0, t) == static_cast<float>(G * code * int{byte}));
  }
}

}  // namespace

TEST_CASE("int4_byte_tiles: groups that share a register, fill one, and take several, between guard pages") {
  check_all<la::grouped_int4<16, la::f16, std::uint16_t, std::uint32_t>, std::uint8_t>({0, 1, 15, 16, 17, 100, 256});
  check_all<la::grouped_int4<16, la::f16, std::uint16_t, std::uint32_t>, std::int8_t>({1, 32, 50});
  check_all<la::grouped_int4<32, la::bf16>, std::uint8_t>({1, 32, 33, 320});
  check_all<la::grouped_int4<32>, std::int8_t>({33, 64});
  check_all<la::grouped_int4<64>, std::int8_t>({63, 64, 200});
  check_all<la::grouped_int4<128, la::f16>, std::uint8_t>({1, 384});
}

TEST_CASE("int4_byte_tiles: blocks of rows that share a piece of groups and that take several") {
  using format = la::grouped_int4<16, la::f16>;
  for (auto const where : lacuna_test::both_placements)
    for (la::index const cols : {16 * 512, 16 * 700 + 1}) check<1, format, std::uint8_t>(5, cols, coverage::all, where);
}

TEST_CASE("int4_byte_tiles: the largest sums of a group, exact") {
  for (int const code : {-8, -7, 7}) {
    check_extreme<16, std::uint8_t>(code, 255);
    check_extreme<32, std::uint8_t>(code, 255);
    check_extreme<64, std::uint8_t>(code, 255);
    check_extreme<128, std::uint8_t>(code, 255);
    check_extreme<32, std::int8_t>(code, -128);
    check_extreme<32, std::int8_t>(code, 127);
    check_extreme<64, std::int8_t>(code, -128);
  }
}

TEST_CASE("int4_byte_tiles: what has tiles") {
  if constexpr (la::simd::has_batch<arch, std::int8_t>) {
    STATIC_REQUIRE(la::kernel::tiles_int4_bytes<arch, 16, float>);
    STATIC_REQUIRE(la::kernel::tiles_int4_bytes<arch, 64, la::f16>);
  }
  STATIC_REQUIRE_FALSE(la::kernel::tiles_int4_bytes<arch, 24, float>);
  STATIC_REQUIRE_FALSE(la::kernel::tiles_int4_bytes<arch, 16, double>);
}
