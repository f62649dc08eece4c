// SPDX-License-Identifier: MIT
#include <lacuna/kernel/weights.hpp>

#include "support/guarded_operands.hpp"

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <cstdint>
#include <vector>

namespace la = lacuna;
using arch = la::simd::default_arch;

namespace {

/// Every number of blocks of Size weights up to some pieces, each seen once, in order and with its values.
template <class W, class S, int Size>
bool sees_all(la::index most) {
  for (la::index count = 0; count <= most; count += 1 + count / 9)
    for (auto const where : lacuna_test::both_placements) {
      std::vector<W> source;
      for (la::index k = 0; k != count * Size; ++k) source.push_back(W(static_cast<S>(k % 97 - 48)));
      lacuna_test::guarded_copy<W> const guarded(source, where);
      la::index const first = count / 3;
      la::index next = first;
      bool fine = true;
      la::kernel::for_each_weights<arch, S, Size>(guarded.get().data(), first, count, [&](la::index e, S const* w) {
        fine = fine && e == next++;
        for (la::index k = 0; k != Size; ++k) fine = fine && w[k] == static_cast<S>((e * Size + k) % 97 - 48);
      });
      if (!fine || next != count) return false;
    }
  return true;
}

}  // namespace

TEST_CASE("weights: which types can be brought into the type of the sums") {
  STATIC_REQUIRE(la::kernel::widenable<arch, float, float>);
  STATIC_REQUIRE(la::kernel::widenable<arch, la::bf16, float>);
  STATIC_REQUIRE(la::kernel::widenable<arch, la::f16, float>);
  STATIC_REQUIRE(la::kernel::widenable<arch, double, double> == la::simd::has_batch<arch, double>);
  STATIC_REQUIRE_FALSE(la::kernel::widenable<arch, double, float>);
  STATIC_REQUIRE_FALSE(la::kernel::widenable<arch, std::int8_t, std::int32_t>);
}

TEMPLATE_TEST_CASE("weights: each block once and in order, nothing read beside them", "", float, la::bf16, la::f16) {
  CHECK(sees_all<TestType, float, 1>(600));
  CHECK(sees_all<TestType, float, 4>(150));
  CHECK(sees_all<TestType, float, 15>(60));
  CHECK(sees_all<TestType, float, 300>(4));
}
