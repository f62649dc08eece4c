// SPDX-License-Identifier: MIT
#include <lacuna/attention/causal.hpp>
#include <lacuna/attention/pattern.hpp>
#include <lacuna/kernel/attend/seen.hpp>

#include <catch2/catch_test_macros.hpp>

#include <cstdint>

namespace la = lacuna;
namespace at = lacuna::attention;
namespace kernel = lacuna::kernel;

TEST_CASE("attend seen: partial pieces are asked for, the others are seen by all rows") {
  at::causal const pattern;
  kernel::attend_call<float> call;
  call.shape = {40, 100, 1, 1};  // query i stands at i + 60
  call.mask = at::mask_of(pattern);
  std::int32_t const ids[] = {99, 3};
  kernel::key_slots slots;
  slots.clear();
  slots.add(nullptr, 62, 4, true);
  slots.add(ids, 0, 2, false);
  slots.add(nullptr, 90, 5, true);  // after all of the rows
  kernel::attend_place place[3];
  for (la::index i = 0; i != 3; ++i) place[i] = {0, i + 1};

  kernel::attend_seen seen;
  CHECK(seen.mark(call, slots, place, 3) == 6);
  CHECK(seen.of_row(0) == 0b110000);  // at 61
  CHECK(seen.of_row(1) == 0b110001);
  CHECK(seen.of_row(2) == 0b110011);
  CHECK(seen.of_row(3) == 0);
  for (la::index s = 0; s != 6; ++s)
    for (la::index i = 0; i != 3; ++i) CHECK((seen.of_slots()[s] >> i & 1u) == (seen.of_row(i) >> s & 1u));

  auto const reach = seen.reaches()(1, 2, 6);
  CHECK(reach.first == 0);
  CHECK(reach.last == 6);
  CHECK(seen.reaches()(3, 61, 6).empty());

  kernel::attend_place const early{0, 0};
  slots.clear();
  slots.add(nullptr, 61, 3, true);
  CHECK(seen.mark(call, slots, &early, 1) == 0);
}
