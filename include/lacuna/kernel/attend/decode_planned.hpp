// SPDX-License-Identifier: MIT
//
// A plan of few queries, cut into units of work: parts of what a row of the plan selects, merged in their order.
#pragma once

#include <lacuna/attention/plan.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/kernel/attend/call.hpp>
#include <lacuna/kernel/attend/decode.hpp>
#include <lacuna/kernel/attend/decode_groups.hpp>
#include <lacuna/kernel/attend/decode_walk.hpp>
#include <lacuna/kernel/attend/kv_rows.hpp>
#include <lacuna/kernel/attend/merge.hpp>
#include <lacuna/kernel/attend/unit.hpp>
#include <lacuna/kernel/scratch.hpp>

#include <algorithm>
#include <limits>
#include <span>
#include <type_traits>

namespace lacuna::kernel::inline LACUNA_ISA {

/// Some of the keys that a group selects. `sums` is where the part of a group that has several goes, else null.
template <class A>
struct decode_unit {
  decode_group group;
  decode_place from;
  index keys = 0;
  index parts = 1;  // of the group, at the first of them; 0 at the others
  A* sums = nullptr;
};

/// Fewest keys of a part, and most parts of all that a plan selects.
inline constexpr index decode_least_keys = 1024, decode_most_parts = 32;

/// Computes a call whose plan has few rows. Which keys are a unit, and in which order units are merged, depends on the
/// plan alone: a group is cut into parts of 1/32 of all that the plan selects, and at least 1024 keys: each begins
/// with memory standing still, which costs parts of 256 scattered keys a tenth of their time.
template <class Arch, class K, class V, class E>
class decode_plan {
  using rows_type = decode_rows<Arch, K, V>;
  using number = typename rows_type::number;
  using unit_type = decode_unit<number>;

 public:
  decode_plan(E& exec, attend_call<number> const& call, attention::plan_view const& plan,
              kv_rows<K, V> const& kv) noexcept
      : exec_(exec),
        call_(call),
        plan_(plan),
        kv_(kv),
        terms_{call.scale, call.margin, call.settled},
        columns_(rows_type::pitch(call.values.dim)),
        pitch_(columns_ + rows_type::lanes) {}

  void operator()() {
    choose_part();
    units_ = scratch<unit_type, workspace::attention_units>(most_units);
    decode_groups groups(plan_);
    for (decode_group g; groups.next(g);) {
      if (count_ + parts_of(g) > most_units || used_ + parts_of(g) * g.rows() * pitch_ > room_) run();
      add(groups, g);
    }
    run();
  }

 private:
  static constexpr index most_units = 256;
  static constexpr index room_bytes = index{128} << 10;  // for parts, half of what they may take

  [[nodiscard]] index keys_of(decode_group const& g) const noexcept { return decode_groups(plan_).keys(g); }
  [[nodiscard]] index parts_of(decode_group const& g) const noexcept {
    return std::max<index>(1, (keys_of(g) + part_ - 1) / part_);
  }

  /// How many keys make a part: enough of them to share out, and few enough that all sums have room.
  void choose_part() noexcept {
    index all = 0, rows = 1;
    decode_groups groups(plan_);
    for (decode_group g; groups.next(g);) {
      all += groups.keys(g);
      rows = std::max(rows, g.rows());
    }
    index const of_row = rows_type::pitch(call_.value_dim) + rows_type::lanes;
    index const row_bytes = of_row * static_cast<index>(sizeof(number));
    index const parts = std::clamp<index>(room_bytes / (rows * row_bytes), 1, decode_most_parts);
    part_ = std::max(decode_least_keys, (all / parts + decode_keys) / decode_keys * decode_keys);
    // Policies go by what came before in the plan: a part of its own would know nothing of it.
    if (terms_.skips() || terms_.stops()) part_ = std::numeric_limits<index>::max() / 2;
    room_ = 2 * parts * rows * pitch_;
    rows_ = rows;
  }

  void add(decode_groups const& groups, decode_group const& g) {
    index const keys = groups.keys(g), parts = parts_of(g);
    if (parts > 1 && sums_ == nullptr) sums_ = scratch<number, workspace::attention_parts>(room_);
    decode_place at;
    auto const runs = plan_.runs_of(g.row);
    for (index p = 0; p != parts; ++p) {
      unit_type& u = units_[count_++];
      u = {g, at, std::min(part_, keys - p * part_), p == 0 ? parts : 0, nullptr};
      if (parts == 1) return;
      u.sums = sums_ + used_;
      used_ += g.rows() * pitch_;
      split_ = true;
      advance(runs, at);
    }
  }
  /// Moves a place behind a part.
  void advance(std::span<attention::run const> runs, decode_place& at) const noexcept {
    index left = part_;
    while (at.run != static_cast<index>(runs.size())) {
      index const here = runs[static_cast<std::size_t>(at.run)].count - at.offset;
      if (here > left) break;
      left -= here;
      at = {at.run + 1, 0};
    }
    at.offset += left;
  }

  void run() {
    exec_.for_ranges(count_, 1, [&](index first, index last, index /*worker*/) {
      number* const memory = scratch<number, workspace::attention>(
          rows_type::workspace(rows_, call_.keys.dim, call_.values.dim) + attend_rounded(call_.keys.dim, 16));
      for (index u = first; u != last; ++u) attend(units_[u], memory);
    });
    if (split_)
      exec_.for_ranges(count_, 1, [&](index first, index last, index /*worker*/) {
        for (index u = first; u != last; ++u) merge(units_[u]);
      });
    count_ = used_ = 0;
    split_ = false;
  }

  void attend(unit_type const& u, number* memory) const noexcept {
    auto const& g = u.group;
    number* const room = memory;
    rows_type rows(memory + attend_rounded(call_.keys.dim, 16), g.rows(), call_.keys.dim, call_.values.dim, terms_);
    for (index r = 0; r != g.rows(); ++r) {
      auto const place = place_of(g, r);
      void const* q;
      call_.queries.addresses(call_.queries.source, &place, 1, &q);
      if (call_.queries.load != nullptr) call_.queries.load(call_.queries.source, q, room);
      rows.set_query(r, call_.queries.load != nullptr ? room : static_cast<number const*>(q));
    }
    decode_walk<K, V> walk(plan_, kv_, g, u.from, u.keys, call_.keys.dim);
    rows(walk);
    for (index r = 0; r != g.rows(); ++r) {
      if (u.sums == nullptr) {
        finish(g, r, rows.sums(r), rows.top(r), rows.mass(r));
        continue;
      }
      number* const to = u.sums + r * pitch_;
      std::copy_n(rows.sums(r), columns_, to);
      to[columns_] = rows.top(r);
      to[columns_ + 1] = rows.mass(r);
    }
  }

  /// The parts of a group, of which `first` is the first, become one: into the place of the first.
  void merge(unit_type const& first) const noexcept {
    if (first.parts < 2) return;
    auto const& g = first.group;
    for (index r = 0; r != g.rows(); ++r) {
      number* const sums = first.sums + r * pitch_;
      merge_parts<Arch>(sums, first.parts, g.rows() * pitch_, columns_);
      finish(g, r, sums, sums[columns_], sums[columns_ + 1]);
    }
  }

  /// A mass of exactly 0 means that no key was seen, or that all logits were -inf: the top has weight 1.
  void finish(decode_group const& g, index r, number* sums, number top, number mass) const noexcept {
    bool const empty = mass == number{0};
    number const factor = empty ? number{0} : number{1} / mass;
    auto const place = place_of(g, r);
    if (empty) std::fill_n(sums, columns_, number{0});  // they may be NaN
    rows_type::put_in_order(sums, call_.values.dim);
    call_.out.write(call_.out.to, &place, 1, sums, 0, &factor);
    if (call_.lse.write != nullptr)
      call_.lse.write(call_.lse.to, place.head, place.query,
                      empty ? -std::numeric_limits<number>::infinity() : top + attend_log(mass));
  }
  [[nodiscard]] static attend_place place_of(decode_group const& g, index r) noexcept {
    return {g.head + r % g.heads, g.query + r / g.heads};
  }

  E& exec_;
  attend_call<number> const& call_;
  attention::plan_view const& plan_;
  kv_rows<K, V> const& kv_;
  decode_terms<number> terms_;
  index columns_;   // sums of a row of a part
  index pitch_;     // elements of a row: sums, then top and mass
  index part_ = 0;  // keys of a part
  index room_ = 0;  // elements for parts
  index rows_ = 1;  // most of a group
  unit_type* units_ = nullptr;
  number* sums_ = nullptr;
  index count_ = 0;  // units
  index used_ = 0;   // elements of sums_
  bool split_ = false;
};

/// Computes a call by decode_rows, whatever its plan.
template <class Arch, class K, class V, class E>
void attend_decoded(E&& exec, attend_call<accumulator_t<K>> const& call, attention::plan_view const& plan,
                    kv_rows<K, V> const& kv) {
  decode_plan<Arch, K, V, std::remove_reference_t<E>> run(exec, call, plan, kv);
  run();
}

}  // namespace lacuna::kernel::inline LACUNA_ISA
