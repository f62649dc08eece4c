// SPDX-License-Identifier: MIT
#include <lacuna/io/smtx.hpp>

#include "io/error_of.hpp"
#include "support/allocations.hpp"
#include "support/random.hpp"

#include <catch2/catch_test_macros.hpp>

#include <filesystem>
#include <limits>
#include <new>
#include <string>
#include <string_view>

namespace la = lacuna;
using lacuna_test::error_of;

namespace {

std::string refusal(std::string_view text, la::io_limits const& limits = {}) {
  CAPTURE(text);
  return error_of([&] { return la::parse_smtx(text, "f", limits); });
}

/// As in the collection: a blank behind every number of a line.
constexpr std::string_view sample =
    "3, 5, 4\n"
    "0 2 2 4 \n"
    "0 3 1 4 \n";

la::mask sample_mask() {
  la::mask keep(3, 5);
  keep.set(0, 0);
  keep.set(0, 3);
  keep.set(2, 1);
  keep.set(2, 4);
  return keep;
}

}  // namespace

TEST_CASE("parse_smtx: rows, offsets and columns make a mask") { CHECK(la::parse_smtx(sample) == sample_mask()); }

TEST_CASE("parse_smtx: takes other line ends, blanks, blank lines, header marks and orders of columns") {
  auto const expected = sample_mask();
  CHECK(la::parse_smtx("3, 5, 4\r\n0 2 2 4\r\n0 3 1 4\r\n") == expected);
  CHECK(la::parse_smtx("3, 5, 4\n0 2 2 4\n0 3 1 4") == expected);
  CHECK(la::parse_smtx("\n3,5,4\n\n\t0  2\t2 4\n \n0 3 1 4\n\n\n") == expected);
  CHECK(la::parse_smtx("3 5 4\n0 2 2 4\n0 3 1 4\n") == expected);
  CHECK(la::parse_smtx("3 , 5 ,4 \n0 2 2 4\n0 3 1 4\n") == expected);
  CHECK(la::parse_smtx("3, 5, 4\n0 2 2 4\n3 0 4 1\n") == expected);
}

TEST_CASE("parse_smtx: matrices without entries, rows or columns") {
  CHECK(la::parse_smtx("2, 3, 0\n0 0 0\n\n") == la::mask(2, 3));
  CHECK(la::parse_smtx("2, 3, 0\n0 0 0") == la::mask(2, 3));
  CHECK(la::parse_smtx("0, 3, 0\n0\n") == la::mask(0, 3));
  CHECK(la::parse_smtx("2, 0, 0\n0 0 0\n") == la::mask(2, 0));
  CHECK(la::parse_smtx("0, 0, 0\n0") == la::mask(0, 0));
}

TEST_CASE("parse_smtx: header errors say line and reason") {
  CHECK(refusal("") == "f:1: expected 'rows, cols, nnz', found nothing");
  CHECK(refusal("3, 5\n") == "f:1: expected the number of entries, found the end of the line");
  CHECK(refusal("3, x, 4\n") == "f:1: expected the number of columns, found 'x'");
  CHECK(refusal("-3, 5, 4\n") == "f:1: the number of rows is -3, expected no negative number");
  CHECK(refusal("3, 5, 4, 1\n") == "f:1: expected the number of entries, found '4,'");
  CHECK(refusal("3, 5, 4 1\n") == "f:1: expected the end of the line behind 'rows, cols, nnz', found '1'");
  CHECK(refusal("3,, 5, 4\n") == "f:1: expected the number of columns, found the end of the line");
  CHECK(refusal("99999999999999999999, 5, 4\n") ==
        "f:1: the number of rows '99999999999999999999' does not fit 64 bits");
}

TEST_CASE("parse_smtx: offset errors say line and reason") {
  CHECK(refusal("2, 5, 2\n\n0 1  1 2\n0 1\n") == "f:3: has 4 offsets, but 2 rows need 2 + 1");
  CHECK(refusal("2, 5, 2\n0 2\n0 1 2 3\n") == "f:2: has 2 offsets, but 2 rows need 2 + 1");
  CHECK(refusal("2, 5, 2\n1 1 2\n0 1\n") == "f:2: the first offset is 1, expected 0");
  CHECK(refusal("2, 5, 2\n0 3 2\n0 1\n") == "f:2: offsets fall from 3 to 2 at row 1");
  CHECK(refusal("2, 5, 2\n0 -1 2\n0 1\n") == "f:2: an offset is -1, expected no negative number");
  CHECK(refusal("2, 5, 2\n0 1 3\n0 1\n") == "f:2: the last offset is 3, but the header declares 2 entries");
  CHECK(refusal("1, 2, 3\n0 3\n0 1 1\n") == "f:2: row 0 has 3 entries in 2 columns");
  CHECK(refusal("2, 5, 2\n0 1.5 2\n0 1\n") == "f:2: expected an offset, found '1.5'");
  CHECK(refusal("2, 5, 0\n          ") == "f:2: expected a line of 2 + 1 offsets, found the end of the text");
}

TEST_CASE("parse_smtx: column errors say line and reason") {
  CHECK(refusal("2, 5, 2\n0 1 2\n0 5\n") == "f:3: column 5 of row 1 is outside 0..4");
  CHECK(refusal("2, 5, 2\n0 1 2\n0 -1\n") == "f:3: a column is -1, expected no negative number");
  CHECK(refusal("1, 5, 2\n0 2\n3 3\n") == "f:3: row 0 has column 3 twice");
  CHECK(refusal("1, 5, 3\n0 3\n3 0 3\n") == "f:3: row 0 has column 3 twice");
  CHECK(refusal("2, 5, 2\n0 1 2\n0 1 2\n") == "f:3: has 3 columns, but the header declares 2 entries");
  CHECK(refusal("2, 5, 2\n0 1 2\n1    \n") == "f:3: has 1 columns, but the header declares 2 entries");
  CHECK(refusal("2, 5, 0\n0 0 0\n0\n") == "f:3: has 1 columns, but the header declares 0 entries");
  CHECK(refusal("2, 5, 2\n0 1 2\n0 1\n\n7\n") == "f:5: expected the end of the text behind the columns, found '7'");
  CHECK(refusal("2, 5, 2\n0 1 2\n    ") == "f:3: expected a line of 2 columns, found the end of the text");
  CHECK(refusal("2, 5, 2\n0 1 2\n0 1e\n") == "f:3: expected a column, found '1e'");
}

TEST_CASE("parse_smtx: counts that the text can't hold are refused before memory is taken") {
  la::io_limits const any{.max_rows = std::numeric_limits<la::index>::max(),
                          .max_cols = std::numeric_limits<la::index>::max(),
                          .max_stored = std::numeric_limits<la::index>::max()};
  for (auto const* text : {"1000000000000, 1, 0\n0 0\n", "1, 1, 1000000000000\n0 1\n0\n",
                           "9223372036854775807, 9223372036854775807, 9223372036854775807\n0\n0\n"}) {
    CAPTURE(text);
    CHECK(refusal(text, any).find("bytes that follow can't hold") != std::string::npos);
  }
  CHECK(refusal("3, 5, 4\n0 2 2 4\n0 3 1") ==
        "f:1: 3 rows and 4 entries need 3 + 1 offsets and 4 columns, which the 13 bytes that follow can't hold");
}

TEST_CASE("parse_smtx: a mask may take 1024 bytes for each byte of text, and a MiB") {
  // 2^24 columns are 2 MiB a row.
  CHECK(refusal("1, 16777216, 1\n0 1\n5\n") ==
        "f:1: a mask of 1x16777216 needs more memory than 21 bytes of text may ask for, see io_limits::max_growth");
  auto const keep = la::parse_smtx("1, 16777216, 1\n0 1\n5\n", "f", {.max_growth = 100000});
  CHECK(keep.count() == 1);
  CHECK(keep(0, 5));
  CHECK(la::parse_smtx("1, 8000000, 1\n0 1\n7999999\n").count() == 1);
  CHECK(refusal("1, 9223372036854775807, 1\n0 1\n5\n", {.max_cols = std::numeric_limits<la::index>::max()}) ==
        "f:1: a mask of 1x9223372036854775807 needs more memory than 32 bytes of text may ask for, see "
        "io_limits::max_growth");
}

TEST_CASE("parse_smtx: keeps to the limits") {
  la::io_limits const limits{.max_rows = 3, .max_cols = 5, .max_stored = 4};
  CHECK(la::parse_smtx(sample, "f", limits) == sample_mask());
  CHECK(refusal(sample, {.max_rows = 2}) == "f:1: 3 rows exceed io_limits::max_rows, 2");
  CHECK(refusal(sample, {.max_cols = 4}) == "f:1: 5 columns exceed io_limits::max_cols, 4");
  CHECK(refusal(sample, {.max_stored = 3}) == "f:1: 4 entries exceed io_limits::max_stored, 3");
}

TEST_CASE("format_smtx: three lines") {
  CHECK(la::format_smtx(sample_mask()) == "3, 5, 4\n0 2 2 4\n0 3 1 4\n");
  CHECK(la::format_smtx(la::mask(2, 3)) == "2, 3, 0\n0 0 0\n\n");
  CHECK(la::format_smtx(la::mask()) == "0, 0, 0\n0\n\n");
}

TEST_CASE("format_smtx: what is read again is the same mask") {
  for (auto const seed : lacuna_test::seeds(5)) {
    lacuna_test::random r(seed);
    CAPTURE(seed);
    for (auto const how : lacuna_test::all_coverages)
      for (la::index const cols : {0, 1, 63, 64, 65, 200}) {
        auto const keep = lacuna_test::random_mask(r, r.below(20), cols, how);
        CAPTURE(lacuna_test::name_of(how), keep.rows(), cols);
        CHECK(la::parse_smtx(la::format_smtx(keep)) == keep);
      }
  }
}

TEST_CASE("parse_smtx: a text that is cut or has one byte changed is an error or a mask, nothing else") {
  lacuna_test::random r(1);
  auto const text = la::format_smtx(lacuna_test::random_mask(r, 9, 70, lacuna_test::coverage::ragged));
  for (std::size_t n = 0; n != text.size(); ++n) {
    static_cast<void>(refusal(std::string_view(text).substr(0, n)));
    for (char const c : {'\0', '\n', ' ', ',', '-', '9', '\xFF'}) {
      auto changed = text;
      changed[n] = c;
      static_cast<void>(refusal(changed));
    }
  }
}

TEST_CASE("parse_smtx: without memory it throws bad_alloc") {
  for (la::index k = 1; k != 3; ++k) {
    lacuna_test::fail_allocation(k);
    CHECK_THROWS_AS(la::parse_smtx(sample), std::bad_alloc);
  }
  lacuna_test::fail_allocation(0);
}

TEST_CASE("read_smtx: reads what write_smtx wrote and names the file in errors") {
  auto const path = (std::filesystem::temp_directory_path() / "lacuna_test_io_smtx.smtx").string();
  la::write_smtx(path, sample_mask());
  CHECK(la::read_smtx(path) == sample_mask());
  CHECK(la::read_smtx(std::filesystem::path(path)) == sample_mask());
  CHECK(error_of([&] { return la::read_smtx(path, {.max_rows = 2}); }) ==
        path + ":1: 3 rows exceed io_limits::max_rows, 2");
  CHECK(error_of([&] { return la::read_smtx(path, {.max_file_bytes = 23}); }) ==
        path + ": has 24 bytes, more than the 23 of io_limits::max_file_bytes");
  std::filesystem::remove(path);
  CHECK(error_of([&] { return la::read_smtx(path); }) == path + ": cannot be opened: No such file or directory");
}
