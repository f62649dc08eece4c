// SPDX-License-Identifier: MIT
#include <lacuna/io/npy_header.hpp>

#include "io/error_of.hpp"

#include <catch2/catch_test_macros.hpp>

#include <limits>
#include <string>
#include <string_view>

namespace la = lacuna;
using namespace std::string_literals;

namespace {

/// A file of version 1 with this dictionary and so many bytes of data.
std::string file_of(std::string dictionary, std::size_t data = 0) {
  dictionary += '\n';
  std::string bytes = "\x93NUMPY\x01\x00"s;
  bytes += static_cast<char>(dictionary.size() % 256);
  bytes += static_cast<char>(dictionary.size() / 256);
  return bytes + dictionary + std::string(data, '\0');
}

std::string refusal(std::string_view bytes, la::io_limits const& limits = {}) {
  return lacuna_test::error_of([&] { return la::detail::read_npy_header(bytes, "f", limits); });
}

std::string dictionary_refusal(std::string const& dictionary) { return refusal(file_of(dictionary, 24)); }

}  // namespace

TEST_CASE("npy_header: type, order and shape, in any order of keys and with any blanks") {
  auto const h = la::detail::read_npy_header(
      file_of("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }  ", 24), "f", {});
  CHECK((h.type.kind == 'f' && h.type.width == 4 && !h.layout.swapped && !h.layout.col_major && h.layout.rows == 2 &&
         h.layout.cols == 3));
  auto const g =
      la::detail::read_npy_header(file_of("{\"shape\":(3,4,),'fortran_order' : True , 'descr':'>u2'}", 24), "f", {});
  CHECK((g.type.kind == 'u' && g.type.width == 2 && g.layout.swapped && g.layout.col_major && g.layout.rows == 3 &&
         g.layout.cols == 4));
  auto bytes = file_of("{'descr': '|i1', 'fortran_order': False, 'shape': (0, 7)}");
  CHECK(la::detail::read_npy_header(bytes, "f", {}).layout.data == bytes.size());
  for (char const version : {'\x02', '\x03'}) {
    bytes[6] = version;
    auto longer = bytes;
    longer.insert(10, 2, '\0');  // the length has four bytes
    CHECK(la::detail::read_npy_header(longer, "f", {}).layout.cols == 7);
  }
}

TEST_CASE("npy_header: the frame of the file") {
  CHECK(refusal("") == "f: byte 0: expected the mark of .npy files, found the end");
  CHECK(refusal("PK\x03\x04") == "f: byte 0: expected the mark of .npy files, found 'PK\\x03\\x04'");
  CHECK(refusal("\x93NUMPY") == "f: byte 6: expected a version, found the end");
  CHECK(refusal("\x93NUMPY\x04\x00\x01\x00"s) == "f: byte 6: version 4.0, expected 1.0, 2.0 or 3.0");
  CHECK(refusal("\x93NUMPY\x01\x01\x01\x00"s) == "f: byte 6: version 1.1, expected 1.0, 2.0 or 3.0");
  CHECK(refusal("\x93NUMPY\x01\x00\x09"s) == "f: byte 8: expected the length of the header, found the end");
  CHECK(refusal("\x93NUMPY\x01\x00\x09\x00{"s) == "f: byte 10: a header of 9 bytes, there are 1");
  CHECK(refusal("\x93NUMPY\x02\x00\xFF\xFF\xFF\xFF"s) == "f: byte 12: a header of 4294967295 bytes, there are 0");
}

TEST_CASE("npy_header: the dictionary") {
  CHECK(dictionary_refusal("[]") == "f: byte 10: expected '{', found '[]\\x0a'");
  CHECK(dictionary_refusal("{descr}") == "f: byte 11: expected a key or '}', found 'descr}\\x0a'");
  CHECK(dictionary_refusal("{'descr") == "f: byte 11: the quote of a key or '}' does not end");
  CHECK(dictionary_refusal("{'type': 1}") == "f: byte 11: key 'type', expected descr, fortran_order or shape");
  CHECK(dictionary_refusal("{'shape': (1, 2), 'shape': (1, 2)}") == "f: byte 28: key 'shape' comes twice");
  CHECK(dictionary_refusal("{'shape' (1, 2)}") == "f: byte 19: expected ':', found '(1, 2)}\\x0a'");
  CHECK(dictionary_refusal("{'shape': (1, 2) 'descr': 1}") ==
        "f: byte 27: expected ',' or '}', found ''descr': 1}\\x0a'");
  CHECK(dictionary_refusal("{'fortran_order': 0}") == "f: byte 28: expected True or False, found '0}\\x0a'");
  CHECK(dictionary_refusal("{'fortran_order': False, 'shape': (1, 2)}") == "f: byte 51: the header has no descr");
  CHECK(dictionary_refusal("{'descr': '<f4', 'shape': (1, 2)}") == "f: byte 43: the header has no fortran_order");
  CHECK(dictionary_refusal("{'descr': '<f4', 'fortran_order': True}") == "f: byte 49: the header has no shape");
  CHECK(dictionary_refusal("{'descr': '<f4', 'fortran_order': True, 'shape': (2, 3)} x") ==
        "f: byte 67: expected a newline at the end of the header, found 'x\\x0a'");
}

TEST_CASE("npy_header: types that are no number, and arrays that are no matrix") {
  auto const type = [](std::string const& t) { return dictionary_refusal("{'descr': " + t + ", "); };
  for (auto const* t : {"'<c8'", "'|b1'", "'<f16'", "'|O'", "'f4'", "'|f4'", "'<f1'", "'<i3'", "'=f4'", "'<V2'"}) {
    CAPTURE(t);
    CHECK(type(t) ==
          "f: byte 20: elements of type " + std::string(t) + ", expected f2, f4, f8, or i or u of 1, 2, 4 or 8 bytes");
  }
  CHECK(type("[('a', '<f4')]") == "f: byte 20: expected the element type, found '[('a', '<f4''");
  auto const shape = [](std::string const& s) { return dictionary_refusal("{'shape': " + s); };
  CHECK(shape("()}") == "f: byte 20: an array of 0 dimensions, expected a matrix");
  CHECK(shape("(6,)}") == "f: byte 20: an array of 1 dimensions, expected a matrix; read_npy_vector takes it");
  CHECK(shape("(1, 2, 3)}") == "f: byte 20: an array of 3 dimensions, expected a matrix");
  CHECK(shape("[1, 2]}") == "f: byte 20: expected a tuple of counts, found '[1, 2]}\\x0a'");
  CHECK(shape("(-1, 2)}") == "f: byte 21: expected a count or ')', found '-1, 2)}\\x0a'");
  CHECK(shape("(1 2)}") == "f: byte 23: expected ',' or ')', found '2)}\\x0a'");
  CHECK(shape("(1, 99999999999999999999)}") == "f: byte 24: a count or ')' does not fit 64 bits");
}

TEST_CASE("npy_header: the number of bytes, and the limits") {
  auto const matrix = [](std::string const& shape, std::size_t data, la::io_limits const& limits = {}) {
    return refusal(file_of("{'descr': '<f4', 'fortran_order': False, 'shape': " + shape + "}", data), limits);
  };
  CHECK(matrix("(2, 3)", 23) == "f: byte 68: a matrix of 2x3 elements of 4 bytes each, but 23 bytes follow");
  CHECK(matrix("(2, 3)", 25) == "f: byte 68: a matrix of 2x3 elements of 4 bytes each, but 25 bytes follow");
  CHECK(matrix("(0, 3)", 4) == "f: byte 68: a matrix of 0x3 elements of 4 bytes each, but 4 bytes follow");
  constexpr auto largest = std::numeric_limits<la::index>::max();
  la::io_limits const any{.max_rows = largest, .max_cols = largest, .max_stored = largest};
  CHECK(matrix("(4611686018427387904, 4)", 0, any) ==
        "f: byte 86: a matrix of 4611686018427387904x4 elements of 4 bytes each, but 0 bytes follow");
  CHECK(matrix("(2, 3)", 24, {.max_rows = 1}) == "f: byte 68: 2 rows exceed io_limits::max_rows, 1");
  CHECK(matrix("(2, 3)", 24, {.max_cols = 2}) == "f: byte 68: 3 columns exceed io_limits::max_cols, 2");
  CHECK(matrix("(2, 3)", 24, {.max_stored = 5}) == "f: byte 68: 6 elements exceed io_limits::max_stored, 5");
  CHECK(matrix("(2, 3)", 24) == "no error");
}
