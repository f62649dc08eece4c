// SPDX-License-Identifier: MIT
#include <lacuna/io/mtx_header.hpp>

#include "io/error_of.hpp"

#include <catch2/catch_test_macros.hpp>

#include <limits>
#include <string>
#include <string_view>

namespace la = lacuna;
using la::detail::mtx_field;
using la::detail::mtx_layout;
using la::detail::mtx_symmetry;
using lacuna_test::error_of;

namespace {

constexpr la::io_limits any{.max_rows = std::numeric_limits<la::index>::max(),
                            .max_cols = std::numeric_limits<la::index>::max(),
                            .max_stored = std::numeric_limits<la::index>::max()};

la::detail::mtx_header header(std::string_view text, la::io_limits const& limits = {}) {
  la::detail::text_cursor cursor(text, "f");
  return la::detail::read_mtx_header(cursor, limits);
}

std::string refusal(std::string const& text, la::io_limits const& limits = {}) {
  CAPTURE(text);
  return error_of([&] { return header(text, limits); });
}

std::string banner_refusal(std::string const& banner) { return refusal(banner + "\n1 1 1\n1 1 1\n"); }

}  // namespace

TEST_CASE("mtx_header: layout, field and symmetry, in any case") {
  auto h = header("%%MatrixMarket matrix coordinate real general\n3 4 1\n1 1 1\n");
  CHECK((h.layout == mtx_layout::coordinate && h.field == mtx_field::real && h.symmetry == mtx_symmetry::general));
  CHECK((h.rows == 3 && h.cols == 4 && h.lines == 1 && h.size_line == 2));
  h = header("%%MATRIXMARKET Matrix ARRAY Integer SYMMETRIC\r\n2 2\r\n1\r\n2\r\n3\r\n");
  CHECK((h.layout == mtx_layout::array && h.field == mtx_field::integer && h.symmetry == mtx_symmetry::symmetric));
  CHECK(h.lines == 3);
  h = header("%%matrixmarket matrix coordinate pattern general\n2 2 1\n1 1");
  CHECK((h.field == mtx_field::pattern && h.lines == 1));
  h = header("%%MatrixMarket\tmatrix  array double skew-symmetric \n3 3\n1\n2\n3");
  CHECK((h.field == mtx_field::real && h.symmetry == mtx_symmetry::skew_symmetric && h.lines == 3));
  CHECK(header("%%MatrixMarket matrix coordinate unsigned-integer general\n1 1 0").field == mtx_field::integer);
}

TEST_CASE("mtx_header: comments and blank lines stand before the counts") {
  auto const h = header("%%MatrixMarket matrix coordinate real general\n%\n%% 1 2 3\n\n  % x\n3 4 1\n1 1 1\n");
  CHECK((h.rows == 3 && h.size_line == 6));
}

TEST_CASE("mtx_header: banner errors say what was expected") {
  CHECK(refusal("") == "f:1: expected '%%MatrixMarket matrix ...', found nothing");
  CHECK(banner_refusal("%MatrixMarket matrix array real general") ==
        "f:1: expected '%%MatrixMarket', found '%MatrixMarket'");
  CHECK(banner_refusal("1 1 1") == "f:1: expected '%%MatrixMarket', found '1'");
  CHECK(banner_refusal("%%MatrixMarket") == "f:1: expected 'matrix', found the end of the line");
  CHECK(banner_refusal("%%MatrixMarket vector coordinate real general") == "f:1: expected 'matrix', found 'vector'");
  CHECK(banner_refusal("%%MatrixMarket matrix sparse real general") ==
        "f:1: expected coordinate or array, found 'sparse'");
  CHECK(banner_refusal("%%MatrixMarket matrix coordinate float general") ==
        "f:1: expected real, integer or pattern, found 'float'");
  CHECK(banner_refusal("%%MatrixMarket matrix coordinate complex general") ==
        "f:1: complex matrices are not supported, expected real, integer or pattern");
  CHECK(banner_refusal("%%MatrixMarket matrix coordinate real") ==
        "f:1: expected general, symmetric or skew-symmetric, found the end of the line");
  CHECK(banner_refusal("%%MatrixMarket matrix coordinate real Hermitian") ==
        "f:1: hermitian matrices are not supported, expected general, symmetric or skew-symmetric");
  CHECK(banner_refusal("%%MatrixMarket matrix coordinate real general x") ==
        "f:1: expected the end of the line behind the symmetry, found 'x'");
  CHECK(banner_refusal("%%MatrixMarket matrix array pattern general") == "f:1: an array can't be a pattern");
  CHECK(banner_refusal("%%MatrixMarket matrix coordinate pattern skew-symmetric") ==
        "f:1: a pattern can't be skew-symmetric");
}

TEST_CASE("mtx_header: errors of the counts say line and reason") {
  std::string const coordinate = "%%MatrixMarket matrix coordinate real general\n";
  std::string const array = "%%MatrixMarket matrix array real general\n";
  CHECK(refusal(coordinate) == "f:2: expected the line of counts, found the end of the text");
  CHECK(refusal(coordinate + "% only\n\n%") == "f:4: expected the line of counts, found the end of the text");
  CHECK(refusal(coordinate + "3 4\n") == "f:2: expected the number of entries, found the end of the line");
  CHECK(refusal(coordinate + "3 -4 1\n1 1 1\n") == "f:2: the number of columns is -4, expected no negative number");
  CHECK(refusal(coordinate + "3.0 4 1\n1 1 1\n") == "f:2: expected the number of rows, found '3.0'");
  CHECK(refusal(coordinate + "3 4 1 1\n1 1 1\n") == "f:2: expected the end of the line behind the counts, found '1'");
  CHECK(refusal(array + "1 1 1\n1\n") == "f:2: expected the end of the line behind the counts, found '1'");
  CHECK(refusal("%%MatrixMarket matrix coordinate real symmetric\n3 4 1\n1 1 1\n") ==
        "f:2: a symmetric matrix is square, found 3x4");
}

TEST_CASE("mtx_header: keeps to the limits") {
  std::string const text = "%%MatrixMarket matrix coordinate real general\n3 4 2\n1 1 1\n2 2 2\n";
  CHECK(header(text, {.max_rows = 3, .max_cols = 4, .max_stored = 2}).lines == 2);
  CHECK(refusal(text, {.max_rows = 2}) == "f:2: 3 rows exceed io_limits::max_rows, 2");
  CHECK(refusal(text, {.max_cols = 3}) == "f:2: 4 columns exceed io_limits::max_cols, 3");
  CHECK(refusal(text, {.max_stored = 1}) == "f:2: 2 entries exceed io_limits::max_stored, 1");
  CHECK(refusal("%%MatrixMarket matrix coordinate real symmetric\n4 4 2\n1 1 1\n2 2 2\n", {.max_stored = 3}) ==
        "f:2: 2 mirrored entries exceed io_limits::max_stored, 3");
}

TEST_CASE("mtx_header: a coordinate text must have room for the entries it declares") {
  std::string const real = "%%MatrixMarket matrix coordinate real general\n";
  CHECK(header(real + "9 9 2\n1 1 1\n1 2 3").lines == 2);
  CHECK(refusal(real + "9 9 3\n1 1 1\n1 2 3\n") == "f:2: 3 entries do not fit what follows, 12 bytes in 2 lines");
  CHECK(header("%%MatrixMarket matrix coordinate pattern general\n9 9 3\n1 1\n1 2\n3 3").lines == 3);
  CHECK(refusal(real + "9 9 9223372036854775807\n1 1 1\n", any) ==
        "f:2: 9223372036854775807 entries do not fit what follows, 6 bytes in 1 lines");
}

TEST_CASE("mtx_header: an array text must have room for its elements, whose number never wraps") {
  auto const array = [](char const* symmetry, char const* counts, std::string const& body = "1\n2\n3\n") {
    return std::string("%%MatrixMarket matrix array real ") + symmetry + "\n" + counts + "\n" + body;
  };
  CHECK(header(array("general", "1 3")).lines == 3);
  CHECK(header(array("general", "3 1", "1\n2\n3")).lines == 3);
  CHECK(header(array("symmetric", "2 2")).lines == 3);
  CHECK(header(array("skew-symmetric", "3 3")).lines == 3);
  CHECK(header(array("skew-symmetric", "1 1", "")).lines == 0);
  CHECK(header(array("general", "0 9", "")).lines == 0);
  CHECK(header(array("symmetric", "0 0", "")).lines == 0);
  CHECK(refusal(array("general", "2 2")) == "f:2: an array of 2x2 does not fit what follows, 6 bytes in 3 lines");
  CHECK(refusal(array("symmetric", "3 3")) == "f:2: an array of 3x3 does not fit what follows, 6 bytes in 3 lines");
  CHECK(refusal(array("skew-symmetric", "4 4")) ==
        "f:2: an array of 4x4 does not fit what follows, 6 bytes in 3 lines");
  CHECK(refusal(array("skew-symmetric", "9 9")) ==
        "f:2: an array of 9x9 does not fit what follows, 6 bytes in 3 lines");
  for (auto const* counts : {"4294967296 4294967296", "9223372036854775807 9223372036854775807"})
    for (auto const* symmetry : {"general", "symmetric", "skew-symmetric"}) {
      CAPTURE(counts, symmetry);
      CHECK(refusal(array(symmetry, counts), any).find("does not fit what follows, 6 bytes") != std::string::npos);
    }
}
