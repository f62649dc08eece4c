// SPDX-License-Identifier: MIT
//
// X and Y by rows and by columns: what the memory order costs.
#include "goals.hpp"

#include <limits>

namespace lacuna_compare {

void goal_orders(settings const& s, recorder& out) {
  using by_columns = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::ColMajor>;
  for (lacuna::index const n : {32, 128, 512}) {
    auto const d = goal_case(s, "orders", n);
    auto const w = random_values(d.rows, d.cols, 1);
    for_each_typical<float>(s, [&](auto tag) {
      using entry = typename decltype(tag)::type;
      operands all(d, s, out);
      by_columns const xc = all.x();
      by_columns yc(d.rows, d.tokens);
      goal_weights<entry> const a(w, d.sparsity, all.x());
      auto const add = [&](char const* orders, auto run, bool result_by_columns) {
        auto c = a.named(entry::name + std::string(" ") + orders, all);
        c.run = run;
        all.y().setConstant(std::numeric_limits<float>::quiet_NaN());
        yc.setConstant(std::numeric_limits<float>::quiet_NaN());
        c.run();
        all.admit(std::move(c), result_by_columns ? matrix(yc) : all.y(), false, a.exact);
      };
      auto const& f = *a.packed;
      add("X rows, Y rows", [&] { lacuna::spmm(f, all.x(), all.y()); }, false);
      add("X rows, Y columns", [&] { lacuna::spmm(f, all.x(), yc); }, true);
      add("X columns, Y rows", [&] { lacuna::spmm(f, xc, all.y()); }, false);
      add("X columns, Y columns", [&] { lacuna::spmm(f, xc, yc); }, true);
      all.run();
    });
  }
}

}  // namespace lacuna_compare
