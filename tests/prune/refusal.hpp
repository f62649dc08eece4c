// SPDX-License-Identifier: MIT
//
// With which error a call ends, and what that says.
#pragma once

#include <lacuna/core/error.hpp>

#include <string>
#include <utility>

namespace lacuna_test {

/// "shape: ..." or "value: ..." for the shape_error or value_error that f() throws; "none" if it throws nothing.
template <class F>
[[nodiscard]] std::string refusal(F&& f) {
  try {
    static_cast<void>(std::forward<F>(f)());
  } catch (lacuna::shape_error const& error) {
    return std::string("shape: ") + error.what();
  } catch (lacuna::value_error const& error) {
    return std::string("value: ") + error.what();
  }
  return "none";
}

}  // namespace lacuna_test
