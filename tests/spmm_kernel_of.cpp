// SPDX-License-Identifier: MIT
//
// docs/kernels.md against kernel_of.
#include <lacuna/spmm.hpp>

#include "support/catalogue.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace la = lacuna;
using lacuna_test::type_list;
using lacuna_test::type_tag;

namespace {

using cells = std::vector<std::string>;

/// The parts of a text between separators, without the blanks around them.
cells split(std::string const& text, char separator) {
  cells parts;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, separator);) {
    auto const first = part.find_first_not_of(' ');
    auto const last = part.find_last_not_of(' ');
    parts.push_back(first == std::string::npos ? "" : part.substr(first, last - first + 1));
  }
  return parts;
}

struct line {
  cells formats, weights, activations, orders;
  std::string spmm, spmv;
  int used = 0;
};

/// The lines of the table under "| format |".
std::vector<line> read_table(std::istream& page) {
  std::vector<line> lines;
  bool inside = false;
  for (std::string text; std::getline(page, text);) {
    if (text.starts_with("| format |")) {
      inside = true;
    } else if (!text.starts_with("|")) {
      inside = false;
    } else if (inside && !text.starts_with("|---")) {
      auto const c = split(text, '|');  // before the first bar there is nothing
      if (c.size() != 7) throw std::runtime_error("a line of the table has not six cells: " + text);
      lines.push_back({split(c[1], ','), split(c[2], ','), split(c[3], ','), split(c[4], ','), c[5], c[6]});
    }
  }
  return lines;
}

bool names(cells const& list, std::string_view word) {
  for (auto const& name : list)
    if (name == word || name == "any") return true;
  return false;
}

template <class T>
constexpr char const* type_name = nullptr;
template <>
constexpr char const* type_name<float> = "float";
template <>
constexpr char const* type_name<double> = "double";
template <>
constexpr char const* type_name<la::bf16> = "bf16";
template <>
constexpr char const* type_name<la::f16> = "f16";
template <>
constexpr char const* type_name<std::int8_t> = "int8";
template <>
constexpr char const* type_name<std::uint8_t> = "uint8";

/// One combination, as kernel_of has it.
struct combination {
  std::string format, weights, activations, order;
  std::string_view spmm, spmv;
};

std::vector<combination> everything() {
  std::vector<combination> all;
  lacuna_test::for_each_type(lacuna_test::value_types{}, [&]<class T>(type_tag<T>) {
    lacuna_test::for_each_type(lacuna_test::catalogue<T>{}, [&]<class E>(type_tag<E>) {
      auto const add = [&]<class X>(type_tag<X>) {
        if constexpr (la::kernel::multipliable<T, X>) {
          using by_row = la::kernel_of<typename E::format, X, la::order::row_major>;
          using by_col = la::kernel_of<typename E::format, X, la::order::col_major>;
          all.push_back({E::name, type_name<T>, type_name<X>, "row-major", by_row::spmm, by_row::spmv});
          all.push_back({E::name, type_name<T>, type_name<X>, "col-major", by_col::spmm, by_col::spmv});
        }
      };
      lacuna_test::for_each_type(type_list<float, double, la::bf16, la::f16, std::int8_t, std::uint8_t>{}, add);
    });
  });
  return all;
}

/// The line of the formats that have none of their own.
bool of_others(line const& l) { return l.formats.size() == 1 && l.formats.front() == "others"; }

/// Whether a line speaks of a format: by name, or as one of the others, which no line names.
bool speaks_of(line const& l, std::string const& format, std::vector<line> const& lines) {
  if (names(l.formats, format)) return true;
  if (!of_others(l)) return false;
  for (auto const& other : lines)
    if (names(other.formats, format)) return false;
  return true;
}

/// What a cell says of this target, of "a or b", or of "a, b or row-tile": what picks quads runs where masks can.
/// Others run where bytes are multiplied as they are; the second where they are, but for their bias; and row-tile
/// elsewhere.
std::string kernel_in(std::string const& cell) {
  using arch = la::simd::default_arch;
  auto const last = cell.find(" or ");
  if (last == std::string::npos) return cell;
  auto const rest = cell.substr(last + 4);
  auto const comma = cell.find(", ");
  auto const first = cell.substr(0, std::min(comma, last));
  bool const bytes = !la::simd::wide_dot4<arch>::pays, biased = la::simd::biased_dot4<arch>::biased;
  if (first.ends_with("/picked")) return la::simd::pick_quads<arch>::pays ? first : rest;
  if (comma != std::string::npos) return bytes ? first : biased ? cell.substr(comma + 2, last - comma - 2) : rest;
  return (rest == "row-tile" ? bytes || biased : !biased) ? first : rest;
}

/// Where the table is wrong, in words.
cells problems(std::vector<line> lines, std::vector<combination> const& all) {
  cells found;
  for (auto const& c : all) {
    int matches = 0;
    auto const what = c.format + ", " + c.weights + " with " + c.activations + ", " + c.order;
    for (auto& l : lines) {
      if (!speaks_of(l, c.format, lines) || !names(l.weights, c.weights) || !names(l.activations, c.activations) ||
          !names(l.orders, c.order))
        continue;
      ++matches;
      ++l.used;
      if (kernel_in(l.spmm) != c.spmm)
        found.push_back(what + ": spmm is " + std::string(c.spmm) + ", the table says " + l.spmm);
      if (kernel_in(l.spmv) != c.spmv)
        found.push_back(what + ": spmv is " + std::string(c.spmv) + ", the table says " + l.spmv);
    }
    if (matches != 1) found.push_back(what + ": has " + std::to_string(matches) + " lines");
  }
  for (auto const& l : lines) {
    if (l.used == 0 && !of_others(l)) found.push_back("nothing is " + l.formats.front() + ", " + l.weights.front());
    for (auto const& format : l.formats) {
      bool known = false;
      for (auto const& c : all) known = known || c.format == format || format == "others";
      if (!known) found.push_back("no format is called " + format);
    }
  }
  return found;
}

}  // namespace

TEST_CASE("kernel_of: docs/kernels.md says what runs, for every format, type and order") {
  std::ifstream page(LACUNA_SOURCE_DIR "/docs/kernels.md");
  REQUIRE(page);
  auto const lines = read_table(page);
  auto const all = everything();
  CHECK(lines.size() > 4);
  auto const count = []<class... E>(type_list<E...>) { return sizeof...(E); };
  CHECK(all.size() ==  // two orders; six combinations of floating types, two of int8
        2 * (6 * count(lacuna_test::catalogue<float>{}) + 2 * count(lacuna_test::catalogue<std::int8_t>{})));
  CHECK(problems(lines, all) == cells{});
}

TEST_CASE("kernel_of: a table that is wrong is found out") {
  std::vector<combination> const all{{"csr", "float", "float", "row-major", "row-tile", "fallback"},
                                     {"csr", "float", "float", "col-major", "fallback", "fallback"}};
  auto const of = [&](std::string const& text) {
    std::istringstream page("| format | a | b | c | d | e |\n|---|---|---|---|---|---|\n" + text + "\n| x | y |\n");
    return problems(read_table(page), all).size();
  };
  std::string const good = "| csr | float | any | row-major | row-tile | fallback |\n";
  std::string const rest = "| csr | float | any | col-major | fallback | fallback |\n";
  CHECK(of(good + rest + "\n") == 0);
  std::string const others = "| others | float | any | any | fallback | fallback |\n";
  CHECK(of("| others | float | any | row-major | row-tile | fallback |\n" + rest + "\n") == 1);  // csr is no other
  CHECK(of("| others | float | any | row-major | row-tile | fallback |\n"
           "| others | float | any | col-major | fallback | fallback |\n\n") == 0);
  CHECK(of(others + "\n") == 1);                                                         // another kernel runs
  CHECK(of(good + "\n") == 1);                                                           // a line is missing
  CHECK(of(good + good + rest + "\n") == 1);                                             // one too many
  CHECK(of("| csr | float | any | any | fallback | fallback |\n\n") == 1);               // another kernel runs
  CHECK(of("| csr | float | any | row-major | row-tile | x |\n" + rest + "\n") == 1);    // another spmv runs
  CHECK(of(good + rest + "| csr | int8 | any | any | fallback | fallback |\n\n") == 1);  // a line for nothing
  bool const biased = la::simd::biased_dot4<la::simd::default_arch>::biased;
  bool const bytes = !la::simd::wide_dot4<la::simd::default_arch>::pays;
  CHECK(of("| csr | float | any | row-major | row-tile or x | fallback |\n" + rest + "\n") == (biased ? 1 : 0));
  CHECK(of("| csr | float | any | row-major | x or row-tile | fallback |\n" + rest + "\n") ==
        (biased || bytes ? 1 : 0));
  CHECK(of("| csr | float | any | row-major | row-tile, x or y | fallback |\n" + rest + "\n") == (bytes ? 0 : 1));
  CHECK(of("| csr | float | any | row-major | x, row-tile or y | fallback |\n" + rest + "\n") == (biased ? 0 : 1));
  CHECK(of("| csr | float | any | row-major | x, y or row-tile | fallback |\n" + rest + "\n") ==
        (biased || bytes ? 1 : 0));
  bool const picks = la::simd::pick_quads<la::simd::default_arch>::pays;
  CHECK(of("| csr | float | any | row-major | x/picked or row-tile | fallback |\n" + rest + "\n") == (picks ? 1 : 0));
  CHECK(of(good + "| csr, old | float | any | col-major | fallback | fallback |\n\n") == 1);  // a format that is gone
}
