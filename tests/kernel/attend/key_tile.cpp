// SPDX-License-Identifier: MIT
#include <lacuna/kernel/attend/key_tile.hpp>

#include <catch2/catch_test_macros.hpp>

#include <cstdint>

namespace kernel = lacuna::kernel;

TEST_CASE("key tile: pieces stand behind each other") {
  kernel::key_slots slots;
  slots.clear();
  CHECK(slots.room() == 64);
  std::int32_t const ids[3] = {9, 4, 7};
  slots.add(nullptr, 100, 20, false);
  CHECK(!slots.partial);
  slots.add(ids, 0, 3, true);
  CHECK(slots.partial);
  CHECK(slots.count == 23);
  CHECK(slots.room() == 41);
  CHECK(slots.pieces == 2);
  CHECK(slots.piece[1].slot == 20);
  CHECK(slots.piece[1].ids == ids);
  slots.clear();
  CHECK(slots.count == 0);
  CHECK(!slots.partial);
}

TEST_CASE("key tile: the last slot is repeated") {
  kernel::of_slots<int> s{};
  for (int i = 0; i != 5; ++i) s.slot[i] = i;
  s.close(5);
  for (lacuna::index i = 5; i != s.size; ++i) CHECK(s.slot[i] == 4);
}
