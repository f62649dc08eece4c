// SPDX-License-Identifier: MIT
//
// The tests' own tests: guard pages catch what runs out of a dense view, and nothing else.
#include <lacuna/core/dense.hpp>

#include "support/guard.hpp"

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <signal.h>

#include <cmath>
#include <cstdint>
#include <span>
#include <vector>

namespace la = lacuna;
using lacuna_test::both_placements;
using lacuna_test::faults;
using lacuna_test::guarded;
using lacuna_test::placement;

namespace {

/// A reader whose every access the compiler has to make.
template <class T>
void read(T const* data, la::index first, la::index last) {
  auto const volatile* const bytes = reinterpret_cast<unsigned char const volatile*>(data);
  for (auto i = first; i != last; ++i) {
    unsigned char const byte = bytes[i * static_cast<la::index>(sizeof(T))];
    static_cast<void>(byte);
  }
}

/// The sum of a matrix four columns at a time, as a kernel without a tail would do it.
float broken_sum(la::dense_view<float const> m) {
  float volatile sum = 0;
  for (la::index i = 0; i != m.rows(); ++i)
    for (la::index j = 0; j < m.cols(); j += 4)
      for (la::index lane = 0; lane != 4; ++lane) sum = sum + m(i, j + lane);
  return sum;
}

}  // namespace

TEMPLATE_TEST_CASE("guard: elements can be read and written, their neighbours can't", "", std::int8_t, la::bf16, float,
                   double) {
  constexpr auto size = static_cast<la::index>(sizeof(TestType));
  for (auto const where : both_placements)
    for (la::index const n : {0, 1, 2, 3, 7, 511, 512, 513, 4096, 5000}) {
      CAPTURE(n, where == placement::upper);
      guarded<TestType> g(n, where);
      CHECK(g.size() == n);
      for (auto& x : g) x = TestType(1.0f);
      CHECK(g.intact());
      auto volatile* const bytes = reinterpret_cast<unsigned char volatile*>(g.data());
      CHECK_FALSE(faults([&] { read(g.data(), 0, n); }));
      if (where == placement::upper) {
        CHECK(faults([&] { read(g.data(), n, n + 1); }));
        CHECK(faults([&] { bytes[n * size] = 1; }));
      } else {
        CHECK(faults([&] { read(g.data(), -1, 0); }));
        CHECK(faults([&] { bytes[-1] = 1; }));
      }
    }
}

TEST_CASE("guard: read-only elements can't be written") {
  guarded<float> g(10);
  g.make_read_only();
  float volatile* const p = g.data();
  CHECK_FALSE(faults([&] { read(g.data(), 0, 10); }));
  CHECK(faults([&] { p[0] = 1; }));
  CHECK(faults([&] { p[9] = 1; }));
  g.make_writable();
  CHECK_FALSE(faults([&] { p[9] = 1; }));
  CHECK(g[9] == 1);
}

TEST_CASE("guard: a gap moves the elements, is NaN, and tells if it was written") {
  for (auto const where : both_placements) {
    std::vector<float> const source{1, 2, 3};
    guarded<float> g(std::span<float const>(source), where, 1);
    CHECK(g[2] == 3);
    float* const gap = where == placement::upper ? g.data() + 3 : g.data() - 1;
    CHECK(std::isnan(*gap));
    CHECK(g.intact());
    *gap = 0;
    CHECK_FALSE(g.intact());
  }
}

TEST_CASE("guard: a kernel without a tail is caught at every length that has one, and at no other") {
  for (la::index rows = 1; rows <= 3; ++rows)
    for (la::index cols = 1; cols <= 64; ++cols) {
      guarded<float> g(rows * cols);
      la::dense_view<float const> const m(g.data(), rows, cols);
      if (faults([&] { static_cast<void>(broken_sum(m)); }) != (cols % 4 != 0)) FAIL_CHECK(rows << "x" << cols);
    }
}

TEST_CASE("guard: a handler that was there before is there again") {
  static int handled = 0;
  handled = 0;
  struct sigaction own{};
  struct sigaction before{};
  own.sa_handler = [](int) { ++handled; };
  sigaction(SIGSEGV, &own, &before);
  guarded<float> g(1);
  CHECK(faults([&] { read(g.data(), 1, 2); }));
  CHECK(handled == 0);
  raise(SIGSEGV);
  CHECK(handled == 1);
  sigaction(SIGSEGV, &before, nullptr);
}
