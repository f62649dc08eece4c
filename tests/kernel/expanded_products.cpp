// SPDX-License-Identifier: MIT
#include <lacuna/kernel/expanded_products.hpp>

#include "support/guard.hpp"
#include "support/random.hpp"

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace tests_of_expanded_products {

namespace la = lacuna;
using lacuna_test::guarded;
using arch = la::simd::default_arch;

namespace {

/// Rows of 64 inputs with the ones `word`, of whole numbers, so that every order of summation gives the same bits;
/// inputs opposite the gaps are infinite where they may be. Whole: as many values as may be read, and no more.
template <class V, int Rows, int Tokens, bool Finite, int Chains, bool Whole = false>
la::index wrong_sums(lacuna_test::random& r, std::uint64_t const (&word)[std::size_t{Rows}]) {
  using products = la::kernel::expanded_products<arch, V>;
  using S = typename products::sum_type;
  using batch = typename products::batch_type;
  std::vector<S> x(std::size_t{64} * Tokens);
  for (std::size_t k = 0; k != x.size(); ++k) {
    bool const met = Finite || (word[0] >> k % 64 & 1u) != 0;
    x[k] = met ? static_cast<S>(static_cast<int>(r.below(15)) - 7) : std::numeric_limits<S>::infinity();
  }
  guarded<S> column(64 * Tokens);
  for (la::index t = 0; t != Tokens; ++t)
    products::form::copy(x.data() + 64 * t, 1, 64, Tokens, column.data() + 64 * t);
  la::index stored = 0;
  for (auto const ones : word) stored += std::popcount(ones);
  if constexpr (Whole) stored = 64 * Rows;
  guarded<V> packed(stored);
  for (la::index k = 0; k != stored; ++k) packed[k] = V(static_cast<float>(r.below(9)) - 4);
  V const* values[std::size_t{Rows}];
  V const* behind[std::size_t{Rows}];
  std::vector<S> expected(std::size_t{Rows} * Tokens);
  auto const* next = packed.data();
  for (std::size_t row = 0; row != Rows; ++row) {
    values[row] = next;
    for (std::size_t k = 0; k != 64; ++k) {
      if ((word[row] >> k & 1u) == 0) continue;
      for (std::size_t t = 0; t != Tokens; ++t) expected[row * Tokens + t] += static_cast<S>(*next) * x[64 * t + k];
      ++next;
    }
    behind[row] = next;
  }
  std::uint64_t left[std::size_t{Rows}];
  for (std::size_t row = 0; row != Rows; ++row) left[row] = word[row];
  batch sum[std::size_t{Rows * Tokens * Chains}];
  for (auto& s : sum) s = batch(S{0});
  products::template add<Rows, Tokens, Finite, Whole>(left, values, column.data(), sum);
  la::index wrong = 0;
  for (std::size_t row = 0; row != Rows; ++row) wrong += values[row] != behind[row];
  for (std::size_t n = 0; n != expected.size(); ++n) {
    S total = 0;
    for (std::size_t c = 0; c != Chains; ++c) total += la::simd::reduce_add(sum[n * Chains + c]);
    wrong += total != expected[n];
  }
  return wrong;
}

}  // namespace

TEMPLATE_TEST_CASE("expanded_products: any ones of some rows, times some tokens", "", float, double, la::bf16,
                   la::f16) {
  if constexpr (la::simd::loadable<TestType, arch>) {
    lacuna_test::random r(1);
    la::index wrong = 0;
    for (int n = 0; n != 60; ++n) {
      std::uint64_t const a = n == 0   ? 0
                              : n == 1 ? ~std::uint64_t{0}
                                       : r.bits(),
                          b = n % 3 == 0 ? r.bits() & r.bits() : a;
      wrong += wrong_sums<TestType, 1, 1, true, 4>(r, {a});
      wrong += wrong_sums<TestType, 1, 2, false, 1>(r, {b});
      wrong += wrong_sums<TestType, 2, 4, true, 1>(r, {a, b});
      wrong += wrong_sums<TestType, 1, 1, true, 4, true>(r, {a});
      wrong += wrong_sums<TestType, 2, 4, true, 1, true>(r, {a, b & (~std::uint64_t{0} << 8)});
    }
    CHECK(wrong == 0);
  }
}

}  // namespace tests_of_expanded_products
