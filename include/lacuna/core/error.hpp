// SPDX-License-Identifier: MIT
//
// What can go wrong, and how it is told: an exception, or a handler where exceptions are switched off.
#pragma once

#include <lacuna/core/config.hpp>

#include <charconv>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <string_view>
#include <type_traits>
#include <utility>

namespace lacuna {

/// Operands whose shapes do not fit together: "spmm: A is 8x16, X has 12 rows".
class shape_error : public std::invalid_argument {
 public:
  using std::invalid_argument::invalid_argument;
};

/// Arrays that are not the sparse format they are said to be, or a matrix that a format can't hold.
class format_error : public std::invalid_argument {
 public:
  using std::invalid_argument::invalid_argument;
};

/// A number outside its domain: a NaN score, a sparsity that is not a fraction.
class value_error : public std::domain_error {
 public:
  using std::domain_error::domain_error;
};

/// A file that can't be read or is not what it should be; the message carries file, line and reason.
class io_error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Called with the message in place of a throw where exceptions are switched off (-fno-exceptions).
/// It must not return; if it does, the program is aborted.
using error_handler = void (*)(char const* message);

namespace detail {

[[noreturn]] inline void default_error_handler(char const* message) {
  std::fputs("lacuna: ", stderr);
  std::fputs(message, stderr);
  std::fputc('\n', stderr);
  std::abort();
}

inline error_handler current_error_handler = default_error_handler;

}  // namespace detail

/// Sets the handler of builds without exceptions and returns the previous one; null restores the default, which prints
/// the message and aborts. Call it before other threads use the library.
inline error_handler set_error_handler(error_handler handler) {
  return std::exchange(detail::current_error_handler, handler ? handler : detail::default_error_handler);
}

namespace detail::inline LACUNA_ISA {

/// A growing text. Not std::string: its members are templates of the standard library, and those would be shared by
/// objects built for different processors.
class error_text {
 public:
  error_text() noexcept = default;
  error_text(error_text const&) = delete;
  error_text& operator=(error_text const&) = delete;
  ~error_text() { std::free(text_); }

  template <class Part>
  void append(Part const& part) noexcept {
    if constexpr (std::is_floating_point_v<Part>) {
      char digits[32];  // the shortest text that reads back as the same number
      auto const end = std::to_chars(digits, digits + sizeof digits, part).ptr;
      append_text(digits, static_cast<std::size_t>(end - digits));
    } else if constexpr (std::is_integral_v<Part>) {
      append_integer(part);
    } else {
      std::string_view const text(part);
      append_text(text.data(), text.size());
    }
  }
  [[nodiscard]] char const* c_str() const noexcept { return text_ != nullptr ? text_ : ""; }

 private:
  template <class I>
  void append_integer(I value) noexcept {
    char digits[24];
    char* first = digits + sizeof digits;
    auto rest = static_cast<unsigned long long>(value);
    if (value < I{}) rest = 0 - rest;
    do *--first = static_cast<char>('0' + rest % 10);
    while ((rest /= 10) != 0);
    if (value < I{}) *--first = '-';
    append_text(first, static_cast<std::size_t>(digits + sizeof digits - first));
  }
  void append_text(char const* text, std::size_t n) noexcept {
    auto* const longer = static_cast<char*>(std::realloc(text_, size_ + n + 1));
    if (longer == nullptr) return;  // no memory for a message: what there is of it has to do
    text_ = longer;
    if (n != 0) std::memcpy(text_ + size_, text, n);
    size_ += n;
    text_[size_] = 0;
  }

  char* text_ = nullptr;
  std::size_t size_ = 0;
};

/// Throws Error with the parts strung together, or hands the message to the error handler.
template <class Error, class... Parts>
[[noreturn]] LACUNA_COLD void fail(Parts const&... parts) {
  error_text text;
  (text.append(parts), ...);
#if LACUNA_EXCEPTIONS
  throw Error(text.c_str());
#else
  current_error_handler(text.c_str());
  std::abort();
#endif
}

}  // namespace detail::inline LACUNA_ISA
}  // namespace lacuna
