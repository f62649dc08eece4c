// SPDX-License-Identifier: MIT
#include <lacuna/format/grouped_int4_layout.hpp>

#include <catch2/catch_test_macros.hpp>

#include <cstdint>

namespace la = lacuna;

TEST_CASE("grouped_int4: a code is where it was put, and no other one changes") {
  using layout = la::grouped_int4_layout<6>;
  STATIC_REQUIRE(layout::bytes == 3);
  for (int c = 0; c != 6; ++c)
    for (int code = -8; code != 8; ++code) {
      std::uint8_t codes[3] = {0x3C, 0x3C, 0x3C};
      layout::set_code(codes, c, code);
      la::index wrong = 0;
      for (int other = 0; other != 6; ++other)
        wrong += layout::code(codes, other) != (other == c ? code : other < 3 ? -4 : 3);
      CHECK(wrong == 0);
    }
}
