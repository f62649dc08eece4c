// SPDX-License-Identifier: MIT
// expect: scalar
#include <lacuna/format/bitmap.hpp>

#if defined(LACUNA_MUST_FAIL)
using value = bool;  // a mask holds bits; matrices hold numbers
#else
using value = unsigned char;
#endif

lacuna::index stored(lacuna::bitmap<value> const& a) { return a.stored(); }
