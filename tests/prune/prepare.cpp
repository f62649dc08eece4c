// SPDX-License-Identifier: MIT
#include <lacuna/prune/magnitude.hpp>
#include <lacuna/prune/prepare.hpp>

#include <catch2/catch_test_macros.hpp>

namespace {

using lacuna::index;

struct takes_any {
  index cols = 0;
  template <lacuna::dense_matrix W>
  void prepare(W const& w) {
    cols = lacuna::view_of(w).cols();
  }
  float operator()(float w, index, index) const { return w; }
};
struct takes_view {
  index rows = 0;
  void prepare(lacuna::dense_view<float const> w) { rows = w.rows(); }
  float operator()(float w, index, index) const { return w; }
};
struct takes_two {
  void prepare(int, int) {}
  float operator()(float w, index, index) const { return w; }
};
struct final_one final {
  float operator()(float w, index, index) const { return w; }
};

TEST_CASE("prepare: the matrix, or its view, is handed over") {
  lacuna::dense<float> const w(3, 5);
  takes_any any;
  lacuna::detail::prepare(any, w);
  CHECK(any.cols == 5);
  takes_view view;
  lacuna::detail::prepare(view, w);
  CHECK(view.rows == 3);
}

TEST_CASE("prepare: a criterion without it needs none, one with another is no such criterion") {
  auto lambda = [](float w, index, index) { return w; };
  lacuna::detail::prepare(lambda, lacuna::dense<float>(1, 1));
  STATIC_CHECK(lacuna::detail::without_prepare<decltype(lambda)>);
  STATIC_CHECK(lacuna::detail::without_prepare<lacuna::magnitude>);
  STATIC_CHECK(lacuna::detail::without_prepare<final_one>);
  STATIC_CHECK(lacuna::detail::without_prepare<float (*)(float, index, index)>);
  STATIC_CHECK_FALSE(lacuna::detail::without_prepare<takes_any>);
  STATIC_CHECK_FALSE(lacuna::detail::without_prepare<takes_two>);
}

}  // namespace
