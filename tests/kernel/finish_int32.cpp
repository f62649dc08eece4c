// SPDX-License-Identifier: MIT
#include <lacuna/kernel/epilogue.hpp>
#include <lacuna/kernel/finish.hpp>

#include "support/guarded_operands.hpp"
#include "support/lanes.hpp"
#include "support/random.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

namespace la = lacuna;
using lacuna_test::guarded;
using lacuna_test::guarded_dense;
using lacuna_test::lanes_of;
using arch = la::simd::default_arch;
constexpr auto row = la::order::row_major;
constexpr auto col = la::order::col_major;

namespace {

/// Operands that are as long as Y is high and wide, between guard pages.
struct vectors {
  guarded<std::int32_t> row_sums, zeros;
  guarded<float> factors, tokens, bias;
  la::dense<float, col> residual;

  vectors(lacuna_test::random& r, la::index rows, la::index cols, lacuna_test::placement where)
      : row_sums(rows, where),
        zeros(cols, where),
        factors(rows, where),
        tokens(cols, where),
        bias(rows, where),
        residual(rows, cols) {
    for (auto& v : row_sums) v = static_cast<std::int32_t>(r.below(2001)) - 1000;
    for (auto& v : zeros) v = static_cast<std::int32_t>(r.below(256));
    for (auto& v : factors) v = std::ldexp(1.0f, -static_cast<int>(r.below(6)));  // products are exact, ties common
    for (auto& v : tokens) v = std::ldexp(1.0f, -static_cast<int>(r.below(6)));
    for (auto& v : bias) v = static_cast<float>(r.below(64));
    for (la::index i = 0; i != rows * cols; ++i) residual.data()[i] = static_cast<float>(r.below(64));
    row_sums.make_read_only(), zeros.make_read_only();
    factors.make_read_only(), tokens.make_read_only(), bias.make_read_only();
  }
};

/// Finishes the block from (2, 3) on of a matrix that ends with it, in registers; every element is what finish_sum
/// makes of it, and nothing beside the block is written.
template <class Y, la::order Order, class Make>
void check_block(lacuna_test::random& r, la::index height, la::index width, lacuna_test::placement where,
                 Make const& make) {
  auto const stride = (width + lanes_of<float> - 1) / lanes_of<float> * lanes_of<float>;
  auto const rows = 2 + height, cols = 3 + width;
  guarded<std::int32_t> sums(la::kernel::sums_size<arch, std::int32_t>(height, stride), where);
  for (auto& v : sums) v = static_cast<std::int32_t>(r.below(4001)) - 2000;
  sums.data()[0] = std::numeric_limits<std::int32_t>::min();
  sums.make_read_only();
  vectors const v(r, rows, cols, where);
  auto const ep = la::detail::as_epilogue(make(v));
  la::dense<Y> old(rows, cols);
  for (la::index i = 0; i != rows; ++i)
    for (la::index j = 0; j != cols; ++j) old(i, j) = static_cast<Y>(static_cast<float>(r.below(100)));
  guarded_dense<Y, Order> y(rows, cols, width % 3, where);
  y.assign(old);
  auto expected = old;
  for (la::index i = 0; i != height; ++i)
    for (la::index j = 0; j != width; ++j)
      la::kernel::finish_sum(sums.data()[i * stride + j], ep, expected.view(), 2 + i, 3 + j);
  la::kernel::finish<arch>::run(sums.data(), stride, ep, y.view(), 2, rows, 3, width);
  la::index wrong = 0;
  for (la::index i = 0; i != rows; ++i)
    for (la::index j = 0; j != cols; ++j) wrong += !(y.view()(i, j) == expected(i, j));
  CAPTURE(height, width, where);
  REQUIRE(wrong == 0);
  REQUIRE(y.intact());
}

template <class Y, la::order Order, class Make>
void check_blocks(Make const& make) {
  lacuna_test::random r(1);
  for (auto const where : lacuna_test::both_placements)
    for (la::index const height : {1, lanes_of<float> - 1, lanes_of<float> + 1})
      for (la::index const width : {1, lanes_of<float> - 1, lanes_of<float>, 4 * lanes_of<float> + 1})
        check_block<Y, Order>(r, height, width, where, make);
}

}  // namespace

TEST_CASE("finish: int32 sums as they are, corrected and accumulated") {
  check_blocks<std::int32_t, row>([](vectors const&) { return la::identity_epilogue{}; });
  check_blocks<std::int32_t, row>([](vectors const& v) { return la::zero_point(3, v.row_sums.span()); });
  auto const each = [](vectors const& v) { return la::zero_point(v.zeros.span(), v.row_sums.span()) | la::accumulate; };
  check_blocks<std::int32_t, row>(each);
  check_blocks<std::int32_t, col>(each);
}

TEST_CASE("finish: int32 sums become floating values") {
  auto const make = [](vectors const& v) {
    return la::zero_point(5, v.row_sums.span()) | la::scale_tokens(v.tokens.span()) | la::scale(v.factors.span()) |
           la::bias(v.bias.span()) | la::relu | la::add(v.residual);
  };
  check_blocks<float, row>(make);
  check_blocks<float, col>(make);
  check_blocks<la::bf16, col>(make);
  check_blocks<double, row>([](vectors const&) { return la::identity_epilogue{}; });
}

TEST_CASE("finish: int32 sums become integers of 8 and 16 bits, in registers") {
  auto const to = [](auto zero) {
    return [zero](vectors const& v) {
      return la::zero_point(v.zeros.span(), v.row_sums.span()) | la::scale_tokens(v.tokens.span()) |
             la::bias(v.bias.span()) | la::requantize<decltype(zero)>(v.factors.span(), zero);
    };
  };
  check_blocks<std::int8_t, row>(to(std::int8_t{-3}));
  check_blocks<std::int8_t, col>(to(std::int8_t{0}));
  check_blocks<std::uint8_t, row>(to(std::uint8_t{128}));
  check_blocks<std::uint8_t, col>(to(std::uint8_t{255}));
  check_blocks<std::int16_t, row>(to(std::int16_t{-300}));
  check_blocks<std::uint16_t, col>(to(std::uint16_t{9}));
}
