// SPDX-License-Identifier: MIT
//
// Two threads beside one, and what they could gain at most: beside each product multiply-adds that take as long and
// touch no memory, in one range and in two. Two processors are seldom twice one: they share a clock, a core, a host.
#include <lacuna/core/threads.hpp>

#include "../limits.hpp"
#include "goals.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>

namespace lacuna_compare {
namespace {

/// Rounds of run_fma that take one thread as long as `run`, an even number.
std::int64_t fma_rounds(std::function<void()> const& run) {
  run();  // caches
  auto const start = std::chrono::steady_clock::now();
  run();
  auto const seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  using arch = lacuna::simd::default_arch;
  constexpr double operations = lacuna_bench::fma_operations<float> * lacuna_bench::chains<arch>;
  auto const peak = lacuna_bench::machine_limits::instance().peak(lacuna_bench::arithmetic::f32);
  return 2 * static_cast<std::int64_t>(seconds * peak / operations / 2);
}

void add_multiply_adds(operands& all, std::string const& threads, lacuna_test::any_executor executor,
                       std::int64_t rounds) {
  contestant c;
  c.name = "multiply-adds, " + threads;
  c.who = role::other;
  c.run = [executor, rounds] {
    executor.for_ranges(2, 1, [rounds](lacuna::index first, lacuna::index last, lacuna::index) {
      lacuna_bench::run_fma<float>((last - first) * rounds / 2);
    });
  };
  all.admit(std::move(c));
}

void compare_threads_of(format const& f, matrix const& w, case_description d, settings const& s, recorder& out) {
  d.layer += ", " + f.name;
  operands all(d, s, out);
  auto const keep = f.prune(w, d.sparsity);
  auto const exact = exact_product(lacuna_peers::dense_of(w, keep), all.x());
  all.add(f, w, keep, exact, "2 threads");
  auto const packed = f.pack(w, keep, d.tokens, 0);
  lacuna::serial serial;
  lacuna_test::any_executor const alone(serial);
  contestant c;
  c.name = "1 thread";
  c.kernel = packed.kernel;
  c.useful = all.work(keep.count());
  c.run = [&, multiply = packed.multiply] { multiply(alone, all.x(), all.y()); };
  auto const rounds = fma_rounds(c.run);
  all.add(std::move(c), exact);
  add_multiply_adds(all, "2 threads", all.executor(), rounds);
  add_multiply_adds(all, "1 thread", alone, rounds);
  all.run();
}

}  // namespace

void compare_threads(settings const& s, recorder& out) {
  for (auto const& size : s.shapes) {
    auto one_shape = s;
    one_shape.shapes = {size};
    auto const w = random_values(size.rows, size.cols, 1);
    for (auto const n : s.tokens)
      for (auto const* const list : {&unstructured_formats(), &structured_formats()})
        for (auto const& f : *list) {
          if (!is_typical(f.name) || !settings::takes(s.formats, f.name)) continue;
          auto d = goal_case(one_shape, "threads", n);
          d.threads = 2;
          compare_threads_of(f, w, std::move(d), s, out);
        }
  }
}

}  // namespace lacuna_compare
