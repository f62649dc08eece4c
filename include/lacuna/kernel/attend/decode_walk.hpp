// SPDX-License-Identifier: MIT
//
// Walks over what a row of a plan selects, 64 keys at a time, in the order in which memory is read fastest.
#pragma once

#include <lacuna/attention/plan.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/kernel/attend/decode_groups.hpp>
#include <lacuna/kernel/attend/decode_slots.hpp>
#include <lacuna/kernel/attend/kv_rows.hpp>

#include <cstdint>
#include <span>

namespace lacuna::kernel::inline LACUNA_ISA {

/// Where in a row of a plan a walk begins: at key `offset` of run `run`, where tokens stand behind the runs as one
/// more.
struct decode_place {
  index run = 0;
  index offset = 0;
};

/// Walks over a part of a row of a plan. Addresses are asked for by run and by list; runs and tokens share tiles,
/// however short they are.
///
/// Memory is read a third faster in four streams than in one, because each has a prefetcher running ahead of it. So the
/// 64 keys of a tile that every row sees without a bias stand as four streams of 16: key 16 c + i at slot 4 i + c. Not
/// on Zen, which reads them faster in order.
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
    to.masked = to.biased = to.streams = to.whole = false;
    while (to.count != decode_keys && left_ != 0) {
      index const room = decode_keys - to.count < left_ ? decode_keys - to.count : left_;
      index const taken = in_runs() ? take_run(to, room) : take_tokens(to, room);
      to.count += taken;
      left_ -= taken;
      at_.offset += taken;
    }
    if (to.whole)
      to.streams = true;
    else if (to.count == decode_keys && !to.masked && !to.biased)
      find_streams(to);
    for (index j = to.count; to.count != 0 && j % decode_block != 0; ++j) {
      to.key[j] = to.key[to.count - 1];
      to.value[j] = to.value[to.count - 1];
    }
    if (to.biased)
      for (index j = to.count; j != decode_keys; ++j) to.bias[j] = 0;
  }

 private:
  [[nodiscard]] bool in_runs() const noexcept { return at_.run < static_cast<index>(runs_.size()); }
  [[nodiscard]] attention::run const& run() const noexcept { return runs_[static_cast<std::size_t>(at_.run)]; }

  index take_run(decode_slots<K, V>& to, index room) noexcept {
    if (at_.offset == run().count) {
      at_ = {at_.run + 1, 0};
      return 0;
    }
    index const count = run().count - at_.offset < room ? run().count - at_.offset : room;
    index const first = run().first + at_.offset;
    if (decode_in_order && count == decode_keys && !run().partial && run().bias == 0 && kv_.contiguous(first, count)) {
      take_whole(to, first);
      return count;
    }
    kv_.keys(group_.kv_head, first, count, to.key + to.count);
    kv_.values(group_.kv_head, first, count, to.value + to.count);
    if (run().bias != 0 || to.biased) {
      start_bias(to);
      for (index j = 0; j != count; ++j) to.bias[to.count + j] = run().bias;
    }
    if (run().partial || to.masked) {
      start_mask(to);
      for (index r = 0; r != group_.rows(); ++r) to.word[r] |= seen(r, first, count) << to.count;
    }
    return count;
  }

  /// 64 keys by the address of the first: tables of all are written and read once for 64 KB of keys and values, come
  /// from L2 each time, and wait for the line buffers that memory is read by, 3 ns a key on Zen 5.
  void take_whole(decode_slots<K, V>& to, index first) noexcept {
    kv_.keys(group_.kv_head, first, 1, to.key);
    kv_.values(group_.kv_head, first, 1, to.value);
    to.whole = true;
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

  /// Says whether the keys of a whole tile are streams, and cuts it into four.
  void find_streams(decode_slots<K, V>& to) const noexcept {
    constexpr index count = decode_in_order ? 1 : 4;
    if constexpr (!decode_in_order) {
      interleave(to.key);
      interleave(to.value);
    }
    to.streams = true;
    for (index c = 0; c != count; ++c)
      to.streams = to.streams && address(to.key[decode_keys - count + c]) - address(to.key[c]) ==
                                     static_cast<std::uintptr_t>(decode_keys / count - 1) * row_bytes_;
  }
  [[nodiscard]] static std::uintptr_t address(K const* row) noexcept { return reinterpret_cast<std::uintptr_t>(row); }
  template <class T>
  static void interleave(T const* (&row)[decode_keys]) noexcept {
    T const* in_order[decode_keys];
    for (index j = 0; j != decode_keys; ++j) in_order[j] = row[j];
    for (index j = 0; j != decode_keys; ++j) row[j] = in_order[j % 4 * (decode_keys / 4) + j / 4];
  }

  [[nodiscard]] std::uint64_t seen(index r, index first, index count) const noexcept {
    if (!run().partial) return first_bits(count);
    return mask_.word(mask_.pattern, position_ + r / group_.heads, first, count, group_.head + r % group_.heads) &
           first_bits(count);
  }
  void start_mask(decode_tile& to) const noexcept {
    if (to.masked) return;
    to.masked = true;
    for (index r = 0; r != group_.rows(); ++r) to.word[r] = first_bits(to.count);
  }
  static void start_bias(decode_tile& to) noexcept {
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
