// SPDX-License-Identifier: MIT
#include <lacuna/attention/concat_kv.hpp>
#include <lacuna/attention/dense_kv.hpp>
#include <lacuna/kernel/attend/kv_rows.hpp>

#include <catch2/catch_test_macros.hpp>

#include <vector>

namespace la = lacuna;
namespace at = lacuna::attention;

TEST_CASE("kv_rows: the addresses of a source, by run and by list") {
  std::vector<float> const k(2 * 9 * 3);
  std::vector<la::bf16> const v(2 * 9 * 5);
  at::dense_kv<float, la::bf16> const kv({k.data(), 2, 9, 3, 27, 3}, {v.data(), 2, 9, 5, 5, 10});
  la::kernel::kv_rows<float, la::bf16> const rows(kv);
  std::int32_t const ids[] = {8, 0, 4};
  float const* keys[3];
  la::bf16 const* values[3];
  rows.keys(1, 5, 3, keys);
  rows.values(1, 5, 3, values);
  for (la::index n = 0; n != 3; ++n) {
    CHECK(keys[n] == k.data() + 27 + (5 + n) * 3);
    CHECK(values[n] == v.data() + 5 + (5 + n) * 10);
  }
  CHECK_FALSE(rows.contiguous(0, 2));  // values are 5 numbers and 5 of another head
  at::dense_kv<float> const tight({k.data(), 2, 9, 3, 27, 3}, {k.data(), 2, 9, 3, 27, 3});
  CHECK(la::kernel::kv_rows<float, float>(tight).contiguous(0, 2));
  at::concat_kv const both(tight, tight);
  CHECK(la::kernel::kv_rows<float, float>(both).contiguous(9, 9));
  CHECK_FALSE(la::kernel::kv_rows<float, float>(both).contiguous(8, 2));
  rows.keys(0, ids, 3, keys);
  rows.values(0, ids, 3, values);
  for (la::index n = 0; n != 3; ++n) {
    CHECK(keys[n] == k.data() + ids[n] * 3);
    CHECK(values[n] == v.data() + ids[n] * 10);
  }
}
