// SPDX-License-Identifier: MIT
//
// The test's own test: an algorithm as it would be without the inline namespace. One template, one symbol, and the
// linker keeps the copy that it meets first; the checks must notice.
#include <lacuna/core/error.hpp>

#include "layer.hpp"

#include <cstddef>

template <class T>
__attribute__((noinline)) T shared_sum(T const* x, std::size_t n) {
  T sum = 0;
  for (std::size_t i = 0; i != n; ++i) sum += x[i] * x[i];
  return sum;
}

extern "C" int LACUNA_LINK_NAME(float* results) {
  for (int i = 0; i != 1000; ++i) results[i] = static_cast<float>(i);
  results[0] = shared_sum(results, 1000);
  if (results[0] < 0) lacuna::detail::fail<lacuna::value_error>("a sum of squares is ", results[0]);
  return 1000;
}
