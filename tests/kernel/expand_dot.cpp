// SPDX-License-Identifier: MIT
#include <lacuna/kernel/expand_dot.hpp>

#include "support/guard.hpp"
#include "support/random.hpp"

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <bit>
#include <cstdint>
#include <limits>
#include <vector>

namespace la = lacuna;
using lacuna_test::guarded;
using arch = la::simd::default_arch;

namespace {

/// Whole numbers, so that every order of summation gives the same bits.
/// `each`: whether the count of values is given, as N:M has it, or counted.
template <class V, int Tokens, bool Finite>
void check(la::index cols, bool each, la::index rows = 9) {
  using dot = la::kernel::expand_dot<arch, V>;
  using S = typename dot::sum_type;
  using form = typename dot::form;
  lacuna_test::random random(static_cast<std::uint64_t>(cols));
  la::index const bytes = (cols + 7) / 8;
  guarded<std::uint8_t> bits((rows + 3) * bytes);
  std::vector<V> values;
  std::vector<la::index> columns;
  for (la::index j = 0; j != cols; ++j)
    if (random.bits() % 3 == 0) {
      for (la::index i = 0; i != rows + 3; ++i)
        bits[i * bytes + j / 8] = static_cast<std::uint8_t>(bits[i * bytes + j / 8] | 1u << (j % 8));
      columns.push_back(j);
      values.push_back(V(static_cast<int>(random.bits() % 9) - 4));
    }
  auto const count = static_cast<la::index>(values.size());
  guarded<V> packed((rows + 3) * count);
  for (la::index s = 0; s != (rows + 3) * count; ++s) packed.data()[s] = values[static_cast<std::size_t>(s % count)];
  guarded<S> copy(form::size(cols) * Tokens);
  std::vector<S> expected(Tokens);
  bool finite = true;
  for (int t = 0; t != Tokens; ++t) {
    std::vector<S> x(static_cast<std::size_t>(cols), Finite ? S{3} : std::numeric_limits<S>::infinity());
    for (std::size_t s = 0; s != columns.size(); ++s) {
      auto& here = x[static_cast<std::size_t>(columns[s])];
      here = static_cast<S>(static_cast<int>(random.bits() % 15) - 7);
      expected[static_cast<std::size_t>(t)] += static_cast<S>(values[s]) * here;
    }
    finite &= form::copy(x.data(), 1, cols, Tokens, copy.data() + 64 * t);
  }
  CHECK((finite == Finite || columns.size() == static_cast<std::size_t>(cols)));
  la::index const stride = Tokens + 2;
  std::vector<S> sums(static_cast<std::size_t>(rows * stride), S{99});
  V const* const all = packed.data();
  dot::template run<Tokens>(
      {bits.data() + 3 * bytes, bytes, all + 3 * count, each ? count : -1, all, all + (rows + 3) * count},
      {copy.data(), cols, finite}, rows, sums.data(), stride);
  la::index wrong = 0;
  for (la::index r = 0; r != rows; ++r)
    for (la::index t = 0; t != stride; ++t)
      wrong += sums[static_cast<std::size_t>(r * stride + t)] !=
               (t < Tokens ? expected[static_cast<std::size_t>(t)] : S{99});
  CAPTURE(cols, Tokens, Finite, each);
  REQUIRE(wrong == 0);
}

}  // namespace

TEMPLATE_TEST_CASE("expand_dot: every length, between guard pages, with infinities opposite the gaps", "", float,
                   double, la::bf16, la::f16) {
  if constexpr (la::simd::loadable<TestType, arch>)
    for (la::index cols = 0; cols != 200; ++cols) {
      check<TestType, 1, true>(cols, cols % 2 == 0);
      check<TestType, 1, false>(cols, cols % 2 == 1);
      check<TestType, 8, true>(cols, cols % 2 == 1);
      check<TestType, 4, false>(cols, cols % 2 == 0);
    }
}

TEMPLATE_TEST_CASE("expand_dot: one tile of inputs and several, groups of rows", "", float, double, la::bf16, la::f16) {
  if constexpr (la::simd::loadable<TestType, arch>)
    for (la::index cols : {1020, 2103, 4201}) {
      check<TestType, 2, true>(cols, false, 16);
      check<TestType, 4, true>(cols, true, 17);
      check<TestType, 4, false>(cols, false, 33);
      check<TestType, 8, true>(cols, false, 35);
      check<TestType, 8, false>(cols, true, 3);
    }
}
