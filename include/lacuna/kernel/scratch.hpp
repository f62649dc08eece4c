// SPDX-License-Identifier: MIT
//
// Workspace of products: kept by the calling thread, so that no call allocates in steady state.
#pragma once

#include <lacuna/core/buffer.hpp>
#include <lacuna/core/config.hpp>

namespace lacuna::kernel::inline LACUNA_ISA {

/// What a piece of workspace is for: pieces of one type for different uses are apart.
enum class workspace { sums, activations, row_sums, attention, attention_parts, attention_units, columns };

/// Memory of the calling thread that grows to the largest size asked for and is kept: no allocation in steady state.
/// Aligned to 64 bytes. What it holds is undefined.
template <class T, workspace Use = workspace::sums>
[[nodiscard]] T* scratch(index n) {
  thread_local buffer<T> memory;
  if (memory.size() < n) memory = buffer<T>(n);
  return memory.data();
}

}  // namespace lacuna::kernel::inline LACUNA_ISA
