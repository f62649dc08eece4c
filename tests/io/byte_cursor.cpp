// SPDX-License-Identifier: MIT
#include <lacuna/io/byte_cursor.hpp>

#include "io/error_of.hpp"

#include <catch2/catch_test_macros.hpp>

#include <string>

namespace la = lacuna;
using lacuna_test::error_of;
using namespace std::string_literals;

TEST_CASE("byte_cursor: steps over what it is told to, never beyond the end") {
  auto const bytes = "ab  \x02\x01 12"s;
  la::detail::byte_cursor c(bytes, "f");
  CHECK(c.next() == 'a');
  CHECK(c.take("ab"));
  CHECK(!c.take("b"));
  c.skip_blanks();
  CHECK(c.at() == 4);
  CHECK(c.little(2, "a number") == 0x0102);
  c.skip(1);
  CHECK(c.left() == 2);
  CHECK(c.count("a count") == 12);
  CHECK(c.left() == 0);
  CHECK(c.next() == '\0');
  CHECK(c.found() == "the end");
  c.skip(5);
  CHECK(c.at() == bytes.size());
}

TEST_CASE("byte_cursor: errors name the byte, and what was found there") {
  la::detail::byte_cursor c("xy'z", "f");
  c.skip(1);
  CHECK(error_of([&] { return c.expect("z", "a z"), 0; }) == "f: byte 1: expected a z, found 'y'z'");
  CHECK(error_of([&] { return c.count("a count"); }) == "f: byte 1: expected a count, found 'y'z'");
  CHECK(error_of([&] { return c.little(4, "four bytes"); }) == "f: byte 1: expected four bytes, found the end");
  CHECK(error_of([&] { return c.string("a word"); }) == "f: byte 1: expected a word, found 'y'z'");
  c.skip(1);
  CHECK(error_of([&] { return c.string("a word"); }) == "f: byte 2: the quote of a word does not end");
  CHECK(error_of([&] { return c.reject_at(0, "no ", 5), 0; }) == "f: byte 0: no 5");
}
