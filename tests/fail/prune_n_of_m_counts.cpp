// SPDX-License-Identifier: MIT
// expect: n_of_m<Keep, M> needs 1 <= Keep <= M <= 64
#include <lacuna/prune.hpp>

#if defined(LACUNA_MUST_FAIL)
lacuna::n_of_m<5, 4> const pattern;
#else
lacuna::n_of_m<4, 4> const pattern;
#endif

lacuna::mask keep(lacuna::dense<float> const& w) { return lacuna::prune(w, lacuna::magnitude{}, pattern); }
