// SPDX-License-Identifier: MIT
// expect: shrink takes floating-point weights
// expect: sr_ste_gradient takes a floating-point gradient
#include <lacuna/prune.hpp>

#include <cstdint>

#if defined(LACUNA_MUST_FAIL)
using number = std::int8_t;
#else
using number = float;
#endif

auto shrunk(lacuna::dense<number> const& w, lacuna::mask const& keep) { return lacuna::shrink(w, keep, 0.5); }

auto gradient(lacuna::dense<number> const& g, lacuna::dense<float> const& w, lacuna::mask const& keep) {
  return lacuna::sr_ste_gradient(g, w, keep);
}
