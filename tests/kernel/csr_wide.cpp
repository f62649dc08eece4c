// SPDX-License-Identifier: MIT
#include <lacuna/core/threads.hpp>
#include <lacuna/kernel/csr_wide.hpp>
#include <lacuna/pack.hpp>
#include <lacuna/spmm.hpp>

#include "support/conformance.hpp"
#include "support/guarded_operands.hpp"
#include "support/lanes.hpp"
#include "support/random.hpp"
#include "support/spmm_checks.hpp"

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <cstdint>
#include <tuple>
#include <vector>

namespace tests_of_csr_wide {

namespace la = lacuna;
using arch = la::simd::default_arch;

namespace {

template <class Format>
constexpr bool taken = la::kernel::takes_csr_wide<decltype(Format().view()), arch>;

/// A view of so many rows, columns and slots, which nobody reads.
bool pays(la::index rows, la::index cols, std::size_t stored, la::index columns) {
  std::vector<std::uint32_t> const of(stored);
  std::vector<float> const values(stored);
  return la::kernel::pays_csr_wide(la::csr_view<float, std::uint32_t, std::uint32_t>(rows, cols, {}, of, values),
                                   columns);
}

}  // namespace

// Rows that are read seldom, of 512 bytes and more; and thin ones of 2 KB.
TEMPLATE_TEST_CASE("csr_wide: products by rows, between guard pages, by three threads too", "", la::csr<float>,
                   (la::csr<double, std::int32_t>), la::csr<la::bf16>) {
  using T = typename TestType::value_type;
  using S = la::accumulator_t<T>;
  if constexpr (taken<TestType>) {
    constexpr auto bytes = static_cast<la::index>(sizeof(S));
    lacuna_test::random r(1);
    la::threads pool{3};
    for (auto const& [rows, cols, percent] :
         {std::tuple<la::index, la::index, la::index>{1, 1, 100}, {2, 40, 4}, {67, 130, 6}, {150, 300, 2}, {200, 9, 5}})
      for (la::index const n : {512 / bytes, 512 / bytes + 5, 1024 / bytes - 1, 2048 / bytes + 9}) {
        auto const a = la::pack<TestType>(lacuna_test::random_dense<T>(r, rows, cols),
                                          lacuna_test::uneven_mask(r, rows, cols, percent));
        REQUIRE((n * bytes < 2048 || la::kernel::pays_csr_wide(a.view(), n)));
        CAPTURE(rows, cols, percent, n);
        auto const where = lacuna_test::both_placements[n % 2];
        lacuna_test::guarded_sparse<TestType> const guarded_a(a, where);
        auto const x = lacuna_test::random_dense<T>(r, cols, n);
        lacuna_test::guarded_dense<T> in(x, n % 3, where), out(rows, n, n % 4, where), shared(rows, n, 0, where);
        la::dense_view<T const> const read(in.view());
        la::spmm(guarded_a.view(), read, out.view());
        REQUIRE(out.intact());
        REQUIRE(lacuna_test::check_product(a, x, out.values()) == "");
        la::spmm(pool, guarded_a.view(), read, shared.view());
        REQUIRE(lacuna_test::same_bits(shared.values(), out.values()));
      }
  }
}

TEST_CASE("csr_wide: for rows of X that are seldom read, or long and of a thin matrix, and fit L2") {
  CHECK(pays(64, 256, 3072, 128));
  CHECK_FALSE(pays(64, 256, 3073, 128));
  CHECK_FALSE(pays(64, 256, 3072, 127));
  CHECK(pays(2048, 512, 73400, 512));
  CHECK_FALSE(pays(2048, 512, 73401, 512));
  CHECK_FALSE(pays(2048, 512, 73400, 511));
  CHECK(pays(64, 4096, 128 * 64 + 63, 512));
  CHECK_FALSE(pays(64, 4096, 129 * 64, 512));
  CHECK(pays(0, 0, 0, 128));
}

}  // namespace tests_of_csr_wide
