// SPDX-License-Identifier: MIT
#include <lacuna/io/mtx.hpp>
#include <lacuna/io/mtx_entries.hpp>

#include "io/error_of.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstdint>
#include <limits>
#include <string>

namespace la = lacuna;
using lacuna_test::error_of;

namespace {

template <class T, class I = std::uint32_t, class Offset = I>
std::string refusal(std::string const& kind, std::string const& rest, la::io_limits const& limits = {}) {
  auto const text = "%%MatrixMarket matrix " + kind + "\n" + rest;
  CAPTURE(text);
  return error_of([&] { return la::parse_mtx<T, I, Offset>(text, "f", limits); });
}

}  // namespace

TEST_CASE("mtx_entries: a place outside the matrix is an error") {
  auto const at = [](std::string const& place) {
    return refusal<float>("coordinate real general", "7 8 2\n1 1 1\n" + place + " 2.5\n");
  };
  CHECK(at("7 8") == "no error");
  CHECK(at("7 9") == "f:4: column 9 is outside 1..8");
  CHECK(at("8 8") == "f:4: row 8 is outside 1..7");
  CHECK(at("0 1") == "f:4: row 0 is outside 1..7");
  CHECK(at("1 0") == "f:4: column 0 is outside 1..8");
  CHECK(at("1 -1") == "f:4: column is -1, expected no negative number");
  CHECK(at("1.0 1") == "f:4: expected row, found '1.0'");
  CHECK(refusal<float>("coordinate real general", "0 8 1\n1 1 1\n") == "f:3: row 1 is outside 1..0");
}

TEST_CASE("mtx_entries: a line holds one entry and nothing else") {
  auto const line = [](std::string const& text) {
    return refusal<float>("coordinate real general", "7 8 1\n" + text + "\n      ");
  };
  CHECK(line("1 2 3") == "no error");
  CHECK(line("1") == "f:3: expected column, found the end of the line");
  CHECK(line("1 2") == "f:3: expected a real value, found the end of the line");
  CHECK(line("1 2 3 4") == "f:3: expected the end of the line behind the entry, found '4'");
  CHECK(line("1 2 3,5") == "f:3: expected a real value, found '3,5'");
  CHECK(line("% 1") == "f:3: expected row, found '%'");
  CHECK(refusal<float>("coordinate pattern general", "7 8 1\n1 2 3\n") ==
        "f:3: expected the end of the line behind the entry, found '3'");
  CHECK(refusal<float>("array real general", "2 1\n1 2\n3\n") ==
        "f:3: expected the end of the line behind the value, found '2'");
}

TEST_CASE("mtx_entries: fewer or more entries than declared are an error with both numbers") {
  CHECK(refusal<float>("coordinate real general", "7 8 3\n1 1 1.25\n2 2 1.25") ==
        "f:4: the text ends after 2 entries, but line 2 declares 3");
  CHECK(refusal<float>("coordinate real general", "7 8 2\n1 1 1\n\n2 2 1\n3 3 1\n\n4 4 1\n") ==
        "f:6: expected the end of the text behind the 2 entries that line 2 declares, found 4");
  CHECK(refusal<float>("coordinate real general", "7 8 0\n1 1 1\n") ==
        "f:3: expected the end of the text behind the 0 entries that line 2 declares, found 1");
  CHECK(refusal<float>("array real general", "1 3\n1.25\n2.25") ==
        "f:4: the text ends after 2 entries, but line 2 declares 3");
  CHECK(refusal<float>("array integer symmetric", "2 2\n1\n2\n3\n4\n") ==
        "f:6: expected the end of the text behind the 3 entries that line 2 declares, found 4");
}

TEST_CASE("mtx_entries: values that the type can't hold are errors") {
  auto const integer = std::string("coordinate integer general");
  CHECK(refusal<std::int8_t>(integer, "1 1 1\n1 1 128\n") == "f:3: value '128' does not fit int8");
  CHECK(refusal<std::uint8_t>(integer, "1 1 1\n1 1 -1\n") == "f:3: value '-1' does not fit uint8");
  CHECK(refusal<float>(integer, "1 1 1\n1 1 1.5\n") == "f:3: expected an integer value, found '1.5'");
  CHECK(refusal<la::f16>(integer, "1 1 1\n1 1 70000\n") == "f:3: value '70000' does not fit f16");
  CHECK(refusal<float>("coordinate real general", "1 1 1\n1 1 1e39\n") == "f:3: value '1e39' does not fit float");
  CHECK(refusal<std::int8_t>("coordinate real general", "1 1 1\n1 1 1\n") ==
        "f:1: a real matrix can't be read as int8; read floats and quantise them");
}

TEST_CASE("mtx_entries: a place given twice is an error that names both lines") {
  CHECK(refusal<float>("coordinate real general", "3 3 4\n2 1 1\n% 2\n") != "no error");
  CHECK(refusal<float>("coordinate real general", "3 3 4\n2 1 1\n3 3 1\n\n1 1 1\n2 1 1\n") ==
        "f:7: (2, 1) stands for the same place as the entry of line 3");
  CHECK(refusal<float>("coordinate pattern general", "1 9 3\n1 9\n1 1\n1 9\n") ==
        "f:5: (1, 9) stands for the same place as the entry of line 3");
  CHECK(refusal<float>("coordinate real symmetric", "3 3 3\n1 1 1\n3 1 1\n1 3 1\n") ==
        "f:5: (1, 3) stands for the same place as the entry of line 4");
  CHECK(refusal<float>("coordinate real symmetric", "3 3 2\n2 2 1\n2 2 1\n") ==
        "f:4: (2, 2) stands for the same place as the entry of line 3");
  CHECK(refusal<float>("coordinate real skew-symmetric", "3 3 2\n1 2 1\n2 1 -1\n") ==
        "f:4: (2, 1) stands for the same place as the entry of line 3");
}

TEST_CASE("mtx_entries: skew-symmetric matrices have no diagonal, and values that have a negative") {
  CHECK(refusal<float>("coordinate real skew-symmetric", "3 3 1\n2 2 1\n") ==
        "f:3: (2, 2) is on the diagonal, which is zero in a skew-symmetric matrix");
  CHECK(refusal<std::int8_t>("coordinate integer skew-symmetric", "3 3 1\n2 1 -128\n") ==
        "f:3: the mirrored value of '-128' does not fit int8");
  CHECK(refusal<std::uint8_t>("array integer skew-symmetric", "2 2\n1\n") ==
        "f:3: the mirrored value of '1' does not fit uint8");
  CHECK(refusal<std::uint8_t>("array integer skew-symmetric", "2 2\n0\n") == "no error");
}

TEST_CASE("mtx_entries: rows and entries that the text does not justify are refused before memory is taken") {
  la::io_limits const any{.max_rows = std::numeric_limits<la::index>::max(),
                          .max_cols = std::numeric_limits<la::index>::max()};
  CHECK(refusal<float>("coordinate real general", "1000000000000 4 0\n", any) ==
        "f:2: a matrix of 1000000000000x4 with 0 entries needs more memory than 64 bytes of text may ask for, see "
        "io_limits::max_growth");
  CHECK(refusal<float>("coordinate real general", "9223372036854775807 4294967296 0\n", any).find("more memory") !=
        std::string::npos);
  CHECK(refusal<float>("array real general", "1000000000000 0\n", any).find("more memory") != std::string::npos);
  CHECK(refusal<float>("coordinate real general", "250000 4 0\n") == "no error");
  CHECK(refusal<float>("coordinate real general", "350000 4 0\n").find("more memory") != std::string::npos);
  CHECK(refusal<float>("coordinate real general", "350000 4 0\n", {.max_growth = 10000}) == "no error");
}

TEST_CASE("mtx_entries: columns and entries must fit the index types") {
  auto const kind = std::string("coordinate pattern general");
  CHECK(refusal<float, std::uint8_t>(kind, "300 256 1\n300 256\n") == "no error");
  CHECK(refusal<float, std::uint8_t>(kind, "1 257 1\n1 1\n") ==
        "f:2: 257 columns do not fit the index type, whose largest value is 255");
  auto const row_of = [](int n) {
    std::string text = "1 200 " + std::to_string(n) + "\n";
    for (int j = 1; j <= n; ++j) text += "1 " + std::to_string(j) + "\n";
    return text;
  };
  CHECK(refusal<float, std::uint8_t, std::int8_t>(kind, row_of(127)) == "no error");
  CHECK(refusal<float, std::uint8_t, std::int8_t>(kind, row_of(128)) ==
        "f:2: 128 entries do not fit the offset type, whose largest value is 127");
  // The bound is on what symmetry may double, not on what it does: a diagonal entry counts twice.
  CHECK(refusal<float, std::uint8_t, std::int8_t>("coordinate pattern symmetric", "200 200 64\n" + row_of(64).substr(9))
            .starts_with("f:2: 128 entries do not fit"));
}
