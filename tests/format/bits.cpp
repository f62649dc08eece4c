// SPDX-License-Identifier: MIT
#include <lacuna/format/bits.hpp>

#include "support/guard.hpp"
#include "support/random.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstdint>
#include <vector>

namespace la = lacuna;
using namespace lacuna_test;

TEST_CASE("bits: words are loaded lowest byte first, and no byte too many") {
  for (la::index n = 0; n != 12; ++n) {
    guarded<std::uint8_t> bytes(n);
    std::uint64_t expected = 0;
    for (la::index b = 0; b != n; ++b) {
      bytes[b] = static_cast<std::uint8_t>(0x11 * (b + 1));
      if (b < 8) expected |= static_cast<std::uint64_t>(bytes[b]) << (8 * b);
    }
    CHECK(la::detail::load_bits(bytes.data(), n) == expected);
  }
}

TEST_CASE("bits: ones are counted, and no byte too many") {
  lacuna_test::random r(1);
  for (la::index n = 0; n != 70; ++n) {
    guarded<std::uint8_t> bytes(n);
    la::index expected = 0;
    for (auto& byte : bytes) {
      byte = static_cast<std::uint8_t>(r.bits());
      for (int b = 0; b != 8; ++b) expected += byte >> b & 1;
    }
    CHECK(la::detail::count_bits(bytes.data(), n) == expected);
  }
}

TEST_CASE("bits: a field reads as it was written, whatever its width and place") {
  lacuna_test::random r(2);
  for (la::index width = 0; width != 33; ++width) {
    la::index const fields = 41;
    guarded<std::uint8_t> bytes((fields * width + 7) / 8);
    std::vector<std::uint32_t> written;
    for (la::index f = 0; f != fields; ++f) {
      written.push_back(static_cast<std::uint32_t>(r.bits()) & la::detail::low_bits(width));
      la::detail::write_field(bytes.data(), f * width, width, written.back());
    }
    for (la::index f = 0; f != fields; ++f)
      REQUIRE(la::detail::read_field(bytes.data(), f * width, width) == written[static_cast<std::size_t>(f)]);
    for (la::index bit = 0; bit != fields * width; ++bit) {
      auto const expected = written[static_cast<std::size_t>(bit / width)] >> (bit % width) & 1u;
      REQUIRE((static_cast<std::uint32_t>(bytes[bit / 8]) >> (bit % 8) & 1u) == expected);
    }
  }
}

TEST_CASE("bits: ones are visited in order, and no byte too many") {
  lacuna_test::random r(3);
  for (la::index n = 0; n != 35; ++n) {
    guarded<std::uint8_t> bytes(n);
    for (la::index b = 0; b != n; ++b) bytes[b] = static_cast<std::uint8_t>(r.bits());
    std::vector<la::index> expected, found;
    for (la::index bit = 0; bit != 8 * n; ++bit)
      if ((bytes[bit / 8] >> (bit % 8) & 1) != 0) expected.push_back(bit);
    la::detail::visit_bits(bytes.data(), n, [&](la::index at) { found.push_back(at); });
    CAPTURE(n);
    REQUIRE(found == expected);
  }
}

namespace {

/// Whether visit_fields gives every field of a width as read_field does, for every count; between guard pages.
template <la::index Width>
bool visits_as_it_reads(lacuna_test::random& r) {
  for (la::index count = 0; count != 37; ++count) {
    la::index const n = (count * Width + 7) / 8;
    guarded<std::uint8_t> bytes(n);
    for (la::index b = 0; b != n; ++b) bytes[b] = static_cast<std::uint8_t>(r.bits());
    la::index next = 0;
    bool same = true;
    la::detail::visit_fields<Width>(bytes.data(), n, count, [&](la::index g, std::uint32_t field) {
      same = same && g == next++ && field == la::detail::read_field(bytes.data(), g * Width, Width);
    });
    if (!same || next != count) return false;
  }
  return true;
}

}  // namespace

TEST_CASE("bits: fields are visited as they are read, whatever their width") {
  lacuna_test::random r(4);
  CHECK(visits_as_it_reads<0>(r));
  CHECK(visits_as_it_reads<1>(r));
  CHECK(visits_as_it_reads<2>(r));
  CHECK(visits_as_it_reads<4>(r));
  CHECK(visits_as_it_reads<6>(r));
  CHECK(visits_as_it_reads<7>(r));
  CHECK(visits_as_it_reads<8>(r));
  CHECK(visits_as_it_reads<9>(r));
  CHECK(visits_as_it_reads<12>(r));
  CHECK(visits_as_it_reads<32>(r));
}

TEST_CASE("bits: low_bits") {
  STATIC_REQUIRE(la::detail::low_bits(0) == 0);
  STATIC_REQUIRE(la::detail::low_bits(5) == 31);
  STATIC_REQUIRE(la::detail::low_bits(32) == 0xFFFFFFFFu);
}

TEST_CASE("bits: words are stored lowest byte first, and no byte too many") {
  for (la::index n = 0; n != 9; ++n) {
    guarded<std::uint8_t> bytes(n);
    la::detail::store_bits(bytes.data(), n, 0x1122334455667788u);
    CHECK(la::detail::load_bits(bytes.data(), n) == (n == 0 ? 0 : 0x1122334455667788u << (64 - 8 * n) >> (64 - 8 * n)));
  }
}

namespace {

template <int Width>
void check_runs(lacuna_test::random& r) {
  CAPTURE(Width);
  constexpr int runs = 64 / Width;
  constexpr int few = Width > 3 ? 2 : 1;
  int passed = 0;
  for (int round = 0; round != 300; ++round) {
    std::uint64_t word = 0, any = 0, whole = 0;
    bool each = true;
    for (int run = 0; run != runs; ++run) {
      int count = 0;
      bool const exact = round % 2 == 0 && run != 1;  // else as it comes
      for (int b = 0; b != Width; ++b) {
        bool const set = exact ? b < few : r.chance(0.4);
        if (!set) continue;
        word |= std::uint64_t{1} << (run * Width + b);
        ++count;
      }
      if (count != 0) any |= std::uint64_t{1} << (run * Width);
      if (count != 0)
        for (int b = 0; b != Width; ++b) whole |= std::uint64_t{1} << (run * Width + b);
      each = each && count == few;
    }
    passed += each;
    REQUIRE(la::detail::runs_with_any<Width>(word) == any);
    REQUIRE(la::detail::whole_runs<Width>(any) == whole);
    REQUIRE(la::detail::each_run_has<Width, runs, few>(word) == each);
  }
  CHECK((Width > 20 || passed > 0));
}

template <int Bits>
void check_places(lacuna_test::random& r) {
  constexpr int width = 1 << Bits;
  for (int round = 0; round != 300; ++round) {
    std::uint64_t word = 0, expected = 0;
    for (int run = 0; run != 64 / width; ++run) {
      if (r.chance(0.2)) continue;
      auto const place = static_cast<std::uint64_t>(r.below(width));
      word |= std::uint64_t{1} << (static_cast<std::uint64_t>(run * width) + place);
      expected |= place << (run * Bits);
    }
    REQUIRE(la::detail::places_of_ones<Bits>(word) == expected);
  }
}

}  // namespace

TEST_CASE("bits: the places of the ones of all runs stand side by side") {
  lacuna_test::random r(3);
  check_places<1>(r);
  check_places<2>(r);
  check_places<3>(r);
  check_places<4>(r);
  check_places<5>(r);
}

TEST_CASE("bits: runs of a word are asked all at once") {
  lacuna_test::random r(2);
  check_runs<1>(r);
  check_runs<2>(r);
  check_runs<3>(r);
  check_runs<4>(r);
  check_runs<5>(r);
  check_runs<8>(r);
  check_runs<16>(r);
  check_runs<31>(r);
  check_runs<32>(r);
  check_runs<33>(r);
  check_runs<64>(r);
}
