// SPDX-License-Identifier: MIT
#include <lacuna/kernel/attend/call.hpp>

#include <catch2/catch_test_macros.hpp>

#include <algorithm>

namespace la = lacuna;
namespace kernel = lacuna::kernel;
using arch = la::simd::default_arch;

namespace {

template <class A>
la::index bytes_of(la::index key_dim, la::index value_dim, la::index heads, la::index kv_heads, la::index tile) {
  kernel::attend_call<A> call;
  call.keys.dim = key_dim;
  call.values.dim = value_dim;
  call.keys.load = [](void const*, void const* const*, la::index, A*, la::index) noexcept {};
  call.values.load = call.keys.load;  // converted: the most memory
  call.shape = {1 << 17, 1 << 17, heads, kv_heads};
  auto const units = kernel::attend_units::of<A>(call.shape, tile, key_dim, value_dim);
  CHECK(units.step * units.heads <= 256);
  CHECK(units.step >= 1);
  return kernel::attend_workspace<arch, A>(call, units.step * units.heads).size() * static_cast<la::index>(sizeof(A));
}

}  // namespace

TEST_CASE("attend call: a worker's memory is at most 512 KB, whatever the length") {
  for (la::index const heads : {1, 4, 32})
    for (la::index const tile : {1, 16, 64, 100, 128, 1 << 17}) {
      for (la::index const dim : {1, 64, 80, 128, 256, 400})
        CHECK(bytes_of<float>(dim, dim, heads, 1, tile) <= 512 << 10);
      for (la::index const dim : {128, 200}) CHECK(bytes_of<double>(dim, dim, heads, 1, tile) <= 512 << 10);
    }
}

TEST_CASE("attend call: few queries of heads that share keys fill the rows of a unit") {
  struct size {
    la::index queries, group, dims, tile, step, heads;
  };
  for (auto const& [queries, group, dims, tile, step, heads] :
       {size{1, 32, 256, 64, 1, 32}, size{1, 128, 1088, 64, 1, 64}, size{2, 128, 1088, 128, 2, 32},
        size{4, 71, 128, 64, 4, 64}, size{16, 32, 256, 64, 16, 16}, size{1, 1, 256, 64, 1, 1},
        size{4096, 4, 256, 64, 64, 4}, size{4096, 1, 256, 64, 64, 1}, size{4096, 2, 256, 128, 128, 2},
        size{4096, 7, 256, 1 << 17, 64, 4}, size{100, 2, 256, 16, 16, 2}}) {
    auto const u = kernel::attend_units::of<float>({queries, 1000, 2 * group, 2}, tile, dims - dims / 2, dims / 2);
    CAPTURE(queries, group, dims, tile);
    CHECK(u.step == step);
    CHECK(u.heads == heads);
    CHECK(u.parts == (std::min(queries, tile) + step - 1) / step);
    CHECK(u.count() == 2 * u.parts * ((queries + tile - 1) / tile) * ((group + heads - 1) / heads));
  }
}

TEST_CASE("attend call: a part's rows are those of its heads, one after another") {
  kernel::attend_part const part{0, 5, 2, 0, 10, 3};
  kernel::attend_place place[6];
  CHECK(part.places(place, 4) == 4);
  CHECK(part.places(place, 6) == 6);
  for (la::index r = 0; r != 6; ++r) {
    CHECK(place[r].head == 5 + r / 3);
    CHECK(place[r].query == 10 + r % 3);
  }
}
