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

template <class Entry>
void check_format(type_tag<Entry>) {
  using F = typename Entry::format;
  static_assert(lacuna::sparse_format<F>);
  static_assert(lacuna::sparse_format<typename F::transposed>);
  static_assert(lacuna::sparse_matrix<lacuna::view_t<F>> && !lacuna::sparse_format<lacuna::view_t<F>>);
  static_assert(lacuna::sparse_operand<F> && lacuna::sparse_operand<lacuna::view_t<F>>);
  static_assert(std::is_trivially_copyable_v<lacuna::view_t<F>>, "views are passed by value");
  static_assert(std::is_nothrow_move_constructible_v<F> && std::is_nothrow_move_assignable_v<F>);
  static_assert(std::is_empty_v<typename F::layout>, "a layout is a tag");
  CAPTURE(Entry::name);
  CHECK(first_nonconformance<F, depth::full>() == std::string());
}

template <class T>
void check_catalogue() {
  for_each_type(catalogue<T>{}, [](auto entry) { check_format(entry); });
}

}  // namespace

TEST_CASE("formats: every one of the catalogue conforms, in float") { check_catalogue<float>(); }
