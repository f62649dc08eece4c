// SPDX-License-Identifier: MIT
//
// The operands of one case, and who multiplies them; each is checked before it may take part.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/executor.hpp>
#include <lacuna/core/mask.hpp>
#include <lacuna/core/threads.hpp>

#include "../peers/peer.hpp"
#include "../peers/sparse.hpp"
#include "contest.hpp"
#include "formats.hpp"
#include "recorder.hpp"
#include "settings.hpp"

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace lacuna_compare {

/// Heavy-tailed values.
[[nodiscard]] matrix random_values(lacuna::index rows, lacuna::index cols, std::uint64_t seed);

/// The largest |y - exact| / |exact| that a product in float may have, in the Frobenius norm.
inline constexpr double tolerance = 1e-5;
[[nodiscard]] double relative_error(matrix const& y, matrix const& exact, bool transposed);
/// W X, summed up in double.
[[nodiscard]] matrix exact_product(matrix const& w, matrix const& x);

/// X and Y, the contestants so far, and where errors are reported. Everything that a contestant points to stays in
/// place as long as this lives.
class operands {
 public:
  operands(case_description d, settings const& s, recorder& out);
  operands(operands const&) = delete;
  operands& operator=(operands const&) = delete;

  /// A format with what `keep` keeps of w.
  void add(format const& f, matrix const& w, lacuna::mask const& keep, matrix const& exact, std::string const& name);
  void add_dense_peers(matrix const& w);
  void add_sparse_peers(matrix const& w, lacuna::mask const& keep, matrix const& exact);
  /// Anything else: it is run, and Y compared with `exact`.
  void add(contestant c, matrix const& exact);
  /// What ran already and left its result elsewhere.
  void admit(contestant c, matrix const& result, bool transposed, matrix const& exact);
  /// What has no product to be compared with.
  void admit(contestant c) { all_.push_back(std::move(c)); }

  [[nodiscard]] matrix const& x() const noexcept { return x_; }
  [[nodiscard]] matrix& y() noexcept { return y_; }
  [[nodiscard]] lacuna_test::any_executor const& executor() const noexcept { return executor_; }
  [[nodiscard]] double cold_bytes() const noexcept { return d_.cold && settings_.rounds != 0 ? 64e6 : 0; }
  /// 2 n operations for each of `kept` weights.
  [[nodiscard]] double work(lacuna::index kept) const noexcept;
  [[nodiscard]] double io_bytes() const noexcept;

  /// Times everybody and records it.
  void run();

 private:
  void add_peer(std::vector<lacuna_peers::peer> copies, contestant c, matrix const& exact);

  case_description d_;
  settings const& settings_;
  recorder& out_;
  lacuna::serial serial_;
  lacuna::threads pool_;
  lacuna_test::any_executor executor_;  // the pool if it has several threads
  matrix x_, y_;
  std::vector<std::shared_ptr<void>> kept_;  // what peers point to
  std::vector<contestant> all_;
};

}  // namespace lacuna_compare
