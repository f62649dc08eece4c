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

void check_format(char const* name, std::string (*problem)()) {
  CAPTURE(name);
  CHECK(problem() == std::string());
}

template <class... Entries>
void check_catalogue(type_list<Entries...>) {
  (check_format(Entries::name, &first_nonconformance<typename Entries::format, depth::basic>), ...);
}

}  // namespace

TEST_CASE("formats: every one of the catalogue conforms, in bf16") { check_catalogue(catalogue<lacuna::bf16>{}); }
TEST_CASE("formats: every one of the catalogue conforms, in int8") { check_catalogue(catalogue<std::int8_t>{}); }
