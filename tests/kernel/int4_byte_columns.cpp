// SPDX-License-Identifier: MIT
#include <lacuna/kernel/int4_byte_columns.hpp>
#include <lacuna/kernel/int4_bytes.hpp>
#include <lacuna/pack.hpp>

#include "support/guarded_int4.hpp"
#include "support/int4_products.hpp"
#include "support/random.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cstdint>
#include <utility>

namespace la = lacuna;
using lacuna_test::coverage;
using lacuna_test::guarded;
using arch = la::simd::default_arch;

TEST_CASE("int4_byte_columns: rows that share a piece and that take several, between guard pages") {
  using format = la::grouped_int4<16, la::f16, std::uint16_t, std::uint32_t>;
  using kernels = la::kernel::int4_bytes_kernels<la::view_t<format>, std::uint8_t, arch>;
  lacuna_test::random r(1);
  for (auto const where : lacuna_test::both_placements)
    for (la::index const cols : {la::index{5}, la::index{16 * 33}, la::index{16 * 700 + 1}})
      for (auto const how : {coverage::none, coverage::ragged, coverage::all}) {
        la::index const outputs = 13, width = kernels::widest;
        auto const a = la::pack<format>(lacuna_test::random_dense<float>(r, outputs, cols),
                                        lacuna_test::random_mask(r, outputs, cols, how));
        lacuna_test::guarded_sparse<format> const in(a, where);
        auto const x = lacuna_test::random_bytes<std::uint8_t>(r, cols, width);
        guarded<std::uint8_t> arranged(kernels::arranged(cols, width), where);
        kernels::arrange(std::as_const(x).view(), 0, width, arranged.data());
        arranged.make_read_only();
        guarded<float> y(outputs * width, where);
        kernels::run(in.view(), arranged.data(), y.data(), width, 0, outputs, width);
        la::dense<float> got(outputs, width);
        std::copy(y.begin(), y.end(), got.data());
        CAPTURE(cols, lacuna_test::name_of(how));
        REQUIRE(lacuna_test::check_int4_product(a.view(), x, got) == "");
      }
}
