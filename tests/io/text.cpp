// SPDX-License-Identifier: MIT
#include <lacuna/io/text.hpp>

#include "io/error_of.hpp"

#include <catch2/catch_test_macros.hpp>

#include <limits>
#include <string>
#include <string_view>

namespace la = lacuna;
using lacuna_test::error_of;
using namespace std::string_view_literals;

namespace {

la::detail::text_cursor first_line(std::string_view text) {
  la::detail::text_cursor cursor(text, "f");
  REQUIRE(cursor.next_line());
  return cursor;
}

std::string count_error(std::string_view text, char separator = ' ') {
  auto cursor = first_line(text);
  return error_of([&] { return cursor.count("the size", separator); });
}

}  // namespace

TEST_CASE("text_cursor: steps over blank lines and counts them") {
  la::detail::text_cursor cursor("\n \t\r\na\n\n\r\n b c", "f");
  CHECK(cursor.line() == 0);
  CHECK(cursor.count_lines() == 2);
  REQUIRE(cursor.next_line());
  CHECK(cursor.line() == 3);
  CHECK(cursor.word() == "a");
  CHECK(cursor.at_line_end());
  REQUIRE(cursor.next_line());
  CHECK(cursor.line() == 6);
  CHECK(cursor.count_words() == 2);
  CHECK(cursor.word() == "b");
  CHECK(cursor.word() == "c");
  CHECK(cursor.word().empty());
  CHECK_FALSE(cursor.next_line());
  CHECK_FALSE(cursor.next_line());
}

TEST_CASE("text_cursor: an empty text has no line, whether it ends with newlines or has no memory at all") {
  for (auto const text : {std::string_view(), ""sv, "\n"sv, "\n\n"sv, "  "sv, "\r"sv}) {
    la::detail::text_cursor cursor(text, "f");
    CHECK_FALSE(cursor.next_line());
    CHECK(cursor.word().empty());
  }
}

TEST_CASE("text_cursor: knows how many bytes stand behind the line") {
  CHECK(first_line("ab\ncd").bytes_behind() == 2);
  CHECK(first_line("ab\n").bytes_behind() == 0);
  CHECK(first_line("ab").bytes_behind() == 0);
}

TEST_CASE("text_cursor: words end at blanks and at the separator") {
  auto cursor = first_line("1,2 ,\t3");
  CHECK(cursor.word(',') == "1");
  cursor.skip_optional(',');
  CHECK(cursor.count("n", ',') == 2);
  cursor.skip_optional(',');
  cursor.skip_optional(',');
  CHECK(cursor.count("n", ',') == 3);
  cursor.skip_optional(',');
  CHECK_NOTHROW(cursor.expect_line_end("n"));
}

TEST_CASE("text_cursor: a count is a whole number from 0 to the largest index") {
  CHECK(first_line("0").count("n") == 0);
  CHECK(first_line("0012\r").count("n") == 12);
  CHECK(first_line("9223372036854775807").count("n") == std::numeric_limits<la::index>::max());
  CHECK(count_error("9223372036854775808") == "f:1: the size '9223372036854775808' does not fit 64 bits");
  CHECK(count_error("-1") == "f:1: the size is -1, expected no negative number");
  CHECK(count_error("-99999999999999999999") == "f:1: the size '-99999999999999999999' does not fit 64 bits");
  CHECK(count_error("\n\n1.5") == "f:3: expected the size, found '1.5'");
  CHECK(count_error("+1") == "f:1: expected the size, found '+1'");
  CHECK(count_error("1,2") == "f:1: expected the size, found '1,2'");
  CHECK(count_error("0x10") == "f:1: expected the size, found '0x10'");
  CHECK(count_error(",", ',') == "f:1: expected the size, found the end of the line");
  auto cursor = first_line("7 ");
  CHECK(cursor.count("n") == 7);
  CHECK(error_of([&] { return cursor.count("m"); }) == "f:1: expected m, found the end of the line");
}

TEST_CASE("text_cursor: what is left of a line is shown") {
  auto cursor = first_line("1 2 x");
  CHECK(cursor.count("n") == 1);
  CHECK(error_of([&] {
          cursor.expect_line_end("n");
          return 0;
        }) == "f:1: expected the end of the line behind n, found '2'");
}

TEST_CASE("quoted: shortens long words and shows unprintable bytes") {
  CHECK(la::detail::quoted("abc") == "'abc'");
  CHECK(la::detail::quoted("a\0\x1B\xFF"sv) == "'a\\x00\\x1b\\xff'");
  CHECK(la::detail::quoted(std::string(32, 'x')) == "'" + std::string(32, 'x') + "'");
  CHECK(la::detail::quoted(std::string(33, 'x')) == "'" + std::string(32, 'x') + "...'");
}
