// SPDX-License-Identifier: MIT
//
// What an attention pattern is: which keys a query may see, asked tile by tile, pair by pair, or 64 keys at once.
#pragma once

#include <lacuna/attention/shape.hpp>
#include <lacuna/core/config.hpp>

#include <concepts>
#include <cstdint>

namespace lacuna::attention {

/// Queries [q0, q1) of one head against keys [k0, k1), never empty, counted as positions in one sequence: key j stands
/// at position j, and the queries are the last ones, so that query i of nq, against nk keys, stands at i + nk - nq. One
/// rule then covers a whole prompt, a chunk of it behind cached keys, and the decoding of one token. A position is
/// negative where there are more queries than keys.
struct tile {
  index q0 = 0;
  index q1 = 0;
  index k0 = 0;
  index k1 = 0;
  index head = 0;  ///< of the queries
};

/// How much of a tile a pattern allows: nothing (a kernel skips it), some (it asks for each pair), all (it asks no
/// more).
enum class cover : unsigned char { none, partial, full };

/// Says which keys a query may see. allows(i, j) tells whether the query at position i sees the key at position j, or
/// allows(i, j, head) where heads differ; classify(t) sums that up for a tile. `none` and `full` are promises;
/// `partial` may always be said, and costs time only. Both are called from noexcept kernels, from several threads at
/// once, for key positions in [0, nk).
///
/// Patterns are values: copies of those that hold lists share them, and one that was moved from is as it was.
///
/// A pattern of your own is a struct with these two members. It composes with the others by `&` and `|`; among its
/// like, and for `~`, say `using lacuna::attention::operator~;` where you use it. These members it may have besides,
/// each of which makes something faster or safer:
///
/// | member | what it gives |
/// |---|---|
/// | word(position, first, count, head) | bit b tells whether the query sees key first + b, for b < count <= 64 |
/// | runs(tile, run_sink) | all keys of the tile that some query sees, as ordered runs (attention/runs.hpp) |
/// | biased() | whether runs may have a bias; else they have none |
/// | alike(g, h) | whether heads g and h see the same; else they do if allows takes no head |
/// | validate(shape) | throws if the pattern cannot tell about all queries, keys and heads of the shape |
template <class P>
concept pattern = std::copy_constructible<P> && requires(P const& p, tile t) {
  { p.classify(t) } -> std::same_as<cover>;
} && (requires(P const& p, index i, index j) {
  { p.allows(i, j) } -> std::convertible_to<bool>;
} || requires(P const& p, index i, index j, index head) {
  { p.allows(i, j, head) } -> std::convertible_to<bool>;
});

}  // namespace lacuna::attention

namespace lacuna::detail {

/// The lowest n bits; none for n < 0, all for n > 64.
[[nodiscard]] LACUNA_INLINE constexpr std::uint64_t bits_below(index n) noexcept {
  return n <= 0 ? 0 : n >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << n) - 1;
}
/// Bits [from, to) of a word.
[[nodiscard]] LACUNA_INLINE constexpr std::uint64_t bits_between(index from, index to) noexcept {
  return bits_below(to) & ~bits_below(from);
}

/// Whether allows tells heads apart.
template <class P>
concept asks_head = requires(P const& p, index i, index j, index head) { p.allows(i, j, head); };

}  // namespace lacuna::detail

namespace lacuna::attention {

/// Whether the query at position i of a head sees the key at position j, whichever form of allows the pattern has.
template <pattern P>
[[nodiscard]] LACUNA_INLINE constexpr bool allows(P const& p, index i, index j, index head = 0) noexcept {
  if constexpr (detail::asks_head<P>)
    return static_cast<bool>(p.allows(i, j, head));
  else
    return static_cast<bool>(p.allows(i, j));
}

/// Which of the keys [first, first + count), at most 64 of them, the query at a position sees: bit b is for key first +
/// b, bits from `count` on are 0. O(1) for all, none, causal, window, sink, columns and diagonals (but for ids or
/// offsets more than 2^26 apart), a search and the stripes, blocks or listed keys among the 64 for strided and patterns
/// of lists, what the parts take for compositions and per_head, and a call of allows for each key where a pattern has
/// no `word`, as renumbered and from_predicate.
template <pattern P>
[[nodiscard]] LACUNA_INLINE constexpr std::uint64_t allowed_word(P const& p, index position, index first, index count,
                                                                 index head = 0) noexcept {
  if constexpr (requires { p.word(position, first, count, head); }) {
    return p.word(position, first, count, head);
  } else {
    std::uint64_t word = 0;
    for (index b = 0; b != count; ++b)
      word |= static_cast<std::uint64_t>(attention::allows(p, position, first + b, head)) << b;
    return word;
  }
}

/// Whether two heads see the same, for sure.
template <pattern P>
[[nodiscard]] LACUNA_INLINE constexpr bool alike(P const& p, index g, index h) noexcept {
  if constexpr (requires { p.alike(g, h); })
    return p.alike(g, h);
  else
    return g == h || !detail::asks_head<P>;
}

/// Whether keys may have a bias, which only plans tell: see `materialize`.
template <pattern P>
[[nodiscard]] LACUNA_INLINE constexpr bool biased(P const& p) noexcept {
  if constexpr (requires { p.biased(); })
    return p.biased();
  else
    return false;
}

/// Throws shape_error or value_error unless the pattern can tell about all of a shape. Most always can.
template <pattern P>
LACUNA_INLINE constexpr void validate(P const& p, shape s) {
  if constexpr (requires { p.validate(s); }) p.validate(s);
}

}  // namespace lacuna::attention
