// SPDX-License-Identifier: MIT
// expect: v_n_of_m<V, Keep, M> needs V >= 1 and 1 <= Keep <= M <= 64
#include <lacuna/prune.hpp>

#if defined(LACUNA_MUST_FAIL)
lacuna::v_n_of_m<4, 5, 4> const pattern;
#else
lacuna::v_n_of_m<4, 4, 4> const pattern;
#endif

lacuna::mask keep(lacuna::dense<float> const& w) { return lacuna::prune(w, lacuna::magnitude{}, pattern); }
