// SPDX-License-Identifier: MIT
//
// One register of sums on its way through the epilogue to Y. Its lanes are neighbours in memory: columns of a row-major
// Y, rows of a col-major one.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/dense.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/core/vector.hpp>
#include <lacuna/simd/tile.hpp>
#include <lacuna/simd/unroll.hpp>

#include <cstddef>
#include <type_traits>

namespace lacuna::kernel::inline LACUNA_ISA {

/// Where in Y an epilogue stands when it works on a register that starts at Y(i, j). `tile` (of one register) says
/// which lanes count; the others are 0 and their memory is not read.
template <class Tile, class Y, order Order>
struct register_place {
  using batch_type = typename Tile::batch_type;
  using lane_type = typename Tile::lane_type;
  static constexpr bool down = Order == order::col_major;
  Tile const& tile;
  dense_view<Y, Order> y;
  index i;
  index j;

  template <class U>
  [[nodiscard]] LACUNA_INLINE batch_type row_value(vector_view<U const> b) const noexcept {
    if constexpr (!down)
      return batch_type(detail::convert<lane_type>(b[i]));
    else
      return neighbours(b.data() + i * b.stride(), b.stride());
  }
  /// f(row of A) in each lane that counts: called once for all lanes where they share the row.
  template <class F>
  [[nodiscard]] LACUNA_INLINE batch_type row_map(F const& f) const noexcept {
    if constexpr (!down) {
      return batch_type(f(i));
    } else {
      alignas(batch_type) lane_type lane[batch_type::size] = {};
      for (index l = 0; l != Tile::lanes; ++l)
        if (tile.counts(l)) lane[l] = f(i + l);
      return batch_type::load_aligned(lane);
    }
  }
  template <class U, order O>
  [[nodiscard]] LACUNA_INLINE batch_type entry(dense_view<U const, O> m) const noexcept {
    return neighbours(&m(i, j), down ? m.row_stride() : m.col_stride());
  }
  [[nodiscard]] LACUNA_INLINE batch_type output() const noexcept { return entry(dense_view<Y const, Order>(y)); }

 private:
  template <class U>
  [[nodiscard]] LACUNA_INLINE batch_type neighbours(U const* p, index stride) const noexcept {
    return stride == 1 ? tile.load_as(p) : tile.gather(p, stride);
  }
};

/// Applies the epilogue to the sums of the register that starts at Y(i, j), and writes them, rounded once to Y, of any
/// floating type.
template <class Tile, class Y, order Order, class Epilogue>
LACUNA_INLINE void finish_register(Tile const& tile, typename Tile::batch_type sums, Epilogue const& ep,
                                   dense_view<Y, Order> y, index i, index j) noexcept {
  tile.store_as(&y(i, j), ep(sums, register_place<Tile, Y, Order>{tile, y, i, j}));
}

/// The same for K registers, of which number k starts at Y(i, j + k * step). As one after the other, but for the order.
template <class Tile, std::size_t K, class Y, order Order, class Epilogue>
LACUNA_INLINE void finish_registers(Tile const& tile, typename Tile::batch_type (&sums)[K], Epilogue const& ep,
                                    dense_view<Y, Order> y, index i, index j, index step) noexcept {
  ep.together(sums,
              [&](int k) LACUNA_INLINE_LAMBDA { return register_place<Tile, Y, Order>{tile, y, i, j + k * step}; });
  simd::unroll<static_cast<int>(K)>([&](auto k) LACUNA_INLINE_LAMBDA { tile.store_as(&y(i, j + k * step), sums[k]); });
}

/// Registers of sums that go through an epilogue together.
template <class Arch>
inline constexpr int finished_together = simd::register_count<Arch> >= 32 ? 4 : 2;

/// Sums of one row, at `sums` in whole registers, to Y(i, j .. j + width). The epilogue computes in Work.
template <class Arch, class Work, class S, class Y, class Epilogue>
LACUNA_INLINE void finish_line(S const* sums, Epilogue const& ep, dense_view<Y> y, index i, index j,
                               index width) noexcept {
  simd::for_each_tile<Arch, Work, finished_together<Arch>>(width, [&](auto const& tile, index c) LACUNA_INLINE_LAMBDA {
    using tile_type = std::remove_cvref_t<decltype(tile)>;
    auto const load = [&](index r) LACUNA_INLINE_LAMBDA {
      return simd::converted<Work>(simd::batch<S, Arch>::load_unaligned(sums + c + r * tile_type::lanes));
    };
    if constexpr (tile_type::registers == 1) {
      finish_register(tile, load(0), ep, y, i, j + c);
    } else {
      typename tile_type::batch_type value[static_cast<std::size_t>(tile_type::registers)];
      simd::unroll<tile_type::registers>([&](auto r) LACUNA_INLINE_LAMBDA { value[r] = load(r); });
      finish_registers(simd::tile<Arch, Work, 1>(), value, ep, y, i, j + c, tile_type::lanes);
    }
  });
}

}  // namespace lacuna::kernel::inline LACUNA_ISA
