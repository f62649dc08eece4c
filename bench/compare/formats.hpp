// SPDX-License-Identifier: MIT
//
// The formats of the catalogue that users choose from, without their types.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/mask.hpp>

#include "../measured.hpp"
#include "../peers/peer.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <support/any_executor.hpp>
#include <vector>

namespace lacuna_compare {

using lacuna_peers::matrix;

/// Weights in a format, with what multiplies them.
struct packed_weights {
  std::string kernel;
  double bytes = 0;
  double copies = 1;
  /// Y = A X. Copies take turns, one each call.
  std::function<void(lacuna_test::any_executor const& exec, matrix const& x, matrix& y)> multiply;
};

struct format {
  std::string name;
  bool any_sparsity = true;  // false: N:M, which has its own
  /// What stays of w; `sparsity` counts only where any is possible.
  std::function<lacuna::mask(matrix const& w, double sparsity)> prune;
  /// What the mask keeps, packed for products with n columns, in so many copies that they add up to `cold_bytes`.
  std::function<packed_weights(matrix const& w, lacuna::mask const& keep, lacuna::index n, double cold_bytes)> pack;
};

/// Formats whose weights are pruned one by one: csr, panel, bitmap, ...
[[nodiscard]] std::vector<format> const& unstructured_formats();
/// Blocks and N:M.
[[nodiscard]] std::vector<format> const& structured_formats();

using lacuna_bench::is_measured;

}  // namespace lacuna_compare
