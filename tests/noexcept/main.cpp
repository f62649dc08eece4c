// SPDX-License-Identifier: MIT
//
// The library without exceptions: this file and one that includes every header are compiled with -fno-exceptions.
//   noexcept works    prune, pack, multiply and attend give finite results
//   noexcept handler  a wrong shape calls the handler with the message that would have been thrown
#include <lacuna/lacuna.hpp>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>

namespace la = lacuna;

namespace {

[[noreturn]] void expected(char const* message) {
  std::printf("handler: %s\n", message);
  std::exit(std::string_view(message).find("A is 8x16, X has 12 rows") == std::string_view::npos ? 1 : 0);
}

la::dense<float> filled(la::index rows, la::index cols) {
  la::dense<float> m(rows, cols);
  for (la::index i = 0; i < rows; ++i)
    for (la::index j = 0; j < cols; ++j) m(i, j) = static_cast<float>((i * 31 + j * 17) % 23) - 11.0F;
  return m;
}

bool finite(la::dense<float> const& m) {
  for (la::index i = 0; i < m.rows(); ++i)
    for (la::index j = 0; j < m.cols(); ++j)
      if (!std::isfinite(m(i, j))) return false;
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  auto const w = filled(8, 16);
  auto const sparse = la::pack<la::csr<float>>(w, la::prune(w, la::magnitude{}, la::n_of_m<2, 4>{}));
  la::dense<float> y(8, 5);
  if (argc > 1 && std::strcmp(argv[1], "handler") == 0) {
    la::set_error_handler(expected);
    la::spmm(sparse, filled(12, 5), y);
    std::puts("the handler was not called");
    return 1;
  }
  la::threads pool{2};
  la::spmm(pool, sparse, filled(16, 5), y, la::relu);
  la::dense<float> out(8, 16);
  la::attend(w, w, w, la::attention::causal{}, out);
  return finite(y) && finite(out) ? 0 : 1;
}
