// SPDX-License-Identifier: MIT
// expect: blocks<R, C> needs at least one row and one column
#include <lacuna/prune.hpp>

#if defined(LACUNA_MUST_FAIL)
lacuna::blocks<0, 4> const pattern;
#else
lacuna::blocks<1, 4> const pattern;
#endif

lacuna::mask keep(lacuna::dense<float> const& w) { return lacuna::prune(w, lacuna::magnitude{}, pattern); }
