// SPDX-License-Identifier: MIT
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
}
