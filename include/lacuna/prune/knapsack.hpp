// SPDX-License-Identifier: MIT
//
// The exact choice of one option for each layer within a budget.
#pragma once

#include <lacuna/core/buffer.hpp>
#include <lacuna/core/checked.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/error.hpp>
#include <lacuna/core/heap_sort.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>

namespace lacuna {

/// One way to treat a layer: what it costs (weights kept, bytes, microseconds) and what it spoils.
struct option {
  std::int64_t cost = 0;
  double error = 0;
};

}  // namespace lacuna

namespace lacuna::detail::inline LACUNA_ISA {

/// Layers so far at a total cost, and how it came about.
struct knapsack_state {
  std::int64_t cost = 0;
  double error = 0;
  index before = 0;  // the state of the layers before
  index choice = 0;
};

/// Appends, in order of cost, the states that no cheaper or equal one is as good as.
inline void append_best(knapsack_state* states, index n, buffer<knapsack_state>& pool, index& used) {
  heap_sort(states, n, [](knapsack_state const& a, knapsack_state const& b) {
    if (a.cost != b.cost) return a.cost < b.cost;
    if (a.error != b.error) return a.error < b.error;
    return a.choice != b.choice ? a.choice < b.choice : a.before < b.before;
  });
  if (pool.size() < checked_add(used, n, "knapsack")) {
    buffer<knapsack_state> longer(checked_multiply(used + n, 2, "knapsack"));
    for (index s = 0; s != used; ++s) longer[s] = pool[s];
    pool = std::move(longer);
  }
  double best = std::numeric_limits<double>::infinity();
  for (index s = 0; s != n; ++s)
    if (s == 0 || states[s].error < best) {
      best = states[s].error;
      pool[used++] = states[s];
    }
}

}  // namespace lacuna::detail::inline LACUNA_ISA

namespace lacuna::inline LACUNA_ISA {

/// For each layer the index of one of its options, so that the costs add up to no more than the budget and the errors,
/// summed in the order of the layers, to the least there is; of equal ones the cheaper, then the earlier option of
/// later layers. `layers` is a list of lists of options (vectors, arrays, spans). Costs are integers and not rounded,
/// so the answer is exact: all states that nothing cheaper is as good as are kept, at most budget + 1 a layer, and each
/// costs 32 bytes. O(layers * options * states * log). Throws value_error, naming layer and option, for a negative cost
/// or an error that is NaN or -infinity, for a layer without options, and if the cheapest options exceed the budget.
/// Source: dynamic programming over the Pareto front, G. Nemhauser, Z. Ullmann, 1969; for layers S. Ye et al. and
/// others.
template <class Layers>
[[nodiscard]] buffer<index> knapsack(Layers const& layers, std::int64_t budget) {
  using detail::knapsack_state;
  auto const count = static_cast<index>(layers.size());
  buffer<knapsack_state> pool(1);  // the states of all layers one after the other
  index begin = 0;                 // of those of the layers so far
  index used = 1;
  std::int64_t least = 0;
  for (index l = 0; l != count; ++l) {
    auto const& options = layers[static_cast<std::size_t>(l)];
    auto const n = static_cast<index>(options.size());
    if (n == 0) detail::fail<value_error>("knapsack: layer ", l, " has no options");
    auto cheapest = std::numeric_limits<std::int64_t>::max();
    for (index o = 0; o != n; ++o) {
      option const& one = options[static_cast<std::size_t>(o)];
      if (one.cost < 0)
        detail::fail<value_error>("knapsack: layer ", l, ", option ", o, " costs ", one.cost, ", expected 0 or more");
      if (!(one.error > -std::numeric_limits<double>::infinity()))
        detail::fail<value_error>("knapsack: layer ", l, ", option ", o, " has error ", one.error,
                                  ", expected a number above -inf");
      cheapest = one.cost < cheapest ? one.cost : cheapest;
    }
    bool const beyond = cheapest > budget - least;
    least = cheapest > std::numeric_limits<std::int64_t>::max() - least ? std::numeric_limits<std::int64_t>::max()
                                                                        : least + cheapest;
    if (beyond)
      detail::fail<value_error>("knapsack: the cheapest options of the first ", l + 1, " layers cost ", least,
                                ", the budget is ", budget);
    buffer<knapsack_state> states(detail::checked_multiply(used - begin, n, "knapsack"));
    index found = 0;
    for (index s = begin; s != used; ++s)
      for (index o = 0; o != n; ++o) {
        option const& one = options[static_cast<std::size_t>(o)];
        if (one.cost <= budget - pool[s].cost)
          states[found++] = {pool[s].cost + one.cost, pool[s].error + one.error, s, o};
      }
    begin = used;
    detail::append_best(states.data(), found, pool, used);
  }
  buffer<index> chosen(count);
  index best = used - 1;  // within the budget all states are; the last has the least error
  for (index l = count; l-- != 0; best = pool[best].before) chosen[l] = pool[best].choice;
  return chosen;
}

}  // namespace lacuna::inline LACUNA_ISA
