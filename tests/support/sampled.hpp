// SPDX-License-Identifier: MIT
//
// The sampled product against the oracle.
#pragma once

#include <lacuna/pack.hpp>
#include <lacuna/sddmm.hpp>

#include "support/any_executor.hpp"
#include "support/catalogue.hpp"
#include "support/conformance.hpp"
#include "support/guarded_operands.hpp"
#include "support/oracle.hpp"
#include "support/quick.hpp"
#include "support/random.hpp"

#include <cstddef>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

namespace lacuna_test {

/// A slot of a matrix: where it stands, and where its value does.
struct slot_place {
  lacuna::index i, j, place;
  friend bool operator==(slot_place const&, slot_place const&) = default;
};

/// All slots, in the order of visit_row.
template <class S>
[[nodiscard]] std::vector<slot_place> places_of(S const& s) {
  std::vector<slot_place> all;
  for (lacuna::index i = 0; i != s.rows(); ++i)
    s.visit_row(i, [&](lacuna::index j, typename S::value_type const& value) {
      all.push_back({i, j, static_cast<lacuna::index>(&value - s.values().data())});
    });
  return all;
}

/// Whether values[place], for each slot, is the product of row i of u with column j of v, within gamma_t sum |u||v|,
/// and all other values are those of `before`. Returns what is wrong, or nothing.
template <class T, class U, class V>
[[nodiscard]] std::string sampled_problem(std::vector<slot_place> const& slots, T const* values,
                                          std::vector<T> const& before, lacuna::dense<U> const& u,
                                          lacuna::dense<V> const& v) {
  using accumulator = lacuna::accumulator_t<T>;
  lacuna_test::detail::offences wrong;
  auto expected = before;
  for (auto const& s : slots) {
    lacuna_test::detail::oracle_sum<accumulator> sum;
    for (lacuna::index t = 0; t != u.cols(); ++t)
      sum.add(static_cast<double>(u(s.i, t)), static_cast<double>(v(t, s.j)));
    auto const exact = lacuna_test::detail::rounded<T, accumulator>(sum.result());
    auto const got = static_cast<double>(values[s.place]);
    if (!lacuna_test::detail::acceptable<T>(got, exact)) wrong.add(s.i, s.j, got, exact);
    expected[static_cast<std::size_t>(s.place)] = values[s.place];
  }
  if (!before.empty() && std::memcmp(expected.data(), values, before.size() * sizeof(T)) != 0)
    return "a value that is no slot was written";
  return wrong.message();
}

/// Shapes with strips, tiles and words that are not full; t around registers, and beyond a block.
struct sampled_shape {
  lacuna::index rows, cols, t;
};
inline constexpr sampled_shape sampled_shapes[] = {{0, 0, 3},     {3, 0, 2},    {0, 3, 2},   {1, 1, 1},    {1, 1, 0},
                                                   {5, 7, 0},     {2, 9, 3},    {7, 13, 8},  {4, 31, 15},  {17, 33, 16},
                                                   {9, 65, 17},   {5, 67, 31},  {8, 64, 33}, {33, 15, 40}, {16, 32, 64},
                                                   {40, 129, 67}, {3, 20, 1300}};

/// One format with one combination of types and orders: every shape, every coverage in turn. Returns the first problem.
template <class F, class U, lacuna::order OU, class V, lacuna::order OV>
[[nodiscard]] std::string sampled_format_problem(executors const& pool, lacuna::index number) {
  using T = typename F::value_type;
  random r(static_cast<std::uint64_t>(number) + 1);
  for (auto const& [rows, cols, t] : sampled_shapes)
    for (int repeat = 0; repeat != (quick() ? 1 : 3); ++repeat, ++number) {
      auto const how = all_coverages[number % 6];
      auto const where = both_placements[number / 2 % 2];
      auto const text = std::to_string(rows) + "x" + std::to_string(cols) + ", t " + std::to_string(t) + ", " +
                        name_of(how) + ", trial " + std::to_string(number) + ": ";
      auto const w = random_dense<T>(r, rows, cols);
      auto s = lacuna::pack<F>(w, trimmed(random_mask(r, rows, cols, how), typename F::layout{}));
      auto const slots = places_of(s);
      std::vector<T> before(s.values().begin(), s.values().end());
      auto const u = random_dense<U>(r, rows, t);
      auto const v = random_dense<V>(r, t, cols);
      guarded_dense<U, OU> left(u, number % 3, where);
      guarded_dense<V, OV> right(v, number % 4, where);
      lacuna::sddmm(s, left.view(), right.view());
      if (!(places_of(s) == slots)) return text + "the pattern changed";
      if (auto const wrong = sampled_problem<T>(slots, s.values().data(), before, u, v); !wrong.empty())
        return text + wrong;
      auto again = s;
      for (auto& value : again.values()) value = T(77.0f);
      lacuna::sddmm(pool.turn(number), again, left.view(), right.view());
      for (auto const& slot : slots)
        if (std::memcmp(&again.values()[static_cast<std::size_t>(slot.place)],
                        &s.values()[static_cast<std::size_t>(slot.place)], sizeof(T)) != 0)
          return text + "another executor differs";
    }
  return "";
}

}  // namespace lacuna_test
