// SPDX-License-Identifier: MIT
// expect: activation_threshold takes floating-point activations
#include <lacuna/prune.hpp>

#include <cstdint>

#if defined(LACUNA_MUST_FAIL)
using number = std::int8_t;
#else
using number = float;
#endif

auto threshold(lacuna::dense<number> const& x) { return lacuna::activation_threshold(x, 0.5); }
