// SPDX-License-Identifier: MIT
//
// What one core of this machine can do at most: multiply-adds a second, bytes read a second. Every other figure is read
// as a fraction of these.
#pragma once

#include <lacuna/core/buffer.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/simd/arch.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

namespace lacuna_bench {

/// How many multiply-adds are under way at once. Two or four units with a latency of four or five cycles need 8 to 16
/// chains, and the chains and their two factors must fit into the registers: 16, or 32 of AVX-512 and of Arm.
template <class Arch>
inline constexpr int chains = lacuna::simd::avx512<Arch> || lacuna::simd::neon64<Arch> ? 24 : 12;

/// Keeps a value in a register without writing it to memory, and keeps the compiler from knowing it.
template <class Register>
LACUNA_INLINE void hide(Register& value) {
#if defined(__x86_64__) || defined(__i386__)  // v: any vector register, AVX-512's upper sixteen included
  asm volatile("" : "+v"(value));
#elif defined(__aarch64__)
  asm volatile("" : "+w"(value));
#else
  asm volatile("" : "+m"(value));
#endif
}

/// Runs `times` rounds of chains<Arch> independent operations r = step(r, a, b), and hides what comes out. Loops over
/// the chains are unrolled by the pack, so that each chain is a register.
template <class Arch, class Register, class Step, std::size_t... I>
LACUNA_INLINE void run_chains(Register start, Register a, Register b, Step step, std::int64_t times,
                              std::index_sequence<I...>) {
  Register r[sizeof...(I)] = {((void)I, start)...};
  hide(a);
  hide(b);
  (hide(r[I]), ...);  // chains that are known to be equal would be merged into one
  for (std::int64_t t = 0; t != times; ++t) ((r[I] = step(r[I], a, b)), ...);
  (hide(r[I]), ...);
}

/// One kind of multiply-add: `run(times)` issues times * chains of them, each of `operations` operations (a product and
/// a sum count as two).
struct multiply_add {
  char const* name;  ///< the type, and the instruction where there are several
  double operations;
  void (*run)(std::int64_t times);
};

/// Registers of T multiplied and added: one instruction with FMA, two without.
template <class T>
void run_fma(std::int64_t times) {
  using arch = lacuna::simd::default_arch;
  using batch = lacuna::simd::batch<T, arch>;
  using reg = typename batch::register_type;
  auto const step = [](reg r, reg a, reg b)
                        LACUNA_INLINE_LAMBDA -> reg { return xsimd::fma(batch(r), batch(a), batch(b)); };
  run_chains<arch, reg>(batch(T(1)), batch(T(0.5)), batch(T(0.5)), step, times,
                        std::make_index_sequence<chains<arch>>{});
}

template <class T>
inline constexpr double fma_operations =
    2.0 * static_cast<double>(lacuna::simd::batch<T, lacuna::simd::default_arch>::size);

/// The narrow types, in limits_narrow.cpp: bf16 and int8 dot products and f16 multiply-adds, where this build has them;
/// `count` of them.
struct narrow_kinds {
  std::array<multiply_add, 4> kind;
  std::size_t count;
};
[[nodiscard]] narrow_kinds narrow_multiply_adds();

/// All kinds of multiply-add of this build, f32 first.
[[nodiscard]] std::vector<multiply_add> const& multiply_adds();

/// Reads n floats once, but for a rest of less than eight registers: eight independent sums, so that loads are what is
/// waited for.
void read_once(float const* data, lacuna::index n);

/// Operations a second of one kind: the best of nine runs of two milliseconds, for what disturbs a run only slows it.
[[nodiscard]] double measured_rate(multiply_add const& kind);

/// Bytes a second at which `bytes` bytes are read again and again: the best of nine. From the cache that holds them.
[[nodiscard]] double measured_bandwidth(lacuna::index bytes);

/// The types of a product's multiply-adds.
enum class arithmetic { f32, f64, int8 };

/// The limits of this process, measured when they are first asked for and remembered.
class machine_limits {
 public:
  [[nodiscard]] static machine_limits& instance();
  /// Operations a second.
  [[nodiscard]] double peak(arithmetic kind);
  /// Bytes a second for a working set: measured on a buffer of 4 KiB to some 256 MiB that is as large or up to
  /// a quarter larger.
  [[nodiscard]] double bandwidth(double working_set);

 private:
  std::map<arithmetic, double> peak_;
  std::map<lacuna::index, double> bandwidth_;
};

}  // namespace lacuna_bench
