// SPDX-License-Identifier: MIT
//
// The formats of the catalogue that users choose from, without their types.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/mask.hpp>

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

/// Whether a format of the catalogue is measured here: the catalogue has others, with odd shapes and narrow indices,
/// that are there to be tested.
[[nodiscard]] constexpr bool is_measured(std::string_view name) noexcept {
  for (std::string_view const odd : {"csr u16 u32", "csr i32", "bsr 1x4", "bsr 4x4", "bsr 16x4", "bsr 3x5 u16 u32",
                                     "nm 1:16", "nm 3:5", "nm 1:1", "nm 8:32", "vnm 3x1:5"})
    if (name == odd) return false;
  return true;
}

}  // namespace lacuna_compare
