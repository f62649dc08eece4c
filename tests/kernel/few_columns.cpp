// SPDX-License-Identifier: MIT
#include <lacuna/kernel/few_columns.hpp>
#include <lacuna/spmm.hpp>

#include "support/catalogue.hpp"

#include <catch2/catch_test_macros.hpp>

#include <string_view>

namespace la = lacuna;
using arch = la::simd::default_arch;

TEST_CASE("few_columns: the formats that have such a kernel") {
  lacuna_test::for_each_type(lacuna_test::catalogue<float>{}, []<class E>(lacuna_test::type_tag<E>) {
    using view = la::view_t<typename E::format>;
    CAPTURE(E::name);
    CHECK((la::kernel::chosen_few<view, arch>::template widest<view> > 1) ==
          (std::string_view(E::name) == "tiled_sell"));
  });
}
