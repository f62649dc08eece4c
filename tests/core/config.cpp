// SPDX-License-Identifier: MIT
#include <lacuna/core/config.hpp>

#include <catch2/catch_test_macros.hpp>

#include <cstddef>
#include <string_view>
#include <type_traits>

namespace {

#define LACUNA_TEST_TEXT_(name) #name
#define LACUNA_TEST_TEXT(name) LACUNA_TEST_TEXT_(name)
constexpr std::string_view isa = LACUNA_TEST_TEXT(LACUNA_ISA);

}  // namespace

// The name is put together by the preprocessor: a macro that was not expanded would leave its own name in it.
TEST_CASE("config: the inline namespace has a name of the processor's features") {
  CAPTURE(isa);
  CHECK(isa.starts_with("isa_"));
  CHECK(isa.find("LACUNA") == isa.npos);
  for (char const c : isa) CHECK(((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'));
}

TEST_CASE("config: the name tells what would change the code of an algorithm") {
  CAPTURE(isa);
  auto const has = [](std::string_view word) { return isa.find(word) != isa.npos; };
#if defined(__AVX512F__)
  CHECK(has("isa_avx512f"));
#elif defined(__AVX2__)
  CHECK(has("isa_avx2"));
#elif defined(__SSE2__)
  CHECK(has("isa_s"));
#elif defined(__aarch64__)
  CHECK((has("isa_neon64") || has("isa_sve")));
#endif
#if defined(__FMA__)
  CHECK(has("_fma"));
#else
  CHECK_FALSE(has("_fma"));
#endif
#if defined(__AVX512VNNI__)
  CHECK(has("_vnni"));
#else
  CHECK_FALSE(has("_vnni"));
#endif
#if defined(__ARM_FEATURE_DOTPROD)
  CHECK(has("_dotprod"));
#else
  CHECK_FALSE(has("_dotprod"));
#endif
#if defined(NDEBUG)
  CHECK_FALSE(has("_debug"));
#else
  CHECK(has("_debug"));
#endif
  CHECK_FALSE(has("_noexcept"));  // Catch2 throws
}

TEST_CASE("config: counts are signed and as wide as pointers") {
  static_assert(std::is_same_v<lacuna::index, std::ptrdiff_t>);
  CHECK(LACUNA_VERSION_MAJOR >= 0);
  CHECK(LACUNA_EXCEPTIONS == 1);
}
