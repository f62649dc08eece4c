// SPDX-License-Identifier: MIT
//
// What a call costs beside its arithmetic: few tokens beside one and beside many, a layer of 16 x 16, packing.
#include "goals.hpp"

#include <limits>

namespace lacuna_compare {

/// One format and n tokens, beside n products with one token each and one with 32.
static void few_tokens(settings const& s, recorder& out, case_description const& d, format const& f) {
  auto one = d, many = d;
  one.tokens = 1;
  many.tokens = 32;
  operands all(d, s, out), of_one(one, s, out), of_many(many, s, out);
  auto const w = random_values(d.rows, d.cols, 1);
  auto const keep = f.prune(w, d.sparsity);
  auto const kept = lacuna_peers::dense_of(w, keep);
  all.add(f, w, keep, exact_product(kept, all.x()), f.name);
  auto const add = [&](operands& o, lacuna::index columns, int times, std::string const& name) {
    auto const packed = f.pack(w, keep, columns, 0);
    contestant c;
    c.name = name;
    c.kernel = packed.kernel;
    c.run = [&o, times, multiply = packed.multiply] {
      for (int i = 0; i != times; ++i) multiply(o.executor(), o.x(), o.y());
    };
    c.useful = o.work(keep.count()) * times;
    o.y().setConstant(std::numeric_limits<float>::quiet_NaN());
    c.run();
    all.admit(std::move(c), o.y(), false, exact_product(kept, o.x()));
  };
  add(of_one, 1, static_cast<int>(d.tokens), f.name + ", one by one");
  add(of_many, 32, 1, f.name + ", 32 at once");
  all.run();
}

/// Formats without a pattern at three sparsities: where one kernel should hand over to another depends on it.
void goal_few_tokens(settings const& s, recorder& out) {
  for (lacuna::index const n : {2, 4, 8, 16}) {
    auto d = goal_case(s, "few", n);
    for (auto const& f : structured_formats())
      if (is_typical(f.name) && settings::takes(s.formats, f.name)) few_tokens(s, out, d, f);
    for (double const sparsity : {0.5, d.sparsity, 0.95}) {
      d.sparsity = sparsity;
      for (auto const& f : unstructured_formats())
        if ((is_typical(f.name) || f.name == "bitmap") && settings::takes(s.formats, f.name)) few_tokens(s, out, d, f);
    }
  }
}

void goal_overhead(settings const& s, recorder& out) {
  auto d = goal_case(s, "overhead", 1);
  d.layer = "16x16";
  d.rows = d.cols = 16;
  d.sparsity = 0.5;
  auto const w = random_values(16, 16, 1);
  operands all(d, s, out);
  for (auto const* const list : {&unstructured_formats(), &structured_formats()})
    for (auto const& f : *list) {
      if (!is_typical(f.name) || !settings::takes(s.formats, f.name)) continue;
      auto const keep = f.prune(w, d.sparsity);
      all.add(f, w, keep, exact_product(lacuna_peers::dense_of(w, keep), all.x()), f.name);
    }
  all.run();
}

void goal_pack(settings const& s, recorder& out) {
  auto const d = goal_case(s, "pack", 1);
  auto const w = random_values(d.rows, d.cols, 1);
  operands all(d, s, out);
  all.add_dense_peers(w);
  for (auto const* const list : {&unstructured_formats(), &structured_formats()})
    for (auto const& f : *list) {
      if (!settings::takes(s.formats, f.name)) continue;
      contestant c;
      c.name = f.name;
      c.run = [&w, pack = f.pack, keep = f.prune(w, d.sparsity)] { (void)pack(w, keep, 128, 0); };
      all.admit(std::move(c));
    }
  all.run();
}

void compare_goals(settings const& s, recorder& out) {
  for (auto const goal : {goal_orders, goal_types, goal_epilogue, goal_few_tokens, goal_overhead, goal_pack})
    goal(s, out);
}

}  // namespace lacuna_compare
