// SPDX-License-Identifier: MIT
#include <lacuna/kernel/attend/call.hpp>

#include <catch2/catch_test_macros.hpp>

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
