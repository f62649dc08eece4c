// SPDX-License-Identifier: MIT
//
// A bounds-checked walk over bytes, with errors that say where.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/error.hpp>
#include <lacuna/io/text.hpp>

#include <charconv>
#include <cstddef>
#include <string>
#include <string_view>
#include <system_error>

namespace lacuna::detail::inline LACUNA_ISA {

/// Walks over the bytes of a header; every error names the byte.
class byte_cursor {
 public:
  byte_cursor(std::string_view bytes, std::string_view name) noexcept : bytes_(bytes), name_(name) {}

  template <class... Parts>
  [[noreturn]] LACUNA_COLD void reject_at(std::size_t at, Parts const&... parts) const {
    fail<io_error>(name_, ": byte ", at, ": ", parts...);
  }
  template <class... Parts>
  [[noreturn]] LACUNA_COLD void reject(Parts const&... parts) const {
    reject_at(at_, parts...);
  }
  [[nodiscard]] std::size_t at() const noexcept { return at_; }
  [[nodiscard]] std::size_t left() const noexcept { return bytes_.size() - at_; }
  /// The next byte; 0 at the end.
  [[nodiscard]] char next() const noexcept { return at_ == bytes_.size() ? '\0' : bytes_[at_]; }
  /// Steps over so many bytes, or as many as are left.
  void skip(std::size_t count) noexcept { at_ += count < left() ? count : left(); }

  /// What comes next, as a message can show it.
  [[nodiscard]] std::string found() const { return at_ == bytes_.size() ? "the end" : quoted(bytes_.substr(at_, 12)); }
  /// Steps over `text`, or says that `what` was expected.
  void expect(std::string_view text, char const* what) {
    if (!take(text)) reject("expected ", what, ", found ", found());
  }
  [[nodiscard]] bool take(std::string_view text) noexcept {
    if (bytes_.substr(at_, text.size()) != text) return false;
    at_ += text.size();
    return true;
  }
  void skip_blanks() noexcept {
    while (at_ != bytes_.size() && bytes_[at_] == ' ') ++at_;
  }
  /// A little-endian number of `count` bytes.
  [[nodiscard]] std::size_t little(int count, char const* what) {
    if (left() < static_cast<std::size_t>(count)) reject("expected ", what, ", found the end");
    std::size_t value = 0;
    for (int k = count; k-- != 0;)
      value = value << 8 | static_cast<unsigned char>(bytes_[at_ + static_cast<std::size_t>(k)]);
    at_ += static_cast<std::size_t>(count);
    return value;
  }
  /// A word in quotes.
  [[nodiscard]] std::string_view string(char const* what) {
    if (left() == 0 || (bytes_[at_] != '\'' && bytes_[at_] != '"')) reject("expected ", what, ", found ", found());
    auto const end = bytes_.find(bytes_[at_], at_ + 1);
    if (end == std::string_view::npos) reject("the quote of ", what, " does not end");
    auto const word = bytes_.substr(at_ + 1, end - at_ - 1);
    at_ = end + 1;
    return word;
  }
  [[nodiscard]] index count(char const* what) {
    index value = 0;
    auto const* const first = bytes_.data() + at_;
    bool const digit = left() != 0 && *first >= '0' && *first <= '9';
    auto const [stop, error] = std::from_chars(first, bytes_.data() + bytes_.size(), value);
    if (!digit) reject("expected ", what, ", found ", found());
    if (error != std::errc{}) reject(what, " does not fit 64 bits");
    at_ += static_cast<std::size_t>(stop - first);
    return value;
  }

 private:
  std::string_view bytes_;
  std::string_view name_;
  std::size_t at_ = 0;
};

}  // namespace lacuna::detail::inline LACUNA_ISA
