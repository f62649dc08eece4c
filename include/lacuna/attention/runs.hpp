// SPDX-License-Identifier: MIT
//
// A pattern's keys for a tile of queries as runs of neighbours, found without a look at each pair.
#pragma once

#include <lacuna/attention/pattern.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/first_where.hpp>

#include <bit>
#include <concepts>
#include <cstdint>
#include <type_traits>

namespace lacuna::attention {

/// Refers to what takes runs: anything callable as (first, last, how, bias), for keys [first, last) that every query of
/// the tile sees (cover::full) or some may (cover::partial), and a number that is added to their logits. It may have a
/// member keys(ids, count, how, bias) for keys that stand apart, in rising order, many at a time; else those come as
/// runs. Two words, by value; the callable has to live as long.
class run_sink {
 public:
  template <class F>
    requires(!std::same_as<std::remove_cv_t<F>, run_sink>)
  LACUNA_INLINE run_sink(F& f) noexcept : to_(&f), calls_(&calls_of<F>) {}

  LACUNA_INLINE void operator()(index first, index last, cover how, float bias = 0) const {
    calls_->run(to_, first, last, how, bias);
  }
  LACUNA_INLINE void keys(std::int32_t const* ids, index count, cover how, float bias = 0) const {
    if (count != 0) calls_->keys(to_, ids, count, how, bias);
  }

 private:
  struct calls {
    void (*run)(void*, index, index, cover, float);
    void (*keys)(void*, std::int32_t const*, index, cover, float);
  };
  template <class F>
  static void call_run(void* to, index first, index last, cover how, float bias) {
    (*static_cast<F*>(to))(first, last, how, bias);
  }
  template <class F>
  static void call_keys(void* to, std::int32_t const* ids, index count, cover how, float bias) {
    F& f = *static_cast<F*>(to);
    if constexpr (requires { f.keys(ids, count, how, bias); }) {
      f.keys(ids, count, how, bias);
    } else {
      for (index n = 0; n != count;) {
        index const first = ids[n];
        index last = first + 1;
        for (++n; n != count && ids[n] == last; ++n) ++last;
        f(first, last, how, bias);
      }
    }
  }
  template <class F>
  static constexpr calls calls_of{call_run<F>, call_keys<F>};

  void* to_;
  calls const* calls_;
};

}  // namespace lacuna::attention

namespace lacuna::detail::inline LACUNA_ISA {

/// How many of `count` rising ids lie below a key. O(log(count)).
[[nodiscard]] inline index ids_below(std::int32_t const* ids, index count, index key) noexcept {
  return first_where(0, count, [=](index n) LACUNA_INLINE_LAMBDA { return ids[n] >= key; });
}

/// Runs of at most 64 keys from `first` on, of which `any` says which some query sees, and `all` which all see.
inline void runs_of_words(index first, std::uint64_t any, std::uint64_t all, attention::run_sink sink) {
  while (any != 0) {
    auto const gap = std::countr_zero(any);
    first += gap;
    any >>= gap;
    all >>= gap;
    bool const full = (all & 1) != 0;
    auto const count = std::countr_one(full ? all : any & ~all);
    sink(first, first + count, full ? attention::cover::full : attention::cover::partial);
    first += count;
    any = count == 64 ? 0 : any >> count;
    all = count == 64 ? 0 : all >> count;
  }
}

/// Asks classify for halves of the tile, down to steps of 64 keys, and for the keys one by one where there is one
/// query. O(log(keys) * ends of runs) calls where classify is exact, at most 2 for every 64 keys.
template <attention::pattern P>
void runs_by_classify(P const& p, attention::tile t, attention::run_sink sink) {
  constexpr index step = 64;
  auto const how = p.classify(t);
  if (how == attention::cover::none) return;
  auto const above = (t.k0 + (t.k1 - t.k0) / 2) / step * step;
  auto const middle = above > t.k0 ? above : above + step;  // a multiple of 64, so that runs end at such
  if (how == attention::cover::full || (middle >= t.k1 && t.q1 - t.q0 > 1)) {
    sink(t.k0, t.k1, how);
  } else if (middle < t.k1) {
    runs_by_classify(p, {t.q0, t.q1, t.k0, middle, t.head}, sink);
    runs_by_classify(p, {t.q0, t.q1, middle, t.k1, t.head}, sink);
  } else {
    auto const word = attention::allowed_word(p, t.q0, t.k0, t.k1 - t.k0, t.head);
    runs_of_words(t.k0, word, word, sink);
  }
}

}  // namespace lacuna::detail::inline LACUNA_ISA

namespace lacuna::attention::inline LACUNA_ISA {

/// Hands all keys of the tile that some query sees to the sink, in rising order, no key twice; what is not handed over
/// is seen by none. Neighbouring runs may touch. Patterns of this library take O(runs) and a search for each pattern
/// that they are made of; but lists of several blocks of queries take all of their entries, renumbered looks at each 64
/// keys or each key, and from_predicate at each pair. Those without a member `runs` take the calls of classify that
/// halving the tile needs, and their partial runs end at multiples of 64 keys. Allocates nothing, and throws nothing
/// but what the sink does.
template <pattern P>
void runs(P const& p, tile t, run_sink sink) {
  if (t.q0 >= t.q1 || t.k0 >= t.k1) return;
  if constexpr (requires { p.runs(t, sink); })
    p.runs(t, sink);
  else
    detail::runs_by_classify(p, t, sink);
}

}  // namespace lacuna::attention::inline LACUNA_ISA

namespace lacuna::detail::inline LACUNA_ISA {

/// Collects runs until it is known how much of a tile they cover.
struct covered {
  index next;
  bool any = false, all = true;
  LACUNA_INLINE void operator()(index first, index last, attention::cover how, float) noexcept {
    any = true;
    all = all && first == next && how == attention::cover::full;
    next = last;
  }
};

/// What the runs of a pattern say of a tile.
template <class P>
attention::cover classify_by_runs(P const& p, attention::tile t) noexcept {
  covered seen{t.k0};
  attention::runs(p, t, seen);
  if (!seen.any) return attention::cover::none;
  return seen.all && seen.next == t.k1 ? attention::cover::full : attention::cover::partial;
}

}  // namespace lacuna::detail::inline LACUNA_ISA
