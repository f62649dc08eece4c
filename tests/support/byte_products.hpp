// SPDX-License-Identifier: MIT
//
// Kernels of spmv for int8 against a sum of 64 bits. All but packing and the call itself is compiled once.
#pragma once

#include <lacuna/core/dense.hpp>
#include <lacuna/core/mask.hpp>
#include <lacuna/pack.hpp>
#include <lacuna/spmm.hpp>

#include "support/conformance.hpp"
#include "support/guarded_operands.hpp"
#include "support/quick.hpp"
#include "support/random.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstdint>
#include <functional>
#include <limits>
#include <vector>

namespace lacuna_test {

/// Any byte, the ends of the range as often as all others together.
template <class B>
[[nodiscard]] B any_byte(random& r) {
  auto const n = r.below(4);
  return n == 0 ? std::numeric_limits<B>::max() : n == 1 ? std::numeric_limits<B>::min() : static_cast<B>(r.bits());
}

/// y of A x, or nothing where the verb wrote beside y: `where` is how operands stand between guard pages.
template <class X>
using byte_call = std::function<void(lacuna::vector_view<X const> x, lacuna::vector_view<std::int32_t> y)>;

/// One product: x and y between guard pages, neighbours or three apart; the sums in 64 bits.
template <class X>
void check_byte_product(random& r, lacuna::dense<std::int8_t> const& w, placement where, lacuna::index stride,
                        byte_call<X> const& call) {
  lacuna::dense<X> x(w.cols(), 1);
  bool const ends = r.below(3) == 0;
  for (lacuna::index k = 0; k != w.cols(); ++k) x(k, 0) = ends ? std::numeric_limits<X>::max() : any_byte<X>(r);
  guarded_dense<X> in(x, stride - 1, where);
  guarded_dense<std::int32_t> out(w.rows(), 1, stride - 1, where);
  call({in.view().data(), w.cols(), stride}, {out.view().data(), w.rows(), stride});
  lacuna::index wrong = 0;
  for (lacuna::index i = 0; i != w.rows(); ++i) {
    std::int64_t sum = 0;
    for (lacuna::index k = 0; k != w.cols(); ++k) sum += std::int64_t{w(i, k)} * x(k, 0);
    wrong += out.view()(i, 0) != sum;
  }
  CAPTURE(w.rows(), w.cols(), where, stride);
  REQUIRE(wrong == 0);
  REQUIRE(out.intact());
}

/// Packs weights as F, of every coverage in these shapes, and multiplies them by uint8 and by int8.
template <class F>
void check_byte_spmv(std::vector<lacuna::index> const& rows, std::vector<lacuna::index> const& cols) {
  random r(1);
  lacuna::index number = 0;
  for (auto const how : all_coverages)
    for (auto const m : rows)
      for (auto const k : cols) {
        if (quick() && number % 3 != 0) continue;
        auto const where = both_placements[number % 2];
        lacuna::dense<std::int8_t> w(m, k);
        for (lacuna::index i = 0; i != m; ++i)
          for (lacuna::index j = 0; j != k; ++j) w(i, j) = i % 5 == 0 ? std::int8_t{-128} : any_byte<std::int8_t>(r);
        auto const a = lacuna::pack<F>(w, trimmed(random_mask(r, m, k, how), typename F::layout{}));
        auto const kept = lacuna::to_dense(a);
        guarded_sparse<F> const guarded_a(a, where);
        auto const call = [&](auto x, auto y) { lacuna::spmv(guarded_a.view(), x, y); };
        check_byte_product<std::uint8_t>(r, kept, where, 1 + number % 3, call);
        check_byte_product<std::int8_t>(r, kept, where, 1 + (number + 1) % 3, call);
        ++number;
      }
}

}  // namespace lacuna_test
