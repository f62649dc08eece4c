// SPDX-License-Identifier: MIT
#include <lacuna/kernel/any_executor.hpp>
#include <lacuna/kernel/decoded_columns.hpp>
#include <lacuna/kernel/epilogue.hpp>
#include <lacuna/kernel/spmm/bitmap.hpp>
#include <lacuna/pack.hpp>
#include <lacuna/spmm.hpp>

#include "support/any_executor.hpp"
#include "support/conformance.hpp"
#include "support/lanes.hpp"
#include "support/oracle.hpp"
#include "support/random.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace tests_of_decoded_columns {

namespace la = lacuna;
using arch = la::simd::default_arch;
using bitmap_kernel = la::kernel::spmm<la::bitmap_layout, arch>;

namespace {

la::bitmap<float> sparse(lacuna_test::random& r, la::index rows, la::index cols, la::index percent) {
  la::mask keep(rows, cols);
  for (la::index i = 0; i != rows; ++i)
    for (la::index j = 0; j != cols; ++j)
      if (r.below(100) < percent) keep.set(i, j);
  return la::pack<la::bitmap<float>>(lacuna_test::random_dense<float>(r, rows, cols), keep);
}

/// The kernel of bitmap with another opinion of what is its own.
template <int Own>
struct takes : bitmap_kernel {
  template <class View>
  [[nodiscard]] static la::index own_columns(View const&, la::index n) noexcept {
    return std::min<la::index>(n, Own);
  }
};

}  // namespace

TEST_CASE("decoded_columns: the same matrix in csr, whoever decodes it") {
  lacuna_test::random r(1);
  lacuna_test::executors const pool;
  for (la::index const rows : {0, 1, 16, 17, 70})
    for (la::index const cols : {0, 1, 64, 150}) {
      auto const a = sparse(r, rows, cols, 40);
      auto const expected = la::pack<la::csr<float>>(a);
      for (auto const& [name, executor] : pool.all()) {
        la::kernel::any_executor const exec(executor);
        auto const got = la::kernel::decoded_columns<bitmap_kernel>(exec, a.view());
        CAPTURE(name, rows, cols);
        CHECK(std::ranges::equal(got.offsets(), expected.offsets()));
        CHECK(std::ranges::equal(got.columns(), expected.columns()));
        CHECK(got.values().data() == a.values().data());
      }
    }
}

TEST_CASE("decoded_columns: rows are decoded without touching those of others") {
  lacuna_test::random r(2);
  auto const a = sparse(r, 40, 150, 45);
  std::vector<std::uint32_t> offsets(41), columns(static_cast<std::size_t>(a.stored()));
  auto const expected = la::pack<la::csr<float>>(a);
  la::index wrong = 0;
  for (la::index cut = 0; cut <= 40; ++cut) {
    std::ranges::fill(columns, 1000u);
    bitmap_kernel::decode(a.view(), offsets.data(), columns.data(), cut, 40);
    bitmap_kernel::decode(a.view(), offsets.data(), columns.data(), 0, cut);
    wrong += !std::ranges::equal(columns, expected.columns());
    wrong += !std::equal(offsets.begin(), offsets.end() - 1, expected.offsets().begin());
  }
  CHECK(wrong == 0);
}

TEST_CASE("multiply_decoded: some columns of Y by the kernel itself, the others as csr, the epilogue for all") {
  lacuna_test::random r(3);
  lacuna_test::executors const pool;
  constexpr int some = 8 * static_cast<int>(lacuna_test::lanes_of<float>);
  auto const a = sparse(r, 70, 300, 40);
  for (la::index const n : {la::index{3}, la::index{some}, la::index{some + 5}}) {
    auto const x = lacuna_test::random_dense<float>(r, 300, n);
    auto const addend = lacuna_test::random_dense<float>(r, 70, n);
    auto const ep = la::detail::as_epilogue(la::add(addend));
    auto const with_addend = [&](la::index i, la::index j, lacuna_test::approximate sum) {
      long double const value = sum.value + static_cast<long double>(addend(i, j));
      return lacuna_test::approximate{value, sum.bound + 1e-7L * (value < 0 ? -value : value)};
    };
    la::dense<float> all(70, n), part(70, n);
    la::dense<float, la::order::col_major> by_columns(70, n);
    for (auto const& [name, executor] : pool.all()) {
      CAPTURE(n, name);
      la::kernel::any_executor const exec(executor);
      la::dense_view<float const> const in(x.view());
      la::kernel::multiply_decoded<takes<0>>(exec, a.view(), in, all.view(), ep);
      REQUIRE(lacuna_test::check_product(a, x, all, with_addend) == "");
      la::kernel::multiply_decoded<takes<some>>(exec, a.view(), in, part.view(), ep);
      REQUIRE(lacuna_test::same_bits(part, all));
      la::kernel::multiply_decoded<takes<some>>(exec, a.view(), in, by_columns.view(), ep);
      REQUIRE(lacuna_test::same_bits(la::transpose(std::as_const(by_columns).view()),
                                     la::transpose(std::as_const(all).view())));
    }
  }
}

}  // namespace tests_of_decoded_columns
