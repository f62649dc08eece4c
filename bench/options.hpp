// SPDX-License-Identifier: MIT
//
// What the benches can be told beside Google Benchmark's own arguments.
#pragma once

#include <lacuna/core/config.hpp>

#include <string>
#include <vector>

namespace lacuna_bench {

/// Rows x columns of a layer.
struct shape {
  lacuna::index rows;
  lacuna::index cols;
};

struct options {
  std::vector<shape> shapes{{3072, 768}};
  std::vector<double> sparsities{0.5, 0.7, 0.8, 0.9, 0.95};
  std::vector<lacuna::index> tokens{1, 16, 128};  // 1 runs spmv, others spmm
  std::string dlmc;                               // a folder of .smtx files; empty: synthetic layers
  lacuna::index threads = 1;
};

/// Takes what it knows out of argv, so that the rest can be handed to Google Benchmark; what argv does not say is as in
/// `defaults`. Throws std::invalid_argument.
[[nodiscard]] options take_options(int& argc, char** argv, options const& defaults = {});

/// What --help prints before Google Benchmark's own text.
extern char const* const options_help;

}  // namespace lacuna_bench
