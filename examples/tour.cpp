// SPDX-License-Identifier: MIT
//
// The whole library in one program: prune, pack, multiply, attend.
// clang-format off: comments stand in columns
#include <lacuna/lacuna.hpp>
#include <lacuna/interop/eigen.hpp>
namespace la = lacuna;
using matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

int main() {
  matrix const w     = matrix::Random(1024, 4096);   // weights: outputs x inputs
  matrix const calib = matrix::Random(512, 4096);    // calibration activations: tokens x inputs
  matrix const x     = matrix::Random(4096, 64);     // inputs x tokens

  // Prune: what matters (criterion), which slots may survive (pattern).
  la::mask const keep = la::prune(w, la::wanda{la::column_norms(calib)}, la::n_of_m<2, 4>{});

  // Pack: the mask says what is kept, the type says how it is stored.
  auto const w24 = la::pack<la::nm<float, 2, 4>>(w, keep);

  // Multiply: one verb for every format; the instruction set was chosen at compile time.
  matrix y(1024, 64);
  la::spmm(w24, x, y);

  // Another criterion, pattern, format; a fused epilogue; eight threads: the same three verbs.
  auto const heavy = la::prune(w, la::magnitude{}, la::blocks<16, 1>{.sparsity = 0.7});
  auto const wb    = la::pack<la::bsr<float, 16, 1>>(w, heavy);
  Eigen::VectorXf const b = Eigen::VectorXf::Zero(1024);
  la::threads pool{8};
  la::spmm(pool, wb, x, y, la::bias(b) | la::gelu);

  // Framework layout (tokens x features, row-major) needs no transpose by the caller.
  matrix const xt = x.transpose();
  matrix yt(64, 1024);
  la::linear(xt, w24, yt);                           // yt = xt * w24^T

  // Attend: each query sees a sink, a window, and what a selector finds.
  namespace at = la::attention;
  matrix const q = matrix::Random(2048, 64), k = matrix::Random(2048, 64), v = matrix::Random(2048, 64);
  matrix out(2048, 64);
  la::attend(q, k, v, at::causal{} & (at::sink{64} | at::window{256}), out);
}
