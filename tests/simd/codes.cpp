// SPDX-License-Identifier: MIT
#include <lacuna/simd/isa.hpp>
#include <lacuna/simd/unroll.hpp>

#include "support/guard.hpp"
#include "support/random.hpp"

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <cstdint>

namespace la = lacuna;
using arch = la::simd::default_arch;

namespace {

/// Bit b of some bytes.
int bit(std::uint8_t const* p, int b) { return p[b / 8] >> b % 8 & 1; }

template <class T, int Bits, int Keep, int M, int Part = 0>
void check(lacuna_test::random& r) {
  constexpr int lanes = static_cast<int>(la::simd::batch<T, arch>::size);
  if constexpr (lanes % Keep == 0 && lanes * Bits * (Part + 1) <= 64 && lanes / Keep * M <= 256) {
    T table[256];
    for (int k = 0; k != 256; ++k) table[k] = static_cast<T>(k);
    for (int repeat = 0; repeat != 20; ++repeat) {
      auto const where = repeat % 2 == 0 ? lacuna_test::placement::lower : lacuna_test::placement::upper;
      lacuna_test::guarded<std::uint8_t> word(8, where);
      for (auto& byte : word.span()) byte = static_cast<std::uint8_t>(r.below(256));
      T got[lanes];
      la::simd::codes<arch, T, Bits, Keep, M>::template load<Part>(word.data()).gather(table).store_unaligned(got);
      for (int l = 0; l != lanes; ++l) {
        int code = 0;
        for (int b = 0; b != Bits; ++b) code |= bit(word.data(), (Part * lanes + l) * Bits + b) << b;
        CAPTURE(Bits, Keep, M, Part, l);
        REQUIRE(got[l] == static_cast<T>(l / Keep * M + code));
      }
    }
    if constexpr ((Part + 2) * lanes <= 8) check<T, Bits, Keep, M, Part + 1>(r);
  }
}

/// Lines of masks that are rewritten: every register of every step looks the ones of its groups up.
template <class T, int Keep, int M>
void check_rewritten(lacuna_test::random& r) {
  using masks = la::simd::mask_codes<arch, T, Keep, M>;
  constexpr int lanes = static_cast<int>(la::simd::batch<T, arch>::size);
  constexpr int inputs = lanes / Keep * M;
  auto const two_groups = [&r] {  // of 2:4
    constexpr std::uint8_t group[] = {3, 5, 6, 9, 10, 12};
    return static_cast<std::uint8_t>(group[r.below(6)] | group[r.below(6)] << 4);
  };
  for (int repeat = 0; repeat != 100; ++repeat) {
    auto const where = repeat % 2 == 0 ? lacuna_test::placement::lower : lacuna_test::placement::upper;
    lacuna_test::guarded<std::uint8_t> line(masks::line, where);
    lacuna_test::guarded<std::uint8_t> rewritten(masks::line, where);
    lacuna_test::guarded<T> numbers(inputs, where);
    for (auto& byte : line.span()) byte = two_groups();
    for (int k = 0; k != inputs; ++k) numbers.data()[k] = static_cast<T>(k);
    masks::arrange(numbers.data());
    REQUIRE(numbers.intact());
    masks::rewrite(line.data(), rewritten.data());
    typename masks::table const table(numbers.data(), inputs);
    auto const one = [&](la::index step, auto part) {
      T got[lanes];
      table[masks::template load<part>(rewritten.data() + step * masks::bytes)].store_unaligned(got);
      for (int k = 0, l = 0; k != inputs; ++k)
        if (bit(line.data() + step * masks::bytes, part * inputs + k) != 0) REQUIRE(got[l++] == static_cast<T>(k));
    };
    for (la::index step = 0; step != masks::line / masks::bytes; ++step)
      la::simd::unroll<masks::parts>([&](auto part) { one(step, part); });
    REQUIRE(rewritten.intact());
  }
}

/// Looks eight slots up in a table that has been arranged: slot l meets the input expected[l].
template <class Codes, class T>
void check_table(lacuna_test::guarded<std::uint8_t> const& word, la::index inputs, int const* expected,
                 lacuna_test::placement where) {
  constexpr int lanes = static_cast<int>(la::simd::batch<T, arch>::size);
  lacuna_test::guarded<T> numbers(inputs, where);
  for (la::index k = 0; k != inputs; ++k) numbers.data()[k] = static_cast<T>(k);
  Codes::arrange(numbers.data());
  REQUIRE(numbers.intact());
  typename Codes::table const table(numbers.data(), inputs);
  T got[lanes];
  table[Codes::load(word.data())].store_unaligned(got);
  for (int l = 0; l != lanes; ++l) REQUIRE(got[l] == static_cast<T>(expected[l]));
}

/// Codes with tables of their own; the bits behind the last are anything.
template <class T, int Bits, int Keep, int M>
void check_code_tables(lacuna_test::random& r) {
  using tables = la::simd::code_tables<arch, T, Keep, M>;
  if constexpr (tables::available) {
    constexpr int lanes = static_cast<int>(la::simd::batch<T, arch>::size);
    for (int repeat = 0; repeat != 200; ++repeat) {
      auto const where = repeat % 2 == 0 ? lacuna_test::placement::lower : lacuna_test::placement::upper;
      lacuna_test::guarded<std::uint8_t> word(tables::bytes, where);
      for (auto& byte : word.span()) byte = static_cast<std::uint8_t>(r.below(256));
      int expected[lanes];
      for (int l = 0; l != lanes; ++l) {
        expected[l] = l / Keep * M;
        for (int b = 0; b != Bits; ++b) expected[l] += bit(word.data(), l * Bits + b) << b;
      }
      check_table<tables, T>(word, lanes / Keep * M, expected, where);
    }
  }
}

/// Random masks of groups, as many as a register has slots for; the bits behind them are anything.
template <class T, int Keep, int M>
void check_masks(lacuna_test::random& r) {
  using masks = la::simd::mask_codes<arch, T, Keep, M>;
  if constexpr (requires { masks::line; }) {
    check_rewritten<T, Keep, M>(r);
  } else if constexpr (masks::available) {
    constexpr int lanes = static_cast<int>(la::simd::batch<T, arch>::size);
    [[maybe_unused]] T table[64];
    for (int k = 0; k != 64; ++k) table[k] = static_cast<T>(k);
    for (int repeat = 0; repeat != 200; ++repeat) {
      lacuna_test::guarded<std::uint8_t> word(masks::bytes, lacuna_test::placement::upper);
      for (auto& byte : word.span()) byte = static_cast<std::uint8_t>(r.below(256));
      int expected[lanes];
      for (int g = 0, l = 0; g != lanes / Keep; ++g)
        for (int j = 0, left = Keep; j != M; ++j) {
          bool const one = left == M - j || (left != 0 && r.below(2) == 0);
          auto& byte = word.data()[(g * M + j) / 8];
          byte = static_cast<std::uint8_t>((byte & ~(1 << (g * M + j) % 8)) | (one ? 1 << (g * M + j) % 8 : 0));
          if (one) expected[l++] = g * M + j, --left;
        }
      if constexpr (requires { typename masks::table; }) {
        check_table<masks, T>(word, lanes / Keep * M, expected, lacuna_test::placement::upper);
      } else {
        T got[lanes];
        masks::load(word.data()).gather(table).store_unaligned(got);
        for (int l = 0; l != lanes; ++l) REQUIRE(got[l] == static_cast<T>(expected[l]));
      }
    }
  }
}

}  // namespace

TEMPLATE_TEST_CASE("mask_codes: positions of the ones of masks, where there are registers of them", "", float, double) {
  if constexpr (la::simd::has_batch<arch, TestType>) {
    lacuna_test::random r(2);
    check_masks<TestType, 2, 4>(r);
    check_masks<TestType, 4, 8>(r);
    check_masks<TestType, 8, 16>(r);
  }
}

TEMPLATE_TEST_CASE("codes: positions from codes of every width, between guard pages", "", float, double) {
  if constexpr (la::simd::has_batch<arch, TestType>) {
    lacuna_test::random r(1);
    check<TestType, 0, 1, 1>(r);
    check<TestType, 1, 1, 2>(r);
    check<TestType, 2, 1, 4>(r);
    check<TestType, 3, 1, 5>(r);
    check<TestType, 3, 2, 8>(r);
    check<TestType, 4, 1, 16>(r);
    check<TestType, 5, 1, 32>(r);
  }
}

TEMPLATE_TEST_CASE("code_tables: inputs of codes by tables of their own", "", float, double) {
  if constexpr (la::simd::has_batch<arch, TestType>) {
    lacuna_test::random r(3);
    check_code_tables<TestType, 2, 1, 4>(r);
    check_code_tables<TestType, 3, 2, 8>(r);
    STATIC_REQUIRE(la::simd::code_tables<arch, TestType, 1, 4>::available ==
                   (la::simd::avx2<arch> && sizeof(TestType) == 4));
  }
}
