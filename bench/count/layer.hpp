// SPDX-License-Identifier: MIT
//
// What the programs for bench/count.py share: a layer, its product, and the two lines between which is counted.
#pragma once

#include <lacuna/core/dense.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/pack.hpp>
#include <lacuna/prune.hpp>
#include <lacuna/spmm.hpp>

#include <unistd.h>

#include <concepts>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <span>
#include <string_view>
#include <support/catalogue.hpp>
#include <vector>

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

/// Such numbers, for integers over all that T holds but the least signed one.
template <lacuna::scalar T>
[[nodiscard]] lacuna::dense<T> matrix(noise& any, lacuna::index height, lacuna::index width) {
  lacuna::dense<T> m(height, width);
  for (lacuna::index i = 0; i != height * width; ++i)
    if constexpr (std::signed_integral<T>)
      m.data()[i] = static_cast<T>(127 * any.next());
    else if constexpr (std::integral<T>)
      m.data()[i] = static_cast<T>(128 + 127 * any.next());
    else
      m.data()[i] = any.next();
  return m;
}

/// Straight to the file, for the instructions of a buffer would be counted.
inline void say(char const* line) {
  if (write(2, line, std::strlen(line)) < 0) std::exit(1);
}

/// For each number of tokens multiplies once so that memory is there which is kept from call to call, and once to be
/// counted; and says how many multiply-adds of one call are useful. X has elements of type X, Y of type Y.
template <class Entry, class X, class Y>
void count(double sparsity, std::span<lacuna::index const> tokens) {
  noise any;
  auto const w = matrix<typename Entry::value_type>(any, rows, cols);
  auto const keep = lacuna::prune(w, lacuna::magnitude{}, Entry::at(sparsity));
  for (auto const n : tokens) {
    auto const x = matrix<X>(any, cols, n);
    lacuna::dense<Y> y(rows, n);
    auto const a = lacuna::pack<typename Entry::format>(w, keep, lacuna::pack_options{.tokens = n});
    lacuna::spmm(a, x, y);
    say("count: first\n");
    lacuna::spmm(a, x, y);
    say("count: last\n");
    std::printf("%td %s\n", keep.count() * n, lacuna::simd::arch_name());
  }
}

/// A program: FORMAT SPARSITY TOKENS... as arguments, or none for a trial of all formats. What main returns: 1 if there
/// is no such format.
template <class X, class Y, class... Entries>
int counted(lacuna_test::type_list<Entries...> formats, int argc, char** argv) {
  std::vector<lacuna::index> tokens{1, 8, 32};
  if (argc > 1) tokens.clear();
  for (int n = 3; n < argc; ++n) tokens.push_back(std::atol(argv[n]));
  int result = 1;
  lacuna_test::for_each_type(formats, [&](auto tag) {
    using entry = typename decltype(tag)::type;
    if (argc > 1 && std::string_view(entry::name) != argv[1]) return;
    count<entry, X, Y>(argc > 2 ? std::strtod(argv[2], nullptr) : 0.5, tokens);
    result = 0;
  });
  return result;
}

}  // namespace lacuna_count
