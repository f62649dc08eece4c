// SPDX-License-Identifier: MIT
#include <lacuna/kernel/select/choose.hpp>

#include "support/guard.hpp"
#include "support/quick.hpp"
#include "support/random.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numeric>
#include <vector>

namespace la = lacuna;
namespace at = lacuna::attention;
using kernel = la::kernel::choose_units<la::simd::default_arch>;
using lacuna_test::guarded;

namespace {

constexpr float infinity = std::numeric_limits<float>::infinity();

/// What the kernel lists; the scores stand between guard pages.
template <class C>
std::vector<std::int32_t> chosen(C const& chooser, std::vector<float> const& scores,
                                 at::score_kind kind = at::score_kind::logit, float anchor = 0,
                                 lacuna_test::placement where = lacuna_test::placement::upper) {
  auto const n = static_cast<la::index>(scores.size());
  guarded<float> line(n, where), memory(3 * (n + 31) / 16 * 16);
  std::copy(scores.begin(), scores.end(), line.data());
  line.make_read_only();
  std::vector<std::int32_t> places(scores.size() + 16);
  auto const count = kernel::run(chooser, {line.data(), n, kind, anchor, memory.data()}, places.data());
  places.resize(static_cast<std::size_t>(count));
  return places;
}

/// Places by score, highest first, of equal ones the first.
std::vector<std::int32_t> sorted(std::vector<float> const& scores) {
  std::vector<std::int32_t> order(scores.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&](std::int32_t a, std::int32_t b) {
    auto const x = scores[static_cast<std::size_t>(a)], y = scores[static_cast<std::size_t>(b)];
    return x != y ? x > y : a < b;
  });
  return order;
}

std::vector<std::int32_t> first_of(std::vector<std::int32_t> order, std::size_t count) {
  order.resize(std::min(count, order.size()));
  std::sort(order.begin(), order.end());
  return order;
}

enum class kind_of_line { normal, ties, wide, infinite, equal, tiny };

std::vector<float> line_of(lacuna_test::random& r, la::index n, kind_of_line kind) {
  std::vector<float> scores;
  for (la::index i = 0; i != n; ++i) {
    auto const x = static_cast<float>(r.normal());
    scores.push_back(kind == kind_of_line::normal  ? x
                     : kind == kind_of_line::ties  ? static_cast<float>(r.below(5)) - 2
                     : kind == kind_of_line::wide  ? x * std::ldexp(1.0f, static_cast<int>(r.below(240)) - 120)
                     : kind == kind_of_line::equal ? 3.0f
                     : kind == kind_of_line::tiny  ? static_cast<float>(r.below(9)) * 1e-44f
                     : r.chance(0.2)               ? infinity
                     : r.chance(0.2)               ? -infinity
                                                   : x);
  }
  return scores;
}

constexpr kind_of_line all_lines[] = {kind_of_line::normal,   kind_of_line::ties,  kind_of_line::wide,
                                      kind_of_line::infinite, kind_of_line::equal, kind_of_line::tiny};

}  // namespace

TEST_CASE("choose: the top k are those of a sort, whatever the scores") {
  lacuna_test::random r(1);
  for (la::index const n : {0, 1, 2, 15, 16, 17, 31, 32, 33, 34, 100, 1000})
    for (auto const kind : all_lines)
      for (auto const where : lacuna_test::both_placements) {
        auto const scores = line_of(r, n, kind);
        auto const order = sorted(scores);
        for (la::index const k : {la::index{0}, la::index{1}, n / 3, n - 1, n, n + 5}) {
          if (k < 0) continue;
          CAPTURE(n, k, static_cast<int>(kind));
          REQUIRE(chosen(at::top_k{k}, scores, at::score_kind::logit, 0, where) ==
                  first_of(order, static_cast<std::size_t>(k)));
        }
      }
}

TEST_CASE("choose: the top share of masses is that of a sort") {
  lacuna_test::random r(2);
  for (la::index const n : {1, 2, 16, 33, 100, 1000})
    for (int const steps : {2, 1 << 10}) {  // whole numbers: every sum is exact
      std::vector<float> masses;
      double total = 0;
      for (la::index i = 0; i != n; ++i) {
        masses.push_back(static_cast<float>(r.below(steps)));
        total += static_cast<double>(masses.back());
      }
      auto const order = sorted(masses);
      for (double const p : {-1.0, 0.0, 0.125, 0.5, 0.9, 1.0, 2.0}) {
        std::size_t count = 0;
        double sum = 0;
        while (p > 0 && count != order.size() && sum < p * total)
          sum += static_cast<double>(masses[static_cast<std::size_t>(order[count++])]);
        if (p >= 1) count = order.size();
        CAPTURE(n, p, steps);
        REQUIRE(chosen(at::top_p{p}, masses, at::score_kind::mass) == first_of(order, count));
      }
    }
}

TEST_CASE("choose: the top share of logits is that of their softmax") {
  lacuna_test::random r(3);
  for (la::index const n : {1, 2, 16, 33, 100, 1000}) {
    auto const logits = line_of(r, n, kind_of_line::normal);
    auto const order = sorted(logits);
    double total = 0;
    for (auto const x : logits) total += std::exp(static_cast<double>(x));
    for (double const p : {0.1, 0.5, 0.9, 0.99}) {
      auto const got = chosen(at::top_p{p}, logits);
      REQUIRE(got == first_of(order, got.size()));  // a prefix of the order
      double sum = 0, last = 0;
      for (std::size_t i = 0; i != got.size(); ++i)
        sum += last = std::exp(static_cast<double>(logits[static_cast<std::size_t>(order[i])]));
      CHECK(sum >= p * total * (1 - 1e-5));
      CHECK(sum - last < p * total * (1 + 1e-5));
    }
  }
}

TEST_CASE("choose: infinite logits take all of the mass") {
  CHECK(chosen(at::top_p{0.5}, {1, infinity, 2, infinity, 3}) == std::vector<std::int32_t>{1});
  CHECK(chosen(at::top_p{0.9}, {1, infinity, 2, infinity, 3}) == std::vector<std::int32_t>{1, 3});
  CHECK(chosen(at::top_p{0.5}, {-infinity, 0, -infinity}) == std::vector<std::int32_t>{1});
  CHECK(chosen(at::top_p{0.5}, {-infinity, -infinity}) == std::vector<std::int32_t>{0});
}

TEST_CASE("choose: above is above, and the anchor's difference counts") {
  lacuna_test::random r(4);
  for (la::index n = 0; n != 70; ++n) {
    auto const scores = line_of(r, n, kind_of_line::ties);
    std::vector<std::int32_t> over, near;
    for (la::index i = 0; i != n; ++i) {
      if (scores[static_cast<std::size_t>(i)] > 1) over.push_back(static_cast<std::int32_t>(i));
      if (scores[static_cast<std::size_t>(i)] >= 1) near.push_back(static_cast<std::int32_t>(i));
    }
    REQUIRE(chosen(at::above{1}, scores) == over);
    REQUIRE(chosen(at::anchor_diff{3}, scores, at::score_kind::logit, 4) == near);
  }
}

TEST_CASE("choose: an infinite difference takes everything, below an infinite anchor too") {
  CHECK(chosen(at::anchor_diff{infinity}, {1, infinity, -infinity}, at::score_kind::logit, infinity) ==
        std::vector<std::int32_t>{0, 1, 2});
}

TEST_CASE("choose: a chooser of one's own") {
  struct every_other {
    la::index choose(std::span<float const> scores, std::int32_t* places) const noexcept {
      la::index count = 0;
      for (std::size_t i = 0; i < scores.size(); i += 2) places[count++] = static_cast<std::int32_t>(i);
      return count;
    }
  };
  CHECK(chosen(every_other{}, {1, 2, 3, 4, 5}) == std::vector<std::int32_t>{0, 2, 4});
}

TEST_CASE("choose: wrong scores are found wherever they stand") {
  for (la::index n = 0; n != 40; ++n)
    for (la::index place = 0; place != n; ++place) {
      guarded<float> line(n);
      for (la::index i = 0; i != n; ++i) line[i] = 1;
      REQUIRE(kernel::first_wrong(line.data(), n, at::score_kind::mass) == -1);
      line[n - 1] = std::numeric_limits<float>::quiet_NaN();
      line[place] = -std::numeric_limits<float>::quiet_NaN();
      REQUIRE(kernel::first_wrong(line.data(), n, at::score_kind::logit) == place);
      line[place] = line[n - 1] = -1;
      REQUIRE(kernel::first_wrong(line.data(), n, at::score_kind::logit) == -1);
      REQUIRE(kernel::first_wrong(line.data(), n, at::score_kind::mass) == place);
      line[place] = line[n - 1] = -infinity;
      REQUIRE(kernel::first_wrong(line.data(), n, at::score_kind::logit) == -1);
    }
}
