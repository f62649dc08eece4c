// SPDX-License-Identifier: MIT
#include <lacuna/io/safetensors_header.hpp>

#include "io/error_of.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace la = lacuna;
using namespace std::string_literals;

namespace {

/// A file with this header and so many bytes of data.
std::string file_of(std::string_view header, std::size_t data) {
  std::string bytes;
  for (int k = 0; k != 8; ++k) bytes += static_cast<char>(static_cast<unsigned char>(header.size() >> 8 * k & 0xFF));
  return bytes.append(header) + std::string(data, '\0');
}

std::vector<la::safetensor> read(std::string_view header, std::size_t data) {
  return la::detail::read_safetensors_header(file_of(header, data), "f");
}

std::string refusal_of(std::string_view bytes) {
  return lacuna_test::error_of([&] { return la::detail::read_safetensors_header(bytes, "f"); });
}

std::string refusal(std::string_view header, std::size_t data) { return refusal_of(file_of(header, data)); }

/// An entry of bytes.
std::string bytes_entry(std::string_view name, int begin, int end) {
  return '"' + std::string(name) + R"(":{"dtype":"U8","shape":[)" + std::to_string(end - begin) +
         R"(],"data_offsets":[)" + std::to_string(begin) + "," + std::to_string(end) + "]}";
}

}  // namespace

TEST_CASE("safetensors_header: names, types, shapes and places") {
  auto const header =
      R"({"__metadata__":{"format":"pt","by":"a\nb"},"w":{"dtype":"F32","shape":[2,3],"data_offsets":[2,26]},)"
      R"( "a.\u00e9" : {"data_offsets" : [0, 2], "shape" : [1], "dtype" : "BF16"},"one":{"dtype":"I8","shape":[],)"
      R"("data_offsets":[26,27]},"none":{"dtype":"F16","shape":[4,0],"data_offsets":[26,26]}}   )"s;
  auto const t = read(header, 27);
  REQUIRE(t.size() == 4);
  auto const data = 8 + header.size();
  CHECK((t[0].name == "w" && t[0].dtype == "F32" && t[0].shape == std::vector<la::index>{2, 3}));
  CHECK((t[0].begin == data + 2 && t[0].end == data + 26));
  CHECK((t[1].name == "a.\xC3\xA9" && t[1].dtype == "BF16" && t[1].begin == data && t[1].end == data + 2));
  CHECK((t[2].name == "one" && t[2].shape.empty() && t[2].end == data + 27));
  CHECK((t[3].name == "none" && t[3].begin == t[3].end));
  CHECK(read("{}", 0).empty());
  // Of a type that is not known the bytes have a place, and no more is checked.
  CHECK(read(R"({"x":{"dtype":"F4","shape":[3],"data_offsets":[0,2]}})", 2).size() == 1);
}

TEST_CASE("safetensors_header: the frame of the file") {
  CHECK(refusal_of("") == "f: byte 0: expected the length of the header, found the end");
  CHECK(refusal_of("\x03\0\0\0\0\0\0\0{}"s) == "f: byte 0: a header of 3 bytes, there are 2");
  CHECK(refusal_of("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF{}"s) ==
        "f: byte 0: a header of 18446744073709551615 bytes, expected at most 100000000");
  CHECK(refusal("", 0) == "f: byte 8: expected '{', found the end");
  CHECK(refusal(" {}", 0) == "f: byte 8: expected '{', found ' {}'");
  CHECK(refusal("{} {}", 0) == "f: byte 11: expected blanks to the end of the header, found '{}'");
  CHECK(refusal("{", 5) == "f: byte 9: expected a key, found the end");  // never a byte of the data
  CHECK(refusal(R"({"__metadata__":{"a":1}})", 0) == "f: byte 29: expected a text, found '1}}'");
  CHECK(refusal(R"({"__metadata__":{},"__metadata__":{}})", 0) == "f: byte 27: key '__metadata__' comes twice");
}

TEST_CASE("safetensors_header: what an entry must have") {
  CHECK(refusal(R"({"w":[1]})", 0) == "f: byte 13: expected '{', found '[1]}'");
  CHECK(refusal(R"({"w":{}})", 0) == "f: byte 13: tensor 'w' has no dtype");
  CHECK(refusal(R"({"w":{"dtype":"F32"}})", 0) == "f: byte 13: tensor 'w' has no shape");
  CHECK(refusal(R"({"w":{"dtype":"F32","shape":[0]}})", 0) == "f: byte 13: tensor 'w' has no data_offsets");
  CHECK(refusal(R"({"w":{"type":"F32"}})", 0) == "f: byte 14: key 'type', expected dtype, shape or data_offsets");
  CHECK(refusal(R"({"w":{"shape":[],"shape":[]}})", 0) == "f: byte 25: key 'shape' comes twice");
  CHECK(refusal(R"({"w":{"data_offsets":[0]}})", 0) == "f: byte 14: 1 data_offsets, expected 2");
  CHECK(refusal(R"({"w":{"data_offsets":[0,1,2]}})", 0) == "f: byte 14: 3 data_offsets, expected 2");
  CHECK(refusal(R"({"w":{"data_offsets":[0,-1]}})", 0) == "f: byte 32: expected a count, found '-1]}}'");
}

TEST_CASE("safetensors_header: a tensor has the bytes that its shape asks for, all of them in the file") {
  auto const entry = [](std::string_view type, std::string_view shape, std::string_view offsets, std::size_t data) {
    return refusal(R"({"w":{"dtype":")"s.append(type) + R"(","shape":)" + std::string(shape) + R"(,"data_offsets":)" +
                       std::string(offsets) + "}}",
                   data);
  };
  CHECK(entry("F32", "[2,3]", "[0,20]", 20) == "f: byte 9: tensor 'w' has 20 bytes, expected 2x3 elements of 4");
  CHECK(entry("I64", "[]", "[0,4]", 4) == "f: byte 9: tensor 'w' has 4 bytes, expected 1 elements of 8");
  CHECK(entry("F32", "[2,3]", "[0,24]", 23) == "f: byte 9: tensor 'w' is bytes 0 to 24 of the data, which has 23");
  CHECK(entry("U8", "[0]", "[2,1]", 4) == "f: byte 9: tensor 'w' is bytes 2 to 1 of the data, which has 4");
  CHECK(entry("U8", "[1]", "[9223372036854775806,9223372036854775807]", 4) ==
        "f: byte 9: tensor 'w' is bytes 9223372036854775806 to 9223372036854775807 of the data, which has 4");
  // Products that wrap to 0, or to what is there.
  CHECK(entry("U8", "[4294967296,4294967296]", "[0,0]", 0) ==
        "f: byte 9: tensor 'w' has 0 bytes, expected 4294967296x4294967296 elements of 1");
  CHECK(entry("F64", "[2305843009213693953]", "[0,8]", 8) ==
        "f: byte 9: tensor 'w' has 8 bytes, expected 2305843009213693953 elements of 8");
  CHECK(entry("F32", "[4611686018427387904,4611686018427387904,0]", "[0,0]", 0) == "no error");
}

TEST_CASE("safetensors_header: every byte belongs to one tensor, every name to one") {
  auto const two = [](std::string const& a, std::string const& b, std::size_t data) {
    return refusal("{" + a + "," + b + "}", data);
  };
  CHECK(two(bytes_entry("a", 0, 4), bytes_entry("b", 4, 6), 6) == "no error");
  CHECK(two(bytes_entry("a", 4, 6), bytes_entry("b", 0, 4), 6) == "no error");
  CHECK(two(bytes_entry("a", 0, 4), bytes_entry("b", 3, 6), 6) == "f: byte 8: tensors 'a' and 'b' overlap");
  CHECK(two(bytes_entry("a", 0, 4), bytes_entry("b", 0, 4), 4) == "f: byte 8: tensors 'a' and 'b' overlap");
  CHECK(two(bytes_entry("a", 0, 4), bytes_entry("b", 2, 2), 4) == "f: byte 8: tensors 'a' and 'b' overlap");
  CHECK(two(bytes_entry("a", 0, 4), bytes_entry("b", 5, 6), 6) ==
        "f: byte 8: bytes 4 to 5 of the data belong to no tensor");
  CHECK(two(bytes_entry("a", 0, 4), bytes_entry("b", 4, 6), 7) ==
        "f: byte 8: bytes 6 to 7 of the data belong to no tensor");
  CHECK(two(bytes_entry("a", 0, 4), bytes_entry("a", 4, 6), 6) == "f: byte 8: two tensors have the name 'a'");
  CHECK(two(bytes_entry("a", 0, 4), bytes_entry("\\u0061", 4, 6), 6) == "f: byte 8: two tensors have the name 'a'");
  CHECK(refusal("{}", 1) == "f: byte 8: bytes 0 to 1 of the data belong to no tensor");
}
