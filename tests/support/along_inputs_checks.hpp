// SPDX-License-Identifier: MIT
//
// What every kernel for few columns has to pass.
#pragma once

#include <lacuna/core/dense.hpp>
#include <lacuna/kernel/along_inputs.hpp>

#include "support/guarded_operands.hpp"
#include "support/oracle.hpp"
#include "support/random.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstring>

namespace lacuna_test {

/// The sums of `Tokens` tokens, A and the copy of X between guard pages; any range of rows gives the same bits.
template <class Few, int Tokens, class Format, class X>
void check_along_inputs(Format const& a, lacuna::dense<X> const& x, placement where) {
  using lacuna::index;
  using view = lacuna::view_t<Format>;
  using sum_type = lacuna::accumulator_t<typename Format::value_type>;
  guarded_sparse<Format> const guarded_a(a, where);
  auto const size = Few::template size<view>(a.cols());
  guarded<sum_type> copy(size * Tokens, where);
  bool finite = true;
  for (int t = 0; t != Tokens; ++t) {
    auto const* const token = x.rows() == 0 ? x.data() : x.data() + t;  // without rows there is no memory
    finite &= Few::template copy<view>(token, x.stride(), a.cols(), Tokens, t, copy.data());
  }
  copy.make_read_only();
  lacuna::kernel::column_copy<sum_type> const columns{copy.data(), a.cols(), finite};
  auto const run = [&](lacuna::dense<sum_type>& y, index first, index last) {
    Few::template run<Tokens>(guarded_a.view(), columns, first, last,
                              [&](index i, index t, sum_type sum) { y(i, t) = sum; });
  };
  lacuna::dense<sum_type> all(a.rows(), Tokens), parts(a.rows(), Tokens);
  run(all, 0, a.rows());
  REQUIRE(check_product(a, x, all) == "");
  for (index first = 0; first != a.rows(); ++first) run(parts, first, first + 1);
  for (index i = 0; i != a.rows(); ++i) REQUIRE(std::memcmp(&all(i, 0), &parts(i, 0), Tokens * sizeof(sum_type)) == 0);
}

}  // namespace lacuna_test
