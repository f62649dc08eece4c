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

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
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

/// A packed matrix of any format, and the sampled product into it: what depends on the format.
template <class T, class U, lacuna::order OU, class V, lacuna::order OV>
struct sampled_matrix {
  virtual ~sampled_matrix() = default;
  [[nodiscard]] virtual std::vector<slot_place> slots() const = 0;
  [[nodiscard]] virtual T* values() = 0;
  [[nodiscard]] virtual std::size_t count() const = 0;
  /// With the executor, or by the call without one.
  virtual void multiply(any_executor const* exec, lacuna::dense_view<U, OU> u, lacuna::dense_view<V, OV> v) = 0;
};

template <class F, class U, lacuna::order OU, class V, lacuna::order OV>
struct sampled_packed final : sampled_matrix<typename F::value_type, U, OU, V, OV> {
  using T = typename F::value_type;

  sampled_packed(lacuna::dense<T> const& w, lacuna::mask keep)
      : s(lacuna::pack<F>(w, trimmed(std::move(keep), typename F::layout{}))) {}
  [[nodiscard]] std::vector<slot_place> slots() const override { return places_of(s); }
  [[nodiscard]] T* values() override { return s.values().data(); }
  [[nodiscard]] std::size_t count() const override { return s.values().size(); }
  void multiply(any_executor const* exec, lacuna::dense_view<U, OU> u, lacuna::dense_view<V, OV> v) override {
    if (exec != nullptr)
      lacuna::sddmm(*exec, s, u, v);
    else
      lacuna::sddmm(s, u, v);
  }

  F s;
};

/// The trials of sampled_format_problem, compiled once for all formats of these types and orders.
template <class T, class U, lacuna::order OU, class V, lacuna::order OV>
[[nodiscard]] std::string sampled_problems(
    executors const& pool, lacuna::index number,
    std::unique_ptr<sampled_matrix<T, U, OU, V, OV>> (*make)(lacuna::dense<T> const&, lacuna::mask)) {
  random r(static_cast<std::uint64_t>(number) + 1);
  for (auto const& [rows, cols, t] : sampled_shapes)
    for (int repeat = 0; repeat != (quick() ? 1 : 3); ++repeat, ++number) {
      auto const how = all_coverages[number % 6];
      auto const where = both_placements[number / 2 % 2];
      auto const text = std::to_string(rows) + "x" + std::to_string(cols) + ", t " + std::to_string(t) + ", " +
                        name_of(how) + ", trial " + std::to_string(number) + ": ";
      auto const w = random_dense<T>(r, rows, cols);
      auto const s = make(w, random_mask(r, rows, cols, how));
      auto const slots = s->slots();
      std::vector<T> const before(s->values(), s->values() + s->count());
      auto const u = random_dense<U>(r, rows, t);
      auto const v = random_dense<V>(r, t, cols);
      guarded_dense<U, OU> left(u, number % 3, where);
      guarded_dense<V, OV> right(v, number % 4, where);
      s->multiply(nullptr, left.view(), right.view());
      if (!(s->slots() == slots)) return text + "the pattern changed";
      if (auto const wrong = sampled_problem<T>(slots, s->values(), before, u, v); !wrong.empty()) return text + wrong;
      std::vector<T> const first(s->values(), s->values() + s->count());
      std::fill(s->values(), s->values() + s->count(), T(77.0f));
      s->multiply(&pool.turn(number), left.view(), right.view());
      for (auto const& slot : slots)
        if (std::memcmp(s->values() + slot.place, &first[static_cast<std::size_t>(slot.place)], sizeof(T)) != 0)
          return text + "another executor differs";
    }
  return "";
}

/// One format with one combination of types and orders: every shape, every coverage in turn. Returns the first problem.
template <class F, class U, lacuna::order OU, class V, lacuna::order OV>
[[nodiscard]] std::string sampled_format_problem(executors const& pool, lacuna::index number) {
  using T = typename F::value_type;
  return sampled_problems<T, U, OU, V, OV>(
      pool, number,
      +[](lacuna::dense<T> const& w, lacuna::mask keep) -> std::unique_ptr<sampled_matrix<T, U, OU, V, OV>> {
        return std::make_unique<sampled_packed<F, U, OU, V, OV>>(w, std::move(keep));
      });
}

}  // namespace lacuna_test
