// SPDX-License-Identifier: MIT
//
// A bounds-checked walk over the lines and words of a text, with errors that say where.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/error.hpp>

#include <charconv>
#include <cstring>
#include <string>
#include <string_view>
#include <system_error>

namespace lacuna::detail::inline LACUNA_ISA {

/// The word as it can stand in a message: in quotes, shortened to so many characters, unprintable ones as \xNN.
[[nodiscard]] LACUNA_COLD inline std::string quoted(std::string_view word, std::size_t longest = 32) {
  constexpr auto* digits = "0123456789abcdef";
  std::string text = "'";
  for (char const c : word.substr(0, longest)) {
    auto const code = static_cast<unsigned char>(c);
    if (code >= 0x20 && code < 0x7F)
      text += c;
    else
      (text += "\\x").append({digits[code / 16], digits[code % 16]});
  }
  return text += word.size() > longest ? "...'" : "'";
}

/// Stands on one line of a text. Lines end with \n; \r is a blank, as are space and tab; blank lines are stepped over.
/// Reads nothing outside the text, which need not end with a newline.
class text_cursor {
 public:
  /// Before the first line. Text and name are borrowed.
  text_cursor(std::string_view text, std::string_view name) noexcept
      : at_(text.data()), line_end_(text.data()), end_(text.data() + text.size()), name_(name) {}

  /// Steps to the next line that is not blank; false if there is none.
  [[nodiscard]] bool next_line() noexcept {
    while (started_ ? line_end_ != end_ : at_ != end_) {
      at_ = started_ ? line_end_ + 1 : at_;
      started_ = true;
      ++line_;
      auto const left = static_cast<std::size_t>(end_ - at_);
      auto const* const newline = left == 0 ? nullptr : static_cast<char const*>(std::memchr(at_, '\n', left));
      line_end_ = newline == nullptr ? end_ : newline;
      if (skip_blanks(); at_ != line_end_) return true;
    }
    return false;
  }

  /// Number of the current line, from 1; 0 before the first.
  [[nodiscard]] index line() const noexcept { return line_; }
  /// Bytes behind the current line.
  [[nodiscard]] index bytes_behind() const noexcept { return end_ - line_end_ - (line_end_ != end_); }
  /// True if nothing but blanks is left of the line.
  [[nodiscard]] bool at_line_end() noexcept {
    skip_blanks();
    return at_ == line_end_;
  }
  /// Steps over one `c`, and blanks around it, if it comes next.
  void skip_optional(char c) noexcept {
    if (!at_line_end() && *at_ == c) ++at_;
  }
  /// The next word of the line, which ends at a blank or at `separator`; empty at the end of the line.
  [[nodiscard]] std::string_view word(char separator = ' ') noexcept {
    skip_blanks();
    auto const* const first = at_;
    while (at_ != line_end_ && !ends_word(*at_, separator)) ++at_;
    return {first, static_cast<std::size_t>(at_ - first)};
  }
  /// Number of words left on the line; the cursor stays.
  [[nodiscard]] index count_words() const noexcept {
    auto ahead = *this;
    index n = 0;
    while (!ahead.word().empty()) ++n;
    return n;
  }
  /// Number of lines behind this one that are not blank; the cursor stays.
  [[nodiscard]] index count_lines() const noexcept {
    auto ahead = *this;
    index n = 0;
    while (ahead.next_line()) ++n;
    return n;
  }

  /// Reads a whole number >= 0; `what` names it in the error if there is none.
  [[nodiscard]] index count(char const* what, char separator = ' ') {
    skip_blanks();
    index value = 0;
    auto const [stop, error] = std::from_chars(at_, line_end_, value);
    if (error != std::errc{} || value < 0 || (stop != line_end_ && !ends_word(*stop, separator)))
      reject_count(what, separator);
    at_ = stop;
    return value;
  }
  /// Errors if anything but blanks is left of the line.
  void expect_line_end(char const* behind) {
    if (!at_line_end()) reject("expected the end of the line behind ", behind, ", found ", quoted(word()));
  }

  /// Throws io_error: name, line and the parts.
  template <class... Parts>
  [[noreturn]] LACUNA_COLD void reject(Parts const&... parts) const {
    reject_line(line_, parts...);
  }
  template <class... Parts>
  [[noreturn]] LACUNA_COLD void reject_line(index line, Parts const&... parts) const {
    fail<io_error>(name_, ":", line == 0 ? 1 : line, ": ", parts...);
  }
  /// Throws io_error: expected `what`, found this word, or the end of the line.
  [[noreturn]] LACUNA_COLD void reject_word(char const* what, std::string_view found) const {
    if (found.empty()) reject("expected ", what, ", found the end of the line");
    reject("expected ", what, ", found ", quoted(found));
  }

 private:
  [[nodiscard]] static bool is_blank(char c) noexcept { return c == ' ' || c == '\t' || c == '\r'; }
  [[nodiscard]] static bool ends_word(char c, char separator) noexcept { return is_blank(c) || c == separator; }
  void skip_blanks() noexcept {
    while (at_ != line_end_ && is_blank(*at_)) ++at_;
  }

  [[noreturn]] LACUNA_COLD void reject_count(char const* what, char separator) {
    auto const found = word(separator);
    index value = 0;
    auto const [stop, error] = std::from_chars(found.data(), found.data() + found.size(), value);
    bool const whole = stop == found.data() + found.size();
    if (whole && error == std::errc::result_out_of_range) reject(what, " ", quoted(found), " does not fit 64 bits");
    if (whole && error == std::errc{}) reject(what, " is ", value, ", expected no negative number");
    reject_word(what, found);
  }

  char const* at_;
  char const* line_end_;
  char const* end_;
  std::string_view name_;
  index line_ = 0;
  bool started_ = false;
};

}  // namespace lacuna::detail::inline LACUNA_ISA
