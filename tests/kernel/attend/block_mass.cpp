// SPDX-License-Identifier: MIT
#include <lacuna/attention/dense_kv.hpp>
#include <lacuna/core/buffer.hpp>
#include <lacuna/kernel/attend/block_mass.hpp>
#include <lacuna/kernel/attend/pack_queries.hpp>

#include "../../support/random.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cmath>
#include <vector>

namespace la = lacuna;
namespace at = lacuna::attention;
namespace kernel = lacuna::kernel;
using arch = la::simd::default_arch;

namespace {
constexpr la::index rows = 3, keys = 70, dim = 4, width = 16, blocks = 5;
}

TEST_CASE("attend block mass: shares of the weights, which tops and masses of the rows tell") {
  lacuna_test::random r(1);
  std::vector<float> q(rows * dim), k(keys * dim), mass(rows * blocks, -1.0f);
  for (auto& x : q) x = static_cast<float>(r.normal());
  for (auto& x : k) x = static_cast<float>(r.normal());
  la::heads_view<float const> const queries{q.data(), 1, rows, dim, rows * dim, dim};
  la::heads_view<float const> const all{k.data(), 1, keys, dim, keys * dim, dim};
  at::dense_kv<float> const kv(all, all);
  kernel::attend_kv<arch, float, at::dense_kv<float>> const from(kv);
  kernel::attend_call<float> call;
  call.shape = {rows, keys, 1, 1};
  call.queries = kernel::attend_heads<arch, float, float>::queries(queries);
  call.keys = from.keys();
  call.values = from.values();
  call.block_mass = {{mass.data(), 1, rows, blocks, rows * blocks, blocks}, width};
  kernel::attend_workspace<arch, float> memory(call, 64);
  la::buffer<float> room(memory.size());
  memory.place(room.data());
  kernel::attend_place place[rows];
  for (la::index i = 0; i != rows; ++i) place[i] = {0, i};
  kernel::attend_pack_queries<arch, float>(call, memory, rows, memory.queries(0), place);

  // What online softmax leaves behind; the last row has seen nothing.
  std::vector<double> expected(rows * blocks, 0.0);
  kernel::attend_state<float> state;
  state.clear();
  for (la::index i = 0; i != rows - 1; ++i) {
    std::vector<double> logit(keys, 0.0);
    for (la::index j = 0; j != keys; ++j)
      for (la::index c = 0; c != dim; ++c)
        logit[static_cast<std::size_t>(j)] += double{queries.row(0, i)[c]} * double{all.row(0, j)[c]};
    auto const top = *std::max_element(logit.begin(), logit.end());
    double weights = 0;
    for (la::index j = 0; j != keys; ++j) {
      auto const weight = std::exp(logit[static_cast<std::size_t>(j)] - top);
      weights += weight;
      expected[static_cast<std::size_t>(i * blocks + j / width)] += weight;
    }
    for (la::index b = 0; b != blocks; ++b) expected[static_cast<std::size_t>(i * blocks + b)] /= weights;
    state.top[i] = static_cast<float>(top);
    state.mass[i] = static_cast<float>(weights);
  }

  la::index next = 0;
  auto const walk = [next](kernel::key_slots& slots) mutable {
    slots.clear();
    if (next == keys) return false;
    slots.add(nullptr, next, std::min<la::index>(64, keys - next), false);
    next = std::min<la::index>(next + 64, keys);
    return true;
  };
  kernel::attend_block_mass<arch, float>(call, memory, 0, place, rows, &state)(walk);
  for (std::size_t n = 0; n != mass.size(); ++n) CHECK(std::fabs(static_cast<double>(mass[n]) - expected[n]) < 1e-5);
}
