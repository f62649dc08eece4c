// SPDX-License-Identifier: MIT
#include <lacuna/core/threads.hpp>
#include <lacuna/format/bitmap.hpp>
#include <lacuna/format/bsr.hpp>
#include <lacuna/format/csr.hpp>
#include <lacuna/format/nm.hpp>
#include <lacuna/format/tiled_sell.hpp>
#include <lacuna/sddmm.hpp>

#include "support/allocations.hpp"
#include "support/message_of.hpp"
#include "support/sampled.hpp"

#include <catch2/catch_test_macros.hpp>

#include <fstream>
#include <string>
#include <utility>
#include <vector>

namespace la = lacuna;
using lacuna_test::type_tag;

namespace {

constexpr auto row = la::order::row_major;
constexpr auto col = la::order::col_major;

template <class S, class U, class V>
std::string said(S& s, U const& u, V const& v) {
  return lacuna_test::message_of<la::shape_error>([&] {
    la::sddmm(s, u, v);
    return 0;
  });
}

}  // namespace

TEST_CASE("sddmm: a format of each kernel, with the orders in turn; tests/sddmm_formats.cpp has every format") {
  using lacuna_test::sampled_format_problem;
  lacuna_test::executors const pool;
  CHECK(sampled_format_problem<la::csr<float>, float, row, float, col>(pool, 1) == "");
  CHECK(sampled_format_problem<la::bsr<float, 4, 1>, float, col, float, row>(pool, 2) == "");
  CHECK(sampled_format_problem<la::nm<float, 2, 4>, float, row, float, col>(pool, 3) == "");
  CHECK(sampled_format_problem<la::tiled_sell<float>, float, col, float, row>(pool, 4) == "");
  CHECK(sampled_format_problem<la::bitmap<float>, float, row, float, col>(pool, 5) == "");
}

TEST_CASE("sddmm: shapes that do not fit are named, and nothing is written") {
  lacuna_test::random r(1);
  auto s = la::pack<la::csr<float>>(lacuna_test::random_dense<float>(r, 8, 16));
  auto const before = s;
  la::dense<float> const u(8, 5), v(5, 16);
  CHECK(said(s, la::dense<float>(3, 5), v) == "sddmm: S is 8x16, U has 3 rows");
  CHECK(said(s, u, la::dense<float>(5, 12)) == "sddmm: S is 8x16, V has 12 columns");
  CHECK(said(s, u, la::dense<float>(4, 16)) == "sddmm: U has 5 columns, V has 4 rows");
  CHECK(s == before);
  CHECK(said(s, u, v) == "no error");
}

TEST_CASE("sddmm: an Inf or NaN reaches the slots of its row or column only") {
  auto s = la::pack<la::csr<float>>(la::dense<float>(3, 3), [] {
    la::mask keep(3, 3);
    keep.set(0, 0, true);
    keep.set(2, 1, true);
    return keep;
  }());
  la::dense<float> u(3, 2), v(2, 3);
  for (la::index n = 0; n != 6; ++n) u.data()[n] = v.data()[n] = 1;
  u(1, 0) = v(1, 2) = __builtin_nanf("");  // opposite no slot
  la::sddmm(s, u, v);
  CHECK(s.values()[0] == 2);
  CHECK(s.values()[1] == 2);
  u(2, 1) = __builtin_inff();
  la::sddmm(s, u, v);
  CHECK(s.values()[0] == 2);
  CHECK(s.values()[1] == __builtin_inff());
}

TEST_CASE("sddmm: every slot of a block inside the matrix gets its value, and none outside") {
  la::dense<float> w(3, 5);
  w(2, 4) = 1;  // one weight: a block of 2 x 4 of which one slot is inside
  w(0, 0) = 1;
  auto s = la::pack<la::bsr<float, 2, 4>>(w);
  la::dense<float> u(3, 1), v(1, 5);
  for (la::index i = 0; i != 3; ++i) u(i, 0) = static_cast<float>(i + 1);
  for (la::index j = 0; j != 5; ++j) v(0, j) = static_cast<float>(10 * (j + 1));
  la::sddmm(s, u, v);
  std::vector<float> const expected{10, 20, 30, 40, 20, 40, 60, 80, 150, 0, 0, 0, 0, 0, 0, 0};
  CHECK(std::vector<float>(s.values().begin(), s.values().end()) == expected);
  validate(s);
}

TEST_CASE("sddmm: no allocation in steady state") {
  lacuna_test::random r(3);
  auto const w = lacuna_test::random_dense<float>(r, 70, 90);
  auto s = la::pack<la::csr<float>>(w);
  auto h = la::pack<la::csr<la::bf16>>(w);
  auto b = la::pack<la::bitmap<float>>(w);
  auto const u = lacuna_test::random_dense<float, col>(r, 70, 1400);
  auto const v = lacuna_test::random_dense<float>(r, 1400, 90);
  la::threads pool{3};
  auto const run = [&] {
    la::sddmm(s, u, v);
    la::sddmm(pool, s, u, v);
    la::sddmm(pool, h, u, v);
    la::sddmm(pool, b, u, v);
  };
  run();
  CHECK(lacuna_test::allocations_during(run) == 0);
}

TEST_CASE("sddmm: small products stay in one range, large ones are cut for every worker") {
  using la::detail::sddmm_ranges;
  CHECK(sddmm_ranges(1 << 20, 1024, 1) == 1);
  CHECK(sddmm_ranges(1000, 16, 8) == 1);  // 32000 multiply-adds
  CHECK(sddmm_ranges(0, 0, 4) == 1);
  CHECK(sddmm_ranges(2000, 16, 8) == 2);
  CHECK(sddmm_ranges(1 << 20, 1024, 4) == 32);  // eight for each worker
}

TEST_CASE("sddmm: operands of every kind") {
  lacuna_test::random r(4);
  auto s = la::pack<la::csr<float>>(lacuna_test::random_dense<float>(r, 6, 4));
  auto u = lacuna_test::random_dense<float>(r, 6, 3);
  auto const v = lacuna_test::random_dense<float>(r, 3, 4);
  la::sddmm(s, u, v);
  auto const expected = s;
  for (auto& value : s.values()) value = 0;
  la::sddmm(la::threads{2}, s, u.view(), v.view());  // an executor and views as rvalues, a U that could be written
  CHECK(s == expected);
}

namespace {

/// The cells of the table under "| sampled format |", line by line: formats, kernel.
std::vector<std::pair<std::string, std::string>> read_table() {
  std::ifstream page(LACUNA_SOURCE_DIR "/docs/kernels.md");
  std::vector<std::pair<std::string, std::string>> lines;
  bool inside = false;
  for (std::string text; std::getline(page, text);) {
    if (text.starts_with("| sampled format |")) {
      inside = true;
    } else if (!text.starts_with("|")) {
      inside = false;
    } else if (inside && !text.starts_with("|---")) {
      auto const first = text.find(" | ", 2), second = text.find(" | ", first + 1);
      lines.emplace_back(", " + text.substr(2, first - 2) + ",",
                         text.substr(second + 3, text.rfind(" |") - second - 3));
    }
  }
  return lines;
}

/// What the table says of a format: its line, or that of the others.
std::string listed(std::vector<std::pair<std::string, std::string>> const& lines, std::string const& format) {
  for (auto const& name : {format, std::string("others")})
    for (auto const& [formats, kernel] : lines)
      if (formats.find(", " + name + ",") != std::string::npos) return kernel;
  return "nothing";
}

}  // namespace

TEST_CASE("sddmm: docs/kernels.md says what runs, for every format and type") {
  auto const lines = read_table();
  REQUIRE(!lines.empty());
  lacuna_test::for_each_type(lacuna_test::type_list<float, double, la::bf16, la::f16>{}, [&]<class T>(type_tag<T>) {
    lacuna_test::for_each_type(lacuna_test::catalogue<T>{}, [&]<class E>(type_tag<E>) {
      if constexpr (la::rewritable_format<typename E::format>) {
        CAPTURE(E::name);
        CHECK(std::string(la::sddmm_kernel_of<typename E::format>) == listed(lines, E::name));
      }
    });
  });
  CHECK(listed({{", csr, bsr 4x1,", "a"}, {", others,", "b"}}, "bsr 4x1") == "a");
  CHECK(listed({{", csr, bsr 4x1,", "a"}, {", others,", "b"}}, "bsr 4x") == "b");
}
