// SPDX-License-Identifier: MIT
//
// Transposes a block of queries: 64 rows side by side for each dimension, scaled.
//
// Bound: dk loads and stores of numbers a query, once for a unit, beside dk multiply-adds a query for each key that it
// meets.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/kernel/attend/call.hpp>
#include <lacuna/kernel/attend/tile.hpp>
#include <lacuna/simd/isa.hpp>
#include <lacuna/simd/unroll.hpp>

#include <algorithm>
#include <cstddef>

namespace lacuna::kernel::inline LACUNA_ISA {

/// to[k * 64 + i] = dimension k of row i, times the scale, for rows up to the next full register (zeros) and dimensions
/// up to a full register. Row i is that of place[i]. Rows that stand at equal distances are read where they are.
template <class Arch, class A>
void attend_pack_queries(attend_call<A> const& call, attend_workspace<Arch, A> const& memory, index rows, A* to,
                         attend_place const* place) noexcept {
  using transpose = simd::transpose<Arch, A>;
  using batch_type = simd::batch<A, Arch>;
  constexpr index lanes = transpose::lanes;
  batch_type const scale(call.scale);
  index const depth = memory.depth();
  void const* at[attend_tile::rows];
  call.queries.addresses(call.queries.source, place, rows, at);
  for (index i = 0; i < rows; i += lanes) {
    A const* row[static_cast<std::size_t>(lanes)];
    index const here = std::min(lanes, rows - i);
    bool straight = call.queries.load == nullptr && here == lanes && depth == call.keys.dim;
    if (straight)
      for (index r = 0; r != lanes; ++r) row[r] = static_cast<A const*>(at[i + r]);
    for (index r = 2; straight && r < lanes; ++r) straight = row[r] - row[r - 1] == row[1] - row[0];
    for (index r = 0; !straight && r != lanes; ++r) {
      A* const line = memory.lines() + r * depth;
      index const filled = r < here ? call.keys.dim : 0;
      if (filled != 0 && call.queries.load == nullptr)
        attend_convert<Arch>(static_cast<A const*>(at[i + r]), filled, line);
      else if (filled != 0)
        call.queries.load(call.queries.source, at[i + r], line);
      for (index k = filled; k != depth; ++k) line[k] = A{};
      row[r] = line;
    }
    index const stride = lanes > 1 ? row[1] - row[0] : 0;
    for (index k = 0; k != depth; k += lanes) {
      batch_type square[batch_type::size];
      transpose::load(row[0] + k, stride, square);
      simd::unroll<static_cast<int>(lanes)>([&](auto l) LACUNA_INLINE_LAMBDA {
        (square[l] * scale).store_aligned(to + (k + l) * attend_tile::rows + i);
      });
    }
  }
}

}  // namespace lacuna::kernel::inline LACUNA_ISA
