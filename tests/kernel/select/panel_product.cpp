// SPDX-License-Identifier: MIT
#include <lacuna/core/buffer.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/kernel/select/panel_product.hpp>

#include "support/random.hpp"
#include "support/selection.hpp"

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <cmath>

namespace la = lacuna;
using product = la::kernel::panel_product<la::simd::default_arch>;
using lacuna_test::guarded_heads;

TEMPLATE_TEST_CASE("panel_product: lines times keys, keys and numbers of any count, between guard pages", "", float,
                   la::bf16, double) {
  lacuna_test::random r(1);
  for (la::index const keys : {la::index{1}, product::width - 1, product::width})
    for (la::index const deep : {1, 15, 16, 33, 64})
      for (auto const where : lacuna_test::both_placements) {
        guarded_heads<TestType> const k(r, 1, keys, deep, false, 5, where);
        la::buffer<float> panel(product::panel), lines(product::lines * product::depth), sums(12 * product::width);
        for (la::index i = 0; i != lines.size(); ++i) lines[i] = static_cast<float>(r.uniform(-1, 1));
        for (auto& x : panel) x = 7;
        product::pack_keys(k.view().data, k.view().token_stride, keys, deep, panel.data());
        for (la::index d = 0; d != deep; ++d)
          for (la::index j = 0; j != product::width; ++j)
            REQUIRE(panel[d * product::width + j] == (j < keys ? static_cast<float>(k(0, j, d)) : 0.0f));
        product::multiply(lines.data(), 7, panel.data(), deep, sums.data(), product::width, false);
        product::multiply(lines.data(), 7, panel.data(), deep, sums.data(), product::width, true);
        for (la::index i = 0; i != 7; ++i)
          for (la::index j = 0; j != product::width; ++j) {
            double sum = 0;
            for (la::index d = 0; d != deep && j < keys; ++d)
              sum += 2 * static_cast<double>(lines[i * product::depth + d]) *
                     static_cast<double>(static_cast<float>(k(0, j, d)));
            REQUIRE(std::fabs(static_cast<double>(sums[i * product::width + j]) - sum) < 1e-4);
          }
      }
}
