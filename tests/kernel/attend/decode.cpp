// SPDX-License-Identifier: MIT
#include <lacuna/attention/dense_kv.hpp>
#include <lacuna/kernel/attend/decode.hpp>

#include "support/attention_heads.hpp"
#include "support/guard.hpp"
#include "support/random.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cmath>
#include <vector>

namespace la = lacuna;
namespace at = lacuna::attention;
using arch = la::simd::default_arch;

namespace {

/// One head of guarded keys and values against `rows` queries, unit of work by unit of work.
template <class KV>
void check(la::index rows, la::index keys, la::index dk, la::index dv, lacuna_test::placement where) {
  using unit = la::kernel::decode_rows<arch, KV, KV>;
  lacuna_test::random r(static_cast<std::uint64_t>(rows * 1000 + keys));
  lacuna_test::guarded<KV> k(keys * dk, where), v(keys * dv, where);
  for (auto& x : k) x = KV(static_cast<float>(r.normal()));
  for (auto& x : v) x = KV(static_cast<float>(r.normal()));
  at::dense_kv<KV> const kv({k.data(), 1, keys, dk, 0, dk}, {v.data(), 1, keys, dv, 0, dv});
  la::kernel::kv_rows<KV, KV> const addresses(kv);
  lacuna_test::written_plan plan;
  plan.shape = {1, keys, rows, 1};
  plan.slot_of_head = std::vector<std::int32_t>(static_cast<std::size_t>(rows));
  plan.runs = {{0, static_cast<std::int32_t>(keys)}};
  plan.end_row();
  auto const view = plan.view();
  la::buffer<float> memory(unit::workspace(rows, dk, dv));
  unit u(memory.data(), rows, dk, dv, {.scale = 0.5f});
  std::vector<std::vector<float>> q;
  for (la::index row = 0; row != rows; ++row) {
    q.push_back(lacuna_test::random_vector<float>(r, dk));
    u.set_query(row, q.back().data());
  }
  la::kernel::decode_walk<KV, KV> walk(view, addresses, {0, 0, 0, rows, 0, 1}, {}, keys, dk);
  u(walk);
  for (la::index row = 0; row != rows; ++row) {
    std::vector<double> logit, out(static_cast<std::size_t>(dv));
    double top = -1e300, mass = 0;
    for (la::index j = 0; j != keys; ++j) {
      double dot = 0;
      for (la::index d = 0; d != dk; ++d)
        dot += static_cast<double>(q[static_cast<std::size_t>(row)][static_cast<std::size_t>(d)]) *
               static_cast<double>(k.data()[j * dk + d]);
      logit.push_back(dot / 2);
      top = std::max(top, dot / 2);
    }
    for (la::index j = 0; j != keys; ++j) {
      double const weight = std::exp(logit[static_cast<std::size_t>(j)] - top);
      mass += weight;
      for (la::index c = 0; c != dv; ++c)
        out[static_cast<std::size_t>(c)] += weight * static_cast<double>(v.data()[j * dv + c]);
    }
    CAPTURE(rows, keys, dk, dv, row);
    auto const got = static_cast<double>(u.mass(row));
    if (keys == 0) {
      REQUIRE(u.mass(row) == 0.0f);
      continue;
    }
    REQUIRE(std::fabs(std::log(got) + static_cast<double>(u.top(row)) - std::log(mass) - top) < 1e-5);
    unit::put_in_order(u.sums(row), dv);
    for (la::index c = 0; c != dv; ++c)
      REQUIRE(std::fabs(static_cast<double>(u.sums(row)[c]) / got - out[static_cast<std::size_t>(c)] / mass) < 1e-5);
  }
}

}  // namespace

TEST_CASE("decode: sums, masses and tops, keys and values between guard pages") {
  for (auto const where : lacuna_test::both_placements)
    for (la::index const keys : {0, 1, 16, 63, 64, 65, 192, 300})
      for (la::index const rows : {1, 4, 7}) {
        check<float>(rows, keys, 33, 40, where);
        check<la::bf16>(rows, keys, 64, 67, where);
      }
}
