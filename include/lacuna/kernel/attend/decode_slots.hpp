// SPDX-License-Identifier: MIT
//
// The next 64 keys of a row of a plan: their addresses, biases, and which rows see them.
#pragma once

#include <lacuna/attention/kv_source.hpp>
#include <lacuna/attention/plan.hpp>
#include <lacuna/core/config.hpp>

#include <cstdint>
#include <span>
#include <type_traits>

namespace lacuna::kernel::inline LACUNA_ISA {

/// A source of keys and values, whatever its type, so that sources do not breed kernels: one call by pointer for up to
/// 64 rows.
template <class K, class V>
class kv_rows {
 public:
  template <attention::kv_source S>
  explicit kv_rows(S const& kv) noexcept
      : kv_(&kv),
        keys_of_run_([](void const* s, index head, index first, index count, K const** to) noexcept {
          static_cast<S const*>(s)->key_rows(head, first, count, to);
        }),
        keys_of_ids_([](void const* s, index head, std::int32_t const* ids, index count, K const** to) noexcept {
          static_cast<S const*>(s)->key_rows(head, ids, count, to);
        }),
        values_of_run_([](void const* s, index head, index first, index count, V const** to) noexcept {
          static_cast<S const*>(s)->value_rows(head, first, count, to);
        }),
        values_of_ids_([](void const* s, index head, std::int32_t const* ids, index count, V const** to) noexcept {
          static_cast<S const*>(s)->value_rows(head, ids, count, to);
        }) {}

  void keys(index head, index first, index count, K const** to) const noexcept {
    keys_of_run_(kv_, head, first, count, to);
  }
  void keys(index head, std::int32_t const* ids, index count, K const** to) const noexcept {
    keys_of_ids_(kv_, head, ids, count, to);
  }
  void values(index head, index first, index count, V const** to) const noexcept {
    values_of_run_(kv_, head, first, count, to);
  }
  void values(index head, std::int32_t const* ids, index count, V const** to) const noexcept {
    values_of_ids_(kv_, head, ids, count, to);
  }

 private:
  void const* kv_;
  void (*keys_of_run_)(void const* kv, index head, index first, index count, K const** to) noexcept;
  void (*keys_of_ids_)(void const* kv, index head, std::int32_t const* ids, index count, K const** to) noexcept;
  void (*values_of_run_)(void const* kv, index head, index first, index count, V const** to) noexcept;
  void (*values_of_ids_)(void const* kv, index head, std::int32_t const* ids, index count, V const** to) noexcept;
};

/// Keys of a tile: a bit each in a word.
inline constexpr index decode_keys = 64;
/// Rows that share a pass over the keys: query heads of one head of keys, times queries.
inline constexpr index decode_most_rows = 32;

/// The first `count` bits of a word, 0 <= count <= 64.
[[nodiscard]] LACUNA_INLINE constexpr std::uint64_t first_bits(index count) noexcept {
  return count == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << count) - 1;
}

/// Keys whose scores are taken, and values that are summed up, before other rows and columns are turned to.
inline constexpr index decode_block = 16;

/// Cuts rows into groups of Widest, 4, 2 and 1: f(first row, height, whether it is the first group), both constants.
template <int Widest, class F>
LACUNA_INLINE void for_each_height(index rows, F const& f) noexcept {
  static_assert(Widest == 2 || Widest == 4);
  auto const from = [&](index r, auto first) LACUNA_INLINE_LAMBDA -> index {
    if (Widest == 4 && rows - r >= 4) return f(r, std::integral_constant<int, Widest>{}, first), index{Widest};
    if (rows - r >= 2) return f(r, std::integral_constant<int, 2>{}, first), index{2};
    return f(r, std::integral_constant<int, 1>{}, first), index{1};
  };
  if (rows == 0) return;
  for (index r = from(0, std::true_type{}); r != rows;) r += from(r, std::false_type{});
}

/// Up to 64 keys. Addresses behind `count` are those of the last key, up to a multiple of decode_block.
///
/// Where a tile is 64 neighbours they stand as four streams of 16, key 16 c + i at slot 4 i + c: memory is read a third
/// faster in four streams than in one, because each has a prefetcher running ahead of it.
template <class K, class V>
struct decode_slots {
  index count = 0;
  bool masked = false;   ///< some row may not see some key: words are set
  bool biased = false;   ///< biases are set
  bool streams = false;  ///< rows stand one behind the other, in four streams
  K const* key[decode_keys];
  V const* value[decode_keys];
  std::uint64_t word[decode_most_rows];  ///< bit j: the row sees key j
  alignas(64) float bias[decode_keys];
};

/// Where in a row of a plan a walk begins: at key `offset` of run `run`, where tokens stand behind the runs as one
/// more.
struct decode_place {
  index run = 0;
  index offset = 0;
};

/// Rows that attend alike: `heads` query heads from `head` on, which read the keys of `kv_head`, times `queries`
/// queries. Row r is query r / heads, head r % heads.
struct decode_group {
  index row = 0;  ///< of the plan
  index kv_head = 0;
  index head = 0;
  index heads = 0;
  index query = 0;
  index queries = 0;
  [[nodiscard]] LACUNA_INLINE index rows() const noexcept { return heads * queries; }
};

/// Walks over a part of a row of a plan, 64 keys at a time. Addresses are asked for by run and by list; runs and tokens
/// share tiles, however short they are.
template <class K, class V>
class decode_walk {
 public:
  decode_walk(attention::plan_view const& plan, kv_rows<K, V> const& kv, decode_group group, decode_place from,
              index keys, index dk) noexcept
      : kv_(kv),
        row_bytes_(static_cast<std::uintptr_t>(dk) * sizeof(K)),
        mask_(plan.mask),
        group_(group),
        position_(plan.shape.first_position() + group.query),
        runs_(plan.runs_of(group.row)),
        tokens_(plan.tokens_of(group.row)),
        token_bias_(plan.token_bias_of(group.row)),
        at_(from),
        left_(keys) {}

  /// The next tile: no key at the end.
  void next(decode_slots<K, V>& to) noexcept {
    to.count = 0;
    to.masked = to.biased = to.streams = false;
    while (to.count != decode_keys && left_ != 0) {
      index const room = decode_keys - to.count < left_ ? decode_keys - to.count : left_;
      index const runs = static_cast<index>(runs_.size());
      index const taken = at_.run < runs ? take_run(to, room) : take_tokens(to, room);
      to.count += taken;
      left_ -= taken;
      at_.offset += taken;
    }
    if (to.count == 0) return;
    if (to.count == decode_keys && !to.masked && !to.biased) cut_into_streams(to);
    for (index j = to.count; j % decode_block != 0; ++j) {
      to.key[j] = to.key[to.count - 1];
      to.value[j] = to.value[to.count - 1];
    }
    if (to.biased)
      for (index j = to.count; j != decode_keys; ++j) to.bias[j] = 0;
  }

 private:
  index take_run(decode_slots<K, V>& to, index room) noexcept {
    attention::run const& run = runs_[static_cast<std::size_t>(at_.run)];
    if (at_.offset == run.count) {
      at_ = {at_.run + 1, 0};
      return 0;
    }
    index const count = run.count - at_.offset < room ? run.count - at_.offset : room;
    index const first = run.first + at_.offset;
    kv_.keys(group_.kv_head, first, count, to.key + to.count);
    kv_.values(group_.kv_head, first, count, to.value + to.count);
    if (run.bias != 0 || to.biased) {
      start_bias(to);
      for (index j = 0; j != count; ++j) to.bias[to.count + j] = run.bias;
    }
    if (run.partial || to.masked) {
      start_mask(to);
      for (index r = 0; r != group_.rows(); ++r) to.word[r] |= seen(run, r, first, count) << to.count;
    }
    return count;
  }

  index take_tokens(decode_slots<K, V>& to, index room) noexcept {
    auto const at = static_cast<std::size_t>(at_.offset);
    kv_.keys(group_.kv_head, tokens_.data() + at, room, to.key + to.count);
    kv_.values(group_.kv_head, tokens_.data() + at, room, to.value + to.count);
    if (!token_bias_.empty() || to.biased) {
      start_bias(to);
      for (index j = 0; j != room; ++j)
        to.bias[to.count + j] = token_bias_.empty() ? 0 : token_bias_[at + static_cast<std::size_t>(j)];
    }
    if (to.masked)
      for (index r = 0; r != group_.rows(); ++r) to.word[r] |= first_bits(room) << to.count;
    return room;
  }

  void cut_into_streams(decode_slots<K, V>& to) const noexcept {
    constexpr int length = static_cast<int>(decode_keys) / 4;
    for (index c = 0; c != 4; ++c)
      if (address(to.key[length * c + length - 1]) - address(to.key[length * c]) != (length - 1) * row_bytes_) return;
    to.streams = true;
    interleave(to.key);
    interleave(to.value);
  }
  [[nodiscard]] static std::uintptr_t address(K const* row) noexcept { return reinterpret_cast<std::uintptr_t>(row); }
  template <class T>
  static void interleave(T const* (&row)[decode_keys]) noexcept {
    T const* in_order[decode_keys];
    for (index j = 0; j != decode_keys; ++j) in_order[j] = row[j];
    for (index j = 0; j != decode_keys; ++j) row[j] = in_order[j % 4 * (decode_keys / 4) + j / 4];
  }

  [[nodiscard]] std::uint64_t seen(attention::run const& run, index r, index first, index count) const noexcept {
    if (!run.partial) return first_bits(count);
    return mask_.word(mask_.pattern, position_ + r / group_.heads, first, count, group_.head + r % group_.heads) &
           first_bits(count);
  }
  void start_mask(decode_slots<K, V>& to) const noexcept {
    if (to.masked) return;
    to.masked = true;
    for (index r = 0; r != group_.rows(); ++r) to.word[r] = first_bits(to.count);
  }
  static void start_bias(decode_slots<K, V>& to) noexcept {
    if (to.biased) return;
    to.biased = true;
    for (index j = 0; j != to.count; ++j) to.bias[j] = 0;
  }

  kv_rows<K, V> const& kv_;
  std::uintptr_t row_bytes_;
  attention::pair_mask mask_;
  decode_group group_;
  index position_;  // of the first query
  std::span<attention::run const> runs_;
  std::span<std::int32_t const> tokens_;
  std::span<float const> token_bias_;
  decode_place at_;
  index left_;
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
