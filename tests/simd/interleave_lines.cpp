// SPDX-License-Identifier: MIT
#include <lacuna/simd/interleave_lines.hpp>
#include <lacuna/simd/isa.hpp>

#include "support/guard.hpp"
#include "support/random.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cstdint>

namespace simd = lacuna::simd;
using lacuna_test::guarded;
using arch = simd::default_arch;

TEST_CASE("interleave_lines: quads in the order of the line, and back") {
  using byte_register = simd::batch<std::uint8_t, arch>;
  constexpr int bytes = static_cast<int>(byte_register::size);
  lacuna_test::random r(1);
  std::uint8_t from[4][bytes], ordered[4][bytes], got[bytes];
  byte_register line[4];
  for (int b = 0; b != 4; ++b) {
    for (auto& byte : from[b]) byte = static_cast<std::uint8_t>(r.bits());
    line[b] = simd::interleave_lines<arch>::order(byte_register::load_unaligned(from[b]));
    line[b].store_unaligned(ordered[b]);
  }
  simd::interleave_lines<arch>::run(line);
  lacuna::index wrong = 0;
  for (int j = 0; j != 4; ++j) {
    line[j].store_unaligned(got);
    for (int i = 0; i != bytes; ++i) wrong += got[i] != from[i % 4][(j * bytes + i) / 4];
  }
  CHECK(wrong == 0);
  simd::interleave_lines<arch>::undo(line);
  for (int b = 0; b != 4; ++b) {
    line[b].store_unaligned(got);
    for (int i = 0; i != bytes; ++i) wrong += got[i] != ordered[b][i];
  }
  CHECK(wrong == 0);
}

TEST_CASE("interleave_half_lines: quads in the order of the line, and back, and not one byte more") {
  using half = simd::interleave_half_lines<arch>;
  constexpr int bytes = half::bytes;
  constexpr lacuna::index pitch = bytes + 3;
  lacuna_test::random r(4);
  for (auto const where : lacuna_test::both_placements)
    for (std::uint8_t const flip : {std::uint8_t{0}, std::uint8_t{0x80}}) {
      guarded<std::uint8_t> from(4 * bytes, where), ordered(4 * bytes, where);
      for (auto& byte : from) byte = static_cast<std::uint8_t>(r.bits());
      from.make_read_only();
      std::uint8_t const* line[4];
      for (int b = 0; b != 4; ++b) {
        half::order(from.data() + b * bytes, flip, ordered.data() + b * bytes);
        line[b] = ordered.data() + b * bytes;
      }
      half::batch_type quad[2];
      half::run(line, quad);
      std::uint8_t got[2][2 * bytes];
      lacuna::index wrong = 0;
      for (int j = 0; j != 2; ++j) quad[j].store_unaligned(got[j]);
      for (int i = 0; i != 4 * bytes; ++i)
        wrong += got[i / (2 * bytes)][i % (2 * bytes)] != (from[i % 4 * bytes + i / 4] ^ flip);
      CHECK(wrong == 0);
      for (int count = 1; count <= 4; ++count) {
        guarded<std::uint8_t> back((count - 1) * pitch + bytes, where);
        for (auto& byte : back) byte = 77;
        half::undo(quad, back.data(), pitch, count);
        for (lacuna::index i = 0; i != back.size(); ++i)
          wrong += back[i] != (i % pitch < bytes ? ordered[i / pitch * bytes + i % pitch] : 77);
        CHECK(wrong == 0);
        CHECK(back.intact());
      }
      CHECK(ordered.intact());
    }
}

namespace {

template <int R>
void check_turned(lacuna_test::random& r) {
  using turned = simd::turn_columns<arch, R>;
  constexpr int columns = turned::columns;
  STATIC_REQUIRE(columns % 4 == 0);
  for (auto const where : lacuna_test::both_placements)
    for (int count = 1; count <= columns; ++count) {
      guarded<std::int8_t> from(count * R, where), to(columns * R, where);
      for (auto& byte : from) byte = static_cast<std::int8_t>(r.bits());
      from.make_read_only();
      turned::run(from.data(), to.data(), count);
      lacuna::index wrong = 0;
      for (int c = 0; c != columns; ++c)
        for (int i = 0; i != R; ++i) wrong += to[4 * (c / 4 * R + i) + c % 4] != (c < count ? from[c * R + i] : 0);
      CAPTURE(R, count);
      REQUIRE(wrong == 0);
      REQUIRE(to.intact());
      if (count == columns) {
        guarded<std::int8_t> whole(columns * R, where);
        turned::run(from.data(), whole.data());
        REQUIRE(std::equal(to.begin(), to.end(), whole.begin()));
        REQUIRE(whole.intact());
      }
    }
}

}  // namespace

TEST_CASE("turn_columns: all columns or some, of any number of rows, and not one byte more") {
  lacuna_test::random r(2);
  check_turned<3>(r);
  check_turned<4>(r);
  check_turned<8>(r);
  check_turned<12>(r);
  check_turned<16>(r);
  check_turned<32>(r);
}
