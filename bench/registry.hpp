// SPDX-License-Identifier: MIT
//
// Which benchmarks there are: one function a file, called by main once the options are known.
#pragma once

#include "options.hpp"

#include <benchmark/benchmark.h>

#include <functional>
#include <string>

namespace lacuna_bench {

/// One thread is timed by the processor time it takes, which is the same as the time that passes when it is left alone,
/// and does not count what others do when it is not. Several threads are timed by the wall.
enum class clock_kind { processor, wall };
[[nodiscard]] constexpr clock_kind clock_of(lacuna::index threads) noexcept {
  return threads == 1 ? clock_kind::processor : clock_kind::wall;
}

/// What the weights of a cold product of one token add up to: far more than a core's own caches hold. Layers take
/// turns, as those of a model do.
inline constexpr double beyond_caches = 64e6;

/// Registers a benchmark. Nothing may be made before it runs: listing them has to be instant.
void add(std::string const& name, clock_kind clock, std::function<void(benchmark::State&)> run);

void register_limits(options const& o);
void register_dense(options const& o);
void register_spmm(options const& o);
void register_spmm_f64_int8(options const& o);
void register_spmm_bf16_f16(options const& o);
void register_f16_sums(options const& o);
void register_spmv(options const& o);
void register_active(options const& o);
void register_backward(options const& o);
void register_prune(options const& o);
void register_pack(options const& o);
void register_reconstruct(options const& o);
void register_attend(options const& o);
void register_plan(options const& o);
void register_select(options const& o);

}  // namespace lacuna_bench
