// SPDX-License-Identifier: MIT
//
// Runs of two patterns put together: within each other, side by side, and what is between.
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
