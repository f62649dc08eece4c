// SPDX-License-Identifier: MIT
//
// What prune_report can be told on its command line.
#pragma once

#include <lacuna/core/config.hpp>

#include "arguments.hpp"

#include <algorithm>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace demo {

inline constexpr char const* report_help =
    R"(Prunes one layer by each criterion, pattern and update, and prints what each does to the layer's output, how long
it takes, and the size and the time of a product that follow.

  prune_report [--rows N] [--cols N]    a layer of N x N weights, outputs x inputs (default 512 x 768), made up, with
                                        heavy tails, correlated inputs, and some inputs ten times as large
  prune_report --weights W.npy --activations X.npy [--gradient G.npy]
                                        a layer of your own: outputs x inputs, tokens x inputs, of which the last fifth
                                        is held out, and the derivative of a loss by W
  --tokens N           calibration tokens of a made-up layer (default 1024)
  --criteria LIST      only these, such as wanda,obs
  --patterns LIST      likewise: 'row 50%,2:4'
  --updates LIST       likewise: none,refit
  --product N          columns of X of the product that is timed (default 64)
  --threads N          for all of it (default 1)
  --csv                comma-separated values instead of a table
  --save PREFIX        writes the made-up weights and activations to PREFIX-weights.npy and PREFIX-activations.npy, and
                       ends
  --quick              one round of timing: fast, and its times mean nothing
  --help               this text

Errors are |Y' - Y| / |Y|, Y = W X^T, on the calibration tokens and on others.
)";

struct report_options {
  std::string weights, activations, gradient, save;
  lacuna::index rows = 512, cols = 768, tokens = 1024, product = 64, threads = 1;
  std::vector<std::string> criteria, patterns, updates;
  bool csv = false, quick = false, help = false;
};

[[nodiscard]] inline std::vector<std::string> words(std::string_view text) {
  std::vector<std::string> all;
  for (std::size_t first = 0; first <= text.size();) {
    auto const comma = std::min(text.find(',', first), text.size());
    all.emplace_back(text.substr(first, comma - first));
    first = comma + 1;
  }
  return all;
}

/// Those of `all` that are listed, in their order; all if nothing is. Throws std::invalid_argument, naming what there
/// is, for a name that is none.
template <class T>
[[nodiscard]] std::vector<T> chosen(std::vector<T> all, std::vector<std::string> const& names, char const* option) {
  if (names.empty()) return all;
  std::string known;
  for (auto const& one : all) known += (known.empty() ? "" : ", ") + one.name;
  for (auto const& name : names)
    if (std::none_of(all.begin(), all.end(), [&](T const& one) { return one.name == name; }))
      throw std::invalid_argument(std::string(option) + ": there is no '" + name + "', but " + known);
  std::vector<T> some;
  for (auto& one : all)
    if (std::find(names.begin(), names.end(), one.name) != names.end()) some.push_back(std::move(one));
  return some;
}

[[nodiscard]] inline report_options parse_report_options(int argc, char const* const* argv) {
  constexpr lacuna::index most = 1 << 20;
  report_options o;
  bool made_up = false;
  for (int i = 1; i < argc; ++i) {
    std::string_view const option = argv[i];
    auto const value = [&]() -> std::string_view {
      if (++i == argc) throw std::invalid_argument(std::string(option) + " needs a value");
      return argv[i];
    };
    auto const number = [&](lacuna::index& to, lacuna::index limit) { to = count(option, value(), limit); };
    if (option == "--help" || option == "-h")
      o.help = true;
    else if (option == "--csv")
      o.csv = true;
    else if (option == "--quick")
      o.quick = true;
    else if (option == "--weights")
      o.weights = value();
    else if (option == "--activations")
      o.activations = value();
    else if (option == "--gradient")
      o.gradient = value();
    else if (option == "--save")
      o.save = value();
    else if (option == "--criteria")
      o.criteria = words(value());
    else if (option == "--patterns")
      o.patterns = words(value());
    else if (option == "--updates")
      o.updates = words(value());
    else if (option == "--product")
      number(o.product, most);
    else if (option == "--threads")
      number(o.threads, 1024);
    else if (option == "--rows" || option == "--cols" || option == "--tokens") {
      number(option == "--rows" ? o.rows : option == "--cols" ? o.cols : o.tokens, most);
      made_up = true;
    } else
      throw std::invalid_argument("unknown argument '" + std::string(option) + "'; --help lists them");
  }
  if (o.weights.empty() != o.activations.empty())
    throw std::invalid_argument("--weights and --activations belong together");
  if (!o.gradient.empty() && o.weights.empty()) throw std::invalid_argument("--gradient goes with --weights");
  if (!o.weights.empty() && made_up)
    throw std::invalid_argument("--rows, --cols and --tokens are of a made-up layer, and do not go with --weights");
  if (!o.weights.empty() && !o.save.empty()) throw std::invalid_argument("--save writes a made-up layer");
  return o;
}

}  // namespace demo
