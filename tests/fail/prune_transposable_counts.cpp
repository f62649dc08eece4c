// SPDX-License-Identifier: MIT
// expect: transposable<Keep, M> needs 1 <= Keep <= M <= 32
#include <lacuna/prune.hpp>

#if defined(LACUNA_MUST_FAIL)
lacuna::transposable<1, 33> const pattern;
#else
lacuna::transposable<1, 32> const pattern;
#endif

lacuna::mask keep(lacuna::dense<float> const& w) { return lacuna::prune(w, lacuna::magnitude{}, pattern); }
