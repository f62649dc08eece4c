// SPDX-License-Identifier: MIT
// expect: activations are quantised to uint8, with zero points, or to int8
#include <lacuna/quantize.hpp>

#include <cstdint>

#if defined(LACUNA_MUST_FAIL)
using number = std::int16_t;
#else
using number = std::int8_t;
#endif

auto tokens(lacuna::dense<float> const& x) { return lacuna::quantize_tokens<number>(x); }
