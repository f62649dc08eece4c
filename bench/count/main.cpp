// SPDX-License-Identifier: MIT
//
// One product for bench/count.py, which counts the instructions between the two lines that it writes.
//
//     count FORMAT SPARSITY TOKENS      multiply-adds of a layer of 128 x 256 that are useful, or 1 if there is no such
//     format
#include <lacuna/pack.hpp>
#include <lacuna/prune.hpp>
#include <lacuna/spmm.hpp>

#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <support/catalogue.hpp>

namespace {

namespace la = lacuna;

constexpr la::index rows = 128;
constexpr la::index cols = 256;

/// Numbers from -1 to 1 that look random.
class noise {
 public:
  [[nodiscard]] float next() noexcept {
    state_ = state_ * 6364136223846793005u + 1442695040888963407u;
    return static_cast<float>(static_cast<std::int32_t>(state_ >> 32)) * 0x1p-31f;
  }

 private:
  std::uint64_t state_ = 1;
};

/// Straight to the file, for the instructions of a buffer would be counted.
void say(char const* line) {
  if (write(2, line, std::strlen(line)) < 0) std::exit(1);
}

template <class Entry>
int count(double sparsity, la::index tokens) {
  noise any;
  la::dense<float> w(rows, cols), x(cols, tokens), y(rows, tokens);
  for (la::index i = 0; i != rows; ++i)
    for (la::index j = 0; j != cols; ++j) w(i, j) = any.next();
  for (la::index i = 0; i != cols; ++i)
    for (la::index j = 0; j != tokens; ++j) x(i, j) = any.next();
  auto const keep = la::prune(w, la::magnitude{}, Entry::at(sparsity));
  auto const a = la::pack<typename Entry::format>(w, keep, la::pack_options{.tokens = tokens});
  la::spmm(a, x, y);  // memory that is kept from call to call
  say("count: first\n");
  la::spmm(a, x, y);
  say("count: last\n");
  std::printf("%td %s\n", keep.count() * tokens, la::simd::arch_name());
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  int result = 1;
  // One type is enough for each kernel, and each costs seconds to compile.
  lacuna_test::for_each_type(lacuna_test::catalogue<float>{}, [&](auto tag) {
    using entry = typename decltype(tag)::type;
    constexpr std::string_view name = entry::name;
    if constexpr (name == "csr" || name == "panel" || name == "tiled_sell" || name == "bitmap" || name == "bsr 4x1" ||
                  name == "bsr 8x1" || name == "nm 2:4" || name == "vnm 4x2:4")
      if (name == argv[1]) result = count<entry>(std::strtod(argv[2], nullptr), std::atol(argv[3]));
  });
  return result;
}
