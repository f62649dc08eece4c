// SPDX-License-Identifier: MIT
//
// One product of floats for bench/count.py, which counts the instructions between the two lines that it writes.
//
//     count FORMAT SPARSITY TOKENS      multiply-adds of a layer of 128 x 256 that are useful, or 1 if there is no such
//     format
#include <lacuna/pack.hpp>
#include <lacuna/prune.hpp>
#include <lacuna/spmm.hpp>

#include "layer.hpp"

#include <cstdlib>
#include <string_view>
#include <support/catalogue.hpp>

namespace {

namespace la = lacuna;
using lacuna_count::cols;
using lacuna_count::rows;

template <class Entry>
int count(double sparsity, la::index tokens) {
  lacuna_count::noise any;
  la::dense<float> w(rows, cols), x(cols, tokens), y(rows, tokens);
  for (la::index i = 0; i != rows; ++i)
    for (la::index j = 0; j != cols; ++j) w(i, j) = any.next();
  for (la::index i = 0; i != cols; ++i)
    for (la::index j = 0; j != tokens; ++j) x(i, j) = any.next();
  auto const keep = la::prune(w, la::magnitude{}, Entry::at(sparsity));
  auto const a = la::pack<typename Entry::format>(w, keep, la::pack_options{.tokens = tokens});
  lacuna_count::count_second([&] { la::spmm(a, x, y); }, keep.count() * tokens, la::simd::arch_name());
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
