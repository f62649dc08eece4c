// SPDX-License-Identifier: MIT
//
// The translation unit whose compile time and code size are watched: what an inference engine would instantiate, every
// format in float with one dense order, and one epilogue on one of them.
#include <lacuna/lacuna.hpp>

namespace la = lacuna;
using tokens = la::dense_view<float const, la::order::row_major>;
using results = la::dense_view<float, la::order::row_major>;

void csr(la::csr<float> const& a, tokens x, results y) { la::spmm(a, x, y); }
void bsr(la::bsr<float, 16, 1> const& a, tokens x, results y) { la::spmm(a, x, y); }
void nm(la::nm<float, 2, 4> const& a, tokens x, results y) { la::spmm(a, x, y); }
void bitmap(la::bitmap<float> const& a, tokens x, results y) { la::spmm(a, x, y); }
void panel(la::panel<float> const& a, tokens x, results y) { la::spmm(a, x, y); }
void fused(la::csr<float> const& a, tokens x, results y, std::span<float const> b) {
  la::spmm(a, x, y, la::bias(b) | la::gelu);
}
