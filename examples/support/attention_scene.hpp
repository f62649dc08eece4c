// SPDX-License-Identifier: MIT
//
// One layer's attention, dense, and beside it whatever sparse form one likes: time, and what it cost in quality.
#pragma once

#include <lacuna/attend.hpp>
#include <lacuna/attention/inspect.hpp>
#include <lacuna/attention/materialize.hpp>
#include <lacuna/attention/recall.hpp>
#include <lacuna/core/dense.hpp>
#include <lacuna/core/threads.hpp>

#include "attention_data.hpp"
#include "stopwatch.hpp"

#include <cstdio>
#include <string>
#include <utility>

namespace demo {

/// Dense attention over what `Dense` allows, and a table of what takes its place.
template <lacuna::attention::pattern Dense>
class attention_scene {
 public:
  /// `budget`: seconds for each line; 0 for one round that means nothing.
  attention_scene(std::string const& title, attention_data const& data, Dense dense, lacuna::threads& pool,
                  double budget)
      : pool_(pool),
        q_(data.q.view()),
        kv_(data.k.view(), data.v.view()),
        shape_{q_.tokens, data.k.view().tokens, q_.heads, data.k.view().heads},
        dense_(std::move(dense)),
        dense_out_(q_.heads, q_.tokens, q_.dim),
        out_(q_.heads, q_.tokens, q_.dim),
        dense_lse_(q_.heads, q_.tokens),
        lse_(q_.heads, q_.tokens),
        budget_(budget) {
    lacuna::attend(pool_, q_, kv_, dense_, dense_out_.view(), {.lse = dense_lse_});
    all_pairs_ = lacuna::attention::allowed_pairs(lacuna::attention::materialize(dense_, shape_));
    std::printf("\n%s: %td queries, %td keys, %td heads over %td, dim %td\n", title.c_str(), shape_.queries,
                shape_.keys, shape_.heads, shape_.kv_heads, q_.dim);
    std::printf("  %-44s %8s %9s %9s %9s %7s %7s %9s\n", "", "density", "plan ms", "attend ms", "speed-up", "recall",
                "least", "rel. L1");
  }

  [[nodiscard]] lacuna::attention::shape shape() const noexcept { return shape_; }

  /// One line: make() returns a plan. The speed-up is that of making the plan and attending by it, over dense
  /// attention; the three are timed in turns.
  template <class Make, class Policy = lacuna::attention::exact>
  void show(std::string const& name, Make const& make, Policy const& policy = {}) {
    auto const plan = make();
    lacuna::attend(pool_, q_, kv_, plan, out_.view(), {.lse = lse_}, policy);
    auto const recall = lacuna::attention::mass_recall(lse_, dense_lse_);
    auto const error = lacuna::attention::error_of(std::as_const(out_).view(), std::as_const(dense_out_).view());
    auto const seconds =
        time_in_turn({[&] { lacuna::attend(pool_, q_, kv_, dense_, out_.view()); }, [&] { static_cast<void>(make()); },
                      [&] { lacuna::attend(pool_, q_, kv_, plan, out_.view(), {}, policy); }},
                     budget_);
    std::printf("  %-44s %7.1f%% %9.2f %9.2f %8.2fx %7.3f %7.3f %9.4f\n", name.c_str(),
                100 * lacuna::attention::allowed_pairs(plan) / all_pairs_, 1e3 * seconds[1], 1e3 * seconds[2],
                seconds[0] / (seconds[1] + seconds[2]), recall.mean, recall.least, error.relative);
  }

 private:
  lacuna::threads& pool_;
  lacuna::heads_view<float const> q_;
  lacuna::attention::dense_kv<float> kv_;
  lacuna::attention::shape shape_;
  Dense dense_;
  heads dense_out_, out_;
  lacuna::dense<float> dense_lse_, lse_;
  double budget_;
  double all_pairs_ = 0;
};

}  // namespace demo
