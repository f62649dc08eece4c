// SPDX-License-Identifier: MIT
#include <lacuna/kernel/attend/pack_queries.hpp>

#include "../../support/attention_heads.hpp"

#include <catch2/catch_test_macros.hpp>

#include <vector>

namespace la = lacuna;
namespace kernel = lacuna::kernel;
using arch = la::simd::default_arch;

namespace {

template <class T>
void check(la::index rows, la::index dim, bool by_tokens, la::index queries) {
  lacuna_test::random r(1);
  lacuna_test::heads<T> q(4, queries, dim, by_tokens, 1);
  q.fill(r);
  auto const view = q.read();
  kernel::attend_call<float> call;
  call.queries = kernel::attend_heads<arch, float, T>::queries(view);
  call.keys.dim = dim;
  call.scale = 0.5f;
  kernel::attend_workspace<arch, float> memory(call, 64);
  la::buffer<float> room(memory.size());
  memory.place(room.data());
  std::vector<kernel::attend_place> place;
  for (la::index i = 0; i != rows; ++i) place.push_back({i / queries, i % queries});
  kernel::attend_pack_queries<arch>(call, memory, rows, memory.queries(0), place.data());
  for (la::index i = 0; i != rows; ++i)
    for (la::index k = 0; k != dim; ++k)
      CHECK(memory.queries(0)[k * 64 + i] == 0.5f * static_cast<float>(q.at(i / queries, i % queries, k)));
}

}  // namespace

TEST_CASE("pack queries: transposed and scaled, whatever their order, number and type") {
  check<float>(64, 32, true, 64);   // straight
  check<float>(64, 32, false, 64);  // straight
  check<float>(64, 32, true, 16);   // straight within a head
  check<float>(20, 32, true, 5);    // across heads
  check<float>(17, 33, false, 64);
  check<float>(1, 1, false, 1);
  check<la::bf16>(40, 24, true, 10);
}
