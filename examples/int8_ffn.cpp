// SPDX-License-Identifier: MIT
//
// The feed-forward block of a transformer in integers: both layers pruned in blocks of 16 x 4 and quantised to int8,
// the activations quantised token by token to uint8. Bias, activation and the way back to 8 bits are epilogues, so that
// what is between the layers is never written in float. Beside it the dense block in float.
//
//   int8_ffn [--large] [--silu] [--sparsity S] [--tokens LIST] [--quick]
//
//   --large        4096-11008-4096 in place of 768-3072-768
//   --sparsity S   the fraction of blocks to drop, 0 to 1 (default 0.8)
//   --tokens LIST  such as 1,16,128 (default 1,2,4,8,16,32,64,128,256,512)
//   --quick        a small block and one round of timing, which means nothing
//
// ctest: --quick --tokens 1,5
#include <lacuna/lacuna.hpp>
#include <lacuna/interop/eigen.hpp>

#include "../bench/peers/dense.hpp"
#include "support/arguments.hpp"
#include "support/pin.hpp"
#include "support/stopwatch.hpp"
#include "support/weights.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <functional>
#include <limits>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace la = lacuna;
using demo::matrix;
using weights_format = la::bsr<std::int8_t, 16, 4>;

struct options {
  bool large = false, silu = false, quick = false;
  double sparsity = 0.8;
  std::vector<la::index> tokens{1, 2, 4, 8, 16, 32, 64, 128, 256, 512};
};

/// One layer in integers: weights, the scale of each output, and what a zero point of the inputs adds to it.
struct int8_layer {
  weights_format weights;
  la::buffer<float> scales;
  la::buffer<std::int32_t> row_sums;
  double error = 0;  // of its weights

  int8_layer(matrix const& w, la::mask const& keep) {
    auto const q = la::quantize(w, keep);
    weights = la::pack<weights_format>(q.values, keep);
    scales = q.scales;
    row_sums = la::row_sums(weights);
    error = q.error.relative;
  }
};

/// A range of numbers as uint8.
struct static_range {
  float scale = 1;
  std::int32_t zero = 0;
};

/// The block in float: what it is to give.
struct float_block {
  matrix up, down;  // hidden x width, width x hidden
  Eigen::VectorXf up_bias, down_bias;

  template <class Activation>
  [[nodiscard]] matrix hidden(matrix const& x, Activation const& activation) const {  // x tokens x width
    matrix h = x * up.transpose();
    struct {
    } const nowhere;  // an activation does not ask where in Y it works
    for (la::index t = 0; t != h.rows(); ++t)
      for (la::index i = 0; i != h.cols(); ++i) h(t, i) = activation(h(t, i) + up_bias(i), nowhere);
    return h;
  }
  template <class Activation>
  [[nodiscard]] matrix operator()(matrix const& x, Activation const& activation) const {
    matrix const h = hidden(x, activation);
    return (h * down.transpose()).rowwise() + down_bias.transpose();
  }
};

/// The block in integers.
struct int8_block {
  int8_layer up, down;
  Eigen::VectorXf const &up_bias, &down_bias;
  static_range range;             // of the hidden activations, from calibration
  la::buffer<float> down_scales;  // of the second layer's weights, times that of its inputs

  int8_block(float_block const& f, la::mask const& keep_up, la::mask const& keep_down, matrix const& calibration)
      : up(f.up, keep_up), down(f.down, keep_down), up_bias(f.up_bias), down_bias(f.down_bias) {
    auto const low = std::min(calibration.minCoeff(), 0.0f), high = std::max(calibration.maxCoeff(), 0.0f);
    range.scale = (high - low) / 255.0f;
    range.zero = static_cast<std::int32_t>(std::lround(-low / range.scale));
    down_scales = down.scales;
    for (auto& s : down_scales) s *= range.scale;
  }

  /// What a call of so many tokens needs besides.
  struct workspace {
    la::dense<std::uint8_t> x, h;
    la::buffer<float> scales;
    la::buffer<std::int32_t> zeros;

    workspace(la::index tokens, la::index width, la::index hidden)
        : x(tokens, width), h(tokens, hidden), scales(tokens), zeros(tokens) {}
  };

  template <class Activation>
  void operator()(matrix const& x, matrix& y, workspace& w, Activation const& activation) const {
    la::quantize_tokens(x, w.x, w.scales.span(), w.zeros.span());
    la::linear(w.x, up.weights, w.h,
               la::zero_point(w.zeros, up.row_sums) | la::scale_tokens(w.scales) | la::scale(up.scales) |
                   la::bias(up_bias) | activation | la::requantize<std::uint8_t>(1 / range.scale, range.zero));
    la::linear(w.h, down.weights, y,
               la::zero_point(range.zero, down.row_sums) | la::scale(down_scales) | la::bias(down_bias));
  }
};

/// Seconds of the fastest dense library for both products in float, its biases and activation for nothing; and those of
/// the block in integers, with all that belongs to it.
struct seconds {
  double dense, sparse;
  std::string library;
};

template <class Activation>
static seconds measure(float_block const& f, int8_block const& block, matrix const& tokens, matrix& y,
                       Activation const& activation, bool quick) {
  matrix const x = tokens.transpose();  // the dense libraries are fastest with tokens in columns
  matrix h = matrix::Zero(f.up.rows(), x.cols()), out = matrix::Zero(f.down.rows(), x.cols());
  la::serial alone;
  auto const up = lacuna_peers::dense_peers(alone, f.up, x, h), down = lacuna_peers::dense_peers(alone, f.down, h, out);
  std::vector<std::function<void()>> all;
  for (std::size_t p = 0; p != up.size(); ++p) all.push_back([&, p] { up[p].run(), down[p].run(); });
  int8_block::workspace space(tokens.rows(), f.up.cols(), f.up.rows());
  all.push_back([&] { block(tokens, y, space, activation); });
  auto const times = demo::time_in_turn(all, quick ? 0.0 : 1.0);
  auto const best = std::min_element(times.begin(), times.end() - 1);
  return {*best, times.back(), up[static_cast<std::size_t>(best - times.begin())].name};
}

template <class Activation>
static int run(options const& o, Activation const& activation) {
  demo::pin_to_one_processor();
  la::index const width = o.quick ? 96 : o.large ? 4096 : 768, hidden = o.quick ? 256 : o.large ? 11008 : 3072;
  float_block dense{demo::heavy_tailed_weights(hidden, width, 1), demo::heavy_tailed_weights(width, hidden, 2),
                    0.1f * Eigen::VectorXf::Random(hidden), 0.1f * Eigen::VectorXf::Random(width)};
  la::blocks<16, 4> const pattern{.sparsity = o.sparsity};
  auto const keep_up = la::prune(dense.up, la::magnitude{}, pattern);
  auto const keep_down = la::prune(dense.down, la::magnitude{}, pattern);
  float_block pruned = dense;
  la::project(pruned.up, la::magnitude{}, pattern);
  la::project(pruned.down, la::magnitude{}, pattern);
  int8_block const block(pruned, keep_up, keep_down,
                         pruned.hidden(demo::correlated_activations(64, width, 7), activation));

  std::printf("%td-%td-%td with %s on %s, one thread; %.0f %% of the 16x4 blocks dropped, int8\n", width, hidden, width,
              o.silu ? "SiLU" : "GELU", la::simd::arch_name(), 100 * o.sparsity);
  std::printf("weights: %.2f MB of int8 for %.2f MB of float; quantised with a relative error of %.4f and %.4f\n\n",
              1e-6 * static_cast<double>(block.up.weights.bytes() + block.down.weights.bytes()),
              8e-6 * static_cast<double>(dense.up.size()), block.up.error, block.down.error);
  std::printf("%6s %10s %-14s %10s %9s %12s\n", "tokens", "dense ms", "by", "int8 ms", "x dense", "output error");
  double worst = 0;
  for (auto const tokens : o.tokens) {
    matrix const x = demo::correlated_activations(tokens, width, 11);
    matrix y = matrix::Zero(tokens, width);
    auto const s = measure(dense, block, x, y, activation, o.quick);
    matrix const expected = pruned(x, activation);
    auto const error = static_cast<double>((y - expected).norm() / expected.norm());
    if (!(error <= worst)) worst = std::isnan(error) ? HUGE_VAL : error;
    std::printf("%6td %10.3f %-14s %10.3f %9.2f %12.4f\n", tokens, 1e3 * s.dense, s.library.c_str(), 1e3 * s.sparse,
                s.dense / s.sparse, error);
  }
  std::printf("\noutput error: |y - y float| / |y float|, both with the pruned weights\n");
  if (o.quick) std::printf("--quick: the times are of one round and mean nothing\n");
  if (worst < 0.1) return 0;  // heavy-tailed weights and inputs ten times as large as others cost 4 to 5 %
  std::printf("WRONG: the output is off by %g\n", worst);
  return 1;
}

static options parse(int argc, char** argv) {
  options o;
  for (int i = 1; i < argc; ++i) {
    std::string_view const word = argv[i];
    if (word == "--large")
      o.large = true;
    else if (word == "--silu")
      o.silu = true;
    else if (word == "--quick")
      o.quick = true;
    else if (word == "--sparsity" && i + 1 < argc)
      o.sparsity = demo::fraction(word, argv[++i]);
    else if (word == "--tokens" && i + 1 < argc)
      o.tokens = demo::counts(word, argv[++i], 65536);
    else
      throw std::invalid_argument("int8_ffn [--large] [--silu] [--sparsity S] [--tokens LIST] [--quick]");
  }
  return o;
}

int main(int argc, char** argv) {
  try {
    auto const o = parse(argc, argv);
#if LACUNA_HAS_OPENBLAS
    lacuna_peers::restart_with_fitting_openblas(argv);
#endif
    return o.silu ? run(o, la::silu) : run(o, la::gelu);
  } catch (std::exception const& error) {
    std::fprintf(stderr, "int8_ffn: %s\n", error.what());
    return 1;
  }
}
