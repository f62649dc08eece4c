// SPDX-License-Identifier: MIT
#include <lacuna/core/scalar.hpp>
#include <lacuna/core/vector.hpp>
#include <lacuna/format/sparse_vector.hpp>
#include <lacuna/kernel/active/select.hpp>

#include "support/guard.hpp"
#include "support/quick.hpp"
#include "support/random.hpp"

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <vector>

namespace la = lacuna;
using arch = la::simd::default_arch;
using kernel = la::kernel::select_active<arch>;
using lacuna_test::guarded;

namespace {

/// Whether the kernel lists exactly what a loop lists; x stands between guard pages, `stride` apart.
template <class X, class S>
bool lists(std::vector<X> const& x, S threshold, la::index stride, lacuna_test::placement where) {
  auto const size = static_cast<la::index>(x.size());
  guarded<X> memory(size == 0 ? 0 : (size - 1) * stride + 1, where);
  for (la::index j = 0; j != size; ++j) memory[j * stride] = x[static_cast<std::size_t>(j)];
  memory.make_read_only();
  std::vector<std::uint32_t> places;
  std::vector<S> numbers;
  for (std::size_t j = 0; j != x.size(); ++j) {
    auto const value = static_cast<S>(x[j]);
    if (std::fabs(value) <= threshold) continue;
    places.push_back(static_cast<std::uint32_t>(j));
    numbers.push_back(value);
  }
  la::sparse_vector<S> got(size);
  got.store([&](std::uint32_t* indices, S* values) {
    return kernel::run(la::vector_view<X const>(memory.data(), size, stride), threshold, indices, values);
  });
  if (got.stored() != static_cast<la::index>(places.size())) return false;
  return places.empty() || (std::memcmp(got.indices().data(), places.data(), 4 * places.size()) == 0 &&
                            std::memcmp(got.values().data(), numbers.data(), sizeof(S) * numbers.size()) == 0);
}

}  // namespace

TEMPLATE_TEST_CASE("select_active: what a loop lists, at every length over two words, between guard pages", "", float,
                   double, la::bf16, la::f16) {
  using X = TestType;
  using S = la::accumulator_t<X>;
  lacuna_test::random r(1);
  for (la::index size = 0; size <= 193; size += lacuna_test::quick() && size > 20 ? 11 : 1)
    for (S const threshold : {S{0}, S{0.25}, S{0.75}, S{2}})
      for (auto const where : lacuna_test::both_placements) {
        auto x = lacuna_test::random_vector<X>(r, size);
        for (auto& value : x)
          if (r.chance(0.2)) value = X(r.chance(0.5) ? -0.0f : 0.25f);  // zeros of both signs, and ties
        CAPTURE(size, threshold, where);
        REQUIRE(lists(x, threshold, 1, where));
        REQUIRE(lists(x, threshold, 3, where));
      }
}

TEMPLATE_TEST_CASE("select_active: NaN is active under any threshold, infinities under any finite one", "", float,
                   double, la::bf16, la::f16) {
  using X = TestType;
  using S = la::accumulator_t<X>;
  auto const infinity = std::numeric_limits<float>::infinity();
  float const special[] = {std::numeric_limits<float>::quiet_NaN(), infinity, -infinity, 0.0f, -0.0f, 1.0f};
  for (la::index size : {7, 64, 100}) {
    std::vector<X> x;
    for (la::index j = 0; j != size; ++j) x.push_back(X(special[j % 6]));
    for (S const threshold : {S{0}, S{1}, std::numeric_limits<S>::max(), std::numeric_limits<S>::infinity()})
      for (la::index const stride : {1, 2}) {
        CAPTURE(size, threshold, stride);
        CHECK(lists(x, threshold, stride, lacuna_test::placement::upper));
      }
  }
}
