// SPDX-License-Identifier: MIT
//
// The pieces of JSON that a header is made of: objects, texts, lists of counts.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/io/byte_cursor.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

namespace lacuna::detail::inline LACUNA_ISA {

inline void skip_json_blanks(byte_cursor& text) noexcept {
  while (text.next() == ' ' || text.next() == '\t' || text.next() == '\n' || text.next() == '\r') text.skip(1);
}

/// The four hexadecimal digits behind \u.
[[nodiscard]] inline std::uint32_t read_json_unit(byte_cursor& text) {
  std::uint32_t unit = 0;
  for (int k = 0; k != 4; ++k, text.skip(1)) {
    char const c = text.next();
    std::uint32_t digit = 16;
    if (c >= '0' && c <= '9') digit = static_cast<std::uint32_t>(c - '0');
    if (c >= 'a' && c <= 'f') digit = static_cast<std::uint32_t>(c - 'a') + 10;
    if (c >= 'A' && c <= 'F') digit = static_cast<std::uint32_t>(c - 'A') + 10;
    if (digit == 16) text.reject("expected a hexadecimal digit, found ", text.found());
    unit = 16 * unit + digit;
  }
  return unit;
}

inline void append_utf8(std::string& word, std::uint32_t code) {
  auto const byte = [&](std::uint32_t bits) { word += static_cast<char>(static_cast<unsigned char>(bits)); };
  if (code < 0x80) return byte(code);
  if (code < 0x800) return byte(0xC0 | code >> 6), byte(0x80 | (code & 0x3F));
  if (code < 0x10000)
    byte(0xE0 | code >> 12);
  else
    byte(0xF0 | code >> 18), byte(0x80 | (code >> 12 & 0x3F));
  byte(0x80 | (code >> 6 & 0x3F)), byte(0x80 | (code & 0x3F));
}

/// The character behind \u, of one unit or, beyond 16 bits, of two.
[[nodiscard]] inline std::uint32_t read_json_character(byte_cursor& text) {
  auto const at = text.at();
  auto const first = read_json_unit(text);
  if (first < 0xD800 || first > 0xDFFF) return first;
  bool const pair = first < 0xDC00 && text.take("\\u");
  auto const second = pair ? read_json_unit(text) : 0;
  if (second < 0xDC00 || second > 0xDFFF) text.reject_at(at, "half of a pair of UTF-16");
  return 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00);
}

/// What stands behind a backslash.
inline void read_json_escape(byte_cursor& text, std::string& word) {
  static constexpr char meanings[][2] = {{'"', '"'},  {'\\', '\\'}, {'/', '/'},  {'b', '\b'},
                                         {'f', '\f'}, {'n', '\n'},  {'r', '\r'}, {'t', '\t'}};
  if (text.take("u")) return append_utf8(word, read_json_character(text));
  for (auto const& meaning : meanings)
    if (text.next() == meaning[0]) {
      text.skip(1);
      word += meaning[1];
      return;
    }
  text.reject("expected an escape, found ", text.found());
}

/// A text in double quotes, its escapes resolved.
[[nodiscard]] inline std::string read_json_text(byte_cursor& text, char const* what) {
  auto const begin = text.at();
  text.expect("\"", what);
  std::string word;
  while (!text.take("\"")) {
    if (text.left() == 0) text.reject_at(begin, "the quote of ", what, " does not end");
    auto const c = text.next();
    if (static_cast<unsigned char>(c) < 0x20) text.reject("expected a character, found ", text.found());
    if (text.take("\\")) {
      read_json_escape(text, word);
    } else {
      word += c;
      text.skip(1);
    }
  }
  return word;
}

/// {"key": value, ...}: calls value(key, at) where each value begins, which has to step over it; `at` is the byte of
/// the key.
template <class F>
void read_json_object(byte_cursor& text, F&& value) {
  text.expect("{", "'{'");
  skip_json_blanks(text);
  if (text.take("}")) return;
  do {
    skip_json_blanks(text);
    auto const at = text.at();
    auto key = read_json_text(text, "a key");
    skip_json_blanks(text);
    text.expect(":", "':'");
    skip_json_blanks(text);
    value(std::move(key), at);
    skip_json_blanks(text);
  } while (text.take(","));
  text.expect("}", "',' or '}'");
}

/// [1, 2, ...]: calls take(count) for each.
template <class F>
void read_json_counts(byte_cursor& text, F&& take) {
  text.expect("[", "a list of counts");
  skip_json_blanks(text);
  if (text.take("]")) return;
  do {
    skip_json_blanks(text);
    take(text.count("a count"));
    skip_json_blanks(text);
  } while (text.take(","));
  text.expect("]", "',' or ']'");
}

}  // namespace lacuna::detail::inline LACUNA_ISA
