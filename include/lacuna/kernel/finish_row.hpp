// SPDX-License-Identifier: MIT
//
// What a kernel that has the sums of a row in the L1 cache does with them.
//
// Bound: N loads from L1 and N stores for a row of a tile; what is written to Y at once is written once.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/kernel/finish.hpp>
#include <lacuna/kernel/late_finish.hpp>
#include <lacuna/kernel/pack_columns.hpp>
#include <lacuna/simd/isa.hpp>
#include <lacuna/simd/unroll.hpp>

namespace lacuna::kernel::inline LACUNA_ISA {

/// Where the sums of a block of rows go.
template <class S>
struct block_output {
  any_output<S> to;
  S* kept;      // the block's sums
  index first;  // row of Y that the block starts at
  index column;
  index width;
  late_finish<S>* late = nullptr;       // the sums of rows before, if they wait for Y
  x_tiles<S> const* packing = nullptr;  // X, if the kernel is to pack it tile by tile
};

/// What a kernel that has the sums of a row in the L1 cache calls with them: row r of its block, N registers at `sums`.
/// Written to a plain Y at once, else kept for `finish`.
template <class Arch, int N, class S>
struct finish_row {
  static constexpr index lanes = static_cast<index>(simd::batch<S, Arch>::size);
  block_output<S> block;

  /// X, if the kernel is to pack it, or null.
  [[nodiscard]] LACUNA_INLINE x_tiles<S> const* packing() const noexcept { return block.packing; }
  /// Where the kernel may write the sums of row r itself, instead of calling; or null, for every row.
  [[nodiscard]] LACUNA_INLINE S* place(index r) const noexcept {
    return block.to.plain == nullptr || block.width == N * lanes ? line(r) : nullptr;
  }
  /// What a kernel says before it calls `some` so often, in which sums of rows before it are written.
  LACUNA_INLINE void spread(index calls) const noexcept {
    if (block.late != nullptr) block.late->spread(calls);
  }
  /// Whether sums of rows before wait, so that `some` does anything.
  [[nodiscard]] LACUNA_INLINE bool waits() const noexcept { return block.late != nullptr; }
  LACUNA_INLINE void some() const noexcept {
    if (block.late != nullptr) block.late->some();
  }
  LACUNA_INLINE void operator()(S const* sums, index r) const noexcept {
    using batch_type = simd::batch<S, Arch>;
    bool const plain = block.to.plain != nullptr;
    auto* const to = line(r);
    auto const last = block.width - (N - 1) * lanes;  // in the last register
    if (plain && last <= 0) {                         // a narrow product in a tile that is never narrower
      for (index c = 0; c != block.width; ++c) to[c] = sums[c];
      return;
    }
    simd::unroll<N - 1>([&](auto n) LACUNA_INLINE_LAMBDA {
      batch_type::load_unaligned(sums + n * lanes).store_unaligned(to + n * lanes);
    });
    auto const rest = batch_type::load_unaligned(sums + (N - 1) * lanes);
    if (!plain || last == lanes)
      rest.store_unaligned(to + (N - 1) * lanes);
    else if (last == 1)  // a vector: on Zen 3 a masked store takes 12 cycles with AVX2
      to[(N - 1) * lanes] = sums[(N - 1) * lanes];
    else
      simd::masked<Arch, S>::store(to + (N - 1) * lanes, rest, simd::first_lanes(last));
  }

 private:
  [[nodiscard]] LACUNA_INLINE S* line(index r) const noexcept {
    if (block.to.plain == nullptr) return block.kept + r * N * lanes;
    return block.to.plain + (block.first + r) * block.to.pitch + block.column;
  }
};

/// Where a kernel writes the sums of all rows of a block itself, `pitch` apart; row 0 at null where it has to call.
template <class S>
struct row_places {
  S* data = nullptr;
  index pitch = 0;
};

/// Those of what is called with the sums of a row, if it has any, of `rows` rows.
template <class S, class Done>
[[nodiscard]] LACUNA_INLINE row_places<S> places_of([[maybe_unused]] Done const& done, [[maybe_unused]] index rows) {
  if constexpr (requires { done.place(rows); })
    if (rows != 0)
      if (auto* const data = done.place(0); data != nullptr) return {data, rows > 1 ? done.place(1) - data : 0};
  return {};
}

}  // namespace lacuna::kernel::inline LACUNA_ISA
