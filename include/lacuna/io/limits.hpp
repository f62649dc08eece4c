// SPDX-License-Identifier: MIT
//
// What a file may ask for before the loaders refuse it.
#pragma once

#include <lacuna/core/config.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>

namespace lacuna {

/// Bounds on what a loader accepts from a file. They are checked before memory is taken; a file that exceeds one is an
/// io_error. The defaults admit every layer of today's models.
///
/// Peak memory of a loader, its result and the text of the file included, is at most
/// 1 MiB + max_growth * (size of the file in bytes): a file of 40 bytes that declares 10^12 rows is refused. The
/// default of 1024 lets two bytes of file, an empty row of an .smtx, stand for a row of 16384 bits, and is far beyond
/// what a matrix with entries needs: a mask at 99.99 % sparsity takes less than 210 bytes for each byte of its .smtx.
struct io_limits {
  index max_file_bytes = index{1} << 32;  ///< size of the file: 4 GiB
  index max_rows = std::numeric_limits<std::int32_t>::max();
  index max_cols = std::numeric_limits<std::int32_t>::max();
  index max_stored = std::numeric_limits<std::int32_t>::max();  ///< entries, those that symmetry implies included
  index max_growth = 1024;                                      ///< bytes of memory for each byte of file
};

}  // namespace lacuna

namespace lacuna::detail::inline LACUNA_ISA {

/// Memory that a text of `text_bytes` justifies; every array of a loader is taken from it before it is allocated.
class memory_budget {
 public:
  memory_budget(io_limits const& limits, std::size_t text_bytes) noexcept {
    constexpr index free_bytes = index{1} << 20;
    index const room = std::numeric_limits<index>::max() - free_bytes;
    auto const bytes = static_cast<index>(text_bytes);
    index const growth = limits.max_growth > 0 ? limits.max_growth : 0;
    bool const fits = growth == 0 || bytes <= room / growth;
    left_ = free_bytes + (fits ? bytes * growth : room);
  }

  /// Takes count elements of `size` bytes; false, and nothing taken, if that is more than is left. O(1).
  [[nodiscard]] bool take(index count, index size) noexcept {
    if (size != 0 && count > left_ / size) return false;
    left_ -= count * size;
    return true;
  }

 private:
  index left_ = 0;
};

}  // namespace lacuna::detail::inline LACUNA_ISA
