// SPDX-License-Identifier: MIT
//
// What can go wrong, and how it is told: an exception, or a handler where exceptions are switched off.
#pragma once

#include <lacuna/core/config.hpp>

#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>
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

template <class Part>
void append(std::string& text, Part const& part) {
  if constexpr (std::is_arithmetic_v<Part>)
    text += std::to_string(part);
  else
    text += std::string_view(part);
}

/// Throws Error with the parts strung together, or hands the message to the error handler.
template <class Error, class... Parts>
[[noreturn]] LACUNA_COLD void fail(Parts const&... parts) {
  std::string text;
  (append(text, parts), ...);
#if LACUNA_EXCEPTIONS
  throw Error(text);
#else
  current_error_handler(text.c_str());
  std::abort();
#endif
}

}  // namespace detail::inline LACUNA_ISA
}  // namespace lacuna
