// SPDX-License-Identifier: MIT
//
// How far erf, exp and tanh may be from the truth, relative to it, and normal_cdf, absolutely, in units of roundoff:
// measured over every instruction set (xsimd 13.2, glibc 2.36), and a little room. tests/simd/math.cpp checks them, the
// oracle of epilogues relies on them.
#pragma once

namespace lacuna_test {

template <class T>
struct math_errors;

template <>
struct math_errors<float> {
  static constexpr double erf = 4;           // 2.9
  static constexpr double exp = 3;           // 2.1
  static constexpr double tanh = 4;          // 2.2
  static constexpr double normal_cdf = 4.5;  // 4.3 without fused multiply-adds
  static constexpr double exp_range = 87;    // beyond +-87.3 registers give infinity or 0 a little early
};

template <>
struct math_errors<double> {
  static constexpr double erf = 80;         // 68 at 2.2, of xsimd
  static constexpr double exp = 3;          // 1.3
  static constexpr double tanh = 4;         // 2.2
  static constexpr double normal_cdf = 42;  // (erf + 4) / 2: its argument is off by 2, twice a rounding
  static constexpr double exp_range = 708;
};

}  // namespace lacuna_test
