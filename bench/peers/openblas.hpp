// SPDX-License-Identifier: MIT
//
// OpenBLAS's dense product as a peer. Compiled where LACUNA_HAS_OPENBLAS says that it was found.
#pragma once

#if LACUNA_HAS_OPENBLAS
#include <lacuna/core/config.hpp>

#include <cblas.h>
#if defined(__linux__)
#include <unistd.h>
#endif

#include <cstdlib>
#include <string>
#include <string_view>

namespace lacuna_peers {

/// The name of the kernels that OpenBLAS chose for this processor.
[[nodiscard]] inline std::string openblas_kernels() { return openblas_get_corename(); }

/// An OpenBLAS older than the processor (0.3.21 of Debian 12 on Sapphire Rapids) does not recognise it and runs SSE3
/// kernels, at a fifth of the speed. It reads OPENBLAS_CORETYPE when it is loaded, before main: so this starts the
/// program anew with that set. Does nothing where the kernels fit, where the variable is set, or where it can't.
inline void restart_with_fitting_openblas([[maybe_unused]] char** argv) {
#if defined(__linux__) && defined(__x86_64__)
  if (std::getenv("OPENBLAS_CORETYPE") != nullptr) return;
  std::string_view const chosen = openblas_get_corename();
  for (std::string_view const modern : {"SkylakeX", "Cooperlake", "Sapphirerapids", "Haswell", "Zen", "Excavator"})
    if (chosen == modern) return;
  bool const wide = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl");
  bool const narrow = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  if (!wide && !narrow) return;
  ::setenv("OPENBLAS_CORETYPE", wide ? "SkylakeX" : "Haswell", 1);
  ::execv("/proc/self/exe", argv);  // returns only if it failed: then the kernels stay as they are
#endif
}

/// For all products from now on.
inline void set_openblas_threads(lacuna::index threads) { openblas_set_num_threads(static_cast<int>(threads)); }

/// y = w x, all row-major without gaps: w rows x cols, x cols x n, y rows x n.
inline void openblas_product(float const* w, float const* x, float* y, lacuna::index rows, lacuna::index cols,
                             lacuna::index n) {
  auto const m = static_cast<blasint>(rows);
  auto const k = static_cast<blasint>(cols);
  auto const columns = static_cast<blasint>(n);
  if (n == 1)
    cblas_sgemv(CblasRowMajor, CblasNoTrans, m, k, 1.0f, w, k, x, 1, 0.0f, y, 1);
  else
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, m, columns, k, 1.0f, w, k, x, columns, 0.0f, y, columns);
}

}  // namespace lacuna_peers
#endif
