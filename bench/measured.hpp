// SPDX-License-Identifier: MIT
//
// What of the catalogue is worth measuring.
#pragma once

#include <string_view>

namespace lacuna_bench {

/// Whether a format of the catalogue is measured here: the catalogue has others, with odd shapes and narrow indices,
/// that are there to be tested.
[[nodiscard]] constexpr bool is_measured(std::string_view name) noexcept {
  for (std::string_view const odd : {"csr u16 u32", "csr i32", "bsr 1x4", "bsr 4x4", "bsr 16x4", "bsr 3x5 u16 u32",
                                     "nm 1:16", "nm 3:5", "nm 1:1", "nm 8:32", "vnm 3x1:5"})
    if (name == odd) return false;
  return true;
}

}  // namespace lacuna_bench
