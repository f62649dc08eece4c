// SPDX-License-Identifier: MIT
//
// A plan whose rows are made by several workers, each the next that comes.
#pragma once

#include <lacuna/attention/plan_arrays.hpp>
#include <lacuna/attention/plan_builder.hpp>
#include <lacuna/attention/shape.hpp>
#include <lacuna/core/buffer.hpp>
#include <lacuna/core/config.hpp>

#include <cstddef>
#include <optional>

namespace lacuna::attention::inline LACUNA_ISA {

/// Rows that workers write in any order, each to a builder of its own, put together in order. Their arrays are copied
/// once. What a row is may not depend on the rows before it, so that the plan has the same bits for every executor.
class plan_parts {
 public:
  /// For a plan of so many rows, written by so many workers. Throws as plan_builder does.
  plan_parts(shape s, plan_options o, index rows, index workers) : places_(rows), parts_(workers), workers_(workers) {
    for (index w = 0; w != workers; ++w) at(w).rows.emplace(s, o);
  }

  /// Where a worker writes a row, which `end_row` ends before the worker begins another.
  [[nodiscard]] plan_builder& row(index worker) noexcept { return *at(worker).rows; }
  /// The row that the worker has written is number `row` of the plan.
  void end_row(index worker, index row) {
    auto const wrong_key = at(worker).rows->close_row();
    places_[row] = {worker, at(worker).count++, wrong_key};
  }
  /// All rows behind those of `plan`, which knows the slots of heads. Throws value_error for the first row with a bias
  /// that was not finite, whoever met it first.
  [[nodiscard]] plan_arrays collect(plan_builder& plan) {
    for (index r = 0; r != places_.size(); ++r) plan.require_finite(r, places_[r].wrong_key);
    for (index w = 0; w != workers_; ++w) at(w).arrays = at(w).rows->finish();
    for (index r = 0; r != places_.size();) {
      auto const from = places_[r];
      index count = 1;  // neighbours that stand side by side
      while (r + count != places_.size() && places_[r + count].worker == from.worker &&
             places_[r + count].row == from.row + count)
        ++count;
      plan.copy_rows(at(from.worker).arrays.view(), from.row, count);
      r += count;
    }
    return plan.finish();
  }

 private:
  struct place {
    index worker = 0;
    index row = 0;  ///< of the worker
    index wrong_key = -1;
  };
  struct part {
    std::optional<plan_builder> rows;
    index count = 0;
    plan_arrays arrays;
  };
  /// As std::unique_ptr<part[]>, whose header alone has as many lines as all of these.
  class array {
   public:
    explicit array(index count) : first_(new part[static_cast<std::size_t>(count)]) {}
    array(array const&) = delete;
    array& operator=(array const&) = delete;
    ~array() { delete[] first_; }
    [[nodiscard]] part& operator[](index n) noexcept { return first_[n]; }

   private:
    part* first_;
  };
  [[nodiscard]] part& at(index worker) noexcept { return parts_[worker]; }

  buffer<place> places_;
  array parts_;
  index workers_;
};

}  // namespace lacuna::attention::inline LACUNA_ISA
