// SPDX-License-Identifier: MIT
//
// launch [--require] FEATURE... -- PROGRAM ARGUMENT...
// Runs PROGRAM if this processor has every FEATURE; else ends with 77, which CTest shows as skipped, or, with
// --require, with 1.  It is compiled for the baseline: a program compiled for a newer processor may die before its own
// main.
#include <unistd.h>

#include <cstdio>
#include <string_view>

#if defined(__aarch64__) && defined(__linux__)
#include <sys/auxv.h>
#endif

namespace {

bool processor_has(std::string_view feature) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (feature == "avx2") return __builtin_cpu_supports("avx2");
  if (feature == "fma") return __builtin_cpu_supports("fma");
  if (feature == "bmi2") return __builtin_cpu_supports("bmi2");
  if (feature == "avx512f") return __builtin_cpu_supports("avx512f");
  if (feature == "avx512bw") return __builtin_cpu_supports("avx512bw");
  if (feature == "avx512vnni") return __builtin_cpu_supports("avx512vnni");
  if (feature == "avx512vbmi2") return __builtin_cpu_supports("avx512vbmi2");
#elif defined(__aarch64__) && defined(__linux__)
  if (feature == "dotprod") return (getauxval(AT_HWCAP) & (1UL << 20)) != 0;
  if (feature == "i8mm") return (getauxval(AT_HWCAP2) & (1UL << 13)) != 0;
#endif
  return false;
}

}  // namespace

int main(int argc, char** argv) {
  bool required = false;
  for (int i = 1; i < argc; ++i) {
    std::string_view const word = argv[i];
    if (word == "--require") {
      required = true;
    } else if (word == "--" && i + 1 < argc) {
      execv(argv[i + 1], argv + i + 1);
      std::perror(argv[i + 1]);
      return 1;
    } else if (!processor_has(word)) {
      std::printf("not run: this processor lacks %s\n", argv[i]);
      return required ? 1 : 77;
    }
  }
  std::fputs("usage: launch [--require] FEATURE... -- PROGRAM ARGUMENT...\n", stderr);
  return 2;
}
