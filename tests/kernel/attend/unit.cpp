// SPDX-License-Identifier: MIT
#include <lacuna/attend.hpp>
#include <lacuna/attention/from_predicate.hpp>
#include <lacuna/kernel/attend/unit.hpp>

#include "../../support/attention.hpp"
#include "../../support/guarded_operands.hpp"
#include "../../support/random.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cmath>
#include <vector>

namespace la = lacuna;
namespace at = lacuna::attention;
using la::order;
using lacuna_test::placement;

namespace {

auto const streaming = at::causal{} & (at::sink{3} | at::window{20});

/// All operands between guard pages, the last element of each at the upper or the first at the lower one, inputs
/// read-only.
template <class T, order Order>
void check_guarded(la::index nq, la::index nk, la::index dk, la::index dv, la::index gap, placement where) {
  lacuna_test::random r(1);
  lacuna_test::guarded_dense<T, Order> const q(lacuna_test::random_dense<T>(r, nq, dk), gap, where),
      k(lacuna_test::random_dense<T>(r, nk, dk), gap, where), v(lacuna_test::random_dense<T>(r, nk, dv), gap, where);
  lacuna_test::guarded_dense<T, Order> out(nq, dv, gap, where);
  lacuna_test::guarded<float> lse(nq, where);
  auto const read = [](auto const& m) { return const_cast<std::remove_cvref_t<decltype(m)>&>(m).view(); };
  la::attend(read(q), read(k), read(v), streaming, out.view(),
             {.scale = 1, .lse = la::vector_view<float>(lse.data(), nq)});
  CHECK(out.intact());
  CHECK(lse.intact());
  CHECK(lacuna_test::check_attention<float>(read(q), read(k), read(v), streaming, out.view(), {lse.begin(), lse.end()},
                                            1.0) == "");
}

template <class T, order Order>
void check_all_guarded() {
  for (auto const where : lacuna_test::both_placements)
    for (la::index gap : {0, 3}) {
      check_guarded<T, Order>(1, 1, 1, 1, gap, where);
      check_guarded<T, Order>(33, 65, 7, 9, gap, where);
      check_guarded<T, Order>(70, 64, 64, 64, gap, where);
      check_guarded<T, Order>(2, 63, 65, 129, gap, where);
      check_guarded<T, Order>(5, 2, 0, 3, gap, where);
      check_guarded<T, Order>(5, 2, 3, 0, gap, where);
    }
}

}  // namespace

TEST_CASE("attend unit: nothing outside the operands is read or written") {
  check_all_guarded<float, order::row_major>();
  check_all_guarded<float, order::col_major>();
  check_all_guarded<la::bf16, order::row_major>();
}

TEST_CASE("attend unit: a pattern that is never sure of a tile changes no bit") {
  lacuna_test::random r(1);
  auto const q = lacuna_test::random_dense<float>(r, 70, 16), k = lacuna_test::random_dense<float>(r, 260, 16),
             v = lacuna_test::random_dense<float>(r, 260, 40);
  la::dense<float> sure(70, 40), unsure(70, 40);
  std::vector<float> sure_lse(70), unsure_lse(70);
  la::attend(q, k, v, streaming, sure, {.lse = sure_lse});
  la::attend(q, k, v, lacuna_test::never_sure{streaming}, unsure, {.lse = unsure_lse});
  CHECK(sure == unsure);
  CHECK(sure_lse == unsure_lse);
}

TEST_CASE("attend unit: one that stops early leaves nothing behind for the next") {
  // Logits of 0: with the third tile the mass grows by half, so that units stop after 192 of 400 keys; but the first
  // one, that of the last 8 queries, ends with the 64 that it sees.
  auto const seen = at::from_predicate{[](la::index p, la::index j) { return p < 392 || j < 64; }};
  lacuna_test::random r(2);
  auto const q = lacuna_test::random_dense<float>(r, 200, 16), v = lacuna_test::random_dense<float>(r, 400, 40);
  la::dense<float> k(400, 16), out(200, 40);
  for (la::index i = 0; i != 400 * 16; ++i) k.data()[i] = 0;
  la::attend(q, k, v, seen, out, {}, at::stop_below{0.9});
  la::index wrong = 0;
  for (la::index c = 0; c != 40; ++c) {
    double mean[2] = {0, 0};
    for (la::index j = 0; j != 64; ++j) mean[1] += static_cast<double>(v(j, c)) / 64;
    for (la::index j = 0; j != 192; ++j) mean[0] += static_cast<double>(v(j, c)) / 192;
    for (la::index i = 0; i != 200; ++i)
      if (!(std::fabs(static_cast<double>(out(i, c)) - mean[i < 192 ? 0 : 1]) <= 1e-5)) ++wrong;
  }
  CHECK(wrong == 0);
}
