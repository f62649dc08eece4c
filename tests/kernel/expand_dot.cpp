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

/// Equal rows, one behind the other.
template <class V>
struct equal_rows {
  std::uint8_t const* row;
  V const* packed;
  la::index length;
  la::index count;
  [[nodiscard]] la::index bytes() const { return length; }
  [[nodiscard]] std::uint8_t const* bits(la::index i) const { return row + i * length; }
  [[nodiscard]] V const* values(la::index i) const { return packed + i * count; }
  [[nodiscard]] V const* values(la::index i, V const*) const { return values(i); }
};

/// Whole numbers, so that every order of summation gives the same bits.
template <class V, int Tokens, bool Finite>
void check(la::index cols) {
  using dot = la::kernel::expand_dot<arch, V>;
  using S = typename dot::sum_type;
  using form = typename dot::form;
  lacuna_test::random r(static_cast<std::uint64_t>(cols));
  la::index const bytes = (cols + 7) / 8;
  guarded<std::uint8_t> bits(12 * bytes);
  std::vector<V> values;
  std::vector<la::index> columns;
  for (la::index j = 0; j != cols; ++j)
    if (r.bits() % 3 == 0) {
      for (la::index i = 0; i != 12; ++i)
        bits[i * bytes + j / 8] = static_cast<std::uint8_t>(bits[i * bytes + j / 8] | 1u << (j % 8));
      columns.push_back(j);
      values.push_back(V(static_cast<int>(r.bits() % 9) - 4));
    }
  auto const count = static_cast<la::index>(values.size());
  guarded<V> packed(12 * count);
  for (la::index s = 0; s != 12 * count; ++s) packed.data()[s] = values[static_cast<std::size_t>(s % count)];
  guarded<S> copy(form::size(cols) * Tokens);
  std::vector<S> expected(Tokens);
  bool finite = true;
  for (int t = 0; t != Tokens; ++t) {
    std::vector<S> x(static_cast<std::size_t>(cols), Finite ? S{3} : std::numeric_limits<S>::infinity());
    for (std::size_t s = 0; s != columns.size(); ++s) {
      auto& here = x[static_cast<std::size_t>(columns[s])];
      here = static_cast<S>(static_cast<int>(r.bits() % 15) - 7);
      expected[static_cast<std::size_t>(t)] += static_cast<S>(values[s]) * here;
    }
    finite &= form::copy(x.data(), 1, cols, Tokens, copy.data() + 64 * t);
  }
  CHECK((finite == Finite || columns.size() == static_cast<std::size_t>(cols)));
  la::index calls = 0, wrong = 0;
  dot::template run<Tokens>(equal_rows<V>{bits.data(), packed.data(), bytes, count}, {copy.data(), cols, finite}, 3, 12,
                            [&](la::index i, la::index t, S sum) {
                              ++calls;
                              wrong += i < 3 || i >= 12 || sum != expected[static_cast<std::size_t>(t)];
                            });
  CAPTURE(cols, Tokens, Finite);
  REQUIRE(calls == 9 * Tokens);
  REQUIRE(wrong == 0);
}

}  // namespace

TEMPLATE_TEST_CASE("expand_dot: every length, between guard pages, with infinities opposite the gaps", "", float,
                   double, la::bf16, la::f16) {
  if constexpr (la::simd::loadable<TestType, arch>)
    for (la::index cols = 0; cols != 200; ++cols) {
      check<TestType, 1, true>(cols);
      check<TestType, 1, false>(cols);
      check<TestType, 8, true>(cols);
      check<TestType, 3, false>(cols);
    }
}
