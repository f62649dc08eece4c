// SPDX-License-Identifier: MIT
#include <lacuna/kernel/attend/decode_scores.hpp>

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

TEMPLATE_TEST_CASE("decode_scores: dot products of every number of rows, each key before a guard page", "", float,
                   la::bf16, la::f16) {
  using pair = la::kernel::register_pair<arch, TestType>;
  for (la::index const dk : {1, 7, 31, 32, 33, 40, 64, 100})
    for (la::index const rows : {1, 2, 3, 4, 5, 6, 7, 8, 11})
      for (la::index const count : {1, 8, 16, 17, 64}) {
        lacuna_test::random r(static_cast<std::uint64_t>(dk * 100 + rows));
        std::deque<lacuna_test::guarded<TestType>> lines;
        std::vector<TestType const*> keys;
        for (la::index j = 0; j != (count + 15) / 16 * 16; ++j) {
          if (j < count) {
            auto& line = lines.emplace_back(dk, lacuna_test::placement::upper);
            for (auto& value : line) value = lacuna_test::random_value<TestType>(r);
          }
          keys.push_back(lines.back().data());
        }
        auto const pitch = pair::padded(dk);
        la::buffer<float> q(rows * pitch), scores(rows * 64), again(rows * 64);
        for (la::index i = 0; i != rows; ++i)
          for (la::index d = 0; d != dk; ++d) q[i * pitch + pair::place(d)] = static_cast<float>(r.uniform(-1, 1));
        std::vector<la::index> asked(64), spaced(64);
        la::kernel::decode_scores<arch>(q.data(), pitch, rows, keys.data(), count, dk, scores.data(),
                                        lacuna_test::asked_columns<>{asked, pair::width, dk});
        la::kernel::decode_scores<arch>(q.data(), pitch, rows, keys.data(), count, dk, again.data(),
                                        lacuna_test::asked_columns<false, true>{spaced, pair::width, dk});
        REQUIRE(std::equal(scores.begin(), scores.end(), again.begin()));
        REQUIRE(asked == spaced);
        for (la::index i = 0; i != rows; ++i)
          la::kernel::decode_scores<arch>(q.data() + i * pitch, pitch, 1, keys.data(), count, dk, again.data() + i * 64,
                                          la::kernel::nothing_ahead{});
        REQUIRE(std::equal(scores.begin(), scores.end(), again.begin()));  // whichever rows stand beside
        for (la::index j = 0; j != count; ++j) {
          REQUIRE(asked[static_cast<std::size_t>(j)] == dk);
          for (la::index i = 0; i != rows; ++i) {
            double dot = 0, size = 0;
            for (la::index d = 0; d != dk; ++d) {
              auto const product = static_cast<double>(q[i * pitch + pair::place(d)]) *
                                   static_cast<double>(keys[static_cast<std::size_t>(j)][d]);
              dot += product;
              size += std::fabs(product);
            }
            CAPTURE(dk, rows, count, i, j);
            REQUIRE(std::fabs(static_cast<double>(scores[i * 64 + j]) - dot) <=
                    static_cast<double>(dk + 8) * 6e-8 * size);
          }
        }
      }
}
