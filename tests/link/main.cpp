// SPDX-License-Identifier: MIT
//
// usage: PROGRAM older         calls what was compiled for the older processor: must run on it
//        PROGRAM both          calls both and compares their results; 77 if this processor lacks the newer's
//        instructions
#include "layer.hpp"

#include <cstdio>
#include <cstring>

#if defined(__linux__) && defined(__aarch64__)
#include <asm/hwcap.h>
#include <sys/auxv.h>
#endif

namespace {

float older[layer_capacity];
float newer[layer_capacity];

bool has_newer() {
#if defined(__x86_64__)
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vnni") &&
         __builtin_cpu_supports("avx512vbmi2") && __builtin_cpu_supports("avx512bitalg");
#elif defined(__linux__) && defined(__aarch64__)
  return (getauxval(AT_HWCAP) & HWCAP_ASIMDDP) != 0 && (getauxval(AT_HWCAP2) & HWCAP2_I8MM) != 0;
#else
  return false;
#endif
}

}  // namespace

int main(int argc, char** argv) {
  bool const both = argc == 2 && std::strcmp(argv[1], "both") == 0;
  int const count = layer_older(older);
  std::printf("older: %d results\n", count);
  if (count <= 0 || count > layer_capacity) return 1;
  if (!both) return 0;
  if (!has_newer()) {
    std::puts("this processor lacks the instructions of the newer copy");
    return 77;
  }
  if (layer_newer(newer) != count) return 1;
  int different = 0;
  for (int i = 0; i != count; ++i)
    if (older[i] != newer[i] && different++ == 0)
      std::printf("result %d: %.9g, newer %.9g\n", i, static_cast<double>(older[i]), static_cast<double>(newer[i]));
  std::printf("newer: %d of %d differ\n", different, count);
  return different == 0 ? 0 : 1;
}
