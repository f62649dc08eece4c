// SPDX-License-Identifier: MIT
//
// What compare can be told.
#pragma once

#include "../options.hpp"

#include <string>
#include <vector>

namespace lacuna_compare {

struct settings : lacuna_bench::options {
  std::vector<std::string> parts{"layers"};
  std::vector<std::string> match;  // layers: any of these in the name; empty: all
  std::vector<std::string> peers;  // these only; empty: all
  std::vector<std::string> formats;
  std::string out;
  int rounds = 9;
  bool cold = false;

  /// Whether a list that means all when it is empty takes in a name.
  [[nodiscard]] static bool takes(std::vector<std::string> const& list, std::string const& name) {
    for (auto const& one : list)
      if (name.find(one) != std::string::npos) return true;
    return list.empty();
  }
};

/// Throws std::invalid_argument.
[[nodiscard]] settings take_settings(int argc, char** argv);

extern char const* const settings_help;

}  // namespace lacuna_compare
