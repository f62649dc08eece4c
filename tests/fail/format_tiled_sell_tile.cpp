// SPDX-License-Identifier: MIT
// expect: lacuna: tiled_sell<T, Tile, Lanes> needs 1 <= Tile <= 256 and 1 <= Lanes <= 16
#include <lacuna/format/tiled_sell.hpp>

#if defined(LACUNA_MUST_FAIL)
using format = lacuna::tiled_sell<float, 257, 16>;
#else
using format = lacuna::tiled_sell<float, 256, 16>;
#endif

lacuna::index windows(format const& a) { return a.windows(); }
