// SPDX-License-Identifier: MIT
#include <lacuna/io/json.hpp>

#include "io/error_of.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace la = lacuna;
using lacuna_test::error_of;
using namespace std::string_literals;

namespace {

std::string text_of(std::string_view json) {
  la::detail::byte_cursor c(json, "f");
  auto word = la::detail::read_json_text(c, "a text");
  CHECK(c.left() == 0);
  return word;
}

std::string refusal(std::string_view json) {
  return error_of([&] {
    la::detail::byte_cursor c(json, "f");
    return la::detail::read_json_text(c, "a text");
  });
}

/// "key=counts;..." of an object of lists.
std::string lists_of(std::string_view json) {
  la::detail::byte_cursor c(json, "f");
  std::string text;
  la::detail::read_json_object(c, [&](std::string const& key, std::size_t at) {
    text += std::to_string(at) + key + "=";
    la::detail::read_json_counts(c, [&](la::index n) { text += std::to_string(n) + ","; });
    text += ";";
  });
  return text + std::to_string(c.left());
}

std::string list_refusal(std::string_view json) {
  return error_of([&] { return lists_of(json); });
}

}  // namespace

TEST_CASE("json: texts and their escapes") {
  CHECK(text_of(R"("")").empty());
  CHECK(text_of(R"("a.b_0 'c'")") == "a.b_0 'c'");
  CHECK(text_of(R"("\"\\\/\b\f\n\r\t")") == "\"\\/\b\f\n\r\t");
  CHECK(text_of(R"("\u0041\u00e9\u20AC\ud83d\ude00")") == "A\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80");
  CHECK(text_of("\"\xC3\xA9\"") == "\xC3\xA9");
  CHECK(text_of(R"("\u0000")") == "\0"s);
}

TEST_CASE("json: texts that are none") {
  CHECK(refusal("a") == "f: byte 0: expected a text, found 'a'");
  CHECK(refusal("\"ab") == "f: byte 0: the quote of a text does not end");
  CHECK(refusal("\"ab\\\"") == "f: byte 0: the quote of a text does not end");
  CHECK(refusal("\"a\nb\"") == "f: byte 2: expected a character, found '\\x0ab\"'");
  CHECK(refusal("\"\\x\"") == "f: byte 2: expected an escape, found 'x\"'");
  CHECK(refusal("\"\\u12g4\"") == "f: byte 5: expected a hexadecimal digit, found 'g4\"'");
  CHECK(refusal("\"\\u12") == "f: byte 5: expected a hexadecimal digit, found the end");
  for (auto const* half : {R"("\ud800")", R"("\ud800a")", R"("\ud800\u0041")", R"("\udc00\ud800")"}) {
    CAPTURE(half);
    CHECK(refusal(half) == "f: byte 3: half of a pair of UTF-16");
  }
}

TEST_CASE("json: objects of lists, with any blanks") {
  CHECK(lists_of("{}") == "0");
  CHECK(lists_of("{ }x") == "1");
  CHECK(lists_of(R"({"a":[],"b":[1,23]})") == "1a=;8b=1,23,;0");
  CHECK(lists_of("{ \"a\"\t:\n[ 1\r, 2 ] , \"a\" : [ ] }") == "2a=1,2,;20a=;0");
}

TEST_CASE("json: objects and lists that are none") {
  CHECK(list_refusal("[]") == "f: byte 0: expected '{', found '[]'");
  CHECK(list_refusal("{") == "f: byte 1: expected a key, found the end");
  CHECK(list_refusal("{\"a\":[1],}") == "f: byte 9: expected a key, found '}'");
  CHECK(list_refusal("{\"a\"[1]}") == "f: byte 4: expected ':', found '[1]}'");
  CHECK(list_refusal("{\"a\":{}}") == "f: byte 5: expected a list of counts, found '{}}'");
  CHECK(list_refusal("{\"a\":[1}") == "f: byte 7: expected ',' or ']', found '}'");
  CHECK(list_refusal("{\"a\":[1,]}") == "f: byte 8: expected a count, found ']}'");
  CHECK(list_refusal("{\"a\":[-1]}") == "f: byte 6: expected a count, found '-1]}'");
  CHECK(list_refusal("{\"a\":[1.5]}") == "f: byte 7: expected ',' or ']', found '.5]}'");
  CHECK(list_refusal("{\"a\":[99999999999999999999]}") == "f: byte 6: a count does not fit 64 bits");
  CHECK(list_refusal("{\"a\":[1]") == "f: byte 8: expected ',' or '}', found the end");
}
