// SPDX-License-Identifier: MIT
//
// Which benchmarks there are: one function a file, called by main once the options are known.
#pragma once

#include "options.hpp"

#include <benchmark/benchmark.h>

#include <functional>
#include <string>

namespace lacuna_bench {

/// Registers a benchmark by wall-clock time. Nothing may be made before it runs: listing them has to be instant.
void add(std::string const& name, std::function<void(benchmark::State&)> run);

void register_limits(options const& o);
void register_dense(options const& o);
void register_spmm(options const& o);
void register_spmm_f64_int8(options const& o);
void register_spmm_bf16_f16(options const& o);
void register_spmv(options const& o);
void register_prune(options const& o);
void register_pack(options const& o);
void register_attend(options const& o);

}  // namespace lacuna_bench
