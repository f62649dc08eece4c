// SPDX-License-Identifier: MIT
#include "layer.hpp"

#include <lacuna/io/smtx.hpp>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <stdexcept>

namespace lacuna_bench {
namespace {

std::vector<source> files_below(std::string const& folder) {
  std::vector<source> all;
  for (auto const& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file() || entry.path().extension() != ".smtx") continue;
    auto name = std::filesystem::relative(entry.path(), folder).replace_extension().generic_string();
    all.push_back({std::move(name), {}, 0, entry.path().string()});
  }
  if (all.empty()) throw std::invalid_argument("--dlmc: there is no .smtx file below " + folder);
  std::sort(all.begin(), all.end(), [](source const& a, source const& b) { return a.name < b.name; });
  return all;
}

std::string shape_name(shape s) { return std::to_string(s.rows) + "x" + std::to_string(s.cols); }

}  // namespace

std::vector<source> sources(options const& o) {
  if (!o.dlmc.empty()) return files_below(o.dlmc);
  std::vector<source> all;
  for (auto const& size : o.shapes)
    for (double const sparsity : o.sparsities) {
      char text[32];
      std::snprintf(text, sizeof text, "/%.4g", sparsity);
      all.push_back({shape_name(size) + text, size, sparsity, {}});
    }
  return all;
}

std::vector<source> dense_sources(options const& o) {
  if (!o.dlmc.empty()) return files_below(o.dlmc);
  std::vector<source> all;
  for (auto const& size : o.shapes) all.push_back({shape_name(size), size, 0, {}});
  return all;
}

lacuna::mask const& pattern_of(source const& s) {
  static std::map<std::string, lacuna::mask> all;
  auto const known = all.find(s.file);
  return known != all.end() ? known->second : all.emplace(s.file, lacuna::read_smtx(s.file)).first->second;
}

shape size_of(source const& s) {
  if (s.file.empty()) return s.size;
  return {pattern_of(s).rows(), pattern_of(s).cols()};
}

std::string spelled(std::string name) {
  std::replace(name.begin(), name.end(), ' ', '_');
  return name;
}

}  // namespace lacuna_bench
