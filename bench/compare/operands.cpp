// SPDX-License-Identifier: MIT
#include "operands.hpp"

#include "../peers/dense.hpp"

#include <algorithm>
#include <cstddef>
#include <limits>
#include <support/random.hpp>
#include <utility>

namespace lacuna_compare {

matrix random_values(lacuna::index rows, lacuna::index cols, std::uint64_t seed) {
  lacuna_test::random r(seed);
  return matrix::NullaryExpr(rows, cols, [&] { return static_cast<float>(r.heavy()); });
}

double relative_error(matrix const& y, matrix const& exact, bool transposed) {
  double const size = exact.cast<double>().norm();
  double const off = transposed ? (y.transpose().cast<double>() - exact.cast<double>()).norm()
                                : (y.cast<double>() - exact.cast<double>()).norm();
  return size == 0 ? off : off / size;
}

matrix exact_product(matrix const& w, matrix const& x) {
  return (w.cast<double>() * x.cast<double>()).eval().cast<float>();
}

operands::operands(case_description d, settings const& s, recorder& out)
    : d_(std::move(d)),
      settings_(s),
      out_(out),
      pool_(d_.threads),
      executor_(d_.threads == 1 ? lacuna_test::any_executor(serial_) : lacuna_test::any_executor(pool_)),
      x_(random_values(d_.cols, d_.tokens, 2)),
      y_(d_.rows, d_.tokens) {}

double operands::work(lacuna::index kept) const noexcept {
  return 2.0 * static_cast<double>(kept) * static_cast<double>(d_.tokens);
}
double operands::io_bytes() const noexcept {
  return 4.0 * static_cast<double>(d_.rows + d_.cols) * static_cast<double>(d_.tokens);
}

void operands::admit(contestant c, matrix const& result, bool transposed, matrix const& exact) {
  auto const error = relative_error(result, exact, transposed);
  if (error <= tolerance)
    all_.push_back(std::move(c));
  else
    out_.fail(d_, c.name, error);
}

void operands::add(contestant c, matrix const& exact) {
  y_.setConstant(std::numeric_limits<float>::quiet_NaN());
  c.run();
  admit(std::move(c), y_, false, exact);
}

void operands::add(format const& f, matrix const& w, lacuna::mask const& keep, matrix const& exact,
                   std::string const& name) {
  auto const packed = f.pack(w, keep, d_.tokens, cold_bytes());
  contestant c;
  c.name = name;
  c.kernel = packed.kernel;
  c.run = [this, multiply = packed.multiply] { multiply(executor_, x_, y_); };
  c.useful = work(keep.count());
  c.weight_bytes = packed.bytes;
  c.other_bytes = io_bytes();
  c.copies = packed.copies;
  c.sparsity = 1 - static_cast<double>(keep.count()) / static_cast<double>(w.size());
  add(std::move(c), exact);
}

void operands::add_peer(std::vector<lacuna_peers::peer> copies, contestant c, matrix const& exact) {
  auto const first = copies[0];
  c.name = first.name;
  c.kernel = first.kernels;
  c.other_bytes = io_bytes();
  c.copies = static_cast<double>(copies.size());
  c.run = [all = std::move(copies), turn = std::size_t{0}]() mutable {
    all[turn].run();
    if (++turn == all.size()) turn = 0;
  };
  y_.setConstant(std::numeric_limits<float>::quiet_NaN());
  c.run();
  admit(std::move(c), *first.y, first.transposed, exact);
}

void operands::add_dense_peers(matrix const& w) {
  auto const exact = exact_product(w, x_);
  contestant c;
  c.who = role::dense;
  c.useful = work(w.size());
  c.weight_bytes = 4.0 * static_cast<double>(w.size());
  std::vector<std::vector<lacuna_peers::peer>> copies;
  do {
    auto const own = std::make_shared<matrix>(w);
    kept_.push_back(own);
    copies.push_back(lacuna_peers::dense_peers(pool_, *own, x_, y_));
  } while (static_cast<double>(copies.size()) * c.weight_bytes < cold_bytes());
  for (std::size_t i = 0; i != copies[0].size(); ++i) {
    if (!settings::takes(settings_.peers, copies[0][i].name)) continue;
    std::vector<lacuna_peers::peer> turns;
    for (auto const& one : copies) turns.push_back(one[i]);
    add_peer(std::move(turns), c, exact);
  }
}

void operands::add_sparse_peers(matrix const& w, lacuna::mask const& keep, matrix const& exact) {
  if (d_.threads != 1) return;
  // librsb takes part where it is good, with one column. Libraries that compress the weights themselves would need
  // hundreds of dense copies to be cold.
  auto const wants = [&](std::string const& name) {
    return settings::takes(settings_.peers, name) && (name != "librsb" || d_.tokens == 1);
  };
  if (std::none_of(lacuna_peers::sparse_peer_names.begin(), lacuna_peers::sparse_peer_names.end(), wants)) return;
  bool const dense_too = !d_.cold && (wants("libxsmm") || wants("XNNPACK"));
  contestant c;
  c.who = role::sparse;
  c.useful = work(keep.count());
  c.sparsity = 1 - static_cast<double>(keep.count()) / static_cast<double>(w.size());
  std::vector<std::vector<lacuna_peers::peer>> copies;
  do {
    auto const own = std::make_shared<lacuna_peers::sparse_weights>();
    own->csr = lacuna_peers::csr_of(w, keep);
    if (dense_too) own->dense = lacuna_peers::dense_of(w, keep);
    kept_.push_back(own);
    c.weight_bytes = own->csr.bytes();
    copies.push_back(lacuna_peers::sparse_peers(*own, x_, y_, wants));
  } while (static_cast<double>(copies.size()) * c.weight_bytes < cold_bytes());
  for (std::size_t i = 0; i != copies[0].size(); ++i) {
    std::vector<lacuna_peers::peer> turns;
    for (auto const& one : copies) turns.push_back(one[i]);
    add_peer(std::move(turns), c, exact);
  }
}

void operands::run() {
  if (all_.empty()) return;
  // A single run is too short for the clock of processor time.
  auto const clock = d_.threads == 1 && settings_.rounds != 0 ? clock_kind::processor : clock_kind::wall;
  out_.add(d_, run_in_turn(std::move(all_), settings_.rounds, clock));
  all_.clear();
}

}  // namespace lacuna_compare
