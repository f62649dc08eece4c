// SPDX-License-Identifier: MIT
#include <lacuna/kernel/token_dots.hpp>

#include "support/guard.hpp"
#include "support/lanes.hpp"
#include "support/random.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstdint>

namespace la = lacuna;
using lacuna_test::guarded;
using lacuna_test::lanes_of;
using arch = la::simd::default_arch;
using byte = la::simd::dot4_byte<arch>;

namespace {

template <int Rows>
void check(lacuna_test::random& r, lacuna_test::placement where) {
  constexpr la::index blocks = 7, inputs = 40, tokens_most = 27;
  guarded<std::int8_t> weights(blocks * Rows * 4, where);
  for (auto& w : weights) w = static_cast<std::int8_t>(r.below(3) == 0 ? 128 : r.bits());
  guarded<std::uint16_t> columns(blocks, where);
  for (la::index e = 0; e != blocks; ++e) columns[e] = static_cast<std::uint16_t>(e + e / 3 + r.below(2));
  guarded<std::int32_t> start(Rows, where);
  for (auto& s : start) s = static_cast<std::int32_t>(r.below(1000)) - 500;
  weights.make_read_only(), columns.make_read_only(), start.make_read_only();
  for (la::index tokens = 0; tokens <= tokens_most; ++tokens) {
    auto const x_pitch = inputs + tokens % 3 * 4;
    guarded<byte> x(tokens == 0 ? 0 : (tokens - 1) * x_pitch + inputs, where);
    for (auto& b : x) b = static_cast<byte>(r.below(3) == 0 ? 255 : r.bits());
    x.make_read_only();
    bool const starts = tokens % 2 == 0;
    la::index const first = tokens % 3, last = blocks - tokens % 4, pitch = Rows + tokens % 5;
    guarded<std::int32_t> sums(tokens == 0 ? 0 : (tokens - 1) * pitch + Rows, where);
    for (auto& s : sums) s = 77;
    la::kernel::token_dots<arch, Rows>::run(columns.data(), weights.data(), first, last, x.data(), x_pitch, tokens,
                                            starts ? start.data() : nullptr, sums.data(), pitch, tokens % 5 < 3);
    la::index wrong = 0;
    for (la::index t = 0; t != tokens; ++t)
      for (la::index i = 0; i != (t == tokens - 1 ? Rows : pitch); ++i) {
        std::int32_t sum = 77;
        if (i < Rows) {
          sum = starts ? start[i] : 0;
          for (la::index e = first; e < last; ++e)
            for (la::index b = 0; b != 4; ++b)
              sum += weights[(e * Rows + i) * 4 + b] * x[t * x_pitch + columns[e] * 4 + b];
        }
        wrong += sums[t * pitch + i] != sum;
      }
    CAPTURE(Rows, tokens);
    REQUIRE(wrong == 0);
    REQUIRE(sums.intact());
  }
}

}  // namespace

TEST_CASE("token_dots: any number of tokens, exact, reading and writing no more than it says") {
  if constexpr (la::simd::has_batch<arch, std::int32_t>) {
    constexpr int lanes = lanes_of<std::int32_t>;
    lacuna_test::random r(1);
    for (auto const where : lacuna_test::both_placements) {
      check<lanes>(r, where);
      check<2 * lanes>(r, where);
      check<3 * lanes>(r, where);
      check<32>(r, where);
    }
  }
}
