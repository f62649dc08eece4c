// SPDX-License-Identifier: MIT
//
// From a register tile through the epilogue to Y.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/dense.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/core/vector.hpp>
#include <lacuna/simd/tile.hpp>

#include <concepts>

namespace lacuna::kernel::inline LACUNA_ISA {

/// Where in Y an epilogue stands when it works on register r of a tile along row i: lane l is column j + l.
template <class Tile, class T, order Order>
struct register_place {
  using batch_type = typename Tile::batch_type;
  Tile const& tile;
  dense_view<T, Order> y;
  index i;
  index j;
  int r;

  template <class U>
  [[nodiscard]] LACUNA_INLINE batch_type row_value(vector_view<U const> b) const noexcept {
    return batch_type(detail::convert<T>(b[i]));
  }
  template <class U, order O>
  [[nodiscard]] LACUNA_INLINE batch_type entry(dense_view<U const, O> m) const noexcept {
    if constexpr (std::same_as<U, T> && O == order::row_major) {
      return tile.load(&m(i, j), r);
    } else {  // another type or order: lane by lane
      alignas(batch_type) T lane[batch_type::size] = {};
      for (index l = 0; l != Tile::lanes; ++l)
        if (tile.counts(l)) lane[l] = detail::convert<T>(m(i, j + r * Tile::lanes + l));
      return batch_type::load_aligned(lane);
    }
  }
  [[nodiscard]] LACUNA_INLINE batch_type output() const noexcept { return entry(dense_view<T const, Order>(y)); }
};

/// Writes register r of a finished tile to its place in Y: at once where Y is row-major, else lane by lane.
template <class Tile, class T, order Order>
LACUNA_INLINE void store_register(Tile const& tile, typename Tile::batch_type value, dense_view<T, Order> y, index i,
                                  index j, int r) noexcept {
  if constexpr (Order == order::row_major) {
    tile.store(&y(i, j), value, r);
  } else {
    alignas(typename Tile::batch_type) T lane[Tile::lanes];
    value.store_aligned(lane);
    for (index l = 0; l != Tile::lanes; ++l)
      if (tile.counts(l)) y(i, j + r * Tile::lanes + l) = lane[l];
  }
}

/// Applies the epilogue to the sums of a tile that starts at Y(i, j), and stores them.
template <class Tile, class T, order Order, class Epilogue>
LACUNA_INLINE void store(Tile const& sum, Epilogue const& ep, dense_view<T, Order> y, index i, index j) noexcept {
  simd::unroll<Tile::registers>([&](auto r) LACUNA_INLINE_LAMBDA {
    store_register(sum, ep(sum.value[r], register_place<Tile, T, Order>{sum, y, i, j, r}), y, i, j, r);
  });
}

}  // namespace lacuna::kernel::inline LACUNA_ISA
