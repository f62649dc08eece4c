// SPDX-License-Identifier: MIT
//
// Where the kernel of attention reads queries, keys and values, and what it writes to, whatever their types: calls by
// pointer for some rows each, so that neither element types nor sources of keys breed kernels.
//
// Bound: a load, a conversion and a store for each register of what is not of the type of the sums, once for a tile or
// a row; else the addresses alone. What stands by columns is copied number by number.
#pragma once

#include <lacuna/attention/heads_view.hpp>
#include <lacuna/attention/kv_source.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/dense.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/kernel/attend/tile.hpp>
#include <lacuna/simd/isa.hpp>
#include <lacuna/simd/tile.hpp>
#include <lacuna/simd/unroll.hpp>

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

/// Keys, or values. `addresses` finds rows; `load` writes `count` rows from there as rows of A, row r to room + r *
/// pitch. Where `load` is null they are rows of A. A pick goes by reference: by value gcc 12 loads it as one register
/// right after it stored its parts, and such a load waits until all stores before it, rows of the output among them,
/// have left for the caches (340 cycles a unit).
template <class A>
struct attend_rows {
  void const* source = nullptr;
  void (*addresses)(void const* source, attend_pick const& pick, void const** to) noexcept = nullptr;
  void (*load)(void const* source, void const* const* from, index count, A* room, index pitch) noexcept = nullptr;
  index dim = 0;
  index bytes = 0;  ///< of a row where it stands, to be fetched ahead

  [[nodiscard]] LACUNA_INLINE bool in_place() const noexcept { return load == nullptr; }
};

/// Whose query a row is.
struct attend_place {
  index head;
  index query;
};

/// Queries. `addresses` finds those of `count` rows; `load` writes one from there as A, at most `dim` numbers. Where
/// `load` is null it is a row of A.
template <class A>
struct attend_queries {
  void const* source = nullptr;
  void (*addresses)(void const* source, attend_place const* place, index count, void const** to) noexcept = nullptr;
  void (*load)(void const* source, void const* from, A* to) noexcept = nullptr;
  index bytes = 0;  ///< of a row where it stands, to be fetched ahead
};

/// The output: writes `count` rows of sums, `pitch` apart, each times its factor. `rows` finds where the rows of
/// queries stand; null where they are no rows of A.
template <class A>
struct attend_output {
  void const* to = nullptr;
  void (*write)(void const* to, attend_place const* place, index count, A const* sums, index pitch,
                A const* factor) noexcept = nullptr;
  void (*addresses)(void const* to, attend_place const* place, index count, void const** at) noexcept = nullptr;
  index bytes = 0;
  void (*rows)(void const* to, attend_place const* place, index count, A** at) noexcept = nullptr;
};

/// to[c] = from[c] as A, for c < n.
template <class Arch, class A, class T>
LACUNA_INLINE void attend_convert(T const* from, index n, A* to) noexcept {
  index c = 0;
  if constexpr (std::same_as<A, float> && (std::same_as<T, bf16> || std::same_as<T, f16>)) {
    constexpr auto lanes = static_cast<index>(simd::batch<A, Arch>::size);
    for (; c + 4 * lanes <= n; c += 4 * lanes)
      simd::unroll<4>([&](auto u) LACUNA_INLINE_LAMBDA {
        simd::widen<Arch, T>::load(from + c + u * lanes).store_unaligned(to + c + u * lanes);
      });
  }
  simd::for_each_tile<Arch, A, 1>(
      n, [&](auto tile, index rest) LACUNA_INLINE_LAMBDA { tile.store(to + rest, tile.load_as(from + rest), 0); }, c);
}

/// to[c] = from[c] * factor as T, rounded once more, for c < n.
template <class Arch, class A, class T>
LACUNA_INLINE void attend_write(A const* from, A factor, index n, T* to) noexcept {
  simd::batch<A, Arch> const f(factor);
  simd::for_each_tile<Arch, A, 1>(
      n, [&](auto tile, index c) LACUNA_INLINE_LAMBDA { tile.store_as(to + c, tile.load(from + c, 0) * f); });
}

/// Rows of T where they stand, as rows of A.
template <class Arch, class A, class T>
void attend_load_rows(index dim, void const* const* from, index count, A* room, index pitch) noexcept {
  for (index r = 0; r != count; ++r) attend_convert<Arch>(static_cast<T const*>(from[r]), dim, room + r * pitch);
}

/// The keys and values of a kv_source.
template <class Arch, class A, class S>
class attend_kv {
 public:
  using key = typename S::key_type;
  using value = typename S::value_type;

  explicit attend_kv(S const& kv) noexcept
      : kv_(kv), key_dim_(static_cast<index>(kv.key_dim())), value_dim_(static_cast<index>(kv.value_dim())) {}

  [[nodiscard]] attend_rows<A> keys() const noexcept {
    return {this, key_addresses, std::same_as<key, A> ? nullptr : load_keys, key_dim_, bytes<key>(key_dim_)};
  }
  [[nodiscard]] attend_rows<A> values() const noexcept {
    return {this, value_addresses, std::same_as<value, A> ? nullptr : load_values, value_dim_,
            bytes<value>(value_dim_)};
  }

 private:
  template <class T>
  [[nodiscard]] static index bytes(index dim) noexcept {
    return dim * static_cast<index>(sizeof(T));
  }
  static void key_addresses(void const* self, attend_pick const& p, void const** to) noexcept {
    auto const& kv = static_cast<attend_kv const*>(self)->kv_;
    key const* rows[attend_tile::keys];
    if (p.ids != nullptr)
      kv.key_rows(p.head, p.ids, p.count, rows);
    else
      kv.key_rows(p.head, p.first, p.count, rows);
    for (index r = 0; r != p.count; ++r) to[r] = rows[r];
  }
  static void value_addresses(void const* self, attend_pick const& p, void const** to) noexcept {
    auto const& kv = static_cast<attend_kv const*>(self)->kv_;
    value const* rows[attend_tile::keys];
    if (p.ids != nullptr)
      kv.value_rows(p.head, p.ids, p.count, rows);
    else
      kv.value_rows(p.head, p.first, p.count, rows);
    for (index r = 0; r != p.count; ++r) to[r] = rows[r];
  }
  static void load_keys(void const* self, void const* const* from, index count, A* room, index pitch) noexcept {
    attend_load_rows<Arch, A, key>(static_cast<attend_kv const*>(self)->key_dim_, from, count, room, pitch);
  }
  static void load_values(void const* self, void const* const* from, index count, A* room, index pitch) noexcept {
    attend_load_rows<Arch, A, value>(static_cast<attend_kv const*>(self)->value_dim_, from, count, room, pitch);
  }

  S const& kv_;
  index key_dim_, value_dim_;
};

/// Heads of queries, and of outputs.
template <class Arch, class A, class T>
struct attend_heads {
  [[nodiscard]] static attend_queries<A> queries(heads_view<T const> const& q) noexcept {
    return {&q, addresses<T const>, std::same_as<T, A> ? nullptr : load, q.dim * static_cast<index>(sizeof(T))};
  }
  [[nodiscard]] static attend_output<A> output(heads_view<T> const& out) noexcept {
    attend_output<A> to{&out, write, addresses<T>, out.dim * static_cast<index>(sizeof(T))};
    if constexpr (std::same_as<T, A>) to.rows = rows;
    return to;
  }

 private:
  template <class U>
  static void addresses(void const* source, attend_place const* place, index count, void const** to) noexcept {
    auto const& heads = *static_cast<heads_view<U> const*>(source);
    for (index r = 0; r != count; ++r) to[r] = heads.row(place[r].head, place[r].query);
  }
  static void load(void const* source, void const* from, A* to) noexcept {
    attend_convert<Arch>(static_cast<T const*>(from), static_cast<heads_view<T const> const*>(source)->dim, to);
  }
  static void rows(void const* to, attend_place const* place, index count, A** at) noexcept {
    auto const& out = *static_cast<heads_view<A> const*>(to);
    for (index r = 0; r != count; ++r) at[r] = out.row(place[r].head, place[r].query);
  }
  static void write(void const* to, attend_place const* place, index count, A const* sums, index pitch,
                    A const* factor) noexcept {
    auto const& out = *static_cast<heads_view<T> const*>(to);
    for (index r = 0; r != count; ++r)
      attend_write<Arch>(sums + r * pitch, factor[r], out.dim, out.row(place[r].head, place[r].query));
  }
};

/// One matrix of either order as the one head of queries, keys, values or outputs. What does not stand in rows of A is
/// copied row by row.
template <class Arch, class A, class View>
struct attend_view {
  using value_type = typename View::value_type;
  static constexpr bool by_rows = View::memory_order == order::row_major;
  static constexpr bool in_place = by_rows && std::same_as<value_type, A>;

  /// One head's keys or values.
  [[nodiscard]] static attend_rows<A> rows(View const& m) noexcept {
    return {&m, addresses, in_place ? nullptr : load, m.cols(), m.cols() * static_cast<index>(sizeof(value_type))};
  }
  [[nodiscard]] static attend_queries<A> queries(View const& m) noexcept {
    return {&m, places, in_place ? nullptr : load_one, m.cols() * static_cast<index>(sizeof(value_type))};
  }
  [[nodiscard]] static attend_output<A> output(View const& m) noexcept {
    attend_output<A> to{&m, write, places, m.cols() * static_cast<index>(sizeof(value_type))};
    if constexpr (in_place) to.rows = rows_of;
    return to;
  }

 private:
  static void copy(View const& m, value_type const* from, A* to) noexcept {
    if constexpr (by_rows)
      attend_convert<Arch>(from, m.cols(), to);
    else
      for (index c = 0; c != m.cols(); ++c) to[c] = detail::convert<A>(from[c * m.stride()]);
  }
  /// From one row to the next; rows of nothing need no memory to point into.
  [[nodiscard]] LACUNA_INLINE static index step(View const& m) noexcept { return m.cols() == 0 ? 0 : m.row_stride(); }
  static void addresses(void const* source, attend_pick const& p, void const** to) noexcept {
    auto const& m = *static_cast<View const*>(source);
    if (p.ids != nullptr)
      for (index r = 0; r != p.count; ++r) to[r] = m.data() + p.ids[r] * step(m);
    else
      for (index r = 0; r != p.count; ++r) to[r] = m.data() + (p.first + r) * step(m);
  }
  static void load(void const* source, void const* const* from, index count, A* room, index pitch) noexcept {
    auto const& m = *static_cast<View const*>(source);
    for (index r = 0; r != count; ++r) copy(m, static_cast<value_type const*>(from[r]), room + r * pitch);
  }
  static void places(void const* source, attend_place const* place, index count, void const** to) noexcept {
    auto const& m = *static_cast<View const*>(source);
    for (index r = 0; r != count; ++r) to[r] = m.data() + place[r].query * step(m);
  }
  static void rows_of(void const* to, attend_place const* place, index count, A** at) noexcept {
    auto const& m = *static_cast<View const*>(to);
    for (index r = 0; r != count; ++r) at[r] = m.data() + place[r].query * step(m);
  }
  static void load_one(void const* source, void const* from, A* to) noexcept {
    copy(*static_cast<View const*>(source), static_cast<value_type const*>(from), to);
  }
  static void write(void const* to, attend_place const* place, index count, A const* sums, index pitch,
                    A const* factor) noexcept {
    auto const& m = *static_cast<View const*>(to);
    for (index r = 0; r != count; ++r) {
      auto* const row = m.data() + place[r].query * step(m);
      if constexpr (by_rows)
        attend_write<Arch>(sums + r * pitch, factor[r], m.cols(), row);
      else
        for (index c = 0; c != m.cols(); ++c)
          row[c * m.stride()] = detail::convert<value_type>(sums[r * pitch + c] * factor[r]);
    }
  }
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
