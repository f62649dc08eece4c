// SPDX-License-Identifier: MIT
//
// The formats of the catalogue in the types that share the code of others: double that of float, f16 that of bf16. Each
// format in one of the two.
#include <lacuna/format/concepts.hpp>

#include "support/catalogue.hpp"
#include "support/conformance.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstddef>
#include <string>
#include <utility>

using namespace lacuna_test;

namespace {

void check_format(char const* name, std::string (*problem)()) {
  CAPTURE(name);
  CHECK(problem() == std::string());
}

/// Every other format of the catalogue, from the first or the second on.
template <std::size_t First, class... Entries, std::size_t... Places>
void check_every_other(type_list<Entries...>, std::index_sequence<Places...>) {
  auto const check = [&]<class Entry, std::size_t Place>() {
    if constexpr (Place % 2 == First)
      check_format(Entry::name, &first_nonconformance<typename Entry::format, depth::basic>);
  };
  (check.template operator()<Entries, Places>(), ...);
}
template <std::size_t First, class... Entries>
void check_every_other(type_list<Entries...> list) {
  check_every_other<First>(list, std::index_sequence_for<Entries...>{});
}

}  // namespace

TEST_CASE("formats: one half of the catalogue conforms in double") { check_every_other<1>(catalogue<double>{}); }
TEST_CASE("formats: the other half conforms in f16") { check_every_other<0>(catalogue<lacuna::f16>{}); }
