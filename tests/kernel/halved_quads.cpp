// SPDX-License-Identifier: MIT
#include <lacuna/kernel/halved_quads.hpp>

#include "support/guard.hpp"
#include "support/lanes.hpp"
#include "support/random.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstdint>

namespace la = lacuna;
using lacuna_test::guarded;
using lacuna_test::lanes_of;
using arch = la::simd::default_arch;
using wide = la::simd::wide_dot4<arch>;

TEST_CASE("halved_quads: halves of quads of any lines, between guard pages") {
  constexpr la::index line = lanes_of<std::uint8_t>, inputs = 20;
  using bytes = la::simd::batch<std::uint8_t, arch>;
  lacuna_test::random r(1);
  for (auto const where : lacuna_test::both_placements) {
    guarded<std::uint8_t> x(inputs * line, where);
    for (auto& b : x) b = static_cast<std::uint8_t>(r.bits());
    guarded<std::uint16_t> columns(12, where);
    for (auto& c : columns) c = static_cast<std::uint16_t>(r.below(inputs));
    x.make_read_only(), columns.make_read_only();
    auto const* const lines = reinterpret_cast<std::int32_t const*>(x.data());
    la::kernel::halved_quads<arch, std::uint16_t> const source{columns.data(), nullptr, 12};
    la::index wrong = 0;
    for (la::index q = 0; q != 3; ++q) {
      bytes quad[4], low[2], high[2];
      for (la::index b = 0; b != 4; ++b) quad[b] = bytes::load_unaligned(x.data() + columns[4 * q + b] * line);
      la::simd::interleave_lines<arch>::run(quad);
      source.half<0>().load(q, lines, low);
      source.half<1>().load(q, lines, high);
      for (la::index l = 0; l != line; ++l)
        for (int n = 0; n != 2; ++n) {
          auto const byte = [l](bytes v) { return lacuna_test::lanes<std::uint8_t>(v)[static_cast<std::size_t>(l)]; };
          wrong += byte(low[n]) != byte(quad[n]) || byte(high[n]) != byte(quad[2 + n]);
        }
    }
    CHECK(wrong == 0);
  }
}

TEST_CASE("halved_quads: weights of whole quads and of the last, zeros behind it, nothing read there") {
  if constexpr (wide::turns) {
    lacuna_test::random r(2);
    for (auto const where : lacuna_test::both_placements)
      for (la::index count = 1; count != 14; ++count) {
        guarded<std::int8_t> values(4 * count, where);
        for (auto& v : values) v = static_cast<std::int8_t>(r.bits());
        values.make_read_only();
        la::kernel::halved_quads<arch, std::uint16_t> const source{nullptr, values.data(), count};
        auto const quads = (count + 3) / 4;
        for (la::index first = 0; first != quads; ++first)
          for (la::index last = first + 1; last <= quads; ++last) {
            std::int16_t got[64] = {};
            source.widen(first, last, got);
            la::index wrong = 0;
            for (la::index q = first; q != last; ++q)
              for (int i = 0; i != 4; ++i)
                for (int b = 0; b != 4; ++b) {
                  auto const e = 4 * q + b;
                  auto const place = b == 1 ? 2 : b == 2 ? 1 : b;
                  wrong += got[16 * (q - first) + 4 * i + place] != (e < count ? values[4 * e + i] : 0);
                }
            CAPTURE(count, first, last);
            REQUIRE(wrong == 0);
          }
      }
  }
}
