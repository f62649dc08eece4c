// SPDX-License-Identifier: MIT
//
// One product of int8 weights with uint8 activations for bench/count.py: as main.cpp.
//
//     count-int8 FORMAT SPARSITY TOKENS
#include <lacuna/pack.hpp>
#include <lacuna/prune.hpp>
#include <lacuna/spmm.hpp>

#include "layer.hpp"

#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <support/catalogue.hpp>

namespace {

namespace la = lacuna;
using lacuna_count::cols;
using lacuna_count::rows;
using lacuna_test::entry;

using formats =
    lacuna_test::type_list<entry<"bsr 32x4", la::bsr<std::int8_t, 32, 4>, la::blocks<32, 4>>,
                           entry<"bsr 4x4", la::bsr<std::int8_t, 4, 4>, la::blocks<4, 4>>,
                           entry<"bsr 8x1", la::bsr<std::int8_t, 8, 1>, la::blocks<8, 1>>,
                           entry<"nm 2:4", la::nm<std::int8_t, 2, 4>, la::n_of_m<2, 4>>,
                           entry<"vnm 16x2:4", la::vnm<std::int8_t, 16, 2, 4>, la::v_n_of_m<16, 2, 4>>,
                           entry<"bitmap", la::bitmap<std::int8_t>>, entry<"tiled_sell", la::tiled_sell<std::int8_t>>>;

template <class Entry>
int count(double sparsity, la::index tokens) {
  lacuna_count::noise any;
  la::dense<std::int8_t> w(rows, cols);
  la::dense<std::uint8_t> x(cols, tokens);
  la::dense<std::int32_t> y(rows, tokens);
  for (la::index i = 0; i != rows; ++i)
    for (la::index j = 0; j != cols; ++j) w(i, j) = static_cast<std::int8_t>(127 * any.next());
  for (la::index i = 0; i != cols; ++i)
    for (la::index j = 0; j != tokens; ++j) x(i, j) = static_cast<std::uint8_t>(128 + 127 * any.next());
  auto const keep = la::prune(w, la::magnitude{}, Entry::at(sparsity));
  auto const a = la::pack<typename Entry::format>(w, keep, la::pack_options{.tokens = tokens});
  lacuna_count::count_second([&] { la::spmm(a, x, y); }, keep.count() * tokens, la::simd::arch_name());
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  int result = 1;
  lacuna_test::for_each_type(formats{}, [&](auto tag) {
    using entry = typename decltype(tag)::type;
    if (std::string_view(entry::name) == argv[1])
      result = count<entry>(std::strtod(argv[2], nullptr), std::atol(argv[3]));
  });
  return result;
}
