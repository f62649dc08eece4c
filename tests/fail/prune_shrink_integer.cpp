// SPDX-License-Identifier: MIT
// expect: shrink takes floating-point weights
#include <lacuna/prune.hpp>

#include <cstdint>

#if defined(LACUNA_MUST_FAIL)
using number = std::int8_t;
#else
using number = float;
#endif

auto shrunk(lacuna::dense<number> const& w, lacuna::mask const& keep) { return lacuna::shrink(w, keep, 0.5); }
