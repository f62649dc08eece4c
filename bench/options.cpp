// SPDX-License-Identifier: MIT
#include "options.hpp"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdlib>
#include <stdexcept>
#include <string_view>
#include <system_error>

namespace lacuna_bench {

char const* const options_help =
    R"(bench runs products, pruning, packing and attention, and measures the limits of the machine beside them.

  --shape=LIST      layers, outputs x inputs (default 3072x768)
  --sparsity=LIST   (default 0.5,0.7,0.8,0.9,0.95)
  --tokens=LIST     columns of the activations; 1 runs spmv (default 1,16,128)
  --dlmc=DIR        instead of those layers the pruned ones below DIR, every .smtx
  --threads=N       (default 1)

By default each benchmark runs nine times, in random order among the others, and its median counts. --benchmark_filter
picks; --benchmark_out=FILE writes what bench/report.py reads. Google Benchmark's own arguments:

)";

namespace {

[[noreturn]] void reject(std::string_view option, std::string_view text, char const* expected) {
  throw std::invalid_argument(std::string(option) + ": '" + std::string(text) + "' is no " + expected);
}

/// Calls f for each part between commas.
template <class F>
void for_each_part(std::string_view text, F f) {
  for (std::size_t first = 0; first <= text.size();) {
    auto const comma = std::min(text.find(',', first), text.size());
    f(text.substr(first, comma - first));
    first = comma + 1;
  }
}

lacuna::index count(std::string_view option, std::string_view text) {
  lacuna::index value = 0;
  auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value < 1 || value > 1 << 20)
    reject(option, text, "number from 1 to 1048576");
  return value;
}

double fraction(std::string_view option, std::string const& text) {
  char* end = nullptr;
  double const value = std::strtod(text.c_str(), &end);
  if (text.empty() || *end != '\0' || !(value >= 0 && value <= 1)) reject(option, text, "number from 0 to 1");
  return value;
}

/// Takes one argument in; false if it is not ours.
bool take(options& o, std::string_view word) {
  auto const equals = std::min(word.find('='), word.size());
  auto const option = word.substr(0, equals);
  auto const value = word.substr(std::min(equals + 1, word.size()));
  if (option == "--dlmc") {
    o.dlmc = value;
  } else if (option == "--threads") {
    o.threads = count(option, value);
  } else if (option == "--tokens") {
    o.tokens.clear();
    for_each_part(value, [&](std::string_view part) { o.tokens.push_back(count(option, part)); });
  } else if (option == "--sparsity") {
    o.sparsities.clear();
    for_each_part(value, [&](std::string_view part) { o.sparsities.push_back(fraction(option, std::string(part))); });
  } else if (option == "--shape") {
    o.shapes.clear();
    for_each_part(value, [&](std::string_view part) {
      auto const cross = std::min(part.find('x'), part.size());
      o.shapes.push_back(
          {count(option, part.substr(0, cross)), count(option, part.substr(std::min(cross + 1, part.size())))});
    });
  } else {
    return false;
  }
  return true;
}

}  // namespace

options take_options(int& argc, char** argv, options const& defaults) {
  options o = defaults;
  int left = 1;
  for (int i = 1; i < argc; ++i)
    if (!take(o, argv[i])) argv[left++] = argv[i];
  argc = left;
  return o;
}

}  // namespace lacuna_bench
