// SPDX-License-Identifier: MIT
#include <lacuna/attention/causal.hpp>
#include <lacuna/attention/compose.hpp>
#include <lacuna/attention/materialize.hpp>
#include <lacuna/attention/sink.hpp>
#include <lacuna/attention/svg.hpp>
#include <lacuna/attention/window.hpp>

#include "../support/message_of.hpp"

#include <catch2/catch_test_macros.hpp>

#include <sstream>
#include <string>

namespace la = lacuna;
namespace at = lacuna::attention;

TEST_CASE("to_svg: a rectangle for each run and single key, masked ones lighter") {
  auto const plan =
      at::materialize(at::causal{} & (at::sink{1} | at::window{40}), {96, 128, 1, 1}, {.tile_queries = 64});
  std::ostringstream text;
  at::to_svg(text, plan.view(), {.width = 64});
  // Queries stand at 32 to 95 and at 96 to 127, half a unit each.
  CHECK(text.str() ==
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 64.00 48.00\">\n"
        "<rect width=\"64.00\" height=\"48.00\" fill=\"#f4f4f4\"/>\n"
        "<g fill=\"#2171b5\">\n"
        "<rect x=\"0.00\" y=\"32.00\" width=\"0.50\" height=\"16.00\"/>\n"
        "</g>\n"
        "<g fill=\"#9ecae1\">\n"
        "<rect x=\"0.00\" y=\"0.00\" width=\"48.00\" height=\"32.00\"/>\n"
        "<rect x=\"28.50\" y=\"32.00\" width=\"35.50\" height=\"16.00\"/>\n"
        "</g>\n"
        "</svg>\n");
}

TEST_CASE("to_svg: a plan of nothing is an empty picture") {
  std::ostringstream text;
  at::to_svg(text, at::materialize(at::causal{}, {0, 0, 1, 1}).view());
  CHECK(text.str().find("<g fill=\"#2171b5\">\n</g>") != std::string::npos);
}

#if LACUNA_EXCEPTIONS
TEST_CASE("to_svg: a head that is none is an error") {
  auto const plan = at::materialize(at::causal{}, {1, 1, 1, 1});
  CHECK(lacuna_test::message_of<la::shape_error>([&] {
          std::ostringstream text;
          at::to_svg(text, plan.view(), {.head = -1});
          return 0;
        }) == "to_svg: head is -1, expected 0 <= head < 1");
}
#endif
