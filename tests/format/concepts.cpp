// SPDX-License-Identifier: MIT
//
// Every format of the catalogue, every way of conversion, in float.
#include <lacuna/format/concepts.hpp>

#include "support/catalogue.hpp"
#include "support/conformance.hpp"

#include <catch2/catch_test_macros.hpp>

#include <string>
#include <type_traits>

using namespace lacuna_test;

namespace {

/// Formats that differ from another one of the catalogue in the size of a block or a group, or in a type of index; that
/// they pack every source is in bsr_pack.cpp and nm_pack.cpp.
template <class T>
using variants = type_list<lacuna::csr<T, int>, lacuna::bsr<T, 1, 4>, lacuna::bsr<T, 4, 1>, lacuna::bsr<T, 8, 1>,
                           lacuna::bsr<T, 16, 1>, lacuna::bsr<T, 16, 4>, lacuna::nm<T, 1, 4>, lacuna::nm<T, 4, 8>,
                           lacuna::nm<T, 2, 8>, lacuna::nm<T, 1, 16>, lacuna::nm<T, 1, 1>, lacuna::nm<T, 8, 32>,
                           lacuna::vnm<T, 3, 1, 5>>;
template <class F, class... Fs>
consteval bool is_among(type_list<Fs...>) {
  return (std::is_same_v<F, Fs> || ...);
}

template <class Entry>
std::string format_problem() {
  using F = typename Entry::format;
  static_assert(lacuna::sparse_format<F>);
  static_assert(lacuna::sparse_format<typename F::transposed>);
  static_assert(lacuna::sparse_matrix<lacuna::view_t<F>> && !lacuna::sparse_format<lacuna::view_t<F>>);
  static_assert(lacuna::sparse_operand<F> && lacuna::sparse_operand<lacuna::view_t<F>>);
  static_assert(std::is_trivially_copyable_v<lacuna::view_t<F>>, "views are passed by value");
  static_assert(std::is_nothrow_move_constructible_v<F> && std::is_nothrow_move_assignable_v<F>);
  static_assert(std::is_empty_v<typename F::layout>, "a layout is a tag");
  constexpr bool variant = is_among<F>(variants<typename F::value_type>{});
  return first_nonconformance<F, variant ? depth::guarded : depth::full>();
}

void check_format(char const* name, std::string (*problem)()) {
  CAPTURE(name);
  CHECK(problem() == std::string());
}

template <class... Entries>
void check_catalogue(type_list<Entries...>) {
  (check_format(Entries::name, &format_problem<Entries>), ...);
}

}  // namespace

TEST_CASE("formats: every one of the catalogue conforms, in float") { check_catalogue(catalogue<float>{}); }
