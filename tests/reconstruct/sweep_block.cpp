// SPDX-License-Identifier: MIT
#include <lacuna/reconstruct/sweep_block.hpp>

#include "support/random.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cmath>
#include <cstdint>
#include <vector>

namespace {

using lacuna::index;
using lacuna::detail::sweep_height;

/// Columns 3 .. 3 + width of a matrix, swept eight rows at a time by masks of their own, against single steps.
TEST_CASE("sweep_block: columns of eight rows, and no others, are stepped through, stored and counted") {
  for (index const width : {1, 16, 17, 70}) {
    CAPTURE(width);
    lacuna_test::random r(static_cast<std::uint64_t>(width));
    index const rows = 11, cols = width + 5;
    std::vector<double> w, u(static_cast<std::size_t>(cols * cols));
    for (index k = 0; k != rows * cols; ++k) w.push_back(r.normal());
    for (auto& element : u) element = r.uniform(0.5, 1.5);  // below the diagonal as well: not to be read
    auto expected = w;
    lacuna::detail::sweep_block<double> block(rows, 80);
    block.first = 3;
    block.width = width;
    lacuna::detail::load_factor(block, u.data(), cols);
    lacuna::detail::load_rows(block, w.data(), cols, 0, rows);
    for (index height = 0; height != block.heights(); ++height) {
      std::uint64_t words[sweep_height][2];
      std::uint64_t const* bits[sweep_height];
      for (index k = 0; k != sweep_height; ++k) {
        for (auto& word : words[k]) word = r.bits();
        bits[k] = words[k];
      }
      lacuna::detail::sweep_columns(block, height * sweep_height, 0, width, bits);
      for (index k = 0; k != sweep_height && height * sweep_height + k != rows; ++k) {
        double* const row = expected.data() + (height * sweep_height + k) * cols + 3;
        double loss = 0;
        for (index c = 0; c != width; ++c) {
          if ((words[k][c / 64] >> (c % 64) & 1u) != 0) continue;
          double const error = row[c] / u[static_cast<std::size_t>((3 + c) * cols + 3 + c)];
          loss += 0.5 * error * error;
          for (index l = c; l != width; ++l) row[l] -= error * u[static_cast<std::size_t>((3 + c) * cols + 3 + l)];
          row[c] = 0;
        }
        lacuna::detail::store_rows(block, w.data(), cols, height * sweep_height + k, height * sweep_height + k + 1);
        CHECK(std::fabs(block.losses[height * sweep_height + k] - loss) <= 1e-12 * (loss + 1));
      }
    }
    for (std::size_t k = 0; k != w.size(); ++k)
      REQUIRE(std::fabs(w[k] - expected[k]) <= 1e-9 * (1 + std::fabs(expected[k])));
  }
}

}  // namespace
