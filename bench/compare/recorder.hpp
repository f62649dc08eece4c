// SPDX-License-Identifier: MIT
//
// Keeps what was measured and writes it as JSON.
#pragma once

#include <lacuna/core/config.hpp>

#include "contest.hpp"

#include <string>
#include <utility>
#include <vector>

namespace lacuna_compare {

/// What a contest was about.
struct case_description {
  std::string part;   // of compare's arguments, or goals/NAME
  std::string layer;  // a shape and a sparsity, or a file
  lacuna::index rows = 0, cols = 0, tokens = 0, threads = 1;
  double sparsity = 0;
  bool cold = false;
};

class recorder {
 public:
  /// Adds to the document, and a line to the terminal.
  void add(case_description const& d, contest const& c);
  /// A result that was wrong: it is not timed.
  void fail(case_description const& d, std::string const& who, double error);
  /// A rate of the machine, such as "f32" operations or "L2" bytes a second.
  void add_limit(std::string const& name, double rate, double bytes);
  /// A word on what was measured on what.
  void add_context(std::string const& name, std::string const& text);

  [[nodiscard]] bool failed() const noexcept { return !failures_.empty(); }
  /// The document.
  [[nodiscard]] std::string json() const;

 private:
  std::vector<std::pair<std::string, std::string>> context_;
  std::vector<std::string> limits_, cases_, failures_;
};

}  // namespace lacuna_compare
