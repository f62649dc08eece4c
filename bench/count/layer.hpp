// SPDX-License-Identifier: MIT
//
// What the programs for bench/count.py share: a layer, its sparsity, and the two lines between which is counted.
#pragma once

#include <lacuna/core/dense.hpp>

#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace lacuna_count {

constexpr lacuna::index rows = 128;
constexpr lacuna::index cols = 256;

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
inline void say(char const* line) {
  if (write(2, line, std::strlen(line)) < 0) std::exit(1);
}

/// Calls `multiply` once so that memory is there which is kept from call to call, and once to be counted; then says how
/// many multiply-adds of one call are useful.
template <class F>
void count_second(F const& multiply, lacuna::index useful, char const* arch) {
  multiply();
  say("count: first\n");
  multiply();
  say("count: last\n");
  std::printf("%td %s\n", useful, arch);
}

}  // namespace lacuna_count
