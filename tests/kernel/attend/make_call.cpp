// SPDX-License-Identifier: MIT
#include <lacuna/attention/causal.hpp>
#include <lacuna/attention/dense_kv.hpp>
#include <lacuna/core/dense.hpp>
#include <lacuna/kernel/attend/make_call.hpp>

#include <catch2/catch_test_macros.hpp>

#include <limits>
#include <string>
#include <vector>

namespace la = lacuna;
namespace at = lacuna::attention;
namespace kernel = lacuna::kernel;

TEST_CASE("attend call: the scale is given, or the root of the dimensions, or nothing") {
  CHECK(la::detail::attend_scale<float>({}, 16) == 0.25f);
  CHECK(la::detail::attend_scale<double>({}, 0) == 1);
  CHECK(la::detail::attend_scale<float>({.scale = -3}, 16) == -3);
  CHECK(la::detail::attend_scale<double>({.scale = 1e300}, 16) == 1e300);
  for (double const bad : {1e300, std::numeric_limits<double>::infinity(), std::numeric_limits<double>::quiet_NaN()})
    CHECK_THROWS_AS(la::detail::attend_scale<float>({.scale = bad}, 16), la::value_error);
}

TEST_CASE("attend call: a policy of nothing is exact") {
  auto const with = [](auto policy) {
    kernel::attend_call<float> call;
    la::detail::set_policy(call, policy);
    return call;
  };
  CHECK(with(at::skip_below{0}).margin == with(at::exact{}).margin);
  CHECK(with(at::skip_below{1}).margin == 0);
  CHECK(with(at::stop_below{0.5}).settled == 0.5f);
  CHECK_THROWS_AS(with(at::skip_below{-0.1}), la::value_error);
  CHECK_THROWS_AS(with(at::stop_below{std::numeric_limits<double>::quiet_NaN()}), la::value_error);
}

TEST_CASE("attend call: outputs have the shape of the call") {
  kernel::attend_call<float> call;
  call.shape = {5, 70, 2, 1};
  la::dense<float> lse(2, 5), other(5, 2);
  std::vector<float> mass(2 * 5 * 2);
  la::heads_view<float> const blocks{mass.data(), 2, 5, 2, 10, 2};
  la::attend_options const both{.lse = lse, .block_mass = blocks, .mass_keys = 64};
  la::detail::set_attend_options(call, both, at::exact{});
  CHECK(call.block_mass.to.data == mass.data());
  call.lse.write(call.lse.to, 1, 4, 2.5f);
  CHECK(lse(1, 4) == 2.5f);

  auto const set = [&](la::attend_options const& options) {
    return [&] { la::detail::set_attend_options(call, options, at::exact{}); };
  };
  CHECK_THROWS_AS(set({.lse = other})(), la::shape_error);
  CHECK_THROWS_AS(set({.block_mass = blocks, .mass_keys = 32})(), la::shape_error);
  CHECK_THROWS_AS(set({.block_mass = blocks, .mass_keys = 0})(), la::value_error);
  CHECK_THROWS_AS(la::detail::set_attend_options(call, {.block_mass = blocks}, at::stop_below{0.5}), la::value_error);
}

TEST_CASE("attend call: without an output values have no dimensions, and work is cut as it is with one") {
  std::vector<float> numbers(4 * 6);
  la::heads_view<float> const four{numbers.data(), 2, 2, 4, 8, 4}, six{numbers.data(), 2, 2, 6, 12, 6}, nothing;
  la::heads_view<float const> const queries = four;
  at::dense_kv<float> const kv(four, six);
  kernel::attend_kv<la::simd::default_arch, float, at::dense_kv<float>> const rows(kv);
  la::dense<float> lse(2, 2);
  auto const with = la::detail::attend_call_of<float>(queries, kv, rows, six, {.lse = lse});
  CHECK(with.values.dim == 6);
  CHECK(with.value_dim == 6);
  auto const without = la::detail::attend_call_of<float>(queries, kv, rows, nothing, {.lse = lse});
  CHECK(without.values.dim == 0);
  CHECK(without.value_dim == 6);
  CHECK_THROWS_AS((la::detail::attend_call_of<float>(queries, kv, rows, nothing, {})), la::shape_error);
  CHECK_THROWS_AS((la::detail::attend_call_of<float>(queries, kv, rows, four, {.lse = lse})), la::shape_error);
}

TEST_CASE("attend call: heads that do not share keys evenly are an error") {
  std::vector<float> numbers(6 * 4);
  la::heads_view<float> const three{numbers.data(), 3, 2, 4, 8, 4}, two{numbers.data(), 2, 2, 4, 8, 4};
  la::heads_view<float const> const queries = three;
  at::dense_kv<float> const kv(two, two);
  kernel::attend_kv<la::simd::default_arch, float, at::dense_kv<float>> const rows(kv);
  CHECK_THROWS_AS((la::detail::attend_call_of<float>(queries, kv, rows, three, {})), la::shape_error);
}
