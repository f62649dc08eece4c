// SPDX-License-Identifier: MIT
#include <lacuna/core/buffer.hpp>
#include <lacuna/kernel/attend/decode_softmax.hpp>

#include "support/random.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

namespace la = lacuna;
using arch = la::simd::default_arch;
using la::kernel::decode_verdict;

namespace {

constexpr la::index rows = 3, pitch = 16;
using softmax = la::kernel::decode_softmax<arch, float>;

/// Rows whose sums are the weights of the tiles so far, all of which have the same value 1 in every column.
struct state {
  explicit state(la::kernel::decode_terms<float> terms)
      : memory(softmax::workspace(rows)), sums(rows * pitch), s(memory.data(), rows, sums.data(), pitch, terms) {
    s.clear();
  }
  decode_verdict add(la::kernel::decode_tile const& tile, std::vector<std::vector<float>> const& logits) {
    la::buffer<float> scores(rows * 64);
    for (auto& x : scores) x = std::numeric_limits<float>::quiet_NaN();  // behind `count`: not to be used
    for (la::index r = 0; r != rows; ++r)
      for (la::index j = 0; j != tile.count; ++j)
        scores[r * 64 + j] = logits[static_cast<std::size_t>(r)][static_cast<std::size_t>(j)];
    auto const verdict = s.weigh(tile, scores.data());
    for (la::index r = 0; r != rows && verdict != decode_verdict::skip; ++r)
      for (la::index j = 0; j != tile.count; ++j)
        for (la::index c = 0; c != pitch; ++c) sums[r * pitch + c] += scores[r * 64 + j];
    return verdict;
  }
  la::buffer<float> memory, sums;
  softmax s;
};

std::vector<std::vector<float>> logits_of(lacuna_test::random& r, double size, double shift = 0) {
  std::vector<std::vector<float>> all(rows);
  for (auto& row : all)
    for (int j = 0; j != 64; ++j) row.push_back(static_cast<float>(size * r.normal() + shift));
  return all;
}

}  // namespace

TEST_CASE("decode_softmax: masses, tops and sums of tiles that are full, short, masked and biased") {
  for (double const size : {0.1, 3.0, 2000.0}) {
    lacuna_test::random r(static_cast<std::uint64_t>(size * 10));
    state is({});
    std::vector<std::vector<double>> seen(rows);
    for (int n = 0; n != 12; ++n) {
      la::kernel::decode_tile tile;
      tile.count = n % 4 == 1 ? 37 : 64;
      tile.masked = n % 4 == 2;
      tile.biased = n % 3 == 2;
      for (la::index row = 0; row != rows; ++row) tile.word[row] = row == 1 ? 0 : 0x123456789abcdef0u << row;
      for (int j = 0; j != 64; ++j) tile.bias[j] = static_cast<float>(j % 5);
      auto const logits = logits_of(r, size, n);
      REQUIRE(is.add(tile, logits) == decode_verdict::take);
      for (std::size_t row = 0; row != rows; ++row)
        for (std::size_t j = 0; j != static_cast<std::size_t>(tile.count); ++j)
          if (!tile.masked || (tile.word[row] >> j & 1u) != 0)
            seen[row].push_back(static_cast<double>(logits[row][j]) +
                                (tile.biased ? static_cast<double>(tile.bias[j]) : 0));
      for (std::size_t row = 0; row != rows; ++row) {
        double top = -1e300, mass = 0;
        for (double const x : seen[row]) top = x > top ? x : top;
        for (double const x : seen[row]) mass += std::exp(x - top);
        auto const at = static_cast<la::index>(row);
        CAPTURE(size, n, row, top, mass);
        REQUIRE(std::fabs(static_cast<double>(is.s.top(at)) - top) <= 1e-6 * std::fabs(top));
        REQUIRE(std::fabs(static_cast<double>(is.s.mass(at)) - mass) <= 2e-5 * size * mass + 1e-5 * mass);
        for (la::index c = 0; c != pitch; ++c)
          REQUIRE(std::fabs(static_cast<double>(is.sums[at * pitch + c] - is.s.mass(at))) <= 1e-5 * mass);
      }
    }
  }
}

TEST_CASE("decode_softmax: a row that sees nothing has no mass, and a NaN or an infinity makes it NaN") {
  constexpr float infinity = std::numeric_limits<float>::infinity();
  la::kernel::decode_tile tile;
  tile.count = 64;
  std::vector<std::vector<float>> logits(rows, std::vector<float>(64, -infinity));
  logits[1][5] = std::numeric_limits<float>::quiet_NaN();
  logits[2][63] = infinity;
  state is({});
  is.add(tile, logits);
  CHECK(is.s.mass(0) == 0.0f);
  CHECK(std::isnan(is.s.mass(1)));
  CHECK(std::isnan(is.s.mass(2)));
}

TEST_CASE(
    "decode_softmax: skip_below leaves a tile out where it is below the margin in every row, and changes nothing") {
  lacuna_test::random r(3);
  state is({.margin = -8});
  la::kernel::decode_tile tile;
  tile.count = 64;
  std::vector<std::vector<float>> logits(rows, std::vector<float>(64, 0.0f));
  CHECK(is.add(tile, logits) == decode_verdict::take);
  auto const mass = is.s.mass(1);
  for (auto& row : logits) row.assign(64, -8.5f);
  CHECK(is.add(tile, logits) == decode_verdict::skip);
  CHECK(is.s.mass(1) == mass);
  logits[2][40] = -7.5f;
  CHECK(is.add(tile, logits) == decode_verdict::take);
  CHECK(is.s.mass(1) > mass);
}

TEST_CASE("decode_softmax: stop_below ends with the tile that adds little to every row") {
  state is({.settled = 0.1f});
  la::kernel::decode_tile tile;
  tile.count = 64;
  std::vector<std::vector<float>> logits(rows, std::vector<float>(64, 0.0f));
  CHECK(is.add(tile, logits) == decode_verdict::take);
  for (auto& row : logits) row.assign(64, -3.0f);
  logits[1][9] = 2.0f;  // e^2 of 64: more than a tenth
  CHECK(is.add(tile, logits) == decode_verdict::take);
  logits[1][9] = -3.0f;
  CHECK(is.add(tile, logits) == decode_verdict::stop);
  CHECK(is.s.mass(0) > 64.0f);
}
