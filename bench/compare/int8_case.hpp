// SPDX-License-Identifier: MIT
//
// A layer of int8 and who multiplies it: u8 activations, int32 results, each exact before it may take part.
#pragma once

#include <lacuna/core/dense.hpp>
#include <lacuna/core/mask.hpp>
#include <lacuna/core/threads.hpp>
#include <lacuna/interop/eigen.hpp>
#include <lacuna/pack.hpp>
#include <lacuna/prune.hpp>
#include <lacuna/quant/quantize.hpp>
#include <lacuna/spmm.hpp>

#include "operands.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <support/any_executor.hpp>
#include <utility>
#include <vector>

namespace lacuna_compare {

class int8_case {
 public:
  int8_case(case_description d, settings const& s, recorder& out);
  int8_case(int8_case const&) = delete;
  int8_case& operator=(int8_case const&) = delete;

  /// The dense peer, and as many dots as registers alone allow.
  void add_peers(matrix const& w);

  /// What `pattern` keeps of w, quantised and packed into F: X and Y by rows, and as tokens x features.
  template <class F, class Pattern>
  void add(std::string const& name, matrix const& w, Pattern const& pattern, bool requantized = false) {
    if (!settings::takes(settings_.formats, name)) return;
    auto const keep = lacuna::prune(w, lacuna::magnitude{}, pattern);
    auto const q = lacuna::quantize(w, keep);
    auto const turns = copies_of(lacuna::pack<F>(q.values, keep));
    using kernels = lacuna::kernel_of<F, std::uint8_t, lacuna::order::row_major>;
    contestant c;
    c.kernel = d_.tokens == 1 ? kernels::spmv : kernels::spmm;
    describe(c, keep, static_cast<double>(turns->all[0].bytes()), static_cast<double>(turns->all.size()));
    auto const& a = turns->all[0];
    for (auto const* const exec : executors()) {
      auto const threads = exec == &serial_ && d_.threads != 1 ? ", 1 thread" : "";
      c.name = name + threads;
      c.run = [this, exec, turns] { lacuna::spmm(*exec, turns->next(), x_, y_); };
      admit(c, a, y_.view());
      if (d_.tokens == 1) continue;
      c.name = name + ", tokens" + threads;
      c.run = [this, exec, turns] { lacuna::linear(*exec, tokens_, turns->next(), y_tokens_); };
      admit(c, a, lacuna::transpose(std::as_const(y_tokens_).view()));
    }
    if (!requantized) return;
    c.name = name + ", requantised";
    static constexpr float factor = 0.01f;
    auto const scales = std::make_shared<lacuna::buffer<float>>(q.scales);
    c.run = [this, turns, scales] {
      lacuna::spmm(serial_, turns->next(), x_, bytes_,
                   lacuna::scale(*scales) | lacuna::requantize<std::uint8_t>(factor, 128));
    };
    admit(c, a, bytes_.view(), [&](lacuna::index i, std::int64_t sum, int got) {
      auto const y = std::nearbyint(static_cast<double>(sum) * double{(*scales)[i]} * double{factor}) + 128;
      return std::fabs(std::min(std::max(y, 0.0), 255.0) - got) <= 1;  // of a product that is rounded in float
    });
  }

  /// The same groups of inputs as integers of 4 bits, times floats and times bytes.
  template <int G>
  void add_int4(matrix const& w, double sparsity);

  void run();

 private:
  template <int G, class X>
  void add_int4_of(matrix const& w, double sparsity, std::string const& name);

  /// Packed weights in so many copies that they come from where they are wanted, and take turns.
  template <class F>
  struct copies {
    std::vector<F> all;
    std::size_t turn = 0;
    [[nodiscard]] F const& next() noexcept {
      auto const& a = all[turn];
      if (++turn == all.size()) turn = 0;
      return a;
    }
  };
  template <class F>
  [[nodiscard]] auto copies_of(F a) const {
    auto const turns = std::make_shared<copies<F>>();
    auto const bytes = static_cast<double>(a.bytes() + 1);
    turns->all.push_back(std::move(a));
    while (d_.cold && static_cast<double>(turns->all.size()) * bytes < 64e6) turns->all.push_back(turns->all[0]);
    return turns;
  }
  [[nodiscard]] std::vector<lacuna_test::any_executor const*> executors() const {
    if (d_.threads == 1) return {&serial_};
    return {&pool_, &serial_};
  }
  void describe(contestant& c, lacuna::mask const& keep, double bytes, double count) const;

  /// Runs it once; some rows of Y have to be what their sums ask for: exact, unless `right` says otherwise.
  template <class A, class Y>
  void admit(contestant const& c, A const& a, Y const& y) {
    admit(c, a, y, [](lacuna::index, std::int64_t sum, std::int32_t got) { return sum == got; });
  }
  template <class A, class Y, class Right>
  void admit(contestant const& c, A const& a, Y const& y, Right const& right) {
    for (lacuna::index i = 0; i != d_.rows; ++i)  // what another has written counts for nothing
      for (lacuna::index t = 0; t != d_.tokens; ++t) y_(i, t) = y_tokens_(t, i) = INT32_MIN, bytes_(i, t) = 0;
    c.run();
    lacuna::index wrong = 0;
    for (lacuna::index i = 0; i < a.rows(); i += 1 + a.rows() / 7)
      for (lacuna::index t = 0; t != d_.tokens; ++t) {
        std::int64_t sum = 0;
        a.visit_row(i, [&](lacuna::index k, std::int8_t w) { sum += w * x_(k, t); });
        wrong += !right(i, sum, y(i, t));
      }
    if (wrong == 0)
      all_.push_back(c);
    else
      out_.fail(d_, c.name, static_cast<double>(wrong));
  }

  case_description d_;
  settings const& settings_;
  recorder& out_;
  lacuna::serial one_;
  lacuna::threads threads_;
  lacuna_test::any_executor serial_, pool_;
  lacuna::dense<std::uint8_t> x_, tokens_, bytes_;
  lacuna::dense<std::int32_t> y_, y_tokens_;
  std::vector<contestant> all_;
};

/// Blocks at a sparsity, in int8_blocks.cpp.
void add_int8_blocks(int8_case& all, matrix const& w, double sparsity);
/// Weights pruned one by one and groups of inputs, in int8_formats.cpp; for few tokens groups of more sizes.
void add_int8_unstructured(int8_case& all, matrix const& w, double sparsity, lacuna::index tokens);
/// N:M.
void add_int8_groups(int8_case& all, matrix const& w, lacuna::index tokens);

}  // namespace lacuna_compare
