// SPDX-License-Identifier: MIT
//
// The largest error of many, where one may be NaN.
#pragma once

namespace lacuna_test {

/// The larger of two numbers, and NaN if one of them is: std::max keeps its first argument where the second is NaN, so
/// that a result full of NaN would have no error at all.
template <class T>
[[nodiscard]] constexpr T worse(T worst, T more) noexcept {
  return worst >= more || worst != worst ? worst : more;
}

}  // namespace lacuna_test
