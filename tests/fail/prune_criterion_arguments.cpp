// SPDX-License-Identifier: MIT
// expect: no matching function for call to .*prune
#include <lacuna/prune.hpp>

lacuna::mask keep(lacuna::dense<float> const& w) {
#if defined(LACUNA_MUST_FAIL)
  return lacuna::prune(w, [](float x) { return x; }, lacuna::unstructured{});
#else
  return lacuna::prune(w, [](float x, lacuna::index, lacuna::index) { return x; }, lacuna::unstructured{});
#endif
}
