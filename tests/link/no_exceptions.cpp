// SPDX-License-Identifier: MIT
//
// Compiled with -fno-exceptions: the verbs run, and an error goes to the handler with its message.
#include <lacuna/lacuna.hpp>

#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace la = lacuna;

namespace {

void expect(char const* message) {
  bool const right = std::strcmp(message, "spmm: A is 3x4, X has 5 rows") == 0;
  std::printf("handler: %s\n", message);
  std::exit(right ? 0 : 1);
}

}  // namespace

int main(int argc, char**) {
  la::dense<float> w(3, 4);
  for (la::index i = 0; i != 3; ++i)
    for (la::index j = 0; j != 4; ++j) w(i, j) = static_cast<float>(i + 4 * j + 1);
  auto const keep = la::prune(w, la::magnitude{}, la::n_of_m<2, 4>{});
  auto const a = la::pack<la::nm<float, 2, 4>>(w, keep);
  la::dense<float> x(4, 1);
  la::dense<float> y(3, 1);
  for (la::index j = 0; j != 4; ++j) x(j, 0) = 1;
  la::threads pool(2);
  la::spmm(pool, a, x, y);
  if (y(0, 0) != 9 + 13 || y(2, 0) != 11 + 15) {
    std::puts("the product is wrong");
    return 2;
  }
  if (argc == 1) la::set_error_handler(expect);  // with an argument: the default, which prints and aborts
  la::dense<float> const five(5, 1);
  la::spmm(a, five, y);
  std::puts("an error was passed over");
  return 3;
}
