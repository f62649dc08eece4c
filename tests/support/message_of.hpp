// SPDX-License-Identifier: MIT
//
// The message of the error that a call must end with.
#pragma once

#include <lacuna/core/error.hpp>

#include <string>
#include <utility>

namespace lacuna_test {

/// What the Error thrown by f() says; "no error" if it throws none. Any other exception passes.
template <class Error = lacuna::format_error, class F>
[[nodiscard]] std::string message_of(F&& f) {
  try {
    static_cast<void>(std::forward<F>(f)());
  } catch (Error const& error) {
    return error.what();
  }
  return "no error";
}

}  // namespace lacuna_test
