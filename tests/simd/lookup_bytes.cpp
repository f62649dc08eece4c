// SPDX-License-Identifier: MIT
#include <lacuna/simd/isa.hpp>
#include <lacuna/simd/lookup_bytes.hpp>

#include "support/guard.hpp"
#include "support/lanes.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstddef>
#include <cstdint>

namespace la = lacuna;
namespace simd = lacuna::simd;
using arch = simd::default_arch;

namespace {

/// All positions of a table of N bytes, in many orders.
template <class X, int N>
void check_table() {
  using table_type = simd::lookup_bytes<arch, X, N>;
  using bytes = lacuna_test::batch<std::uint8_t>;
  for (auto const where : lacuna_test::both_placements) {
    lacuna_test::guarded<X> memory(table_type::size, where);
    for (la::index k = 0; k != memory.size(); ++k) memory[k] = static_cast<X>(37 * k + 200);
    table_type const table(memory.data());
    for (int first = 0; first != N; ++first) {
      std::uint8_t at[bytes::size];
      for (int l = 0; l != static_cast<int>(bytes::size); ++l) at[l] = static_cast<std::uint8_t>((first + 91 * l) % N);
      auto const got = lacuna_test::lanes<X>(table[bytes::load_unaligned(at)]);
      for (std::size_t l = 0; l != bytes::size; ++l) REQUIRE(got[l] == memory[at[l]]);
    }
  }
}

}  // namespace

TEST_CASE("lookup_bytes: every position of tables of 1 to 256 bytes, reading whole registers and nothing else") {
  check_table<std::uint8_t, 1>();
  check_table<std::int8_t, 64>();
  check_table<std::uint8_t, 100>();
  check_table<std::int8_t, 128>();
  check_table<std::uint8_t, 150>();
  check_table<std::int8_t, 256>();
}
