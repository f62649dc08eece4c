// SPDX-License-Identifier: MIT
//
// Products of int8 weights with uint8 activations for bench/count.py: every kernel for them.
#include "layer.hpp"

#include <cstdint>

namespace {

namespace la = lacuna;
using lacuna_test::entry;

template <int R, int C>
using block = la::bsr<std::int8_t, R, C>;

using formats = lacuna_test::type_list<
    entry<"bsr 32x4", block<32, 4>, la::blocks<32, 4>>, entry<"bsr 16x4", block<16, 4>, la::blocks<16, 4>>,
    entry<"bsr 4x4", block<4, 4>, la::blocks<4, 4>>, entry<"bsr 8x1", block<8, 1>, la::blocks<8, 1>>,
    entry<"csr", la::csr<std::int8_t>>, entry<"nm 2:4", la::nm<std::int8_t, 2, 4>, la::n_of_m<2, 4>>,
    entry<"nm 1:4", la::nm<std::int8_t, 1, 4>, la::n_of_m<1, 4>>,
    entry<"vnm 16x2:4", la::vnm<std::int8_t, 16, 2, 4>, la::v_n_of_m<16, 2, 4>>,
    entry<"bitmap", la::bitmap<std::int8_t>>, entry<"tiled_sell", la::tiled_sell<std::int8_t>>>;

}  // namespace

int main(int argc, char** argv) { return lacuna_count::counted<std::uint8_t, std::int32_t>(formats{}, argc, argv); }
