// SPDX-License-Identifier: MIT
//
// The layers that benches multiply: synthetic ones, pruned as each format likes it, or the real ones of a folder.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/dense.hpp>
#include <lacuna/core/mask.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/pack.hpp>
#include <lacuna/prune.hpp>

#include "options.hpp"

#include <concepts>
#include <map>
#include <memory>
#include <string>
#include <support/catalogue.hpp>
#include <support/random.hpp>
#include <vector>

namespace lacuna_bench {

/// Where a layer comes from: a shape and a sparsity, or a file.
struct source {
  std::string name;  // as it stands in the name of a benchmark
  shape size{};
  double sparsity = 0;
  std::string file;
};

/// Synthetic layers for each shape and sparsity, or one for each .smtx file below the folder of --dlmc, by name.
[[nodiscard]] std::vector<source> sources(options const& o);

/// The shapes without regard to sparsity, or the files again: what dense products run on, which care for shapes only,
/// and what N:M is pruned from.
[[nodiscard]] std::vector<source> dense_sources(options const& o);

/// The pattern of a file, kept for the life of the process.
[[nodiscard]] lacuna::mask const& pattern_of(source const& s);

/// Rows and columns; reads the file if it has to.
[[nodiscard]] shape size_of(source const& s);

/// A value of T for weights or activations: heavy-tailed, for integers in [-127, 127].
template <lacuna::scalar T>
[[nodiscard]] T value(lacuna_test::random& r) {
  if constexpr (std::integral<T>)
    return static_cast<T>(r.below(255) - 127);
  else
    return T(r.heavy());
}

template <lacuna::scalar T>
[[nodiscard]] lacuna::dense<T> random_matrix(lacuna::index rows, lacuna::index cols, std::uint64_t seed) {
  lacuna_test::random r(seed);
  lacuna::dense<T> m(rows, cols);
  for (lacuna::index i = 0; i != rows * cols; ++i) m.data()[i] = value<T>(r);
  return m;
}

/// The dense weights of a shape before pruning, kept for the life of the process.
template <lacuna::scalar T>
[[nodiscard]] lacuna::dense<T> const& weights(shape size) {
  static std::map<std::pair<lacuna::index, lacuna::index>, lacuna::dense<T>> all;
  auto& known = all[{size.rows, size.cols}];
  if (known.rows() == 0) known = random_matrix<T>(size.rows, size.cols, 1);
  return known;
}

/// A format of the catalogue that can be asked for a sparsity; N:M formats have theirs.
template <class Entry>
inline constexpr bool any_sparsity = requires(typename Entry::pattern p) { p.sparsity; };

/// What stays of a layer for a format of the catalogue.
template <class Entry>
[[nodiscard]] lacuna::mask kept(source const& s) {
  if (!s.file.empty()) return pattern_of(s);
  return lacuna::prune(weights<typename Entry::value_type>(s.size), lacuna::magnitude{}, Entry::at(s.sparsity));
}

/// A packed layer and what it was packed from.
template <class Entry>
struct packed {
  typename Entry::format matrix;
  lacuna::index useful;  // weights kept: fill is no work worth counting
};

/// Made when first asked for and kept for the life of the process, so that interleaved repetitions find it.
template <class Entry>
[[nodiscard]] packed<Entry> const& packed_layer(source const& s) {
  static std::map<std::string, packed<Entry>> all;
  auto const known = all.find(s.name);
  if (known != all.end()) return known->second;
  auto const keep = kept<Entry>(s);
  auto const& w = weights<typename Entry::value_type>(size_of(s));
  return all.emplace(s.name, packed<Entry>{lacuna::pack<typename Entry::format>(w, keep), keep.count()}).first->second;
}

/// "bsr 4x1" as a part of a benchmark's name, "bsr_4x1".
[[nodiscard]] std::string spelled(std::string name);

/// Names of value types in the names of benchmarks.
template <lacuna::scalar T>
inline constexpr char const* type_name = std::same_as<T, float>          ? "f32"
                                         : std::same_as<T, double>       ? "f64"
                                         : std::same_as<T, lacuna::bf16> ? "bf16"
                                         : std::same_as<T, lacuna::f16>  ? "f16"
                                                                         : "int8";

}  // namespace lacuna_bench
