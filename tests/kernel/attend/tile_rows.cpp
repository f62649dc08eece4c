// SPDX-License-Identifier: MIT
#include <lacuna/attention/dense_kv.hpp>
#include <lacuna/core/buffer.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/kernel/attend/tile_rows.hpp>

#include <catch2/catch_test_macros.hpp>

#include <cstdint>
#include <vector>

namespace la = lacuna;
namespace at = lacuna::attention;
namespace kernel = lacuna::kernel;
using arch = la::simd::default_arch;

namespace {

constexpr la::index tokens = 9, dk = 5, dv = 21;

/// Keys 0, 1, 2, 3, ..., values 100, 101, ...: in place or converted, whole registers of values and what is left over.
template <class T>
void check() {
  std::vector<T> k(2 * tokens * dk), v(2 * tokens * dv);
  for (std::size_t i = 0; i != k.size(); ++i) k[i] = la::detail::convert<T>(static_cast<float>(i));
  for (std::size_t i = 0; i != v.size(); ++i) v[i] = la::detail::convert<T>(static_cast<float>(100 + i % 100));
  at::dense_kv<T> const kv(la::heads_view<T const>{k.data(), 2, tokens, dk, tokens * dk, dk},
                           la::heads_view<T const>{v.data(), 2, tokens, dv, tokens * dv, dv});
  kernel::attend_kv<arch, float, at::dense_kv<T>> const rows(kv);
  kernel::attend_call<float> call;
  call.keys = rows.keys();
  call.values = rows.values();
  kernel::attend_workspace<arch, float> memory(call, 64);
  la::buffer<float> room(memory.size());
  memory.place(room.data());

  std::int32_t const ids[] = {8, 0};
  la::index const expected[] = {4, 5, 8, 0};
  kernel::key_slots slots;
  slots.clear();
  slots.add(nullptr, 4, 2, false);
  slots.add(ids, 0, 2, false);
  kernel::attend_stand stand;
  stand.find(call, slots, 1);
  kernel::attend_tile_rows<arch, float> near(call, memory);
  near.load_keys(stand, slots.count);
  for (la::index s = 0; s != 4; ++s)
    for (la::index c = 0; c != dk; ++c) CHECK(near.keys()[s][c] == static_cast<float>((tokens + expected[s]) * dk + c));
  CHECK(near.keys()[11] == near.keys()[3]);

  for (bool const over_keys : {false, true}) {
    near.load_values(stand, slots.count, over_keys);
    constexpr auto lanes = kernel::attend_workspace<arch, float>::lanes;
    constexpr la::index whole = dv / lanes * lanes;
    for (la::index s = 0; s != 4; ++s) {
      auto const value = [&](la::index c) { return static_cast<float>(100 + ((tokens + expected[s]) * dv + c) % 100); };
      for (la::index c = 0; c != dv; ++c) CHECK(near.values()[s][c] == value(c));
      if constexpr (whole != dv)
        for (la::index c = whole; c != dv; ++c) CHECK(near.tails()[s][c - whole] == value(c));
    }
  }
}

}  // namespace

TEST_CASE("attend tile rows: runs and single keys, where they stand or converted") {
  check<float>();
  check<la::bf16>();
}
