// SPDX-License-Identifier: MIT
//
// What goals share: a layer, the formats they are asked of, a case.
#pragma once

#include <lacuna/interop/eigen.hpp>
#include <lacuna/pack.hpp>
#include <lacuna/prune.hpp>
#include <lacuna/spmm.hpp>

#include "layers.hpp"
#include "operands.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <support/catalogue.hpp>
#include <utility>

namespace lacuna_compare {

void goal_orders(settings const& s, recorder& out);
void goal_types(settings const& s, recorder& out);
void goal_epilogue(settings const& s, recorder& out);
void goal_few_tokens(settings const& s, recorder& out);
void goal_overhead(settings const& s, recorder& out);
void goal_pack(settings const& s, recorder& out);

/// One format of each kind.
[[nodiscard]] constexpr bool is_typical(std::string_view name) noexcept {
  return name == "csr" || name == "panel" || name == "bsr 8x1" || name == "nm 2:4" || name.substr(0, 5) == "tiled";
}

/// Calls f(tag of the entry) for one format of each kind with values of T that --formats takes.
template <class T, class F>
void for_each_typical(settings const& s, F f) {
  lacuna_test::for_each_type(lacuna_test::catalogue<T>{}, [&](auto tag) {
    using entry = typename decltype(tag)::type;
    if constexpr (is_typical(entry::name))
      if (settings::takes(s.formats, entry::name)) f(tag);
  });
}

/// The first shape and sparsity of the settings.
[[nodiscard]] inline case_description goal_case(settings const& s, std::string const& goal, lacuna::index n) {
  auto const size = s.shapes.at(0);
  case_description d;
  d.part = "goals/" + goal;
  d.layer = std::to_string(size.rows) + "x" + std::to_string(size.cols);
  d.rows = size.rows;
  d.cols = size.cols;
  d.tokens = n;
  d.sparsity = s.sparsities.at(0);
  return d;
}

/// Weights packed into one format, the product that they are to give, and what a contestant says of them.
template <class Entry>
struct goal_weights {
  using format = typename Entry::format;

  goal_weights(matrix const& w, double sparsity, matrix const& x) {
    auto const keep = lacuna::prune(w, lacuna::magnitude{}, Entry::at(sparsity));
    packed = std::make_shared<format>(lacuna::pack<format>(w, keep, lacuna::pack_options{.tokens = x.cols()}));
    matrix rounded(w.rows(), w.cols());  // to the type of the format
    lacuna::to_dense(*packed, rounded);
    exact = exact_product(rounded, x);
    kept = keep.count();
    dropped = 1 - static_cast<double>(kept) / static_cast<double>(w.size());
  }

  [[nodiscard]] contestant named(std::string name, operands const& o) const {
    contestant c;
    c.name = std::move(name);
    c.useful = o.work(kept);
    c.weight_bytes = static_cast<double>(packed->bytes());
    c.other_bytes = o.io_bytes();
    c.sparsity = dropped;
    return c;
  }

  std::shared_ptr<format> packed;
  matrix exact;
  lacuna::index kept = 0;
  double dropped = 0;
};

}  // namespace lacuna_compare
