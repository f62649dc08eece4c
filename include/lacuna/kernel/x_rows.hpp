// SPDX-License-Identifier: MIT
//
// Rows of X for kernels that take any distance between them.
#pragma once

#include <lacuna/core/config.hpp>

namespace lacuna::kernel::inline LACUNA_ISA {

/// Rows of X, `pitch` elements apart: an index, or a constant that is known when this is compiled.
template <class S, class Pitch>
struct x_rows {
  S const* data;
  Pitch pitch;
  [[nodiscard]] LACUNA_INLINE S const* operator[](index k) const noexcept { return data + k * pitch; }
  /// The same from row k on.
  [[nodiscard]] LACUNA_INLINE x_rows from(index k) const noexcept { return {data + k * pitch, pitch}; }
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
