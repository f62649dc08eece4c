// SPDX-License-Identifier: MIT
//
// A kernel for active rows of a sparse matrix, tried against the oracle.
#pragma once

#include <lacuna/active.hpp>
#include <lacuna/pack.hpp>

#include "support/active.hpp"
#include "support/guard.hpp"
#include "support/guarded_operands.hpp"
#include "support/oracle.hpp"
#include "support/random.hpp"

#include <algorithm>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

namespace lacuna_test {

/// The kernel that is chosen for a random matrix of Format between guard pages, with lists of every kind: of finite
/// values, then with Inf and NaN among them, on all outputs and on ranges. Returns "" or what is wrong.
template <class Format>
[[nodiscard]] std::string active_rows_problem(random& r, lacuna::index inputs, lacuna::index outputs) {
  using T = typename Format::value_type;
  using S = lacuna::accumulator_t<T>;
  using kernel = lacuna::kernel::chosen_active<lacuna::view_t<Format>, lacuna::simd::default_arch>;
  auto const how = all_coverages[r.below(6)];
  auto const w = random_dense<T>(r, inputs, outputs);
  auto const a = lacuna::pack<Format>(w, random_mask(r, inputs, outputs, how));
  auto const where = both_placements[r.below(2)];
  guarded_sparse<Format> const guarded_a(a, where);
  plain_transpose const expected(a);
  for (double const share : {0.0, 0.2, 0.8, 1.0})
    for (bool const specials : {false, true}) {
      auto x = random_list<S>(r, inputs, share);
      if (specials)
        for (auto& value : x.values())
          if (r.chance(0.3))
            value = r.chance(0.5) ? std::numeric_limits<S>::quiet_NaN() : -std::numeric_limits<S>::infinity();
      guarded<S> sums(outputs, where);
      kernel::run(guarded_a.view(), x.view(), sums.data(), 0, outputs);
      lacuna::dense<S> y(outputs, 1);
      for (lacuna::index i = 0; i != outputs; ++i) y(i, 0) = sums[i];
      // Inputs that are not listed are no zeros but absent: no Inf of A meets them, and there are none.
      if (auto const wrong = check_product(expected, whole(x), y); !wrong.empty()) return wrong;
      for (lacuna::index first = 0; first < outputs; first += 64 * (1 + r.below(2))) {
        auto const last = std::min(first + 64 * (1 + r.below(3)), outputs);
        guarded<S> some(last - first, where);
        kernel::run(guarded_a.view(), x.view(), some.data(), first, last);
        if (!some.intact()) return "written beside a range";
        if (std::memcmp(some.data(), sums.data() + first, static_cast<std::size_t>(last - first) * sizeof(S)) != 0)
          return "a range differs";
      }
    }
  return "";
}

}  // namespace lacuna_test
