// SPDX-License-Identifier: MIT
//
// One register of sums on its way through the epilogue to Y. Its lanes are neighbours in memory: columns of a row-major
// Y, rows of a col-major one.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/dense.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/core/vector.hpp>
#include <lacuna/kernel/product.hpp>
#include <lacuna/simd/math.hpp>
#include <lacuna/simd/tile.hpp>
#include <lacuna/simd/unroll.hpp>

#include <concepts>
#include <cstddef>
#include <cstring>
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
  template <class U>
  [[nodiscard]] LACUNA_INLINE batch_type column_value(vector_view<U const> b) const noexcept {
    if constexpr (down)
      return batch_type(detail::convert<lane_type>(b[j]));
    else
      return neighbours(b.data() + j * b.stride(), b.stride());
  }
  /// f(row of A) in each lane that counts: called once for all lanes where they share the row.
  template <class F>
  [[nodiscard]] LACUNA_INLINE batch_type row_map(F const& f) const noexcept {
    if constexpr (!down) {
      return batch_type(static_cast<lane_type>(f(i)));
    } else {
      alignas(batch_type) lane_type lane[batch_type::size] = {};
      for (index l = 0; l != Tile::lanes; ++l)
        if (tile.counts(l)) lane[l] = static_cast<lane_type>(f(i + l));
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

/// A register of sums as the epilogue's stages for floating values start with it: corrected, and converted if they are
/// integers that do not stay what they are.
template <class Work, class Tile, class Y, order Order, class Epilogue>
[[nodiscard]] LACUNA_INLINE auto begun(Tile const& tile, typename Tile::batch_type sums, Epilogue const& ep,
                                       dense_view<Y, Order> y, index i, index j) noexcept {
  if constexpr (Epilogue::corrects_sums) sums = ep.corrected(sums, register_place<Tile, Y, Order>{tile, y, i, j});
  return simd::converted<Work>(sums);
}

/// Writes a register of bytes, Lanes of which start at Y(i, j + k * step) for each k < 4.
template <index Lanes, class Bytes, class Y, order Order>
LACUNA_INLINE void store_bytes(Bytes bytes, dense_view<Y, Order> y, index i, index j, index step) noexcept {
  if (Order == order::row_major && step == Lanes) {
    bytes.store_unaligned(&y(i, j));
  } else {
    alignas(64) Y copy[static_cast<std::size_t>(4 * Lanes)];
    bytes.store_aligned(copy);
    simd::unroll<4>([&](auto k) LACUNA_INLINE_LAMBDA {
      std::memcpy(&y(i, j + k * step), copy + k * Lanes, static_cast<std::size_t>(Lanes));
    });
  }
}

/// Applies the epilogue to K registers of sums, of which number k starts at Y(i, j + k * step), and writes them:
/// rounded once to a Y of any floating type, exact to one of int32, or requantised.
template <class Tile, std::size_t K, class Y, order Order, class Epilogue>
LACUNA_INLINE void finish_registers(Tile const& tile, typename Tile::batch_type (&sums)[K], Epilogue const& ep,
                                    dense_view<Y, Order> y, index i, index j, index step) noexcept {
  using work_type = work_t<typename Tile::lane_type, Y, Epilogue>;
  auto const to = tile.template of<work_type>();
  using work_tile = std::remove_const_t<decltype(to)>;
  auto const at = [&](int k)
                      LACUNA_INLINE_LAMBDA { return register_place<work_tile, Y, Order>{to, y, i, j + k * step}; };
  constexpr int count = static_cast<int>(K);
  typename work_tile::batch_type value[K];
  simd::unroll<count>([&](auto k)
                          LACUNA_INLINE_LAMBDA { value[k] = begun<work_type>(tile, sums[k], ep, y, i, j + k * step); });
  ep.together(value, at);
  if constexpr (Epilogue::requantizes && std::same_as<work_type, float> && K == 4 && sizeof(Y) == 1 &&
                Tile::all_count) {
    store_bytes<Tile::lanes>(ep.requantizing().bytes(value, at), y, i, j, step);
  } else {
    simd::unroll<count>([&](auto k) LACUNA_INLINE_LAMBDA {
      if constexpr (Epilogue::requantizes)
        to.store_integers(&y(i, j + k * step), ep.requantizing().integers(value[k], at(k)));
      else
        to.store_as(&y(i, j + k * step), value[k]);
    });
  }
}

/// The same for the register that starts at Y(i, j).
template <class Tile, class Y, order Order, class Epilogue>
LACUNA_INLINE void finish_register(Tile const& tile, typename Tile::batch_type sums, Epilogue const& ep,
                                   dense_view<Y, Order> y, index i, index j) noexcept {
  typename Tile::batch_type one[1] = {sums};
  finish_registers(tile, one, ep, y, i, j, 0);
}

/// Registers of sums that go through an epilogue together: four where they become one of bytes.
template <class Arch, class Epilogue>
inline constexpr int finished_together = simd::register_count<Arch> >= 32 || Epilogue::requantizes ? 4 : 2;

/// Sums of one row, at `sums` in whole registers, to Y(i, j .. j + width).
template <class Arch, class S, class Y, class Epilogue>
LACUNA_INLINE void finish_line(S const* sums, Epilogue const& ep, dense_view<Y> y, index i, index j,
                               index width) noexcept {
  simd::for_each_tile<Arch, S, finished_together<Arch, Epilogue>>(
      width, [&](auto const& tile, index c) LACUNA_INLINE_LAMBDA {
        using tile_type = std::remove_cvref_t<decltype(tile)>;
        using batch_type = typename tile_type::batch_type;
        if constexpr (tile_type::registers == 1) {
          finish_register(tile, batch_type::load_unaligned(sums + c), ep, y, i, j + c);
        } else {
          batch_type value[static_cast<std::size_t>(tile_type::registers)];
          simd::unroll<tile_type::registers>([&](auto r) LACUNA_INLINE_LAMBDA {
            value[r] = batch_type::load_unaligned(sums + c + r * tile_type::lanes);
          });
          finish_registers(simd::tile<Arch, S, 1>(), value, ep, y, i, j + c, tile_type::lanes);
        }
      });
}

}  // namespace lacuna::kernel::inline LACUNA_ISA
