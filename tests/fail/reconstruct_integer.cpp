// SPDX-License-Identifier: MIT
// expect: lacuna: gram takes floating activations
// expect: lacuna: low_rank_factors takes floating weights
// expect: lacuna: obs_columns takes floating weights
// expect: lacuna: refit takes floating weights
// expect: lacuna: sparsegpt takes floating weights
#include <lacuna/reconstruct.hpp>

#include <cstdint>

/// A template, of which the twin that compiles makes the cheapest part: tests/reconstruct compiles all calls of float.
template <class T>
struct reconstructed {
  using matrix = lacuna::dense<T>;

  static void update(lacuna::gram<>& h, matrix const& x) { h.update(x); }
  static auto factors(matrix const& w) { return lacuna::low_rank_factors(w, 2); }
  static auto removed(matrix const& w, lacuna::gram<> const& h) { return lacuna::obs_columns(w, h); }
  static auto refitted(matrix const& w, lacuna::gram<> const& h, lacuna::mask const& keep) {
    return lacuna::refit(w, h, keep);
  }
  static auto pruned(matrix const& w, lacuna::gram<> const& h, lacuna::mask const& keep) {
    return lacuna::sparsegpt(w, h, keep);
  }
};

#if defined(LACUNA_MUST_FAIL)
template struct reconstructed<std::int8_t>;
#else
void update(lacuna::gram<>& h, lacuna::dense<float> const& x) { reconstructed<float>::update(h, x); }
#endif
