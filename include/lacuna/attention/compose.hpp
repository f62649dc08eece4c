// SPDX-License-Identifier: MIT
//
// Patterns made of patterns: a & b, a | b, ~a.
#pragma once

#include <lacuna/attention/pattern.hpp>
#include <lacuna/attention/runs.hpp>
#include <lacuna/core/config.hpp>

#include <cstdint>
#include <limits>

namespace lacuna::detail::inline LACUNA_ISA {

[[nodiscard]] LACUNA_INLINE constexpr attention::tile between(attention::tile t, index k0, index k1) noexcept {
  return {t.q0, t.q1, k0, k1, t.head};
}

/// Runs of b within the runs of a.
template <class B>
struct runs_of_both {
  B const& b;
  attention::tile t;
  attention::run_sink sink;

  LACUNA_INLINE void operator()(index first, index last, attention::cover how, float bias) const {
    inner within{how, bias, sink};
    attention::runs(b, between(t, first, last), within);
  }
  LACUNA_INLINE void keys(std::int32_t const* ids, index count, attention::cover how, float bias) const {
    chosen within{ids, count, how, bias, sink};
    attention::runs(b, between(t, ids[0], index{ids[count - 1]} + 1), within);
  }

 private:
  struct inner {
    attention::cover how;
    float bias;
    attention::run_sink sink;
    LACUNA_INLINE void operator()(index first, index last, attention::cover also, float more) const {
      sink(first, last, how < also ? how : also, bias + more);
    }
    LACUNA_INLINE void keys(std::int32_t const* ids, index count, attention::cover also, float more) const {
      sink.keys(ids, count, how < also ? how : also, bias + more);
    }
  };
  /// Of the runs of b, the keys that a lists.
  struct chosen {
    std::int32_t const* ids;
    index count;
    attention::cover how;
    float bias;
    attention::run_sink sink;
    LACUNA_INLINE void operator()(index first, index last, attention::cover also, float more) {
      drop(ids_below(ids, count, first));
      index const met = ids_below(ids, count, last);
      sink.keys(ids, met, how < also ? how : also, bias + more);
      drop(met);
    }
    LACUNA_INLINE void drop(index n) noexcept {
      ids += n;
      count -= n;
    }
  };
};

/// Runs of a, and those of b between them; where a is partial, b may fill it up.
template <class B>
struct runs_of_either {
  B const& b;
  attention::tile t;
  attention::run_sink sink;
  index next;

  LACUNA_INLINE void operator()(index first, index last, attention::cover how, float bias) {
    fill_to(first);
    next = last;
    if (how == attention::cover::full) return sink(first, last, how, bias);
    inner within{bias, sink, first};
    attention::runs(b, between(t, first, last), within);
    if (within.next < last) sink(within.next, last, how, bias);
  }
  LACUNA_INLINE void keys(std::int32_t const* ids, index count, attention::cover how, float bias) {
    if (how == attention::cover::partial) {
      for (index n = 0; n != count; ++n) (*this)(ids[n], index{ids[n]} + 1, how, bias);
      return;
    }
    spread among{ids, count, bias, sink};
    index const last = index{ids[count - 1]} + 1;
    attention::runs(b, between(t, next, last), among);
    sink.keys(among.ids, among.count, how, bias);
    next = last;
  }
  LACUNA_INLINE void fill_to(index last) const {
    if (next < last) attention::runs(b, between(t, next, last), sink);
  }

 private:
  struct inner {
    float bias;
    attention::run_sink sink;
    index next;
    LACUNA_INLINE void operator()(index first, index last, attention::cover how, float other) {
      if (next < first) sink(next, first, attention::cover::partial, bias);
      sink(first, last, how, bias == other ? bias : std::numeric_limits<float>::quiet_NaN());
      next = last;
    }
  };
  /// The runs of b, and what a lists before, between and behind them. A run of b that is partial swallows keys that all
  /// see: its slots are masked anyway.
  struct spread {
    std::int32_t const* ids;
    index count;
    float bias;
    attention::run_sink sink;
    LACUNA_INLINE void operator()(index first, index last, attention::cover how, float other) {
      take(ids_below(ids, count, first));
      for (; bias != other && count != 0 && *ids < last; drop(1)) {
        index const key = *ids;
        if (first < key) sink(first, key, how, other);
        sink(key, key + 1, attention::cover::full, bias);
        first = key + 1;
      }
      drop(ids_below(ids, count, last));
      if (first < last) sink(first, last, how, other);
    }
    LACUNA_INLINE void take(index n) {
      sink.keys(ids, n, attention::cover::full, bias);
      drop(n);
    }
    LACUNA_INLINE void drop(index n) noexcept {
      ids += n;
      count -= n;
    }
  };
};

/// What lies between the runs of a; partial stays partial.
struct runs_of_inverse {
  attention::run_sink sink;
  index next;

  LACUNA_INLINE void operator()(index first, index last, attention::cover how, float) {
    fill_to(first);
    next = last;
    if (how == attention::cover::partial) sink(first, last, how);
  }
  LACUNA_INLINE void fill_to(index last) const {
    if (next < last) sink(next, last, attention::cover::full);
  }
};

}  // namespace lacuna::detail::inline LACUNA_ISA

namespace lacuna::attention {

/// What a and b allow both; written a & b. Their biases add up.
template <pattern A, pattern B>
struct both {
  A a;
  B b;

  [[nodiscard]] LACUNA_INLINE constexpr cover classify(tile t) const noexcept {
    cover const x = a.classify(t);
    if (x == cover::none) return x;
    cover const y = b.classify(t);
    return x == cover::full || y == cover::none ? y : cover::partial;
  }
  [[nodiscard]] LACUNA_INLINE constexpr bool allows(index i, index j, index head = 0) const noexcept {
    return attention::allows(a, i, j, head) && attention::allows(b, i, j, head);
  }
  [[nodiscard]] LACUNA_INLINE constexpr std::uint64_t word(index i, index first, index count,
                                                           index head) const noexcept {
    auto const x = allowed_word(a, i, first, count, head);
    return x == 0 ? x : x & allowed_word(b, i, first, count, head);
  }
  /// O(runs of a * a search in b + runs of both): let a be the one of few runs.
  LACUNA_INLINE void runs(tile t, run_sink sink) const {
    detail::runs_of_both<B> within{b, t, sink};
    attention::runs(a, t, within);
  }
  [[nodiscard]] LACUNA_INLINE constexpr bool biased() const noexcept {
    return attention::biased(a) || attention::biased(b);
  }
  [[nodiscard]] LACUNA_INLINE constexpr bool alike(index g, index h) const noexcept {
    return attention::alike(a, g, h) && attention::alike(b, g, h);
  }
  LACUNA_INLINE constexpr void validate(shape s) const {
    attention::validate(a, s);
    attention::validate(b, s);
  }
};

/// What a or b allows; written a | b. Where a lets all queries of a tile see a key, that key has the bias that a gives
/// it. Where it lets some, and b lets others, the two biases have to be equal: there is no plan for such a tile.
template <pattern A, pattern B>
struct either {
  A a;
  B b;

  [[nodiscard]] LACUNA_INLINE constexpr cover classify(tile t) const noexcept {
    cover const x = a.classify(t);
    if (x == cover::full) return x;
    cover const y = b.classify(t);
    return x == cover::none || y == cover::full ? y : cover::partial;
  }
  [[nodiscard]] LACUNA_INLINE constexpr bool allows(index i, index j, index head = 0) const noexcept {
    return attention::allows(a, i, j, head) || attention::allows(b, i, j, head);
  }
  [[nodiscard]] LACUNA_INLINE constexpr std::uint64_t word(index i, index first, index count,
                                                           index head) const noexcept {
    auto const x = allowed_word(a, i, first, count, head);
    return x == detail::bits_below(count) ? x : x | allowed_word(b, i, first, count, head);
  }
  /// O(runs of a and b, a search in b for each run of a): write columns(ids) | b, keys that stand apart first.
  LACUNA_INLINE void runs(tile t, run_sink sink) const {
    detail::runs_of_either<B> merge{b, t, sink, t.k0};
    attention::runs(a, t, merge);
    merge.fill_to(t.k1);
  }
  [[nodiscard]] LACUNA_INLINE constexpr bool biased() const noexcept {
    return attention::biased(a) || attention::biased(b);
  }
  [[nodiscard]] LACUNA_INLINE constexpr bool alike(index g, index h) const noexcept {
    return attention::alike(a, g, h) && attention::alike(b, g, h);
  }
  LACUNA_INLINE constexpr void validate(shape s) const {
    attention::validate(a, s);
    attention::validate(b, s);
  }
};

/// What a does not allow; written ~a. It has no bias.
template <pattern A>
struct inverse {
  A a;

  [[nodiscard]] LACUNA_INLINE constexpr cover classify(tile t) const noexcept {
    cover const x = a.classify(t);
    if (x == cover::partial) return x;
    return x == cover::none ? cover::full : cover::none;
  }
  [[nodiscard]] LACUNA_INLINE constexpr bool allows(index i, index j, index head = 0) const noexcept {
    return !attention::allows(a, i, j, head);
  }
  [[nodiscard]] LACUNA_INLINE constexpr std::uint64_t word(index i, index first, index count,
                                                           index head) const noexcept {
    return ~allowed_word(a, i, first, count, head) & detail::bits_below(count);
  }
  LACUNA_INLINE void runs(tile t, run_sink sink) const {
    detail::runs_of_inverse rest{sink, t.k0};
    attention::runs(a, t, rest);
    rest.fill_to(t.k1);
  }
  [[nodiscard]] LACUNA_INLINE constexpr bool alike(index g, index h) const noexcept {
    return attention::alike(a, g, h);
  }
  LACUNA_INLINE constexpr void validate(shape s) const { attention::validate(a, s); }
};

template <class A, class B>
both(A, B) -> both<A, B>;
template <class A, class B>
either(A, B) -> either<A, B>;
template <class A>
inverse(A) -> inverse<A>;

/// Intersection: a query sees a key where both patterns let it.
template <pattern A, pattern B>
[[nodiscard]] LACUNA_INLINE constexpr both<A, B> operator&(A const& a, B const& b) {
  return {a, b};
}

/// Union: a query sees a key where one of the patterns lets it.
template <pattern A, pattern B>
[[nodiscard]] LACUNA_INLINE constexpr either<A, B> operator|(A const& a, B const& b) {
  return {a, b};
}

/// Complement: a query sees a key where the pattern does not let it.
template <pattern A>
[[nodiscard]] LACUNA_INLINE constexpr inverse<A> operator~(A const& a) {
  return {a};
}

}  // namespace lacuna::attention
