// SPDX-License-Identifier: MIT
//
// The arrays of a matrix whose columns are codes within groups, sound or not.
#pragma once

#include <lacuna/core/dense.hpp>
#include <lacuna/format/concepts.hpp>

#include "support/message_of.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace lacuna_test {

/// What nm<float, ...> and vnm<float, ...>, here F, are made of.
template <class F>
struct coded_arrays {
  lacuna::index rows;
  lacuna::index cols;
  std::vector<std::uint8_t> codes;
  std::vector<float> values;

  [[nodiscard]] F make() const { return {rows, cols, codes, values}; }
  /// What is wrong with them, or "no error": the constructor and `validate` of the view say the same.
  [[nodiscard]] std::string message() const {
    auto const made = message_of([&] { return make(); });
    auto const viewed = message_of([&] {
      validate(lacuna::view_t<F>(rows, cols, codes, values));
      return 0;
    });
    CHECK(made == viewed);
    return made;
  }
};

}  // namespace lacuna_test
