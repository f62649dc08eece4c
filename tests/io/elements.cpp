// SPDX-License-Identifier: MIT
#include <lacuna/io/elements.hpp>

#include "io/error_of.hpp"

#include <catch2/catch_test_macros.hpp>

#include <bit>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <type_traits>

namespace la = lacuna;
using la::detail::element_layout;
using la::detail::element_type;
using namespace std::string_literals;

namespace {

/// True if T is read from elements of this type, which are U.
template <class T, class U>
bool is_read_from(element_type type) {
  int calls = 0;
  bool same = false;
  bool const done = la::detail::with_element_type<T>(type, [&](auto zero) {
    ++calls;
    same = std::is_same_v<decltype(zero), U>;
  });
  return done && same && calls == 1;
}

/// True if T is read from nothing that is called so.
template <class T>
bool is_refused(element_type type) {
  bool called = false;
  return !la::detail::with_element_type<T>(type, [&](auto) { called = true; }) && !called;
}

/// Two rows and three columns behind a byte that is none of theirs.
element_layout two_by_three() {
  element_layout layout;
  layout.rows = 2;
  layout.cols = 3;
  layout.data = 1;
  return layout;
}

template <class U, class T>
std::string error_of_reading(std::string_view bytes, element_layout const& layout) {
  return lacuna_test::error_of([&] {
    la::dense<T> m(layout.rows, layout.cols);
    la::detail::read_elements<U>(bytes, "f", layout, m.view());
    return 0;
  });
}

}  // namespace

TEST_CASE("elements: floating types are read from every type, integers from their own") {
  CHECK(is_read_from<float, double>({'f', 8}));
  CHECK(is_read_from<float, float>({'f', 4}));
  CHECK(is_read_from<la::bf16, la::f16>({'f', 2}));
  CHECK(is_read_from<la::f16, la::bf16>({'b', 2}));
  CHECK(is_read_from<double, std::int8_t>({'i', 1}));
  CHECK(is_read_from<double, std::int16_t>({'i', 2}));
  CHECK(is_read_from<double, std::int32_t>({'i', 4}));
  CHECK(is_read_from<double, std::int64_t>({'i', 8}));
  CHECK(is_read_from<double, std::uint8_t>({'u', 1}));
  CHECK(is_read_from<double, std::uint16_t>({'u', 2}));
  CHECK(is_read_from<double, std::uint32_t>({'u', 4}));
  CHECK(is_read_from<double, std::uint64_t>({'u', 8}));
  CHECK(is_read_from<std::int16_t, std::int16_t>({'i', 2}));
  for (element_type const type : {element_type{'u', 2}, {'i', 1}, {'i', 4}, {'f', 2}, {'b', 2}})
    CHECK(is_refused<std::int16_t>(type));
  for (element_type const type : {element_type{}, {'?', 1}, {'f', 1}, {'f', 16}, {'b', 4}, {'i', 3}, {'c', 8}})
    CHECK(is_refused<float>(type));
}

TEST_CASE("elements: every type has a kind, and bf16 one of its own") {
  CHECK(la::detail::kind_of_element<la::bf16> == 'b');
  CHECK(la::detail::kind_of_element<la::f16> == 'f');
  CHECK(la::detail::kind_of_element<double> == 'f');
  CHECK(la::detail::kind_of_element<std::int8_t> == 'i');
  CHECK(la::detail::kind_of_element<std::uint64_t> == 'u');
}

TEST_CASE("load_element: from any place, its bytes as they are or turned round") {
  auto const bytes = "\xff\x01\x02\x03\x04\x05\x06\x07\x08"s;
  auto const* const odd = bytes.data() + 1;
  bool const big = std::endian::native == std::endian::big;
  CHECK(la::detail::load_element<std::uint64_t>(odd, big) == 0x0807060504030201);
  CHECK(la::detail::load_element<std::uint64_t>(odd, !big) == 0x0102030405060708);
  CHECK(la::detail::load_element<std::int16_t>(odd, !big) == 0x0102);
  CHECK(la::detail::load_element<std::int8_t>(bytes.data(), true) == -1);
  auto const half = "\x3c\x00"s;
  CHECK(la::detail::load_element<la::f16>(half.data(), !big) == la::f16(1.0f));
}

TEST_CASE("read_elements: row by row or column by column, either end first") {
  auto const bytes = "\xff\x00\x01\x00\x02\x00\x03\x00\x04\x00\x05\x00\x06\xff"s;
  la::dense<std::int16_t> m(2, 3);
  auto layout = two_by_three();
  la::detail::read_elements<std::int16_t>(bytes, "f", layout, m.view());
  CHECK((m(0, 0) == 256 && m(0, 1) == 512 && m(0, 2) == 768 && m(1, 0) == 1024 && m(1, 2) == 1536));
  layout.swapped = true;
  la::detail::read_elements<std::int16_t>(bytes, "f", layout, m.view());
  CHECK((m(0, 0) == 1 && m(0, 1) == 2 && m(0, 2) == 3 && m(1, 0) == 4 && m(1, 1) == 5 && m(1, 2) == 6));
  layout.col_major = true;
  la::detail::read_elements<std::int16_t>(bytes, "f", layout, m.view());
  CHECK((m(0, 0) == 1 && m(1, 0) == 2 && m(0, 1) == 3 && m(1, 1) == 4 && m(0, 2) == 5 && m(1, 2) == 6));
  la::dense<float> wide(2, 3);
  la::detail::read_elements<std::int16_t>(bytes, "f", layout, wide.view());
  CHECK((wide(1, 0) == 2 && wide(1, 2) == 6));
}

TEST_CASE("read_elements: without columns no byte is read, whatever the rows") {
  element_layout layout;
  layout.rows = std::numeric_limits<la::index>::max();
  CHECK(error_of_reading<float, float>("", layout) == "no error");
}

TEST_CASE("read_elements: numbers beyond the type are refused with their place; infinities are none") {
  auto layout = two_by_three();
  auto bytes = "\xff"s + std::string(16, '\0') + "\xf9\x02\x15\x50\x00\x00\x80\x7f"s;  // 1e10, inf
  CHECK(error_of_reading<float, la::f16>(bytes, layout) ==
        "f: byte 17: the element in row 1, column 1 is 1e+10, beyond f16");
  CHECK(error_of_reading<float, la::bf16>(bytes, layout) == "no error");
  layout.col_major = true;
  CHECK(error_of_reading<float, la::f16>(bytes, layout) ==
        "f: byte 17: the element in row 0, column 2 is 1e+10, beyond f16");
  bytes.replace(17, 4, "\x00\x00\x80\xff"s);
  CHECK(error_of_reading<float, la::f16>(bytes, layout) == "no error");
}

TEST_CASE("append_elements: row by row and little-endian, from either order and any stride") {
  la::dense<std::int16_t> rows(2, 3);
  la::dense<std::int16_t, la::order::col_major> columns(2, 3);
  for (la::index k = 0; k != 6; ++k) rows(k / 3, k % 3) = columns(k / 3, k % 3) = static_cast<std::int16_t>(256 + k);
  auto const expected = "\xff\x00\x01\x01\x01\x02\x01\x03\x01\x04\x01\x05\x01"s;
  auto bytes = "\xff"s;
  la::detail::append_elements<std::int16_t>(bytes, rows.view());
  CHECK(bytes == expected);
  bytes.resize(1);
  la::detail::append_elements<std::int16_t>(bytes, columns.view());
  CHECK(bytes == expected);
  bytes.clear();
  la::detail::append_elements<std::int16_t>(bytes, la::dense_view<std::int16_t const>(rows.data() + 1, 2, 2, 3));
  CHECK(bytes == "\x01\x01\x02\x01\x04\x01\x05\x01"s);
  bytes.clear();
  la::detail::append_elements<float>(bytes, la::dense_view<std::int16_t const>(rows.data(), 1, 1));
  CHECK(bytes == "\x00\x00\x80\x43"s);
  la::detail::append_elements<float>(bytes, la::dense<float>(7, 0).view());
  CHECK(bytes.size() == 4);
}
