// SPDX-License-Identifier: MIT
#include <lacuna/simd/int4_bytes.hpp>
#include <lacuna/simd/isa.hpp>

#include "support/guard.hpp"
#include "support/lanes.hpp"
#include "support/random.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstddef>
#include <cstdint>

namespace simd = lacuna::simd;
using lacuna_test::guarded;
using lacuna_test::lanes_of;
using arch = simd::default_arch;

namespace {

constexpr int size = lanes_of<std::int8_t>;

[[nodiscard]] int code_of(std::uint8_t byte, bool upper) { return ((upper ? byte >> 4 : byte & 15) ^ 8) - 8; }

/// Where integer b of a register is expected: its byte of codes, and whether it is the upper half.
template <int Run>
[[nodiscard]] int expected(std::uint8_t const* codes, int b) {
  return code_of(codes[b / (2 * Run) * Run + b % Run], b % (2 * Run) >= Run);
}

template <int Run>
void check_dots() {
  using codes = simd::int4_bytes<arch, Run>;
  using byte = simd::dot4_byte<arch>;
  lacuna_test::random r(Run);
  for (auto const where : lacuna_test::both_placements) {
    guarded<std::uint8_t> packed(size / 2, where);
    lacuna::index wrong = 0;
    for (int n = 0; n != 300; ++n) {
      for (auto& p : packed) p = static_cast<std::uint8_t>(n == 0 ? 0x88 : n == 1 ? 0x77 : static_cast<int>(r.bits()));
      auto const w = codes::load(packed.data());
      auto const lanes = lacuna_test::lanes<std::int8_t>(w);
      for (int b = 0; b != size; ++b)
        wrong += lanes[static_cast<std::size_t>(b)] != codes::unit * expected<Run>(packed.data(), b);

      guarded<std::uint8_t> x(2 * Run, where), other(2 * Run, where);
      for (auto& v : x) v = static_cast<std::uint8_t>(n < 2 ? 255 : static_cast<int>(r.bits()));
      for (auto& v : other) v = static_cast<std::uint8_t>(n < 2 ? 128 : static_cast<int>(r.bits()));
      std::uint8_t const* in[static_cast<std::size_t>(codes::runs)];
      for (int k = 0; k != codes::runs; ++k) in[k] = k % 2 == 0 ? x.data() : other.data();
      auto const start = static_cast<std::int32_t>(r.below(1000));
      auto const dots =
          lacuna_test::lanes<std::int32_t>(codes::add(simd::batch<std::int32_t, arch>(start), codes::inputs(in), w));
      for (int l = 0; l != size / 4; ++l) {
        int dot = start;
        for (int b = 4 * l; b != 4 * l + 4; ++b)
          dot += codes::unit * expected<Run>(packed.data(), b) * static_cast<byte>(in[b / (2 * Run)][b % (2 * Run)]);
        wrong += dots[static_cast<std::size_t>(l)] != dot;
      }
    }
    CAPTURE(Run);
    REQUIRE(wrong == 0);
  }
}

/// As many links as a chain has, of the largest numbers of both signs and of any.
template <int Run>
void check_chains() {
  using codes = simd::int4_bytes<arch, Run>;
  using byte = simd::dot4_byte<arch>;
  using bytes = simd::batch<std::uint8_t, arch>;
  STATIC_REQUIRE(codes::links >= 8);
  lacuna_test::random r(Run);
  int const codes_of[] = {0x88, 0x77, 0x99, -1};
  int const bytes_of[] = {255, 127, 128, 0, -1};
  for (auto const code : codes_of)
    for (auto const x : bytes_of)
      for (int count = 0; count <= codes::links; ++count) {
        auto const start = static_cast<std::int32_t>(r.bits()) >> 8;
        simd::batch<std::int32_t, arch> const sum(start);
        std::int32_t expected_sum[static_cast<std::size_t>(size / 4)];
        for (auto& e : expected_sum) e = start;
        auto chain = codes::open(sum);
        for (int n = 0; n != count; ++n) {
          std::uint8_t packed[static_cast<std::size_t>(size / 2)];
          alignas(64) std::uint8_t in[static_cast<std::size_t>(size)];
          for (auto& p : packed) p = static_cast<std::uint8_t>(code < 0 ? static_cast<int>(r.bits()) : code);
          for (auto& v : in) v = static_cast<std::uint8_t>(x < 0 ? static_cast<int>(r.bits()) : x);
          chain = codes::link(chain, simd::bits_as<byte>(bytes::load_aligned(in)), codes::load(packed));
          for (int b = 0; b != size; ++b)
            expected_sum[b / 4] += codes::unit * expected<Run>(packed, b) * static_cast<byte>(in[b]);
        }
        auto const got = lacuna_test::lanes<std::int32_t>(codes::close(sum, chain));
        lacuna::index wrong = 0;
        for (std::size_t l = 0; l != std::size_t{size / 4}; ++l) wrong += got[l] != expected_sum[l];
        CAPTURE(Run, code, x, count);
        REQUIRE(wrong == 0);
      }
}

template <int Run>
void check_totals() {
  using codes = simd::int4_bytes<arch, Run>;
  constexpr int lanes = size / 4, parts = lanes / codes::runs;
  lacuna_test::random r(Run);
  simd::batch<std::int32_t, arch> dot[static_cast<std::size_t>(parts)];
  std::uint32_t expected[static_cast<std::size_t>(lanes)] = {};
  for (int j = 0; j != parts; ++j) {
    alignas(64) std::int32_t lane[static_cast<std::size_t>(lanes)];
    for (int l = 0; l != lanes; ++l) {
      lane[l] = static_cast<std::int32_t>(r.bits());
      expected[j * codes::runs + l * codes::runs / lanes] += static_cast<std::uint32_t>(lane[l]);
    }
    dot[j] = simd::batch<std::int32_t, arch>::load_unaligned(lane);
  }
  auto const got = lacuna_test::lanes<std::int32_t>(codes::totals(dot));
  for (int l = 0; l != lanes; ++l) {
    CAPTURE(Run, l);
    REQUIRE(static_cast<std::uint32_t>(got[static_cast<std::size_t>(l)]) == expected[l]);
  }
}

template <int Run>
void check() {
  if constexpr (size / (2 * Run) > 0 && size % (2 * Run) == 0 && size / (2 * Run) <= 4) {
    check_dots<Run>();
    check_chains<Run>();
    check_totals<Run>();
  }
}

}  // namespace

TEST_CASE(
    "int4_bytes: every code at its place, exact dots and chains of extreme bytes, sums of the lanes of each run") {
  check<4>();
  check<8>();
  check<16>();
  check<32>();
}
