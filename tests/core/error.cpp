// SPDX-License-Identifier: MIT
#include <lacuna/core/error.hpp>

#include <catch2/catch_test_macros.hpp>

#include <cstdint>
#include <limits>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>

namespace la = lacuna;

namespace {

template <class Error, class... Parts>
std::string message_of(Parts const&... parts) {
  try {
    la::detail::fail<Error>(parts...);
  } catch (Error const& error) {
    return error.what();
  }
}

void first_handler(char const*) {}
void second_handler(char const*) {}

}  // namespace

TEST_CASE("error: the parts of a message are strung together") {
  CHECK(message_of<la::shape_error>("spmm: A is ", la::index{8}, "x", 16, ", X has ", std::uint64_t{12}, " rows") ==
        "spmm: A is 8x16, X has 12 rows");
  CHECK(message_of<la::format_error>("row ", std::int8_t{-3}) == "row -3");
  CHECK(message_of<la::value_error>(std::string("a"), std::string_view("b"), "c", 1.5) == "abc1.5");
  CHECK(message_of<la::value_error>(1.0000001, " ", 0.1f, " ", -2.0) == "1.0000001 0.1 -2");
  CHECK(message_of<la::value_error>(std::numeric_limits<std::int64_t>::min(), " ",
                                    std::numeric_limits<std::int64_t>::max()) ==
        "-9223372036854775808 9223372036854775807");
  CHECK(message_of<la::value_error>(std::numeric_limits<std::uint64_t>::max(), " ", 0, " ", true) ==
        "18446744073709551615 0 1");
  CHECK(message_of<la::io_error>(std::string(5000, 'x'), 1).size() == 5001);
  CHECK(message_of<la::io_error>("").empty());
}

TEST_CASE("error: each kind is caught as what the standard calls it") {
  static_assert(std::is_base_of_v<std::invalid_argument, la::shape_error>);
  static_assert(std::is_base_of_v<std::invalid_argument, la::format_error>);
  static_assert(std::is_base_of_v<std::domain_error, la::value_error>);
  static_assert(std::is_base_of_v<std::runtime_error, la::io_error>);
  CHECK_THROWS_AS(la::detail::fail<la::shape_error>("x"), std::invalid_argument);
  CHECK_THROWS_AS(la::detail::fail<la::io_error>("x"), std::runtime_error);
}

// What the handler does is tested by a program built without exceptions: tests/link/no_exceptions.cpp.
TEST_CASE("error: setting a handler returns the one before, null restores the default") {
  auto const original = la::set_error_handler(first_handler);
  CHECK(original == la::detail::default_error_handler);
  CHECK(la::set_error_handler(second_handler) == first_handler);
  CHECK(la::set_error_handler(nullptr) == second_handler);
  CHECK(la::set_error_handler(nullptr) == original);
}
