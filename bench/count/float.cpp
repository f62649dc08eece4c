// SPDX-License-Identifier: MIT
//
// Products of floats for bench/count.py: every kernel for them, with a format each, for each costs seconds to
// compile.
#include <lacuna/format/grouped_int4.hpp>

#include "layer.hpp"

namespace {

namespace la = lacuna;
using lacuna_test::entry;

using formats = lacuna_test::type_list<
    entry<"csr", la::csr<float>>, entry<"panel", la::panel<float>>, entry<"tiled_sell", la::tiled_sell<float>>,
    entry<"bitmap", la::bitmap<float>>, entry<"bsr 4x1", la::bsr<float, 4, 1>, la::blocks<4, 1>>,
    entry<"bsr 8x1", la::bsr<float, 8, 1>, la::blocks<8, 1>>, entry<"bsr 4x4", la::bsr<float, 4, 4>, la::blocks<4, 4>>,
    entry<"nm 2:4", la::nm<float, 2, 4>, la::n_of_m<2, 4>>, entry<"nm 1:4", la::nm<float, 1, 4>, la::n_of_m<1, 4>>,
    entry<"vnm 4x2:4", la::vnm<float, 4, 2, 4>, la::v_n_of_m<4, 2, 4>>,
    entry<"grouped_int4 16", la::grouped_int4<16>, la::blocks<1, 16>>>;

}  // namespace

int main(int argc, char** argv) { return lacuna_count::counted<float, float>(formats{}, argc, argv); }
