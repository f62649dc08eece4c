// SPDX-License-Identifier: MIT
//
// Plans against the pairs that they stand for.
#pragma once

#include <lacuna/attention/owned_plan.hpp>
#include <lacuna/attention/pattern.hpp>
#include <lacuna/attention/plan.hpp>
#include <lacuna/attention/validate.hpp>
#include <lacuna/core/error.hpp>

#include "attention.hpp"
#include "message_of.hpp"
#include "patterns.hpp"

#include <cstdint>
#include <sstream>
#include <string>
#include <vector>

namespace lacuna_test {

/// What a row of a plan says of each key, in the order of keys; a key twice is caught by `validate`.
[[nodiscard]] inline std::vector<lacuna::attention::cover> covers_of_row(lacuna::attention::plan_view const& p,
                                                                         lacuna::index row) {
  using lacuna::attention::cover;
  std::vector<cover> found(static_cast<std::size_t>(p.shape.keys), cover::none);
  for (auto const x : p.runs_of(row))
    for (auto j = x.first; j != x.first + x.count; ++j)
      found[static_cast<std::size_t>(j)] = x.partial ? cover::partial : cover::full;
  for (auto const key : p.tokens_of(row)) found[static_cast<std::size_t>(key)] = cover::full;
  return found;
}

/// Whether a plan holds the pairs that a pattern allows: all keys that every query of a tile sees, and partial ones
/// where some see them, which the mask tells apart. `exact` allows no partial key that all see or none does, but for
/// short runs that joined a partial neighbour. "" or the first offence.
template <class P>
[[nodiscard]] std::string check_plan(lacuna::attention::plan_view const& p, P const& pattern, bool exact = false) {
  using lacuna::attention::cover;
  auto const invalid = message_of([&] {
    lacuna::attention::validate(p);
    return 0;
  });
  if (invalid != "no error") return invalid;
  for (lacuna::index head = 0; head != p.shape.heads; ++head)
    for (lacuna::index n = 0; n != p.tiles(); ++n) {
      auto const q0 = n * p.tile_queries + p.shape.first_position();
      auto const behind = p.shape.queries - n * p.tile_queries;
      lacuna::attention::tile const t{q0, q0 + (behind < p.tile_queries ? behind : p.tile_queries), 0, p.shape.keys,
                                      head};
      auto const expected = covers_of_keys(pattern, t);
      auto const found = covers_of_row(p, p.row(head, n));
      for (std::size_t k = 0; k != expected.size(); ++k) {
        bool const fine =
            found[k] == expected[k] || (found[k] == cover::partial && (!exact || expected[k] == cover::full));
        if (!fine)
          return text_of(t) + "the plan says " + std::to_string(static_cast<int>(found[k])) + " of key " +
                 std::to_string(k) + ", the pairs say " + std::to_string(static_cast<int>(expected[k]));
      }
      for (auto const x : p.runs_of(p.row(head, n))) {
        if (!x.partial) continue;
        auto const count = x.count < 64 ? x.count : 64;
        for (auto i = t.q0; i < t.q1; i += 7) {
          auto const word = p.mask.word(p.mask.pattern, i, x.first, count, head);
          for (int b = 0; b != count; ++b)
            if ((word >> b & 1u) != std::uint64_t{lacuna::attention::allows(pattern, i, x.first + b, head)})
              return text_of(t) + "the mask is wrong at query " + std::to_string(i) + ", key " +
                     std::to_string(x.first + b);
        }
      }
    }
  return "";
}

}  // namespace lacuna_test
