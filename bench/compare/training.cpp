// SPDX-License-Identifier: MIT
//
// What a layer multiplies while it is trained: Y = W X, dX = W^T dY, and of dW = dY X^T the slots of W. Each sparse
// product runs with activations by rows, features x tokens, and as tokens x features; dense libraries get their
// operands as they like them best, transposed beforehand.
#include <lacuna/core/dense.hpp>
#include <lacuna/core/threads.hpp>
#include <lacuna/format/bitmap.hpp>
#include <lacuna/format/bsr.hpp>
#include <lacuna/format/csr.hpp>
#include <lacuna/interop/eigen.hpp>
#include <lacuna/pack.hpp>
#include <lacuna/prune.hpp>
#include <lacuna/sddmm.hpp>
#include <lacuna/spmm.hpp>

#include "../peers/dense.hpp"
#include "layers.hpp"
#include "operands.hpp"

#include <limits>
#include <memory>
#include <string>
#include <support/any_executor.hpp>
#include <utility>
#include <vector>

namespace lacuna_compare {
namespace {

/// result = left right, as dense libraries multiply it, and who takes part.
struct training_product {
  std::string name;
  matrix left, right, result;
  std::vector<contestant> all{};
};

/// The three products of one layer, for one count of tokens and one sparsity.
class training_case {
 public:
  training_case(case_description d, matrix const& w, settings const& s, recorder& out)
      : d_(std::move(d)),
        settings_(s),
        out_(out),
        pool_(d_.threads),
        executor_(d_.threads == 1 ? lacuna_test::any_executor(serial_) : lacuna_test::any_executor(pool_)),
        w_(w),
        x_(random_values(d_.cols, d_.tokens, 2)),
        dy_(random_values(d_.rows, d_.tokens, 3)),
        x_tokens_(x_.transpose()),
        dy_tokens_(dy_.transpose()),
        y_(d_.rows, d_.tokens),
        dx_(d_.cols, d_.tokens),
        y_tokens_(d_.tokens, d_.rows),
        dx_tokens_(d_.tokens, d_.cols),
        forward_{"forward", w, x_, y_},
        input_{"input gradient", w.transpose(), dy_, dx_},
        weights_{"weight gradient", dy_, x_tokens_, matrix(d_.rows, d_.cols)} {}
  training_case(training_case const&) = delete;
  training_case& operator=(training_case const&) = delete;

  template <class F, class Pattern>
  void add(std::string const& name, Pattern const& pattern) {
    if (!settings::takes(settings_.formats, name)) return;
    auto const keep = lacuna::prune(w_, lacuna::magnitude{}, pattern);
    auto const a = std::make_shared<F>(lacuna::pack<F>(w_, keep, lacuna::pack_options{.tokens = d_.tokens}));
    auto const kept = lacuna_peers::dense_of(w_, keep);
    using kernels = lacuna::kernel_of<F, float, lacuna::order::row_major>;
    auto c = described(name, *a, keep);
    c.kernel = kernels::spmm;
    auto const y = exact_product(kept, x_);
    compute(forward_, c, y_, false, y, [this, a] { lacuna::spmm(executor_, *a, x_, y_); });
    compute(forward_, c, y_tokens_, true, y, [this, a] { lacuna::linear(executor_, x_tokens_, *a, y_tokens_); });
    c.kernel = "transposed";
    auto const dx = exact_product(kept.transpose(), dy_);
    compute(input_, c, dx_, false, dx, [this, a] { lacuna::spmm(executor_, lacuna::transposed(*a), dy_, dx_); });
    compute(input_, c, dx_tokens_, true, dx,
            [this, a] { lacuna::linear(executor_, dy_tokens_, lacuna::transposed(*a), dx_tokens_); });
    add_sampled(c, a, keep);
  }

  /// Dense libraries. The weight gradient's left operand is new in each step: it is not packed beforehand.
  void add_peers() {
    for (auto* const p : {&forward_, &input_, &weights_}) {
      auto const exact = exact_product(p->left, p->right);
      for (auto const& peer : lacuna_peers::dense_peers(pool_, p->left, p->right, p->result)) {
        if (!settings::takes(settings_.peers, peer.name) || (p == &weights_ && peer.transposed)) continue;
        contestant c;
        c.name = peer.name;
        c.who = role::dense;
        c.kernel = peer.kernels;
        c.useful = 2.0 * static_cast<double>(w_.size()) * static_cast<double>(d_.tokens);
        c.weight_bytes = 4.0 * static_cast<double>(w_.size());
        c.other_bytes = activation_bytes();
        c.run = peer.run;
        p->result.setConstant(std::numeric_limits<float>::quiet_NaN());
        c.run();
        admit(*p, std::move(c), *peer.y, peer.transposed, exact);
      }
    }
  }

  /// Times everybody and records it.
  void run() {
    auto const clock = d_.threads == 1 && settings_.rounds != 0 ? clock_kind::processor : clock_kind::wall;
    for (auto* const p : {&forward_, &input_, &weights_}) {
      if (p->all.empty()) continue;
      auto d = d_;
      d.part = "training/" + p->name;
      out_.add(d, run_in_turn(std::move(p->all), settings_.rounds, clock));
    }
  }

 private:
  template <class M>
  [[nodiscard]] static auto view(M& m) {
    return lacuna::dense_view(m.data(), m.rows(), m.cols(), m.cols());
  }

  [[nodiscard]] double activation_bytes() const noexcept {
    return 4.0 * static_cast<double>(d_.rows + d_.cols) * static_cast<double>(d_.tokens);
  }

  template <class F>
  [[nodiscard]] contestant described(std::string const& name, F const& a, lacuna::mask const& keep) const {
    contestant c;
    c.name = name;
    c.useful = 2.0 * static_cast<double>(keep.count()) * static_cast<double>(d_.tokens);
    c.weight_bytes = static_cast<double>(a.bytes());
    c.other_bytes = activation_bytes();
    c.sparsity = 1 - static_cast<double>(keep.count()) / static_cast<double>(w_.size());
    return c;
  }

  void admit(training_product& p, contestant c, matrix const& result, bool transposed, matrix const& exact) {
    auto d = d_;
    d.part = "training/" + p.name;
    if (auto const error = relative_error(result, exact, transposed); error <= tolerance)
      p.all.push_back(std::move(c));
    else
      out_.fail(d, c.name, error);
  }

  template <class Run>
  void compute(training_product& p, contestant c, matrix& result, bool tokens, matrix const& exact, Run run) {
    if (tokens) c.name += ", tokens";
    c.run = std::move(run);
    result.setConstant(std::numeric_limits<float>::quiet_NaN());
    c.run();
    admit(p, std::move(c), result, tokens, exact);
  }

  /// The slots of dY X^T, into a matrix of their own.
  template <class F>
  void add_sampled(contestant c, std::shared_ptr<F> const& a, lacuna::mask const& keep) {
    auto const exact = lacuna_peers::dense_of(exact_product(dy_, x_tokens_), keep);
    auto const g = std::make_shared<F>(*a);
    c.kernel = lacuna::sddmm_kernel_of<F>;
    auto const check = [&](char const* order, auto run) {
      auto one = c;
      one.name += order;
      one.run = run;
      for (auto& value : g->values()) value = std::numeric_limits<float>::quiet_NaN();
      one.run();
      matrix got(d_.rows, d_.cols);
      lacuna::to_dense(*g, got);
      admit(weights_, std::move(one), got, false, exact);
    };
    check("", [this, g] { lacuna::sddmm(executor_, *g, dy_, lacuna::transpose(view(std::as_const(x_)))); });
    check(", tokens",
          [this, g] { lacuna::sddmm(executor_, *g, lacuna::transpose(view(std::as_const(dy_tokens_))), x_tokens_); });
  }

  case_description d_;
  settings const& settings_;
  recorder& out_;
  lacuna::serial serial_;
  lacuna::threads pool_;
  lacuna_test::any_executor executor_;
  matrix const& w_;
  matrix x_, dy_, x_tokens_, dy_tokens_, y_, dx_, y_tokens_, dx_tokens_;
  training_product forward_, input_, weights_;
};

template <int R, int C>
void add_blocks(training_case& all, double sparsity) {
  all.add<lacuna::bsr<float, R, C>>("bsr " + std::to_string(R) + "x" + std::to_string(C),
                                    lacuna::blocks<R, C>{.sparsity = sparsity});
}

}  // namespace

void compare_training(settings const& s, recorder& out) {
  for (auto const& size : s.shapes) {
    auto const text = std::to_string(size.rows) + "x" + std::to_string(size.cols);
    if (!settings::takes(s.match, text)) continue;
    auto const w = random_values(size.rows, size.cols, 1);
    for (auto const n : s.tokens)
      for (double const sparsity : s.sparsities) {
        case_description d;
        d.layer = text;
        d.rows = size.rows, d.cols = size.cols, d.tokens = n, d.threads = s.threads;
        d.sparsity = sparsity;
        training_case all(std::move(d), w, s, out);
        lacuna::unstructured const pattern{.sparsity = sparsity};
        all.add<lacuna::csr<float>>("csr", pattern);
        all.add<lacuna::bitmap<float>>("bitmap", pattern);
        add_blocks<4, 1>(all, sparsity);
        add_blocks<16, 1>(all, sparsity);
        add_blocks<8, 8>(all, sparsity);
        all.add_peers();
        all.run();
      }
  }
}

}  // namespace lacuna_compare
