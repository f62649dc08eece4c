// SPDX-License-Identifier: MIT
// expect: conversion from .* to non-scalar type|no viable conversion
#include <lacuna/core/dense.hpp>

int main() {
  lacuna::dense<float> const m(2, 3);
#if defined(LACUNA_MUST_FAIL)
  lacuna::dense_view<float> const view = m.view();
#else
  lacuna::dense_view<float const> const view = m.view();
#endif
  static_cast<void>(view);
}
