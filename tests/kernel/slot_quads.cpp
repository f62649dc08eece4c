// SPDX-License-Identifier: MIT
#include <lacuna/kernel/slot_quads.hpp>

#include "support/guard.hpp"
#include "support/lanes.hpp"
#include "support/random.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstdint>
#include <limits>

namespace tests_of_slot_quads {

namespace la = lacuna;
using lacuna_test::guarded;
using lacuna_test::lanes_of;
using arch = la::simd::default_arch;
using byte = la::simd::dot4_byte<arch>;

namespace {

/// Any byte, or the largest or the smallest.
template <class T>
T some_byte(lacuna_test::random& r) {
  auto const kind = r.below(3);
  return kind == 0   ? static_cast<T>(r.bits())
         : kind == 1 ? std::numeric_limits<T>::min()
                     : std::numeric_limits<T>::max();
}

/// A line as kernels read it, of `bytes`, in order.
template <int N>
void order_line(byte const* bytes, byte* to) {
  auto const* const from = reinterpret_cast<std::uint8_t const*>(bytes);
  if constexpr (N == 2)
    la::simd::interleave_half_lines<arch>::order(from, 0, reinterpret_cast<std::uint8_t*>(to));
  else
    for (la::index c = 0; c != la::kernel::slot_quads<arch, N>::line; c += lanes_of<std::uint8_t>)
      la::simd::interleave_lines<arch>::order(lacuna_test::batch<std::uint8_t>::load_unaligned(from + c))
          .store_unaligned(reinterpret_cast<std::uint8_t*>(to + c));
}

/// Slots first .. last of as many as `last`, in columns of I in any order, all operands between guard pages.
template <int N, class I>
la::index wrong_sums(lacuna_test::random& r, la::index first, la::index last, lacuna_test::placement where) {
  using dots = la::kernel::slot_quads<arch, N>;
  constexpr la::index inputs = 50;
  guarded<byte> x(inputs * dots::line, where);
  byte bytes[inputs][dots::line];
  for (la::index k = 0; k != inputs; ++k) {
    for (auto& b : bytes[k]) b = some_byte<byte>(r);
    order_line<N>(bytes[k], x.data() + k * dots::line);
  }
  guarded<I> columns(last, where);
  guarded<std::int8_t> values(last, where);
  for (auto& c : columns) c = static_cast<I>(r.below(inputs));
  for (auto& v : values) v = some_byte<std::int8_t>(r);
  x.make_read_only(), columns.make_read_only(), values.make_read_only();
  guarded<std::int32_t> sums(dots::line, where);
  std::int32_t start = -12345;
  for (la::index e = first; e != last; ++e) start += la::simd::biased_dot4<arch>::bias(values[e]);
  dots::run(la::kernel::slot_list{columns.data(), values.data(), first, last},
            reinterpret_cast<std::int32_t const*>(x.data()), start, sums.data());
  la::index wrong = !sums.intact();
  for (la::index t = 0; t != dots::line; ++t) {
    std::int32_t sum = -12345;
    for (la::index e = first; e != last; ++e) sum += values[e] * bytes[static_cast<la::index>(columns[e])][t];
    wrong += sums[t] != sum;
  }
  return wrong;
}

template <int N, class I>
void check(unsigned seed) {
  lacuna_test::random r(seed);
  for (la::index const first : {0, 1, 2, 3, 4, 9})
    for (la::index count = 0; count <= 40; ++count) {
      CAPTURE(first, count);
      REQUIRE(wrong_sums<N, I>(r, first, first + count, lacuna_test::both_placements[count % 2]) == 0);
    }
}

}  // namespace

TEST_CASE("slot_quads: rows of any count of slots, at the beginning of a matrix and later, between guard pages") {
  check<4, std::uint32_t>(1);
  check<4, std::uint8_t>(2);
  check<4, std::int64_t>(3);
}

TEST_CASE("slot_quads: the same with lines of half a register") {
  check<2, std::uint32_t>(4);
  check<2, std::uint16_t>(5);
}

TEST_CASE("slot_quads: the same with lines of two registers") {
  check<8, std::uint32_t>(6);
  check<8, std::uint16_t>(7);
}

}  // namespace tests_of_slot_quads
