// SPDX-License-Identifier: MIT
#include "support/f16_sums.hpp"

#include <lacuna/core/threads.hpp>
#include <lacuna/kernel/f16_sums.hpp>
#include <lacuna/pack.hpp>
#include <lacuna/spmm.hpp>

#include "support/conformance.hpp"
#include "support/guarded_operands.hpp"
#include "support/random.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cmath>
#include <fstream>
#include <string>
#include <vector>

namespace la = lacuna;
using arch = la::simd::default_arch;
constexpr bool native = la::simd::avx512fp16<arch>;
using octets = la::bsr<la::f16, 8, 1>;

namespace {

octets sparse(lacuna_test::random& r, la::index rows, la::index cols) {
  return la::pack<octets>(lacuna_test::random_dense<la::f16>(r, rows, cols),
                          lacuna_test::random_mask(r, rows, cols, lacuna_test::coverage::half));
}

/// X and Y of any order between guard pages, with gaps between their lines: the bound, and the same bits for several
/// threads.
template <la::order OX, la::order OY, class Y>
void check(la::index rows, la::index cols, la::index n) {
  lacuna_test::random r(static_cast<std::uint64_t>(n));
  auto const a = sparse(r, rows, cols);
  auto const x = lacuna_test::random_dense<la::f16>(r, cols, n);
  for (auto const where : lacuna_test::both_placements) {
    lacuna_test::guarded_dense<la::f16, OX> in(x, 3, where);
    lacuna_test::guarded_dense<Y, OY> out(rows, n, 5, where), again(rows, n, 5, where);
    la::dense_view<la::f16 const, OX> const xv(in.view().data(), cols, n, in.view().stride());
    la::spmm(la::f16_sums(a), xv, out.view());
    la::threads pool{3};
    la::spmm(pool, la::f16_sums(a), xv, again.view());
    CAPTURE(rows, cols, n, where);
    REQUIRE(out.intact());
    REQUIRE(lacuna_test::check_f16_sums(a, x, out.values()) == "");
    REQUIRE(lacuna_test::same_bits(out.values(), again.values()));
  }
}

constexpr auto row = la::order::row_major;
constexpr auto col = la::order::col_major;

}  // namespace

TEST_CASE("f16 sums: products of every order and width are within the bound") {
  for (la::index const n : {1, 2, 7, 16, 17, 33, 48, 64, 100, 129}) {
    check<row, row, la::f16>(21, 150, n);
    check<col, row, float>(21, 150, n);
    check<row, col, la::f16>(9, 40, n);
  }
  check<row, row, la::f16>(0, 5, 32);
  check<row, row, la::f16>(5, 0, 32);
  check<row, row, la::f16>(300, 70, 300);
}

TEST_CASE("f16 sums: with AVX512-FP16 sums of 64 products overflow, without they are sums of float") {
  la::dense<la::f16> w(8, 128), x(128, 32);
  for (la::index k = 0; k != 128; ++k) {
    for (la::index i = 0; i != 8; ++i) w(i, k) = la::f16(k < 64 ? 64.0f : -64.0f);
    for (la::index j = 0; j != 32; ++j) x(k, j) = la::f16(j == 0 ? 32.0f : 8.0f);
  }
  auto const a = la::pack<octets>(w);
  la::dense<float> y(8, 32);
  la::spmm(la::f16_sums(a), x, y);
  CHECK(std::isfinite(y(3, 0)) == !native);
  CHECK(y(3, 1) == 0.0f);  // 32768 - 32768
  la::spmm(a, x, y);
  CHECK(y(3, 0) == 0.0f);
}

TEST_CASE("f16 sums: what has no kernel of its own gives the bits that it gives without") {
  lacuna_test::random r(5);
  auto const w = lacuna_test::random_dense<la::f16>(r, 20, 70);
  auto const x = lacuna_test::random_dense<la::f16>(r, 70, 40);
  la::dense<la::f16> y(20, 40), z(20, 40);
  auto const lists = la::pack<la::csr<la::f16>>(w);
  la::spmm(la::f16_sums(lists), x, y);
  la::spmm(lists, x, z);
  CHECK(lacuna_test::same_bits(y, z));
  auto const a = sparse(r, 20, 70);
  auto const v = lacuna_test::random_vector<la::f16>(r, 70);
  std::vector<la::f16> p(20), q(20);
  la::spmv(la::f16_sums(a), v, p);
  la::spmv(a, v, q);
  for (std::size_t i = 0; i != 20; ++i) CHECK(p[i].bits == q[i].bits);
}

TEST_CASE("f16 sums: linear and epilogues") {
  lacuna_test::random r(6);
  auto const a = sparse(r, 20, 70);
  auto const x = lacuna_test::random_dense<la::f16>(r, 40, 70);
  auto const b = lacuna_test::random_vector<float>(r, 20);
  la::dense<float> y(40, 20), plain(40, 20);
  la::linear(x, la::f16_sums(a), plain);
  CHECK(lacuna_test::check_f16_sums(a, la::transpose(x.view()), la::transpose(plain.view())) == "");
  la::linear(x, la::f16_sums(a), y, la::bias(b) | la::relu);
  for (la::index t = 0; t != 40; ++t)
    for (la::index i = 0; i != 20; ++i)
      REQUIRE(y(t, i) == std::fmax(plain(t, i) + b[static_cast<std::size_t>(i)], 0.0f));
}

TEST_CASE("f16 sums: docs/kernels.md says what runs") {
  std::ifstream page(LACUNA_SOURCE_DIR "/docs/kernels.md");
  std::string text((std::istreambuf_iterator<char>(page)), {});
  auto const says = [&](std::string const& format, std::string const& name) {
    return text.find("| " + format + " | " + name + " |") != std::string::npos;
  };
  CHECK(says("bsr, blocks of at most 64 columns", "bsr/f16"));
  CHECK(says("nm, any pattern", "nm/f16"));
  CHECK(la::f16_sums_kernel_of<octets> == (native ? "bsr/f16" : "float"));
  CHECK(la::f16_sums_kernel_of<la::nm<la::f16, 2, 4>> == (native ? "nm/f16" : "float"));
  CHECK(la::f16_sums_kernel_of<la::csr<la::f16>> == "float");
  CHECK(la::f16_sums_kernel_of<la::bsr<la::f16, 1, 128>> == "float");  // it would sum up 128 products in f16
}
