// SPDX-License-Identifier: MIT
//
// The message of the io_error that a call ends with.
#pragma once

#include <lacuna/core/error.hpp>

#include <string>
#include <utility>

namespace lacuna_test {

/// What the io_error thrown by f() says; "no error" if it throws none. Any other exception passes.
template <class F>
[[nodiscard]] std::string error_of(F&& f) {
  try {
    static_cast<void>(std::forward<F>(f)());
  } catch (lacuna::io_error const& error) {
    return error.what();
  }
  return "no error";
}

}  // namespace lacuna_test
