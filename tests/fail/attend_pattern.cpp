// SPDX-License-Identifier: MIT
// expect: p\.classify\(t\)
#include <lacuna/attend.hpp>

namespace at = lacuna::attention;

struct even_keys {
#if !defined(LACUNA_MUST_FAIL)
  static at::cover classify(at::tile) { return at::cover::partial; }
#endif
  static bool allows(lacuna::index, lacuna::index j) { return j % 2 == 0; }
};

void run(lacuna::dense<float> const& q, lacuna::dense<float> const& k, lacuna::dense<float> const& v,
         lacuna::dense<float>& out) {
  lacuna::attend(q, k, v, even_keys{}, out);
}
