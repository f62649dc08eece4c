// SPDX-License-Identifier: MIT
#include <lacuna/attention/causal.hpp>
#include <lacuna/attention/compose.hpp>
#include <lacuna/attention/sink.hpp>
#include <lacuna/attention/window.hpp>
#include <lacuna/kernel/attend.hpp>

#include "../support/attention.hpp"
#include "../support/guard.hpp"
#include "../support/random.hpp"

#include <catch2/catch_test_macros.hpp>

#include <vector>

namespace la = lacuna;
namespace at = lacuna::attention;
using la::order;
using lacuna_test::placement;

namespace {

/// What attend_rows writes its log-sum-exps to.
struct lse_to {
  float* data;
  void operator()(la::index i, float value) const { data[i] = value; }
};

auto const streaming = at::causal{} & (at::sink{3} | at::window{20});

template <class P>
void run(la::dense<float> const& q, la::dense<float> const& k, la::dense<float> const& v, P const& pattern,
         la::dense<float>& out, std::vector<float>& lse, la::index first, la::index last) {
  la::kernel::attend_rows rows(q.view(), k.view(), v.view(), pattern, out.view(), 0.25f, lse_to{lse.data()});
  rows(first, last);
}

/// All operands between guard pages, the last element of each at the upper or the first at the lower one, inputs
/// read-only.
template <class T, order Order>
void check_guarded(la::index nq, la::index nk, la::index dk, la::index dv, la::index gap, placement where) {
  auto const size = [&](la::index rows, la::index cols) {
    la::index const lines = Order == order::row_major ? rows : cols, line = Order == order::row_major ? cols : rows;
    return lines == 0 || line == 0 ? 0 : (lines - 1) * (line + gap) + line;  // no gap behind the last line
  };
  auto const view = [&](auto& memory, la::index rows, la::index cols) {
    return la::dense_view<T, Order>(memory.data(), rows, cols, (Order == order::row_major ? cols : rows) + gap);
  };
  lacuna_test::guarded<T> q(size(nq, dk), where), k(size(nk, dk), where), v(size(nk, dv), where),
      out(size(nq, dv), where);
  lacuna_test::guarded<float> lse(nq, where);
  lacuna_test::random r(1);
  fill(r, view(q, nq, dk));
  fill(r, view(k, nk, dk));
  fill(r, view(v, nk, dv));
  for (auto* input : {&q, &k, &v}) input->make_read_only();
  la::kernel::attend_rows rows(view(q, nq, dk), view(k, nk, dk), view(v, nk, dv), streaming, view(out, nq, dv), 1.0f,
                               lse_to{lse.data()});
  rows(0, nq);
  CHECK(out.intact());
  CHECK(lse.intact());
  CHECK(lacuna_test::check_attention<float>(view(q, nq, dk), view(k, nk, dk), view(v, nk, dv), streaming,
                                            view(out, nq, dv), {lse.begin(), lse.end()}, 1.0) == "");
}

template <class T, order Order>
void check_all_guarded() {
  for (auto const where : lacuna_test::both_placements)
    for (la::index gap : {0, 3}) {
      check_guarded<T, Order>(1, 1, 1, 1, gap, where);
      check_guarded<T, Order>(33, 65, 7, 9, gap, where);
      check_guarded<T, Order>(3, 64, 64, 64, gap, where);
      check_guarded<T, Order>(2, 63, 65, 129, gap, where);
      check_guarded<T, Order>(5, 2, 0, 3, gap, where);
      check_guarded<T, Order>(5, 2, 3, 0, gap, where);
    }
}

}  // namespace

TEST_CASE("attend kernel: nothing outside the operands is read or written") {
  check_all_guarded<float, order::row_major>();
  check_all_guarded<float, order::col_major>();
  check_all_guarded<la::bf16, order::row_major>();
}

TEST_CASE("attend kernel: the guard pages catch a view that is a row too long") {
  lacuna_test::guarded<float> k(65 * 8), q(8), v(65 * 8), out(8);
  float lse = 0;
  auto const run_with = [&](la::index nk) {
    return lacuna_test::faults([&] {
      la::kernel::attend_rows rows(la::dense_view<float>(q.data(), 1, 8), la::dense_view<float>(k.data(), nk, 8),
                                   la::dense_view<float>(v.data(), nk, 8), at::causal{},
                                   la::dense_view<float>(out.data(), 1, 8), 1.0f, lse_to{&lse});
      rows(0, 1);
    });
  };
  CHECK(!run_with(65));
  CHECK(run_with(66));
}

TEST_CASE("attend kernel: a pattern that is never sure of a tile changes no bit") {
  lacuna_test::random r(1);
  auto const q = lacuna_test::random_dense<float>(r, 70, 16), k = lacuna_test::random_dense<float>(r, 260, 16),
             v = lacuna_test::random_dense<float>(r, 260, 40);
  la::dense<float> sure(70, 40), unsure(70, 40);
  std::vector<float> sure_lse(70), unsure_lse(70);
  run(q, k, v, streaming, sure, sure_lse, 0, 70);
  run(q, k, v, lacuna_test::never_sure{streaming}, unsure, unsure_lse, 0, 70);
  CHECK(sure == unsure);
  CHECK(sure_lse == unsure_lse);
}

TEST_CASE("attend kernel: a range of queries gives their rows and touches no others") {
  lacuna_test::random r(1);
  auto const q = lacuna_test::random_dense<float>(r, 100, 16), k = lacuna_test::random_dense<float>(r, 130, 16),
             v = lacuna_test::random_dense<float>(r, 130, 150);
  la::dense<float> whole(100, 150), parts(100, 150);
  std::vector<float> whole_lse(100), parts_lse(100, 7.0f);
  run(q, k, v, streaming, whole, whole_lse, 0, 100);
  run(q, k, v, streaming, parts, parts_lse, 32, 96);
  for (la::index i = 0; i != 100; ++i) {
    bool const inside = i >= 32 && i < 96;
    CHECK(parts_lse[static_cast<std::size_t>(i)] == (inside ? whole_lse[static_cast<std::size_t>(i)] : 7.0f));
    bool same = true;
    for (la::index c = 0; c != 150; ++c) same = same && parts(i, c) == (inside ? whole(i, c) : 0.0f);
    CHECK(same);
  }
}

TEST_CASE("attend kernel: each log-sum-exp is told once, however many passes the values take") {
  lacuna_test::random r(1);
  auto const q = lacuna_test::random_dense<float>(r, 5, 3), k = lacuna_test::random_dense<float>(r, 7, 3),
             v = lacuna_test::random_dense<float>(r, 7, 300);
  la::dense<float> out(5, 300);
  std::vector<int> told(5);
  auto const count = [&](la::index i, float) { ++told[static_cast<std::size_t>(i)]; };
  la::kernel::attend_rows rows(q.view(), k.view(), v.view(), at::causal{}, out.view(), 1.0f, count);
  rows(0, 5);
  CHECK(told == std::vector<int>(5, 1));
}

TEST_CASE("attend kernel: its stack is as small as promised") {
  using view = la::dense_view<float const>;
  STATIC_REQUIRE(sizeof(la::kernel::attend_rows<float, view, view, view, la::dense_view<float>, lse_to>) <= 50 * 1024);
  STATIC_REQUIRE(sizeof(la::kernel::attend_rows<double, view, view, view, la::dense_view<double>, lse_to>) <=
                 100 * 1024);
}
