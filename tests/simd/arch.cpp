// SPDX-License-Identifier: MIT
#include <lacuna/simd/arch.hpp>

#include <catch2/catch_test_macros.hpp>

#include <concepts>
#include <cstdint>
#include <string_view>

namespace simd = lacuna::simd;
using arch = simd::default_arch;

TEST_CASE("arch: the default has registers of float and double") {
  STATIC_REQUIRE(simd::has_batch<arch, float>);
  STATIC_REQUIRE(simd::has_batch<arch, double> == xsimd::has_simd_register<double, arch>::value);
  STATIC_REQUIRE(std::same_as<simd::batch<float, arch>, xsimd::batch<float, arch>>);
}

TEST_CASE("arch: capabilities follow the compiler's target") {
  bool const emulated = std::string_view(simd::arch_name()).find("emulated") != std::string_view::npos;
#if defined(__AVX512F__)
  CHECK(simd::avx512<arch> == !emulated);
  CHECK_FALSE(simd::avx2<arch>);  // xsimd's tags are no ladder: bodies for AVX2 must not be taken for AVX-512
#elif defined(__AVX2__)
  CHECK(simd::avx2<arch> == !emulated);
  CHECK_FALSE(simd::avx512<arch>);
#elif defined(__aarch64__)
  CHECK(simd::neon64<arch> == !emulated);
#else
  CHECK_FALSE((emulated && (simd::avx2<arch> || simd::avx512<arch> || simd::neon64<arch>)));
#endif
  CHECK(int{simd::avx512<arch>} + int{simd::avx2<arch>} + int{simd::neon64<arch>} <= 1);
}

TEST_CASE("arch: multiply-adds of bytes follow the compiler's target") {
  CHECK((!simd::vnni512<arch> || simd::avx512<arch>));
  CHECK((!simd::avxvnni<arch> || simd::avx2<arch>));
  CHECK((!simd::i8mm<arch> || simd::neon64<arch>));
#if defined(__AVX512VNNI__)
  CHECK(simd::vnni512<arch> == simd::avx512<arch>);
#elif !defined(__AVXVNNI__)
  CHECK_FALSE(simd::avxvnni<arch>);
#endif
#if defined(__ARM_FEATURE_DOTPROD)
  CHECK(simd::dotprod<arch> == simd::neon64<arch>);
#else
  CHECK_FALSE(simd::dotprod<arch>);
#endif
}

TEST_CASE("arch: core/config.hpp tells packers of the same registers") {
  STATIC_REQUIRE(lacuna::detail::registers.count == simd::register_count<arch>);
  STATIC_REQUIRE(lacuna::detail::registers.bytes == sizeof(simd::batch<float, arch>));
}

#if XSIMD_WITH_EMULATED
TEST_CASE("arch: an emulated width takes nothing from the machine below") {
  using emulated = xsimd::emulated<256>;
  STATIC_REQUIRE_FALSE(simd::avx512<emulated>);
  STATIC_REQUIRE_FALSE(simd::avx2<emulated>);
  STATIC_REQUIRE_FALSE(simd::neon64<emulated>);
}
#endif
