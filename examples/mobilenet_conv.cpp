// SPDX-License-Identifier: MIT
//
// The 1x1 convolutions of MobileNet v2 with pruned weights. In channels-first order an image is a matrix of channels x
// pixels, and a 1x1 convolution the product of its weights with that matrix: spmm, with nothing to rearrange.
// Source of the idea: E. Elsen et al., "Fast Sparse ConvNets", CVPR 2020.
//
//   mobilenet_conv [--sparsity S] [--quick]    S: 0 to 1, default 0.8; --quick: one round of timing, which means
//   nothing
//
// ctest: --quick
#include <lacuna/lacuna.hpp>
#include <lacuna/interop/eigen.hpp>
#include <lacuna/simd/arch.hpp>

#include "support/arguments.hpp"
#include "support/pin.hpp"
#include "support/stopwatch.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <functional>
#include <stdexcept>
#include <string_view>
#include <vector>

namespace la = lacuna;
using matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using vector = Eigen::VectorXf;

/// One image, side x side pixels, from `in` channels to `out`.
struct convolution {
  la::index side, out, in;
};

/// Those of MobileNet v2, one of each kind, for images of 224 x 224.
std::vector<convolution> const network{{112, 16, 32}, {112, 96, 16}, {56, 24, 96},  {56, 144, 24},
                                       {28, 192, 32}, {14, 384, 64}, {14, 96, 576}, {14, 576, 96},
                                       {7, 960, 160}, {7, 160, 960}, {7, 1280, 320}};

/// What the layer is to give, by the definition of a convolution, in double: the sum over input channels for each
/// output channel and pixel, then the bias, then what is outside 0..6 cut off.
matrix plain_convolution(convolution const& c, matrix const& w, vector const& bias, matrix const& image) {
  matrix result(c.out, c.side * c.side);
  for (la::index o = 0; o != c.out; ++o)
    for (la::index row = 0; row != c.side; ++row)
      for (la::index column = 0; column != c.side; ++column) {
        double sum = 0;
        for (la::index i = 0; i != c.in; ++i)
          sum += static_cast<double>(w(o, i)) * static_cast<double>(image(i, row * c.side + column));
        result(o, row * c.side + column) = static_cast<float>(std::clamp(sum + static_cast<double>(bias(o)), 0.0, 6.0));
      }
  return result;
}

template <class Format>
void sparse_convolution(Format const& weights, vector const& bias, matrix const& image, matrix& result) {
  la::spmm(weights, image, result, la::bias(bias) | la::clamp(0.0f, 6.0f));  // ReLU6
}

void dense_convolution(matrix const& weights, vector const& bias, matrix const& image, matrix& result) {
  result.noalias() = weights * image;
  result.array() = (result.colwise() + bias).array().max(0.0f).min(6.0f);
}

/// Times one layer dense and sparse and prints a line; the largest error of a sparse one.
double compare(convolution const& c, double sparsity, bool quick, std::vector<double>& gains) {
  matrix w = matrix::Random(c.out, c.in);
  la::mask const keep = la::prune(w, la::magnitude{}, la::unstructured{.sparsity = sparsity});
  la::project(w, la::magnitude{}, la::unstructured{.sparsity = sparsity});  // zeros where nothing is kept
  vector const bias = vector::Random(c.out);
  matrix const image = matrix::Random(c.in, c.side * c.side);

  la::pack_options const options{.tokens = image.cols()};
  auto const csr = la::pack<la::csr<float>>(w, keep, options);
  auto const panel = la::pack<la::panel<float>>(w, keep, options);
  matrix dense_y(c.out, image.cols()), csr_y = dense_y, panel_y = dense_y;
  auto const seconds = demo::time_in_turn(
      {[&] { dense_convolution(w, bias, image, dense_y); }, [&] { sparse_convolution(csr, bias, image, csr_y); },
       [&] { sparse_convolution(panel, bias, image, panel_y); }},
      quick ? 0.0 : 0.3);

  matrix const exact = plain_convolution(c, w, bias, image);
  auto const error = [&](matrix const& y) {
    auto const off = static_cast<double>((y - exact).cwiseAbs().maxCoeff<Eigen::PropagateNaN>());
    return std::isnan(off) ? HUGE_VAL : off;
  };
  gains.push_back(seconds[0] / std::min(seconds[1], seconds[2]));
  std::printf("%6td %5td %5td %7.1f %% %9.4f %9.4f %9.4f %8.2f %10.1e\n", image.cols(), c.out, c.in,
              100.0 * static_cast<double>(keep.count()) / static_cast<double>(w.size()), seconds[0] * 1e3,
              seconds[1] * 1e3, seconds[2] * 1e3, gains.back(), std::max(error(csr_y), error(panel_y)));
  return std::max({error(dense_y), error(csr_y), error(panel_y)});
}

int main(int argc, char** argv) {
  double sparsity = 0.8;
  bool quick = false;
  try {
    for (int i = 1; i < argc; ++i) {
      std::string_view const word = argv[i];
      if (word == "--quick")
        quick = true;
      else if (word == "--sparsity" && i + 1 < argc)
        sparsity = demo::fraction(word, argv[++i]);
      else
        throw std::invalid_argument("mobilenet_conv [--sparsity S] [--quick]");
    }
  } catch (std::exception const& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  demo::pin_to_one_processor();
  std::printf("1x1 convolutions of MobileNet v2 with bias and ReLU6 on %s, one thread\n\n", la::simd::arch_name());
  std::printf("%6s %5s %5s %9s %9s %9s %9s %8s %10s\n", "pixels", "out", "in", "kept", "dense ms", "csr ms", "panel ms",
              "x dense", "deviation");
  double worst = 0, product = 1;
  std::vector<double> gains;
  for (auto const& c : network) worst = std::max(worst, compare(c, sparsity, quick, gains));
  for (double const gain : gains) product *= gain;
  if (quick)
    std::printf("\n--quick: the times are of one round and mean nothing\n");
  else
    std::printf("\nfaster than Eigen's dense product by %.2f, the geometric mean\n",
                std::pow(product, 1.0 / static_cast<double>(gains.size())));
  // Values are of size 1 and sums of at most 1280: this is a hundred times what rounding leaves of them.
  if (worst < 1e-3) return 0;
  std::printf("WRONG: a result is off by %g\n", worst);
  return 1;
}
