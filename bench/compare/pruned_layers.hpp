// SPDX-License-Identifier: MIT
//
// The layers that are pruned weight by weight: their weights, what is kept of them, and how a report calls them.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/mask.hpp>

#include "operands.hpp"
#include "recorder.hpp"
#include "settings.hpp"

#include <functional>
#include <string>

namespace lacuna_compare {

/// How the report calls w in a part, with n tokens.
[[nodiscard]] case_description describe(settings const& s, std::string part, std::string layer, matrix const& w,
                                        lacuna::index n);

struct pruned_layer {
  std::string name;
  matrix w;  // before pruning
  lacuna::mask keep;

  [[nodiscard]] case_description describe(settings const& s, std::string part, lacuna::index n) const;
};

/// Calls f for each layer that --match takes: a shape and a sparsity, pruned by magnitude, or a file with its pattern.
void for_each_pruned_layer(settings const& s, std::function<void(pruned_layer const&)> const& f);

}  // namespace lacuna_compare
