// SPDX-License-Identifier: MIT
// expect: integer matrices are made from the same integer type; quantise floating-point values first
#include <lacuna/format/csr.hpp>
#include <lacuna/pack.hpp>

#include <cstdint>

#if defined(LACUNA_MUST_FAIL)
using element = std::int8_t;
#else
using element = float;
#endif

lacuna::csr<element> run(lacuna::dense<double> const& w) { return lacuna::pack<lacuna::csr<element>>(w); }
