// SPDX-License-Identifier: MIT
#include <lacuna/kernel/weights.hpp>

#include "support/guarded_operands.hpp"

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <cstdint>
#include <type_traits>
#include <vector>

namespace la = lacuna;
using arch = la::simd::default_arch;

namespace {

/// Every number of blocks of Size weights up to some pieces, each seen once, in order and with its values.
template <class W, class S, int Size>
bool sees_all(la::index most) {
  for (la::index count = 0; count <= most; count += 1 + count / 9)
    for (auto const where : lacuna_test::both_placements) {
      std::vector<W> source;
      for (la::index k = 0; k != count * Size; ++k) source.push_back(W(static_cast<S>(k % 97 - 48)));
      lacuna_test::guarded_copy<W> const guarded(source, where);
      la::index const first = count / 3;
      la::index next = first;
      bool fine = true;
      la::kernel::for_each_weights<arch, S, Size>(guarded.get().data(), first, count, [&](la::index e, S const* w) {
        fine = fine && e == next++;
        for (la::index k = 0; k != Size; ++k) fine = fine && w[k] == static_cast<S>((e * Size + k) % 97 - 48);
      });
      if (!fine || next != count) return false;
    }
  return true;
}

/// Five places at a time, the last first.
struct backwards {
  static constexpr int together = 5;
  static constexpr int place(int i) noexcept { return 4 - i; }
};

/// Five places at a time backwards; what is left in order.
bool sees_all_backwards(la::index count) {
  la::index const whole = count / 5 * 5;
  la::index calls = 0;
  bool fine = true;
  la::kernel::for_each_place<backwards>(count, [&](la::index e, auto) {
    fine = fine && e == (calls < whole ? calls / 5 * 5 + 4 - calls % 5 : calls);
    ++calls;
  });
  return fine && calls == count;
}

/// Turns go round in the order of places, three at a time; what is left has turn 0.
bool takes_turns(la::index count) {
  la::index const whole = count / 3 * 3;
  la::index next = 0;
  bool fine = true;
  la::kernel::for_each_place<la::kernel::in_turns<3>>(
      count, [&](la::index e, auto turn) { fine = fine && e == next++ && turn() == (e < whole ? e % 3 : 0); });
  return fine && next == count;
}

/// The numbers 0 .. count that W holds exactly, at one end of memory that may be read.
template <class W>
lacuna_test::guarded_copy<W> numbers(la::index count, lacuna_test::placement where) {
  std::vector<W> source;
  for (la::index k = 0; k != count; ++k) source.push_back(W(static_cast<float>(k % 251)));
  return lacuna_test::guarded_copy<W>(source, where);
}

/// Weights taken 8, 1 and 4 at a time, as long as there are some.
template <class W>
bool reads_all(la::index count) {
  using reader = la::kernel::weight_reader<arch, W, float>;
  for (auto const where : lacuna_test::both_placements) {
    auto const guarded = numbers<W>(count, where);
    auto const* const from = guarded.get().data();
    typename reader::memory memory;
    reader weights(from, from + count, memory);
    la::index at = 0;
    bool fine = true;
    auto const take = [&](auto step) {
      if (count - at < step) return false;
      float const* const w = weights.template take<step>();
      for (la::index k = 0; k != step; ++k) fine = fine && w[k] == static_cast<float>((at + k) % 251);
      at += step;
      return true;
    };
    while (take(std::integral_constant<int, 8>{}) && take(std::integral_constant<int, 1>{}) &&
           take(std::integral_constant<int, 4>{})) {
    }
    while (take(std::integral_constant<int, 1>{})) {
    }
    if (!fine || at != count) return false;
  }
  return true;
}

/// Three lists of as many weights, in pieces.
template <class W>
bool sees_all_pieces(la::index count) {
  for (auto const where : lacuna_test::both_placements) {
    auto const guarded = numbers<W>(3 * count, where);
    auto const* const from = guarded.get().data();
    W const* const lists[3] = {from, from + count, from + 2 * count};
    la::index next = 0;
    bool fine = true;
    la::kernel::for_each_piece<arch, float>(lists, count, [&](la::index first, la::index size, auto const& weights) {
      fine = fine && first == next && (size % 2 == 0 || first + size == count);
      next += size;
      for (la::index h = 0; h != 3; ++h)
        for (la::index k = 0; k != size; ++k)
          fine = fine && weights[h][k] == static_cast<float>((h * count + first + k) % 251);
    });
    if (!fine || next != count) return false;
  }
  return true;
}

}  // namespace

TEST_CASE("weights: which types can be brought into the type of the sums") {
  STATIC_REQUIRE(la::kernel::widenable<arch, float, float>);
  STATIC_REQUIRE(la::kernel::widenable<arch, la::bf16, float>);
  STATIC_REQUIRE(la::kernel::widenable<arch, la::f16, float>);
  STATIC_REQUIRE(la::kernel::widenable<arch, double, double> == la::simd::has_batch<arch, double>);
  STATIC_REQUIRE_FALSE(la::kernel::widenable<arch, double, float>);
  STATIC_REQUIRE_FALSE(la::kernel::widenable<arch, std::int8_t, std::int32_t>);
}

TEMPLATE_TEST_CASE("weights: each block once and in order, nothing read beside them", "", float, la::bf16, la::f16) {
  CHECK(sees_all<TestType, float, 1>(600));
  CHECK(sees_all<TestType, float, 4>(150));
  CHECK(sees_all<TestType, float, 15>(60));
  CHECK(sees_all<TestType, float, 300>(4));
}

TEST_CASE("weights: places in another order, and in turns") {
  for (la::index const count : {0, 1, 2, 3, 4, 5, 7, 8, 64, 150}) {
    CAPTURE(count);
    CHECK(sees_all_backwards(count));
    CHECK(takes_turns(count));
  }
}

TEMPLATE_TEST_CASE("weights: one after the other, and in pieces", "", float, la::bf16, la::f16) {
  for (la::index const count : {0, 1, 2, 15, 16, 17, 255, 256, 257, 300, 512, 777}) {
    CAPTURE(count);
    CHECK(reads_all<TestType>(count));
    CHECK(sees_all_pieces<TestType>(count));
  }
}

TEMPLATE_TEST_CASE("weights: as many as are left, where not all are", "", la::bf16, la::f16) {
  for (la::index const left : {0, 1, 15, 16, 31, 32}) {
    auto const guarded = numbers<TestType>(left, lacuna_test::placement::upper);
    alignas(64) float wide[32] = {};
    la::kernel::widen_next<arch, 32>(guarded.get().data(), left, wide);
    for (la::index k = 0; k != left; ++k) CHECK(wide[k] == static_cast<float>(k));
  }
}
