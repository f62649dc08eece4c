// SPDX-License-Identifier: MIT
//
// Peak rates of the narrow types. xsimd has no word for these instructions, so here stand intrinsics.
#include "limits.hpp"

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

namespace lacuna_bench {
namespace {

using arch = lacuna::simd::default_arch;
constexpr auto all_chains = std::make_index_sequence<chains<arch>>{};

#if defined(__AVX512BF16__) && defined(__AVX512F__)
void run_bf16(std::int64_t times) {
  union {
    __m512i bits;
    __m512bh values;
  } one;
  one.bits = _mm512_set1_epi16(0x3F80);
  auto const step = [](__m512 r, __m512 a, __m512 b) LACUNA_INLINE_LAMBDA {
    union {
      __m512 bits;
      __m512bh values;
    } x, y;
    x.bits = a;
    y.bits = b;
    return _mm512_dpbf16_ps(r, x.values, y.values);
  };
  auto const ones = _mm512_castsi512_ps(one.bits);
  run_chains<arch, __m512>(_mm512_setzero_ps(), ones, ones, step, times, all_chains);
}
constexpr multiply_add bf16_kind{"bf16 dot", 64, run_bf16};
#define LACUNA_BENCH_BF16 1
#elif defined(__ARM_FEATURE_BF16_VECTOR_ARITHMETIC)
void run_bf16(std::int64_t times) {
  auto const step = [](float32x4_t r, float32x4_t a, float32x4_t b) LACUNA_INLINE_LAMBDA {
    return vbfdotq_f32(r, vreinterpretq_bf16_f32(a), vreinterpretq_bf16_f32(b));
  };
  auto const ones = vreinterpretq_f32_u16(vdupq_n_u16(0x3F80));
  run_chains<arch, float32x4_t>(vdupq_n_f32(0), ones, ones, step, times, all_chains);
}
constexpr multiply_add bf16_kind{"bf16 dot", 16, run_bf16};
#define LACUNA_BENCH_BF16 1
#endif

#if defined(__AVX512FP16__)
void run_f16(std::int64_t times) {
  auto const step = [](__m512h r, __m512h a, __m512h b) LACUNA_INLINE_LAMBDA { return _mm512_fmadd_ph(r, a, b); };
  auto const half = _mm512_set1_ph(static_cast<_Float16>(0.5));
  run_chains<arch, __m512h>(half, half, half, step, times, all_chains);
}
constexpr multiply_add f16_kind{"f16", 64, run_f16};
#define LACUNA_BENCH_F16 1
#elif defined(__ARM_FEATURE_FP16_VECTOR_ARITHMETIC)
void run_f16(std::int64_t times) {
  auto const step = [](float16x8_t r, float16x8_t a, float16x8_t b) LACUNA_INLINE_LAMBDA { return vfmaq_f16(b, r, a); };
  auto const half = vdupq_n_f16(static_cast<float16_t>(0.5));
  run_chains<arch, float16x8_t>(half, half, half, step, times, all_chains);
}
constexpr multiply_add f16_kind{"f16", 16, run_f16};
#define LACUNA_BENCH_F16 1
#endif

#if defined(__AVX512VNNI__)
void run_int8(std::int64_t times) {
  auto const step = [](__m512i r, __m512i a, __m512i b) LACUNA_INLINE_LAMBDA { return _mm512_dpbusd_epi32(r, a, b); };
  auto const ones = _mm512_set1_epi8(1);
  run_chains<arch, __m512i>(_mm512_setzero_si512(), ones, ones, step, times, all_chains);
}
constexpr multiply_add int8_kind{"int8 dot", 128, run_int8};
#elif defined(__AVXVNNI__)
void run_int8(std::int64_t times) {
  auto const step = [](__m256i r, __m256i a, __m256i b)
                        LACUNA_INLINE_LAMBDA { return _mm256_dpbusd_avx_epi32(r, a, b); };
  auto const ones = _mm256_set1_epi8(1);
  run_chains<arch, __m256i>(_mm256_setzero_si256(), ones, ones, step, times, all_chains);
}
constexpr multiply_add int8_kind{"int8 dot", 64, run_int8};
#elif defined(__AVX512BW__)
// Without a dot product: two instructions multiply and add neighbours, a third sums up.
void run_int8(std::int64_t times) {
  auto const step = [](__m512i r, __m512i a, __m512i b) LACUNA_INLINE_LAMBDA {
    hide(a);  // or the products, which do not depend on r, would be taken out of the loop
    return _mm512_add_epi32(r, _mm512_madd_epi16(_mm512_maddubs_epi16(a, b), _mm512_set1_epi16(1)));
  };
  auto const ones = _mm512_set1_epi8(1);
  run_chains<arch, __m512i>(_mm512_setzero_si512(), ones, ones, step, times, all_chains);
}
constexpr multiply_add int8_kind{"int8 maddubs", 128, run_int8};

// That saturates. Exact are pairs of 16 bits, here widened already: two instructions multiply, two sum up.
void run_int8_pairs(std::int64_t times) {
  auto const step = [](__m512i r, __m512i a, __m512i b) LACUNA_INLINE_LAMBDA {
    hide(a);
    hide(b);
    return _mm512_add_epi32(r, _mm512_add_epi32(_mm512_madd_epi16(a, a), _mm512_madd_epi16(b, b)));
  };
  auto const ones = _mm512_set1_epi16(1);
  run_chains<arch, __m512i>(_mm512_setzero_si512(), ones, ones, step, times, all_chains);
}
constexpr multiply_add pairs_kind{"int8 pairs", 128, run_int8_pairs};
#define LACUNA_BENCH_INT8_PAIRS 1
#elif defined(__AVX2__)
void run_int8(std::int64_t times) {
  auto const step = [](__m256i r, __m256i a, __m256i b) LACUNA_INLINE_LAMBDA {
    hide(a);
    return _mm256_add_epi32(r, _mm256_madd_epi16(_mm256_maddubs_epi16(a, b), _mm256_set1_epi16(1)));
  };
  auto const ones = _mm256_set1_epi8(1);
  run_chains<arch, __m256i>(_mm256_setzero_si256(), ones, ones, step, times, all_chains);
}
constexpr multiply_add int8_kind{"int8 maddubs", 64, run_int8};

void run_int8_pairs(std::int64_t times) {
  auto const step = [](__m256i r, __m256i a, __m256i b) LACUNA_INLINE_LAMBDA {
    hide(a);
    hide(b);
    return _mm256_add_epi32(r, _mm256_add_epi32(_mm256_madd_epi16(a, a), _mm256_madd_epi16(b, b)));
  };
  auto const ones = _mm256_set1_epi16(1);
  run_chains<arch, __m256i>(_mm256_setzero_si256(), ones, ones, step, times, all_chains);
}
constexpr multiply_add pairs_kind{"int8 pairs", 64, run_int8_pairs};
#define LACUNA_BENCH_INT8_PAIRS 1
#elif defined(__ARM_FEATURE_DOTPROD)
void run_int8(std::int64_t times) {
  auto const step = [](int8x16_t r, int8x16_t a, int8x16_t b)
                        LACUNA_INLINE_LAMBDA { return vreinterpretq_s8_s32(vdotq_s32(vreinterpretq_s32_s8(r), a, b)); };
  auto const ones = vdupq_n_s8(1);
  run_chains<arch, int8x16_t>(vdupq_n_s8(0), ones, ones, step, times, all_chains);
}
constexpr multiply_add int8_kind{"int8 dot", 32, run_int8};
#elif defined(__SSE2__)
// Pairs of 16 bits, as above, are all there is.
void run_int8(std::int64_t times) {
  auto const step = [](__m128i r, __m128i a, __m128i b) LACUNA_INLINE_LAMBDA {
    hide(a);
    hide(b);
    return _mm_add_epi32(r, _mm_add_epi32(_mm_madd_epi16(a, a), _mm_madd_epi16(b, b)));
  };
  auto const ones = _mm_set1_epi16(1);
  run_chains<arch, __m128i>(_mm_setzero_si128(), ones, ones, step, times, all_chains);
}
constexpr multiply_add int8_kind{"int8 pairs", 32, run_int8};
#else
// int32 arithmetic is what such a processor has for int8.
constexpr multiply_add int8_kind{"int8 as int32", fma_operations<std::int32_t>, run_fma<std::int32_t>};
#endif

}  // namespace

narrow_kinds narrow_multiply_adds() {
  narrow_kinds all{};
  all.kind[all.count++] = int8_kind;
#if LACUNA_BENCH_INT8_PAIRS
  all.kind[all.count++] = pairs_kind;
#endif
#if LACUNA_BENCH_BF16
  all.kind[all.count++] = bf16_kind;
#endif
#if LACUNA_BENCH_F16
  all.kind[all.count++] = f16_kind;
#endif
  return all;
}

}  // namespace lacuna_bench
