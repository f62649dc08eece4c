// SPDX-License-Identifier: MIT
//
// From an entry of the catalogue to a format without its type.
#pragma once

#include <lacuna/core/dense.hpp>
#include <lacuna/interop/eigen.hpp>
#include <lacuna/pack.hpp>
#include <lacuna/prune.hpp>
#include <lacuna/spmm.hpp>

#include "formats.hpp"

#include <concepts>
#include <cstddef>
#include <memory>
#include <string>
#include <support/catalogue.hpp>
#include <vector>

namespace lacuna_compare {

template <class F>
[[nodiscard]] packed_weights pack_copies(matrix const& w, lacuna::mask const& keep, lacuna::index n,
                                         double cold_bytes) {
  struct turns {
    std::vector<F> all;
    std::size_t next = 0;
  };
  using kernels = lacuna::kernel_of<F, float, lacuna::order::row_major>;
  auto const t = std::make_shared<turns>();
  t->all.push_back(lacuna::pack<F>(w, keep, lacuna::pack_options{.tokens = n}));
  packed_weights p;
  p.kernel = n == 1 ? kernels::spmv : kernels::spmm;
  p.bytes = static_cast<double>(t->all[0].bytes());
  while (static_cast<double>(t->all.size()) * p.bytes < cold_bytes) t->all.push_back(t->all[0]);
  p.copies = static_cast<double>(t->all.size());
  // One type for all executors: kernels are compiled once.
  p.multiply = [t](lacuna_test::any_executor const& exec, matrix const& x, matrix& y) {
    F const& a = t->all[t->next];
    if (++t->next == t->all.size()) t->next = 0;
    lacuna::spmm(exec, a, x, y);
  };
  return p;
}

/// The formats of the catalogue for which Chosen<entry> holds.
template <template <class> class Chosen>
[[nodiscard]] std::vector<format> formats_of() {
  std::vector<format> all;
  lacuna_test::for_each_type(lacuna_test::catalogue<float>{}, [&](auto tag) {
    using entry = typename decltype(tag)::type;
    if constexpr (is_measured(entry::name) && Chosen<entry>::value) {
      using pattern = typename entry::pattern;
      format f;
      f.name = entry::name;
      f.any_sparsity = requires(pattern p) { p.sparsity; };
      f.prune = [](matrix const& w, double sparsity) {
        return lacuna::prune(w, lacuna::magnitude{}, entry::at(sparsity));
      };
      f.pack = pack_copies<typename entry::format>;
      all.push_back(std::move(f));
    }
  });
  return all;
}

template <class Entry>
using prunes_one_by_one = std::bool_constant<std::same_as<typename Entry::pattern, lacuna::unstructured>>;
template <class Entry>
using prunes_groups = std::bool_constant<!prunes_one_by_one<Entry>::value>;

}  // namespace lacuna_compare
