// SPDX-License-Identifier: MIT
//
// Every format of the catalogue in values of two bytes and of one.
#include <lacuna/format/concepts.hpp>

#include "support/catalogue.hpp"
#include "support/conformance.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstdint>
#include <string>

using namespace lacuna_test;

namespace {

template <class Entry>
void check_format(type_tag<Entry>) {
  using F = typename Entry::format;
  CAPTURE(Entry::name);
  CHECK(first_nonconformance<F, depth::basic>() == std::string());
}

template <class T>
void check_catalogue() {
  for_each_type(catalogue<T>{}, [](auto entry) { check_format(entry); });
}

}  // namespace

TEST_CASE("formats: every one of the catalogue conforms, in bf16") { check_catalogue<lacuna::bf16>(); }
TEST_CASE("formats: every one of the catalogue conforms, in int8") { check_catalogue<std::int8_t>(); }
