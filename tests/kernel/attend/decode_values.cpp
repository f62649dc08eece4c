// SPDX-License-Identifier: MIT
#include <lacuna/kernel/attend/decode_values.hpp>

#include "support/asked_columns.hpp"
#include "support/guard.hpp"
#include "support/random.hpp"

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <deque>
#include <vector>

namespace la = lacuna;
using arch = la::simd::default_arch;

TEMPLATE_TEST_CASE("decode_values: weighted sums of every number of rows, each value before a guard page", "", float,
                   la::bf16, la::f16) {
  using pair = la::kernel::register_pair<arch, TestType>;
  for (la::index const dv : {0, 1, 7, 31, 32, 33, 40, 64, 100, 161})
    for (la::index const rows : {1, 2, 3, 4, 5, 6, 7, 8, 11})
      for (la::index const count : {0, 1, 15, 16, 17, 64}) {
        lacuna_test::random r(static_cast<std::uint64_t>(dv * 100 + rows));
        std::deque<lacuna_test::guarded<TestType>> lines;
        std::vector<TestType const*> values;
        for (la::index j = 0; j != count; ++j) {
          auto& line = lines.emplace_back(dv, lacuna_test::placement::upper);
          for (auto& value : line) value = lacuna_test::random_value<TestType>(r);
          values.push_back(line.data());
        }
        auto const pitch = pair::padded(dv);
        la::buffer<float> sums(rows * pitch), before(rows * pitch), weights(rows * 64);
        for (la::index n = 0; n != sums.size(); ++n) sums[n] = before[n] = static_cast<float>(r.uniform(-1, 1));
        for (auto& w : weights) w = static_cast<float>(r.uniform());
        std::vector<la::index> asked(64), in_blocks(64), spaced(64);
        auto again = sums, spread = sums, alone = sums;
        la::kernel::decode_values<arch>(weights.data(), rows, values.data(), count, dv, sums.data(), pitch,
                                        lacuna_test::asked_columns<>{asked, pair::width, dv});
        la::kernel::decode_values<arch>(weights.data(), rows, values.data(), count, dv, again.data(), pitch,
                                        lacuna_test::asked_columns<true>{in_blocks, pair::width, dv});
        la::kernel::decode_values<arch>(weights.data(), rows, values.data(), count, dv, spread.data(), pitch,
                                        lacuna_test::asked_columns<true, true>{spaced, pair::width, dv});
        for (la::index j = 0; j != count; ++j) REQUIRE(asked[static_cast<std::size_t>(j)] == 2 * dv);
        for (la::index j = 0; j != count; ++j) REQUIRE(in_blocks[static_cast<std::size_t>(j)] == 2 * dv);
        REQUIRE(spaced == in_blocks);
        REQUIRE(std::equal(sums.begin(), sums.end(), again.begin()));
        REQUIRE(std::equal(sums.begin(), sums.end(), spread.begin()));
        for (la::index i = 0; i != rows; ++i)
          la::kernel::decode_values<arch>(weights.data() + i * 64, 1, values.data(), count, dv,
                                          alone.data() + i * pitch, pitch, la::kernel::nothing_ahead{});
        REQUIRE(std::equal(sums.begin(), sums.end(), alone.begin()));
        for (la::index i = 0; i != rows && count != 0; ++i)
          for (la::index c = 0; c != dv; ++c) {
            auto const at = i * pitch + pair::place(c);
            double sum = static_cast<double>(before[at]), size = std::fabs(sum);
            for (la::index j = 0; j != count; ++j) {
              auto const product = static_cast<double>(weights[i * 64 + j]) *
                                   static_cast<double>(values[static_cast<std::size_t>(j)][c]);
              sum += product;
              size += std::fabs(product);
            }
            CAPTURE(dv, rows, count, i, c);
            REQUIRE(std::fabs(static_cast<double>(sums[at]) - sum) <= static_cast<double>(count + 4) * 6e-8 * size);
          }
      }
}
