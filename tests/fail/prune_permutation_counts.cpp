// SPDX-License-Identifier: MIT
// expect: channel_permutation<Keep, M> needs 1 <= Keep <= M <= 64
#include <lacuna/prune.hpp>

#if defined(LACUNA_MUST_FAIL)
constexpr int kept_of_four = 0;
#else
constexpr int kept_of_four = 1;
#endif

lacuna::buffer<lacuna::index> order(lacuna::dense<float> const& scores) {
  return lacuna::channel_permutation<kept_of_four, 4>(scores);
}
