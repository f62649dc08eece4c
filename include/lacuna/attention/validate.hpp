// SPDX-License-Identifier: MIT
//
// Whether arrays are a plan.
#pragma once

#include <lacuna/attention/plan.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/error.hpp>

#include <bit>
#include <cstdint>
#include <limits>
#include <span>

namespace lacuna::detail::inline LACUNA_ISA {

/// Looks at the rows of a plan, one at a time, and knows how to name them.
class plan_rows {
 public:
  explicit plan_rows(attention::plan_view const& p) noexcept : p_(p), tiles_(p.tile_queries < 1 ? 0 : p.tiles()) {}

  void validate() const {
    check_shape();
    check_offsets("run", p_.run_offsets, p_.runs.size());
    if (!p_.token_offsets.empty() || !p_.tokens.empty()) check_offsets("token", p_.token_offsets, p_.tokens.size());
    if (!p_.token_bias.empty() && p_.token_bias.size() != p_.tokens.size())
      fail<format_error>("plan: there are ", p_.token_bias.size(), " biases of tokens, expected none or ",
                         p_.tokens.size());
    check_slots();
    for (index r = 0; r != rows(); ++r) {
      check_runs(r);
      check_tokens(r);
      check_repeats(r);
    }
  }

 private:
  [[nodiscard]] index rows() const noexcept { return static_cast<index>(p_.run_offsets.size()) - 1; }

  void check_shape() const {
    auto const s = p_.shape;
    if (s.queries < 0 || s.keys < 0 || s.heads < 0 || s.kv_heads < 0)
      fail<format_error>("plan: a shape of ", s.queries, " queries, ", s.keys, " keys, ", s.heads, " heads and ",
                         s.kv_heads, " kv_heads, expected none below 0");
    if (s.keys > std::numeric_limits<std::int32_t>::max())
      fail<format_error>("plan: ", s.keys, " keys, expected at most ", std::numeric_limits<std::int32_t>::max());
    if (s.kv_heads == 0 ? s.heads != 0 : s.heads % s.kv_heads != 0)
      fail<format_error>("plan: ", s.heads, " heads, expected a multiple of kv_heads, which is ", s.kv_heads);
    if (p_.tile_queries < 1) fail<format_error>("plan: tile_queries is ", p_.tile_queries, ", expected 1 or more");
    if (static_cast<index>(p_.slot_of_head.size()) != s.heads)
      fail<format_error>("plan: slot_of_head has ", p_.slot_of_head.size(), " slots, expected one for each of ",
                         s.heads, " heads");
  }

  void check_offsets(char const* what, std::span<index const> offsets, std::size_t count) const {
    if (offsets.empty()) fail<format_error>("plan: no ", what, " offsets, expected at least one");
    if (offsets.size() != p_.run_offsets.size())
      fail<format_error>("plan: ", offsets.size(), " ", what, " offsets, expected ", p_.run_offsets.size(),
                         ", as many as run offsets");
    if (offsets[0] != 0) fail<format_error>("plan: the first ", what, " offset is ", offsets[0], ", expected 0");
    for (std::size_t r = 1; r != offsets.size(); ++r)
      if (offsets[r] < offsets[r - 1])
        fail<format_error>("plan: ", what, " offsets fall from ", offsets[r - 1], " to ", offsets[r], " at row ",
                           r - 1);
    if (offsets.back() != static_cast<index>(count))
      fail<format_error>("plan: the last ", what, " offset is ", offsets.back(), ", but there are ", count, " ", what,
                         "s");
  }

  void check_slots() const {
    index const slots = tiles_ == 0 ? 0 : rows() / tiles_;
    if (slots * tiles_ != rows())
      fail<format_error>("plan: ", rows(), " rows, expected a multiple of ", tiles_, ", the tiles of ", p_.tile_queries,
                         " queries");
    for (std::size_t h = 0; h != p_.slot_of_head.size(); ++h)
      if (p_.slot_of_head[h] < 0 || (tiles_ != 0 && p_.slot_of_head[h] >= slots))
        fail<format_error>("plan: head ", h, " has slot ", p_.slot_of_head[h], ", expected 0 <= slot < ", slots);
  }

  void check_runs(index r) const {
    auto const runs = p_.runs_of(r);
    for (std::size_t n = 0; n != runs.size(); ++n) {
      auto const x = runs[n];
      if (x.first < 0 || x.count < 1 || x.count > p_.shape.keys - x.first)
        fail_in(r, "run", n, " covers keys [", x.first, ", ", index{x.first} + x.count, "), expected some of [0, ",
                p_.shape.keys, ")");
      if (!(x.bias - x.bias == 0)) fail_in(r, "run", n, " has bias ", x.bias, ", which is not finite");
      if (x.partial && p_.mask.word == nullptr) fail_in(r, "run", n, " is partial, but the plan has no mask");
    }
  }

  void check_tokens(index r) const {
    auto const tokens = p_.tokens_of(r);
    std::uint32_t largest = 0;  // negative ones are the largest of all
    for (auto const key : tokens)
      largest = static_cast<std::uint32_t>(key) > largest ? static_cast<std::uint32_t>(key) : largest;
    if (!tokens.empty() && index{largest} >= p_.shape.keys)
      for (std::size_t n = 0; n != tokens.size(); ++n)
        if (tokens[n] < 0 || tokens[n] >= p_.shape.keys)
          fail_in(r, "token", n, " is key ", tokens[n], ", expected 0 <= key < ", p_.shape.keys);
    auto const bias = p_.token_bias_of(r);
    for (std::size_t n = 0; n != bias.size(); ++n)
      if (!(bias[n] - bias[n] == 0)) fail_in(r, "token", n, " has bias ", bias[n], ", which is not finite");
  }

  /// No key twice: at sight where runs and tokens rise, else key by key.
  void check_repeats(index r) const {
    auto const runs = p_.runs_of(r);
    auto const tokens = p_.tokens_of(r);
    bool rising = true;
    for (std::size_t n = 1; n < runs.size(); ++n) rising &= runs[n - 1].first + runs[n - 1].count <= runs[n].first;
    for (std::size_t n = 1; n < tokens.size(); ++n) rising &= tokens[n - 1] < tokens[n];
    if (!rising) return check_each_key(r);
    std::size_t next = 0;
    for (auto const x : runs) {
      std::size_t end = tokens.size();
      while (next != end) {  // the first token that is not before the run
        auto const middle = next + (end - next) / 2;
        if (tokens[middle] < x.first)
          next = middle + 1;
        else
          end = middle;
      }
      if (next == tokens.size()) return;
      if (tokens[next] - x.first < x.count) fail_twice(r, tokens[next]);
    }
  }

  /// A bit for each of 32768 keys at a time: no memory but the stack. O(keys / 32768 * entries + length of the runs).
  void check_each_key(index r) const {
    constexpr index room = 32768;
    for (index first = 0; first < p_.shape.keys; first += room) {
      std::uint64_t seen[room / 64] = {};
      auto const mark = [&](index from, index to) {
        from = from < first ? 0 : from - first;
        to = to - first < room ? to - first : room;
        for (index k = from; k < to;) {
          index const word = k / 64, end = to - word * 64 < 64 ? to - word * 64 : 64;
          auto const low = ~std::uint64_t{0} << (k % 64);
          auto const bits = end == 64 ? low : low & ((std::uint64_t{1} << end) - 1);
          if ((seen[word] & bits) != 0) fail_twice(r, first + word * 64 + std::countr_zero(seen[word] & bits));
          seen[word] |= bits;
          k = (word + 1) * 64;
        }
      };
      for (auto const x : p_.runs_of(r)) mark(x.first, index{x.first} + x.count);
      for (auto const key : p_.tokens_of(r)) mark(key, index{key} + 1);
    }
  }

  template <class... Parts>
  [[noreturn]] LACUNA_COLD void fail_in(index r, char const* what, std::size_t n, Parts const&... parts) const {
    fail<format_error>("plan: head ", p_.head_of(r), ", tile ", r % tiles_, ": ", what, " ", n, parts...);
  }
  [[noreturn]] LACUNA_COLD void fail_twice(index r, index key) const {
    fail<format_error>("plan: head ", p_.head_of(r), ", tile ", r % tiles_, ": key ", key, " stands there twice");
  }
  attention::plan_view const& p_;
  index tiles_;
};

}  // namespace lacuna::detail::inline LACUNA_ISA

namespace lacuna::attention::inline LACUNA_ISA {

/// Checks that the arrays are a plan, and throws format_error, which says what is wrong, and of which head, tile and
/// entry: a slot for each head, offsets of every row that rise from 0 to the number of runs and of tokens, runs of one
/// key or more, all keys in [0, shape.keys), no key twice in a row, finite biases, a mask where a run is partial. Rows
/// may stand in any order, as `stop_below` wants them; where they rise, the check takes O(runs + tokens), else one pass
/// over them for each 32768 keys. Allocates nothing; reads nothing outside the spans.
inline void validate(plan_view const& p) { detail::plan_rows(p).validate(); }

}  // namespace lacuna::attention::inline LACUNA_ISA
