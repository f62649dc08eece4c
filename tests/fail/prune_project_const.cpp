// SPDX-License-Identifier: MIT
// expect: project writes to its matrix, which is const
#include <lacuna/prune.hpp>

void zero(lacuna::dense<float>& w, lacuna::dense<float> const& fixed) {
  lacuna::project(w, lacuna::magnitude{}, lacuna::n_of_m<2, 4>{});
#if defined(LACUNA_MUST_FAIL)
  lacuna::project(fixed, lacuna::magnitude{}, lacuna::n_of_m<2, 4>{});
#else
  static_cast<void>(fixed);
#endif
}
