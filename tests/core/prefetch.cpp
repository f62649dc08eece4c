// SPDX-License-Identifier: MIT
#include <lacuna/core/prefetch.hpp>

#include "support/guard.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstdint>

TEST_CASE("prefetch_line: memory that is there stays as it is, and none has to be there") {
  lacuna_test::guarded<int> some(4, lacuna_test::placement::upper);
  for (int& v : some.span()) v = 7;
  lacuna::prefetch_line(some.data());
  lacuna::prefetch_line(some.data() + 4);  // a page that faults when it is read
  lacuna::prefetch_line(nullptr);
  lacuna::prefetch_line(reinterpret_cast<void const*>(std::uintptr_t{4096}));
  for (int const v : some.span()) CHECK(v == 7);
}
