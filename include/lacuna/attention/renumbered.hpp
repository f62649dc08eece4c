// SPDX-License-Identifier: MIT
//
// A pattern of keys and queries that were put in another order.
#pragma once

#include <lacuna/attention/pattern.hpp>
#include <lacuna/attention/runs.hpp>
#include <lacuna/attention/shape.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/error.hpp>
#include <lacuna/core/growing.hpp>
#include <lacuna/core/shared_array.hpp>

#include <concepts>
#include <cstdint>
#include <limits>
#include <span>
#include <utility>

namespace lacuna::detail {

/// Numbers, and the least and largest of each 64 of them.
struct ranged_numbers {
  shared_array<std::int32_t> all;
  shared_array<attention::tile> ranges;  ///< [k0, k1) of numbers 64 n to 64 n + 63
};

}  // namespace lacuna::detail

namespace lacuna::detail::inline LACUNA_ISA {

template <std::integral I>
ranged_numbers ranges_of(char const* what, std::span<I const> numbers) {
  growing<std::int32_t> all;
  growing<attention::tile> ranges;
  for (std::size_t n = 0; n != numbers.size(); ++n) {
    if (std::cmp_less(numbers[n], std::numeric_limits<std::int32_t>::min()) ||
        std::cmp_greater_equal(numbers[n], std::numeric_limits<std::int32_t>::max()))
      fail<value_error>("renumbered: ", what, " ", n, " has position ", numbers[n], ", which does not fit 32 bits");
    index const x = static_cast<index>(numbers[n]);
    all.push_back(static_cast<std::int32_t>(x));
    if (n % 64 == 0) ranges.push_back({0, 0, x, x + 1});
    auto& range = ranges[ranges.size() - 1];
    if (x < range.k0) range.k0 = x;
    if (x >= range.k1) range.k1 = x + 1;
  }
  return {shared_array<std::int32_t>(std::move(all)), shared_array<attention::tile>(std::move(ranges))};
}

/// The least and largest + 1 of numbers [first, last), which exist.
inline attention::tile range_of(ranged_numbers const& numbers, index first, index last) noexcept {
  attention::tile range{0, 0, numbers.all[first], index{numbers.all[first]} + 1};
  auto const widen = [&range](index from, index to) {
    if (from < range.k0) range.k0 = from;
    if (to > range.k1) range.k1 = to;
  };
  for (index n = first; n != last;) {
    if (n % 64 == 0 && last - n >= 64) {
      widen(numbers.ranges[n / 64].k0, numbers.ranges[n / 64].k1);
      n += 64;
    } else {
      widen(numbers.all[n], index{numbers.all[n]} + 1);
      ++n;
    }
  }
  return range;
}

}  // namespace lacuna::detail::inline LACUNA_ISA

namespace lacuna::attention {

/// What renumbered returns.
template <pattern P>
class renumbered_pattern {
 public:
  LACUNA_INLINE renumbered_pattern(P p, lacuna::detail::ranged_numbers keys, lacuna::detail::ranged_numbers queries)
      : p_(std::move(p)), keys_(std::move(keys)), queries_(std::move(queries)) {}

  [[nodiscard]] LACUNA_INLINE cover classify(tile t) const noexcept {
    auto const keys = lacuna::detail::range_of(keys_, t.k0, t.k1);
    return p_.classify(moved(t, keys.k0, keys.k1));
  }
  [[nodiscard]] LACUNA_INLINE bool allows(index i, index j, index head = 0) const noexcept {
    return attention::allows(p_, position(i), index{keys_.all[j]}, head);
  }
  LACUNA_INLINE void runs(tile t, run_sink sink) const {
    tile const queries = moved(t, 0, 0);
    for (index first = t.k0; first < t.k1;) {
      index const last = (first / 64 + 1) * 64 < t.k1 ? (first / 64 + 1) * 64 : t.k1;
      auto const range = lacuna::detail::range_of(keys_, first, last);
      auto const of_all = p_.classify({queries.q0, queries.q1, range.k0, range.k1, t.head});
      if (of_all != cover::none && biased()) {
        for (index j = first; j != last; ++j) one_key(queries, j, sink);
        first = last;
        continue;
      }
      std::uint64_t any = 0, all = 0;
      if (of_all == cover::full) any = all = lacuna::detail::bits_below(last - first);
      for (index j = first; of_all == cover::partial && j != last; ++j) {
        index const x = keys_.all[j];
        auto const how = p_.classify({queries.q0, queries.q1, x, x + 1, t.head});
        any |= std::uint64_t{how != cover::none} << (j - first);
        all |= std::uint64_t{how == cover::full} << (j - first);
      }
      lacuna::detail::runs_of_words(first, any, all, sink);
      first = last;
    }
  }
  [[nodiscard]] LACUNA_INLINE bool alike(index g, index h) const noexcept { return attention::alike(p_, g, h); }
  [[nodiscard]] LACUNA_INLINE bool biased() const noexcept { return attention::biased(p_); }
  /// Throws shape_error unless all keys, and all queries if they have positions of their own, are numbered.
  LACUNA_INLINE void validate(shape s) const {
    if (keys_.all.size() != s.keys)
      lacuna::detail::fail<shape_error>("renumbered: there are positions for ", keys_.all.size(),
                                        " keys, the shape has ", s.keys);
    if (!queries_.all.empty() && queries_.all.size() != s.queries)
      lacuna::detail::fail<shape_error>("renumbered: there are positions for ", queries_.all.size(),
                                        " queries, the shape has ", s.queries);
    attention::validate(p_, s);
  }

 private:
  /// The original position of the query that stands at i.
  [[nodiscard]] LACUNA_INLINE index position(index i) const noexcept {
    return queries_.all.empty() ? i : queries_.all[i - (keys_.all.size() - queries_.all.size())];
  }
  /// Key j as p shows it to the queries, with its bias.
  LACUNA_INLINE void one_key(tile queries, index j, run_sink sink) const {
    index const x = keys_.all[j];
    auto here = [&](index, index, cover how, float bias) { sink(j, j + 1, how, bias); };
    attention::runs(p_, {queries.q0, queries.q1, x, x + 1, queries.head}, here);
  }
  [[nodiscard]] LACUNA_INLINE tile moved(tile t, index k0, index k1) const noexcept {
    if (queries_.all.empty()) return {t.q0, t.q1, k0, k1, t.head};
    index const first = keys_.all.size() - queries_.all.size();
    auto const queries = lacuna::detail::range_of(queries_, t.q0 - first, t.q1 - first);
    return {queries.k0, queries.k1, k0, k1, t.head};
  }

  P p_;
  lacuna::detail::ranged_numbers keys_;
  lacuna::detail::ranged_numbers queries_;
};

/// The pattern p for keys in another order: slot j holds the key whose position was key_positions[j], and p is asked
/// for that. So causality stays that of the original sequence, whatever the keys are sorted by. With query_positions,
/// the queries are in another order too: query i had position query_positions[i]; without, they stand where they stood.
/// Both are contiguous containers of integers.
///
/// A plan takes a classification of every 64 keys for each tile of queries, and of each key where those are mixed, or
/// where keys have biases; a word takes a call of allows for each key. Throws value_error for positions that do not fit
/// 32 bits. Source: X. Wang et al., "Sparser Block-Sparse Attention via Token Permutation" (PBS-Attn), 2025; S. Yang et
/// al., "Sparse VideoGen2", 2025.
template <pattern P, class K, class Q>
  requires requires(K const& k, Q const& q) { std::span(k.data(), k.size()), std::span(q.data(), q.size()); }
[[nodiscard]] LACUNA_INLINE renumbered_pattern<P> renumbered(P const& p, K const& key_positions,
                                                             Q const& query_positions) {
  using lacuna::detail::ranges_of;
  return {p, ranges_of("key", std::span<typename K::value_type const>(key_positions.data(), key_positions.size())),
          ranges_of("query", std::span<typename Q::value_type const>(query_positions.data(), query_positions.size()))};
}
template <pattern P, class K>
[[nodiscard]] LACUNA_INLINE renumbered_pattern<P> renumbered(P const& p, K const& key_positions) {
  return attention::renumbered(p, key_positions, std::span<std::int32_t const>{});
}

}  // namespace lacuna::attention
