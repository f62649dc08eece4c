// SPDX-License-Identifier: MIT
#include <lacuna/kernel/spmv.hpp>
#include <lacuna/pack.hpp>
#include <lacuna/spmm.hpp>

#include "support/guarded_operands.hpp"
#include "support/oracle.hpp"
#include "support/random.hpp"
#include "support/sizes.hpp"

#include <catch2/catch_test_macros.hpp>

#include <concepts>
#include <cstdint>
#include <vector>

namespace la = lacuna;
using lacuna_test::guarded_dense;
using arch = la::simd::default_arch;
using la::kernel::chosen_spmv;
using la::kernel::spmv_fallback;

TEST_CASE("spmv: which kernel is chosen") {
  using fast = la::kernel::spmv<la::bitmap_layout, arch>;
  STATIC_REQUIRE(std::same_as<chosen_spmv<la::bitmap_view<float>, float, float, arch>, fast>);
  STATIC_REQUIRE(std::same_as<chosen_spmv<la::bitmap_view<la::f16>, float, float, arch>, fast>);
  using rows = la::kernel::spmv<la::csr_layout, arch>;
  STATIC_REQUIRE(std::same_as<chosen_spmv<la::csr_view<float>, float, float, arch>, rows>);
  STATIC_REQUIRE(std::same_as<chosen_spmv<la::csr_view<la::bf16>, float, float, arch>, rows>);
  using copied = la::kernel::spmv_copied<rows>;
  STATIC_REQUIRE(std::same_as<chosen_spmv<la::csr_view<la::bf16>, la::bf16, la::bf16, arch>, copied>);
  STATIC_REQUIRE(std::same_as<chosen_spmv<la::csr_view<float>, float, float, arch, false>, copied>);
  using bytes = la::kernel::spmv_quads<la::kernel::few_quads<la::csr_view<std::int8_t>, arch>>;
  STATIC_REQUIRE(std::same_as<chosen_spmv<la::csr_view<std::int8_t>, std::int8_t, int, arch>, bytes>);
  STATIC_REQUIRE(std::same_as<chosen_spmv<la::panel_view<std::int8_t>, std::int8_t, int, arch>, spmv_fallback>);
  using masks = la::kernel::spmv<la::nm_layout<2, 4>, arch>;
  STATIC_REQUIRE(std::same_as<chosen_spmv<la::nm_view<float, 2, 4>, float, float, arch>, masks>);
  using codes = la::kernel::spmv<la::nm_layout<1, 4>, arch>;
  STATIC_REQUIRE(std::same_as<chosen_spmv<la::nm_view<float, 1, 4>, float, float, arch>, codes>);
  using bytes_of_codes = la::kernel::spmv_quads<la::kernel::few_quads<la::nm_view<std::int8_t, 1, 4>, arch>>;
  STATIC_REQUIRE(std::same_as<chosen_spmv<la::nm_view<std::int8_t, 1, 4>, std::int8_t, int, arch>, bytes_of_codes>);
}

TEST_CASE("spmv fallback: every length and stride, between guard pages") {
  lacuna_test::random r(1);
  for (auto const where : lacuna_test::both_placements)
    for (auto const cols : lacuna_test::sizes)
      for (la::index const stride : {1, 2, 5}) {
        auto const a = la::pack<la::csr<float>>(lacuna_test::random_dense<float>(r, 7, cols),
                                                lacuna_test::random_mask(r, 7, cols, lacuna_test::coverage::ragged));
        lacuna_test::guarded_sparse<la::csr<float>> const guarded_a(a, where);
        auto const x = lacuna_test::random_dense<float>(r, cols, 1);
        guarded_dense<float> in(x, stride - 1, where), out(7, 1, stride - 1, where);
        spmv_fallback::run(guarded_a.view(), la::vector_view<float const>(in.view().data(), cols, stride),
                           la::vector_view<float>(out.view().data(), 7, stride), la::identity_epilogue{}, 0, 7);
        CAPTURE(cols, stride, where);
        REQUIRE(lacuna_test::check_product(a, x, out.values()) == "");
        REQUIRE(out.intact());
      }
}

TEST_CASE("spmv fallback: writes the rows it is asked for and no others") {
  la::dense<std::int8_t> w(6, 4);
  for (la::index i = 0; i != 6; ++i) w(i, i % 4) = static_cast<std::int8_t>(i + 1);
  auto const a = la::pack<la::csr<std::int8_t>>(w);
  std::vector<std::uint8_t> const x{255, 254, 253, 252};
  std::vector<std::int32_t> y(6, -7);
  spmv_fallback::run(a.view(), la::vector_of(x), la::vector_of(y), la::identity_epilogue{}, 2, 5);
  CHECK(y == std::vector<std::int32_t>{-7, -7, 3 * 253, 4 * 252, 5 * 255, -7});
}
