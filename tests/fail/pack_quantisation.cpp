// SPDX-License-Identifier: MIT
// expect: integer matrices are made from the same integer type; quantise floating-point values first
#include <lacuna/format/csr.hpp>
#include <lacuna/pack.hpp>

#include <cstdint>

#if defined(LACUNA_MUST_FAIL)
using value = std::int8_t;
#else
using value = float;
#endif

lacuna::csr<value> run(lacuna::dense<double> const& w) { return lacuna::pack<lacuna::csr<value>>(w); }
