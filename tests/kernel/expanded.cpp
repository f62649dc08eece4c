// SPDX-License-Identifier: MIT
#include <lacuna/kernel/expanded.hpp>

#include "support/guard.hpp"

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace tests_of_expanded {

namespace la = lacuna;
using lacuna_test::guarded;
using arch = la::simd::default_arch;

namespace {

/// Whether token t of two is copied as it should be: inputs at their places, zeros behind the last, nothing beside.
template <class V>
bool copies(la::index inputs, la::index stride, la::index t) {
  using form = la::kernel::expanded<arch, V>;
  using S = typename form::sum_type;
  guarded<S> x(inputs == 0 ? 0 : (inputs - 1) * stride + 1);
  for (la::index k = 0; k != x.size(); ++k) x[k] = static_cast<S>(k + 1);
  auto const size = form::size(inputs);
  std::vector<S> to(static_cast<std::size_t>(2 * size), S{-1});
  if (!form::copy(x.data(), stride, inputs, 2, to.data() + 64 * t)) return false;
  for (la::index k = 0; k != size; ++k)
    for (la::index token = 0; token != 2; ++token) {
      auto const here = to[static_cast<std::size_t>(k / 64 * 128 + token * 64 + form::place(k % 64))];
      if (here != (token != t ? S{-1} : k < inputs ? static_cast<S>(k * stride + 1) : S{0})) return false;
    }
  return true;
}

}  // namespace

TEMPLATE_TEST_CASE("expanded: X at its places, 64 inputs of each token in turn", "", float, double, la::bf16, la::f16) {
  if constexpr (la::simd::loadable<TestType, arch>)
    for (la::index const inputs : {0, 1, 63, 64, 65, 130, 200})
      for (la::index const stride : {1, 3})
        for (la::index const t : {0, 1}) {
          CAPTURE(inputs, stride, t);
          CHECK(copies<TestType>(inputs, stride, t));
        }
}

TEMPLATE_TEST_CASE("expanded: one input that is not finite is told, wherever it stands", "", float, double, la::bf16,
                   la::f16) {
  if constexpr (la::simd::loadable<TestType, arch>) {
    using form = la::kernel::expanded<arch, TestType>;
    using S = typename form::sum_type;
    using limits = std::numeric_limits<S>;
    std::vector<S> x(130, limits::max()), to(static_cast<std::size_t>(form::size(130)));
    CHECK(form::copy(x.data(), 1, 130, 1, to.data()));
    la::index wrong = 0;
    for (auto& here : x)
      for (S const bad : {limits::infinity(), -limits::infinity(), limits::quiet_NaN()}) {
        here = bad;
        wrong += form::copy(x.data(), 1, 130, 1, to.data());
        here = limits::lowest();
      }
    CHECK(wrong == 0);
  }
}

TEMPLATE_TEST_CASE("expanded: packed values at the places of their ones, zeros at the gaps", "", float, double,
                   la::bf16, la::f16) {
  if constexpr (la::simd::loadable<TestType, arch>) {
    using form = la::kernel::expanded<arch, TestType>;
    la::index wrong = 0;
    for (std::uint64_t n = 0; n != 300; ++n) {
      auto const ones = (n * 0x9E3779B97F4A7C15u >> 11) & ~std::uint64_t{0} >> (64 - form::width);
      guarded<TestType> packed(std::popcount(ones));
      for (la::index k = 0; k != packed.size(); ++k) packed[k] = TestType(static_cast<float>(k + 1));
      typename form::batch_type w[2];
      form::load(packed.data(), ones, w);
      typename form::sum_type lane[2 * form::lanes] = {};
      for (int r = 0; r != form::registers; ++r) {
        w[r].store_unaligned(lane + r * form::lanes);
        for (int l = 0; l != form::lanes; ++l)
          wrong += (form::bits_of(ones, r) >> l & 1u) != (lane[r * form::lanes + l] != 0);
      }
      la::index next = 0;
      for (int k = 0; k != form::width; ++k) {
        bool const one = (ones >> k & 1u) != 0;
        wrong += lane[form::place(k)] != static_cast<typename form::sum_type>(one ? ++next : 0);
      }
    }
    CHECK(wrong == 0);
  }
}

}  // namespace tests_of_expanded
