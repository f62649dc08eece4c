// SPDX-License-Identifier: MIT
//
// Where the kernel of attention reads queries, keys and values, and what it writes to, whatever their types: calls by
// pointer for some rows each, so that neither element types nor sources of keys breed kernels.
#pragma once

#include <lacuna/attention/heads_view.hpp>
#include <lacuna/attention/kv_source.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/dense.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/kernel/attend/tile.hpp>
#include <lacuna/simd/tile.hpp>

#include <concepts>
#include <cstdint>

namespace lacuna::kernel::inline LACUNA_ISA {

/// Some keys (or values) of a head: [first, first + count), or those at `ids` where they are not null.
struct attend_pick {
  index head;
  std::int32_t const* ids;
  index first;
  index count;
};

/// The addresses of rows of A. Rows that are stored as such are read where they are; others are written to `room`, row
/// r at room + r * pitch.
template <class A>
using attend_fetch = void (*)(void const* source, attend_pick pick, A* room, index pitch, A const** to) noexcept;

/// Keys and values.
template <class A>
struct attend_keys {
  void const* source = nullptr;
  attend_fetch<A> keys = nullptr;
  attend_fetch<A> values = nullptr;
  bool keys_in_place = false;  // room is not used
  bool values_in_place = false;
};

/// Queries: the address of the row of one, or `room` with the row in it.
template <class A>
struct attend_queries {
  void const* source = nullptr;
  A const* (*row)(void const* source, index head, index query, A* room) noexcept = nullptr;
};

/// The output: writes a row of sums times a factor.
template <class A>
struct attend_output {
  void* to = nullptr;
  void (*write)(void* to, index head, index query, A const* sums, A factor) noexcept = nullptr;
};

/// to[c] = from[c] as A, for c < n.
template <class Arch, class A, class T>
LACUNA_INLINE void attend_convert(T const* from, index n, A* to) noexcept {
  simd::for_each_tile<Arch, A, 1>(
      n, [&](auto tile, index c) LACUNA_INLINE_LAMBDA { tile.store(to + c, tile.load_as(from + c), 0); });
}

/// to[c] = from[c] * factor as T, rounded once more, for c < n.
template <class Arch, class A, class T>
LACUNA_INLINE void attend_write(A const* from, A factor, index n, T* to) noexcept {
  simd::for_each_tile<Arch, A, 1>(n, [&](auto tile, index c) LACUNA_INLINE_LAMBDA {
    tile.store_as(to + c, tile.load(from + c, 0) * simd::batch<A, Arch>(factor));
  });
}

/// Rows of T at addresses, as rows of A.
template <class Arch, class A, class T>
LACUNA_INLINE void attend_convert_rows(T const* const* from, index count, index n, A* room, index pitch,
                                       A const** to) noexcept {
  for (index r = 0; r != count; ++r) {
    attend_convert<Arch>(from[r], n, room + r * pitch);
    to[r] = room + r * pitch;
  }
}

/// A kv_source.
template <class Arch, class A, class S>
struct attend_kv_source {
  using key = typename S::key_type;
  using value = typename S::value_type;

  static void keys(void const* source, attend_pick p, A* room, index pitch, A const** to) noexcept {
    auto const& kv = *static_cast<S const*>(source);
    auto const fetch = [&](key const** rows) LACUNA_INLINE_LAMBDA {
      if (p.ids != nullptr)
        kv.key_rows(p.head, p.ids, p.count, rows);
      else
        kv.key_rows(p.head, p.first, p.count, rows);
    };
    if constexpr (std::same_as<key, A>) {
      fetch(to);
    } else {
      key const* rows[attend_tile::keys];
      fetch(rows);
      attend_convert_rows<Arch>(rows, p.count, static_cast<index>(kv.key_dim()), room, pitch, to);
    }
  }
  static void values(void const* source, attend_pick p, A* room, index pitch, A const** to) noexcept {
    auto const& kv = *static_cast<S const*>(source);
    auto const fetch = [&](value const** rows) LACUNA_INLINE_LAMBDA {
      if (p.ids != nullptr)
        kv.value_rows(p.head, p.ids, p.count, rows);
      else
        kv.value_rows(p.head, p.first, p.count, rows);
    };
    if constexpr (std::same_as<value, A>) {
      fetch(to);
    } else {
      value const* rows[attend_tile::keys];
      fetch(rows);
      attend_convert_rows<Arch>(rows, p.count, static_cast<index>(kv.value_dim()), room, pitch, to);
    }
  }
  [[nodiscard]] static attend_keys<A> of(S const& kv) noexcept {
    return {&kv, keys, values, std::same_as<key, A>, std::same_as<value, A>};
  }
};

/// Heads of queries, and of outputs.
template <class Arch, class A, class T>
struct attend_heads {
  static A const* row(void const* source, index head, index query, A* room) noexcept {
    auto const& q = *static_cast<heads_view<T const> const*>(source);
    auto const* const from = q.row(head, query);
    if constexpr (std::same_as<T, A>) {
      return from;
    } else {
      attend_convert<Arch>(from, q.dim, room);
      return room;
    }
  }
  static void write(void* to, index head, index query, A const* sums, A factor) noexcept {
    auto const& out = *static_cast<heads_view<T> const*>(to);
    attend_write<Arch>(sums, factor, out.dim, out.row(head, query));
  }
};

/// One matrix of either order as the one head of queries, keys, values or outputs. What does not stand in rows of A is
/// copied row by row.
template <class Arch, class A, class View>
struct attend_view {
  using value_type = typename View::value_type;
  static constexpr bool by_rows = View::memory_order == order::row_major;
  static constexpr bool in_place = by_rows && std::same_as<value_type, A>;

  static void copy(View const& m, index i, A* to) noexcept {
    if constexpr (by_rows)
      attend_convert<Arch>(m.data() + i * m.stride(), m.cols(), to);
    else
      for (index c = 0; c != m.cols(); ++c) to[c] = detail::convert<A>(m(i, c));
  }
  static void fetch(View const& m, attend_pick p, A* room, index pitch, A const** to) noexcept {
    for (index r = 0; r != p.count; ++r) {
      index const i = p.ids != nullptr ? index{p.ids[r]} : p.first + r;
      if constexpr (in_place) {
        to[r] = m.data() + i * m.stride();
      } else {
        copy(m, i, room + r * pitch);
        to[r] = room + r * pitch;
      }
    }
  }
  static A const* row(void const* source, index, index query, A* room) noexcept {
    auto const& m = *static_cast<View const*>(source);
    if constexpr (in_place) {
      return m.data() + query * m.stride();
    } else {
      copy(m, query, room);
      return room;
    }
  }
  static void write(void* to, index, index query, A const* sums, A factor) noexcept {
    auto const& m = *static_cast<View const*>(to);
    if constexpr (by_rows)
      attend_write<Arch>(sums, factor, m.cols(), m.data() + query * m.stride());
    else
      for (index c = 0; c != m.cols(); ++c) m(query, c) = detail::convert<value_type>(sums[c] * factor);
  }
};

/// Two matrices as keys and values.
template <class Arch, class A, class K, class V>
struct attend_matrices {
  K k;
  V v;

  static void keys(void const* source, attend_pick p, A* room, index pitch, A const** to) noexcept {
    attend_view<Arch, A, K>::fetch(static_cast<attend_matrices const*>(source)->k, p, room, pitch, to);
  }
  static void values(void const* source, attend_pick p, A* room, index pitch, A const** to) noexcept {
    attend_view<Arch, A, V>::fetch(static_cast<attend_matrices const*>(source)->v, p, room, pitch, to);
  }
  [[nodiscard]] attend_keys<A> erased() const noexcept {
    return {this, keys, values, attend_view<Arch, A, K>::in_place, attend_view<Arch, A, V>::in_place};
  }
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
