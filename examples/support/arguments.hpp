// SPDX-License-Identifier: MIT
//
// What the demo can be told on its command line.
#pragma once

#include <lacuna/core/config.hpp>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdlib>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace demo {

inline constexpr char const* help =
    R"(Prunes a layer, packs it into each sparse format, and multiplies it beside the best dense product at hand.

  layer [--rows N] [--cols N]    a layer of N x N weights, outputs x inputs (default 3072 x 768), heavy-tailed
  layer --matrix FILE            a pruned one: .npy (NumPy), .mtx (Matrix Market) or .smtx (a pattern; values are made up)
  --sparsity S    the fraction of weights to drop, 0 to 1 (default 0.8; a FILE is not pruned further unless this is given)
  --tokens LIST   columns of the activations, such as 1,16,128 (the default)
  --threads N     for lacuna and the dense libraries alike (default 1)
  --quick         one round of timing: fast, and its figures mean nothing
  --help          this text
)";

struct arguments {
  std::string file;
  lacuna::index rows = 3072;
  lacuna::index cols = 768;
  std::optional<double> sparsity;
  std::vector<lacuna::index> tokens{1, 16, 128};
  lacuna::index threads = 1;
  bool quick = false;
  bool help = false;
};

[[noreturn]] inline void reject(std::string_view option, std::string_view text, std::string const& expected) {
  throw std::invalid_argument(std::string(option) + ": '" + std::string(text) + "' is no " + expected);
}

/// A count from 1 to `most`, and nothing behind it; otherwise std::invalid_argument, saying of what.
[[nodiscard]] inline lacuna::index count(std::string_view option, std::string_view text, lacuna::index most) {
  lacuna::index value = 0;
  auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value < 1 || value > most)
    reject(option, text, "number from 1 to " + std::to_string(most));
  return value;
}

[[nodiscard]] inline double fraction(std::string_view option, std::string const& text) {
  char* end = nullptr;
  double const value = std::strtod(text.c_str(), &end);  // from_chars of double is missing from some libraries
  if (text.empty() || *end != '\0' || !(value >= 0 && value <= 1)) reject(option, text, "number from 0 to 1");
  return value;
}

/// Counts with commas between them.
[[nodiscard]] inline std::vector<lacuna::index> counts(std::string_view option, std::string_view text,
                                                       lacuna::index most) {
  std::vector<lacuna::index> all;
  for (std::size_t first = 0; first <= text.size();) {
    auto const comma = std::min(text.find(',', first), text.size());
    all.push_back(count(option, text.substr(first, comma - first), most));
    first = comma + 1;
  }
  return all;
}

[[nodiscard]] inline arguments parse_arguments(int argc, char const* const* argv) {
  constexpr lacuna::index most = 1 << 20;
  arguments a;
  for (int i = 1; i < argc; ++i) {
    std::string_view const option = argv[i];
    auto const value = [&]() -> std::string_view {
      if (++i == argc) throw std::invalid_argument(std::string(option) + " needs a value");
      return argv[i];
    };
    if (option == "--help" || option == "-h")
      a.help = true;
    else if (option == "--quick")
      a.quick = true;
    else if (option == "--matrix")
      a.file = value();
    else if (option == "--rows")
      a.rows = count(option, value(), most);
    else if (option == "--cols")
      a.cols = count(option, value(), most);
    else if (option == "--sparsity")
      a.sparsity = fraction(option, std::string(value()));
    else if (option == "--tokens")
      a.tokens = counts(option, value(), most);
    else if (option == "--threads")
      a.threads = count(option, value(), 1024);
    else
      throw std::invalid_argument("unknown argument '" + std::string(option) + "'; --help lists them");
  }
  return a;
}

}  // namespace demo
