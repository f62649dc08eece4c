// SPDX-License-Identifier: MIT
#include <lacuna/kernel/int4_byte_dot.hpp>
#include <lacuna/kernel/int4_bytes.hpp>
#include <lacuna/pack.hpp>

#include "support/guarded_int4.hpp"
#include "support/int4_products.hpp"
#include "support/random.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <utility>

namespace la = lacuna;
using lacuna_test::coverage;
using lacuna_test::guarded;
using arch = la::simd::default_arch;

namespace {

/// Rows of a matrix of random codes, some -8, in two ranges; A, X and the sums between guard pages.
template <class Format, class X>
void check(la::index rows, la::index cols, la::index width, coverage how, lacuna_test::placement where) {
  using kernels = la::kernel::int4_bytes_kernels<la::view_t<Format>, X, arch>;
  lacuna_test::random r(static_cast<std::uint64_t>(cols + width));
  auto const a =
      la::pack<Format>(lacuna_test::random_dense<float>(r, rows, cols), lacuna_test::random_mask(r, rows, cols, how));
  la::buffer<std::uint8_t> codes(a.codes());
  if (cols % Format::layout::group == 0)
    for (auto& c : codes)
      if (r.below(9) == 0) c = static_cast<std::uint8_t>(r.below(2) != 0 ? 0x88 : 0x77);
  Format const b(rows, cols, a.offsets(), a.groups(), a.scales(), codes.span());
  lacuna_test::guarded_sparse<Format> const in(b, where);
  auto const x = lacuna_test::random_bytes<X>(r, cols, width);
  guarded<std::uint8_t> arranged(kernels::arranged(cols, width), where);
  kernels::arrange(x.view(), 0, width, arranged.data());
  arranged.make_read_only();
  la::dense<float> y(rows, width);
  auto const unit = kernels::unit;
  for (la::index first = 0; first < rows; first += unit) {
    auto const last = std::min(first + unit, rows);
    guarded<float> sums((last - first) * width, where);
    kernels::run(in.view(), arranged.data(), sums.data(), width, first, last, width);
    for (la::index i = first; i != last; ++i)
      for (la::index t = 0; t != width; ++t) y(i, t) = sums[(i - first) * width + t];
  }
  CAPTURE(Format::layout::group, rows, cols, width, lacuna_test::name_of(how));
  using lacuna_test::exact_in;
  REQUIRE(lacuna_test::check_int4_product(b.view(), x, y, width <= 2 ? exact_in::group : exact_in::parts) == "");
}

template <class Format, class X>
void check_all(std::initializer_list<la::index> columns) {
  using kernels = la::kernel::int4_bytes_kernels<la::view_t<Format>, X, arch>;
  for (auto const where : lacuna_test::both_placements)
    for (auto const how : {coverage::none, coverage::one_entry, coverage::ragged, coverage::half, coverage::all})
      for (auto const cols : columns)
        for (la::index const width : {1, 2, 3, 8})
          if (width <= kernels::widest) check<Format, X>(width == 1 ? 70 : 9, cols, width, how, where);
}

}  // namespace

TEST_CASE("int4_byte_dot: groups that share a register, fill one, and take several, between guard pages") {
  check_all<la::grouped_int4<16, la::f16, std::uint16_t, std::uint32_t>, std::uint8_t>({0, 1, 15, 16, 17, 100, 256});
  check_all<la::grouped_int4<16, la::f16, std::uint16_t, std::uint32_t>, std::int8_t>({1, 32, 50});
  check_all<la::grouped_int4<32, la::bf16>, std::uint8_t>({1, 32, 33, 320});
  check_all<la::grouped_int4<64>, std::int8_t>({63, 64, 200});
  check_all<la::grouped_int4<128, la::f16>, std::uint8_t>({1, 384});
}

TEST_CASE("int4_byte_dot: groups of other sizes and of other scales") {
  check_all<la::grouped_int4<48, la::f16>, std::uint8_t>({50, 96});
  check_all<la::grouped_int4<320>, std::int8_t>({321});
  check_all<la::grouped_int4<2>, std::uint8_t>({0, 1, 7});
  check_all<la::grouped_int4<24>, std::int8_t>({24, 60});
  check_all<la::grouped_int4<16, double>, std::uint8_t>({40});
}

TEST_CASE("int4_byte_dot: rows that go on in the next piece of groups, and empty ones round it") {
  using format = la::grouped_int4<16, la::f16>;
  using kernels = la::kernel::int4_bytes_kernels<la::view_t<format>, std::uint8_t, arch>;
  lacuna_test::random r(1);
  for (la::index const cols : {16 * 1023, 16 * 1024, 16 * 1500}) {
    la::mask keep(11, cols);
    for (la::index const i : {1, 4, 5, 7, 10})
      for (la::index k = 0; k != cols; ++k) keep.set(i, k);
    auto const a = la::pack<format>(lacuna_test::random_dense<float>(r, 11, cols), keep);
    for (la::index const width : {1, 4}) {
      auto const x = lacuna_test::random_bytes<std::uint8_t>(r, cols, width);
      la::buffer<std::uint8_t> arranged(kernels::arranged(cols, width));
      kernels::arrange(x.view(), 0, width, arranged.data());
      la::dense<float> y(11, width);
      kernels::run(a.view(), arranged.data(), y.data(), width, 0, 11, width);
      CAPTURE(cols, width);
      REQUIRE(lacuna_test::check_int4_product(
                  a.view(), x, y, width == 1 ? lacuna_test::exact_in::group : lacuna_test::exact_in::parts) == "");
    }
  }
}

TEST_CASE("int4_byte_dot: the largest sums of a group, exact") {
  using format = la::grouped_int4<64>;
  la::index const cols = 64;
  for (int const code : {-8, -7, 7}) {
    la::buffer<std::uint8_t> codes(32);
    for (auto& c : codes) c = static_cast<std::uint8_t>((code & 15) * 17);
    std::uint32_t const offsets[] = {0, 1}, groups[] = {0};
    float const scales[] = {1};
    format const a(1, cols, offsets, groups, scales, codes.span());
    auto const sum = [&](auto byte) {
      using X = decltype(byte);
      using kernels = la::kernel::int4_bytes_kernels<la::view_t<format>, X, arch>;
      la::dense<X> x(cols, 1);
      for (la::index k = 0; k != cols; ++k) x(k, 0) = byte;
      la::buffer<std::uint8_t> arranged(kernels::arranged(cols, 1));
      kernels::arrange(std::as_const(x).view(), 0, 1, arranged.data());
      float y = 0;
      kernels::run(a.view(), arranged.data(), &y, 1, 0, 1, 1);
      return y;
    };
    CHECK(sum(std::uint8_t{255}) == static_cast<float>(64 * 255 * code));
    CHECK(sum(std::int8_t{-128}) == static_cast<float>(-64 * 128 * code));
    CHECK(sum(std::int8_t{127}) == static_cast<float>(64 * 127 * code));
  }
}

TEST_CASE("int4_byte_dot: what the kernels take") {
  if constexpr (la::simd::has_batch<arch, std::int8_t>) {
    STATIC_REQUIRE(la::kernel::dots_int4_bytes<arch, 16, float>);
    STATIC_REQUIRE(la::kernel::dots_int4_bytes<arch, 64, la::f16>);
  }
  STATIC_REQUIRE_FALSE(la::kernel::dots_int4_bytes<arch, 24, float>);
  STATIC_REQUIRE_FALSE(la::kernel::dots_int4_bytes<arch, 16, double>);
  STATIC_REQUIRE_FALSE(la::kernel::dots_int4_bytes<arch, 2048, float>);
}
