// SPDX-License-Identifier: MIT
#include <lacuna/io/safetensors.hpp>

#include "io/error_of.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

namespace la = lacuna;
using lacuna_test::error_of;
using namespace std::string_literals;

namespace {

/// A file of one tensor 'w'.
std::string file_of(std::string_view dtype, std::string_view shape, std::string_view data) {
  auto const header = R"({"w":{"dtype":")"s.append(dtype) + R"(","shape":)" + std::string(shape) +
                      R"(,"data_offsets":[0,)" + std::to_string(data.size()) + "]}}";
  return std::string(1, static_cast<char>(header.size())) + std::string(7, '\0') + header + std::string(data);
}

template <class T>
la::dense<T> matrix_of(std::string_view dtype, std::string_view shape, std::string_view data) {
  auto const bytes = file_of(dtype, shape, data);
  return la::parse_safetensors(bytes).matrix<T>("w");
}

/// Three tensors, as the format's own library writes them: by size of their elements, then by name.
std::string sample() {
  auto const header = R"({"__metadata__":{"format":"pt"},"up.bias":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},)"
                      R"("up.weight":{"dtype":"F32","shape":[2,3],"data_offsets":[8,32]},)"
                      R"("half":{"dtype":"BF16","shape":[1,2],"data_offsets":[32,36]}})"s;
  auto bytes = std::string(1, static_cast<char>(header.size())) + std::string(7, '\0') + header;
  bytes += "\x00\x00\x80\x3f\x00\x00\x20\xc0"s;
  bytes += "\x00\x00\x80\x3f\x00\x00\x20\xc0\x00\x00\x40\x40\x00\x00\x00\x00\xf9\x02\x15\x50\xcd\xcc\xcc\x3d"s;
  return bytes + "\x80\x3f\x20\xc0"s;
}

}  // namespace

TEST_CASE("safetensors: matrices and vectors by name") {
  auto const bytes = sample();
  auto const model = la::parse_safetensors(bytes);
  REQUIRE(model.tensors().size() == 3);
  CHECK(model.tensors()[1].name == "up.weight");
  CHECK(model.find("half") == &model.tensors()[2]);
  CHECK(model.find("down.weight") == nullptr);
  auto const w = model.matrix<float>("up.weight");
  REQUIRE((w.rows() == 2 && w.cols() == 3));
  CHECK((w(0, 0) == 1 && w(0, 1) == -2.5f && w(0, 2) == 3 && w(1, 0) == 0 && w(1, 1) == 1e10f && w(1, 2) == 0.1f));
  auto const b = model.vector<double>("up.bias");
  REQUIRE(b.size() == 2);
  CHECK((b[0] == 1 && b[1] == -2.5));
  CHECK(model.matrix<float>("half")(0, 1) == -2.5f);
  CHECK(model.matrix<la::bf16>("half")(0, 1) == la::bf16(-2.5f));
  CHECK(la::safetensors().tensors().empty());
}

TEST_CASE("safetensors: every type of element") {
  CHECK(matrix_of<float>("F64", "[1,1]", "\x00\x00\x00\x00\x00\x00\x04\xc0"s)(0, 0) == -2.5f);
  CHECK(matrix_of<float>("F16", "[1,1]", "\x00\xc1"s)(0, 0) == -2.5f);
  CHECK(matrix_of<la::f16>("F16", "[1,1]", "\x00\xc1"s)(0, 0) == la::f16(-2.5f));
  CHECK(matrix_of<std::int8_t>("I8", "[1,2]", "\xff\x02"s)(0, 0) == -1);
  CHECK(matrix_of<std::uint8_t>("U8", "[1,2]", "\xff\x02"s)(0, 0) == 255);
  CHECK(matrix_of<std::int16_t>("I16", "[1,1]", "\x02\x01"s)(0, 0) == 258);
  CHECK(matrix_of<std::uint16_t>("U16", "[1,1]", "\x02\x01"s)(0, 0) == 258);
  CHECK(matrix_of<std::int32_t>("I32", "[1,1]", "\x02\x01\0\0"s)(0, 0) == 258);
  CHECK(matrix_of<std::uint32_t>("U32", "[1,1]", "\x02\x01\0\0"s)(0, 0) == 258);
  CHECK(matrix_of<float>("I64", "[1,1]", "\xfe\xff\xff\xff\xff\xff\xff\xff"s)(0, 0) == -2);
  CHECK(matrix_of<float>("U64", "[1,1]", "\x02\x01\0\0\0\0\0\0"s)(0, 0) == 258);
}

TEST_CASE("safetensors: more dimensions are rows of all that follows; there may be no rows, or no columns") {
  auto const conv = matrix_of<float>("I8", "[2,3,1,2]", "\1\2\3\4\5\6\7\x08\x09\x0a\x0b\x0c"s);
  REQUIRE((conv.rows() == 2 && conv.cols() == 6));
  CHECK((conv(0, 5) == 6 && conv(1, 0) == 7));
  CHECK(matrix_of<float>("F32", "[5,0]", "").rows() == 5);
  CHECK(matrix_of<float>("F32", "[0,5]", "").cols() == 5);
  auto const empty = file_of("F32", "[0]", "");
  CHECK(la::parse_safetensors(empty).vector<float>("w").size() == 0);
}

TEST_CASE("safetensors: errors name file, byte and tensor") {
  auto const bytes = sample();
  auto const data = bytes.size() - 36;
  auto const model = la::parse_safetensors(bytes, "m.safetensors");
  auto const at = [&](std::size_t place) { return "m.safetensors: byte " + std::to_string(data + place) + ": "; };
  CHECK(error_of([&] { return model.matrix<float>("down"); }) == "m.safetensors: has no tensor 'down' among its 3");
  CHECK(error_of([&] { return model.matrix<float>("up.bias"); }) ==
        at(0) + "tensor 'up.bias' has 1 dimensions, expected a matrix; vector reads it");
  CHECK(error_of([&] { return model.vector<float>("up.weight"); }) ==
        at(8) + "tensor 'up.weight' has 2 dimensions, expected one");
  CHECK(error_of([&] { return model.matrix<std::int8_t>("up.weight"); }) ==
        at(8) + "tensor 'up.weight' is of type 'F32', which is not read as int8");
  CHECK(error_of([&] { return model.matrix<std::int16_t>("half"); }) ==
        at(32) + "tensor 'half' is of type 'BF16', which is not read as int16");
  CHECK(error_of([&] { return model.matrix<la::f16>("up.weight"); }) ==
        at(24) + "the element in row 1, column 1 is 1e+10, beyond f16");
  auto const logical = file_of("BOOL", "[1,1]", "\1");
  CHECK(error_of([&] {
          return la::parse_safetensors(logical, "f").matrix<float>("w");
        }).ends_with("tensor 'w' is of type 'BOOL', which is not read as float"));
  auto const newer = file_of("F4", "[1,4]", "\1\2");
  CHECK(error_of([&] {
          return la::parse_safetensors(newer, "f").matrix<float>("w");
        }).ends_with("tensor 'w' is of type 'F4', which is not read as float"));
  auto const unknown = file_of("U9", "[4294967296,4294967296]", "");  // takes no memory
  CHECK(error_of([&] {
          return la::parse_safetensors(unknown, "f").matrix<float>("w");
        }).ends_with("tensor 'w' is of type 'U9', which is not read as float"));
  auto const wide = file_of("F32", "[0,4611686018427387904,4]", "");
  CHECK(error_of([&] {
          return la::parse_safetensors(wide, "f").matrix<float>("w");
        }).ends_with("tensor 'w' has more columns than fit 64 bits"));
}

TEST_CASE("safetensors: from a file, copied and moved") {
  auto const path = (std::filesystem::temp_directory_path() / "lacuna_test.safetensors").string();
  la::detail::write_file(path, sample());
  auto model = la::read_safetensors(path);
  std::filesystem::remove(path);
  auto const copy = model;
  auto const moved = std::move(model);
  CHECK(moved.matrix<float>("up.weight")(1, 2) == 0.1f);
  CHECK(copy.matrix<float>("up.weight") == moved.matrix<float>("up.weight"));
  CHECK(error_of([&] { return la::read_safetensors(path); }).starts_with(path + ": cannot be opened"));
  la::detail::write_file(path, sample());
  CHECK(error_of([&] { return la::read_safetensors(path, {.max_file_bytes = 100}); }).find("max_file_bytes") !=
        std::string::npos);
  std::filesystem::remove(path);
}
