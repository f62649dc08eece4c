// SPDX-License-Identifier: MIT
#include <lacuna/io/npy.hpp>

#include "io/error_of.hpp"
#include "support/allocations.hpp"
#include "support/random.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstdint>
#include <filesystem>
#include <limits>
#include <new>
#include <string>
#include <string_view>
#include <utility>

namespace la = lacuna;
using lacuna_test::error_of;
using namespace std::string_literals;

namespace {

/// As NumPy 1.26 writes np.array([[1, -2.5, 3], [0, 1e10, 0.1]], dtype='<f4').
std::string sample() {
  auto header = "\x93NUMPY\x01\x00\x76\x00{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }"s;
  header += std::string(127 - header.size(), ' ') + '\n';
  return header + "\x00\x00\x80\x3f\x00\x00\x20\xc0\x00\x00\x40\x40\x00\x00\x00\x00\xf9\x02\x15\x50\xcd\xcc\xcc\x3d"s;
}

la::dense<float> sample_matrix() {
  la::dense<float> m(2, 3);
  float const values[] = {1, -2.5f, 3, 0, 1e10f, 0.1f};
  for (int k = 0; k != 6; ++k) m(k / 3, k % 3) = values[k];
  return m;
}

/// The bytes of a file, with another type or order in its header and other data.
std::string with(std::string_view type, std::string_view order, std::string_view data) {
  auto bytes = sample().substr(0, 128);
  bytes.replace(21, 3, type);
  if (order == "True") bytes.replace(44, 5, "True ");
  return bytes.append(data);
}

}  // namespace

TEST_CASE("parse_npy: what NumPy writes") {
  CHECK(la::parse_npy<float>(sample()) == sample_matrix());
  auto const wide = la::parse_npy<double>(sample());
  CHECK(wide(1, 2) == static_cast<double>(0.1f));
  CHECK(static_cast<float>(la::parse_npy<la::bf16>(sample())(0, 1)) == -2.5f);
}

TEST_CASE("parse_npy: either byte order, either memory order, every type") {
  auto const bytes = "\x00\x01\x00\x02\x00\x03\x00\x04\x00\x05\x00\x06"s;
  auto const big = la::parse_npy<float>(with(">i2", "False", bytes));
  CHECK((big(0, 0) == 1 && big(0, 2) == 3 && big(1, 0) == 4 && big(1, 2) == 6));
  auto const little = la::parse_npy<float>(with("<u2", "False", bytes));
  CHECK(little(1, 2) == 6 * 256);
  auto const columns = la::parse_npy<std::int16_t>(with(">i2", "True", bytes));
  CHECK((columns(0, 0) == 1 && columns(1, 0) == 2 && columns(0, 1) == 3 && columns(1, 2) == 6));
  auto const halves = la::parse_npy<float>(with(">f2", "False", "\x3c\x00\xc0\x00\x00\x01\x7b\xff\x7c\x00\x00\x00"s));
  CHECK((halves(0, 0) == 1 && halves(0, 1) == -2 && halves(0, 2) == 0x1p-24f && halves(1, 0) == 65504));
  CHECK(halves(1, 1) == std::numeric_limits<float>::infinity());
}

TEST_CASE("parse_npy: what is written is read again as the same, bit for bit") {
  for (auto const seed : lacuna_test::seeds(20)) {
    lacuna_test::random r(seed);
    auto const check = [&](auto zero) {
      using T = decltype(zero);
      auto const m = lacuna_test::random_dense<T>(r, r.below(9), r.below(9), lacuna_test::spread::heavy_tailed);
      auto const bytes = la::format_npy(m);
      CHECK((bytes.size() - static_cast<std::size_t>(m.rows() * m.cols()) * sizeof(la::detail::npy_element_t<T>)) %
                64 ==
            0);
      CHECK(la::parse_npy<T>(bytes) == m);
      la::dense<T, la::order::col_major> other(m.rows(), m.cols());
      for (la::index i = 0; i != m.rows(); ++i)
        for (la::index j = 0; j != m.cols(); ++j) other(i, j) = m(i, j);
      CHECK(la::format_npy(other) == bytes);
    };
    check(0.0f);
    check(0.0);
    check(la::f16{});
    check(la::bf16{});
    check(std::int8_t{});
    check(std::uint64_t{});
  }
  CHECK(la::format_npy(sample_matrix()) == sample().replace(8, 1, "\x76"));
}

TEST_CASE("parse_npy: numbers beyond the type, and integers of another type, are refused with the place") {
  auto const huge = with("<f8", "False", std::string(40, '\0') + "\x00\x00\x00\x00\x00\x00\xf0\x47"s);
  CHECK(la::parse_npy<double>(huge)(1, 2) == 0x1p128);
  CHECK(error_of([&] { return la::parse_npy<float>(huge, "f"); }) ==
        "f: byte 168: the element in row 1, column 2 is 3.402823669209385e+38, beyond float");
  CHECK(error_of([&] { return la::parse_npy<la::f16>(sample(), "f"); }) ==
        "f: byte 144: the element in row 1, column 1 is 1e+10, beyond f16");
  CHECK(error_of([&] { return la::parse_npy<std::int8_t>(sample(), "f"); }) ==
        "f: byte 128: elements of type f4, expected int8: integers are not converted");
  CHECK(error_of([&] { return la::parse_npy<float>("", "f"); }) ==
        "f: byte 0: expected the mark of .npy files, found the end");
}

TEST_CASE("parse_npy: bytes that are cut or changed are an error or a matrix, nothing else") {
  auto const bytes = sample();
  for (std::size_t n = 0; n != bytes.size(); ++n) {
    CHECK(error_of([&] { return la::parse_npy<float>(std::string_view(bytes).substr(0, n), "f"); }) != "no error");
    for (char const c : {'\0', '\n', ' ', ',', '(', '9', '\xFF'}) {
      auto changed = bytes;
      changed[n] = c;
      static_cast<void>(error_of([&] { return la::parse_npy<float>(changed, "f"); }));
    }
  }
}

TEST_CASE("parse_npy: matrices without elements may have any number of rows or columns") {
  constexpr auto largest = std::numeric_limits<la::index>::max();
  la::io_limits const any{.max_rows = largest, .max_cols = largest};
  for (auto const& [rows, cols] : {std::pair<la::index, la::index>{0, 0}, {0, largest}, {largest, 0}}) {
    auto const m = la::parse_npy<float>(la::format_npy(la::dense<float>(rows, cols)), "f", any);
    CHECK((m.rows() == rows && m.cols() == cols));
  }
}

TEST_CASE("parse_npy: takes no more memory than the limits say") {
  la::dense<std::int8_t> const m(2048, 2048);
  auto const bytes = la::format_npy(m);
  CHECK(la::parse_npy<double>(bytes, "npy", {.max_growth = 9}).rows() == 2048);
  CHECK(error_of([&] { return la::parse_npy<double>(bytes, "npy", {.max_growth = 8}); }) ==
        "npy: byte 128: a matrix of 2048x2048 needs more memory than 4194432 bytes may ask for, see "
        "io_limits::max_growth");
}

TEST_CASE("parse_npy: without memory it throws bad_alloc") {
  lacuna_test::fail_allocation(1);
  CHECK_THROWS_AS(la::parse_npy<float>(sample()), std::bad_alloc);
  lacuna_test::fail_allocation(0);
}

TEST_CASE("read_npy: reads what write_npy wrote and names the file in errors") {
  auto const path = (std::filesystem::temp_directory_path() / "lacuna_test_io_npy.npy").string();
  la::write_npy(path, sample_matrix());
  CHECK(la::read_npy<float>(path) == sample_matrix());
  CHECK(error_of([&] { return la::read_npy<float>(path, {.max_rows = 1}); }) ==
        path + ": byte 128: 2 rows exceed io_limits::max_rows, 1");
  CHECK(error_of([&] { return la::read_npy<float>(path, {.max_file_bytes = 151}); }) ==
        path + ": has 152 bytes, more than the 151 of io_limits::max_file_bytes");
  std::filesystem::remove(path);
  CHECK(error_of([&] { return la::read_npy<float>(path); }) == path + ": cannot be opened: No such file or directory");
}

TEST_CASE("parse_npy_vector: arrays of one dimension, of every type, and no others") {
  auto const array = [](std::string_view type, std::string_view shape, std::string_view data) {
    auto bytes = "\x93NUMPY\x01\x00\x76\x00{'descr': '"s.append(type).append("', 'fortran_order': False, 'shape': ");
    bytes.append(shape).append(", }");
    bytes += std::string(127 - bytes.size(), ' ') + '\n';
    return bytes.append(data);
  };
  auto const floats = "\x00\x00\x80\x3f\x00\x00\x20\xc0"s;
  auto const b = la::parse_npy_vector<float>(array("<f4", "(2,)", floats));
  REQUIRE(b.size() == 2);
  CHECK((b[0] == 1 && b[1] == -2.5f));
  auto const ints = la::parse_npy_vector<std::int16_t>(array(">i2", "(3,)", "\x00\x01\xff\xfe\x03\x00"s));
  REQUIRE(ints.size() == 3);
  CHECK((ints[0] == 1 && ints[1] == -2 && ints[2] == 768));
  CHECK(la::parse_npy_vector<double>(array("<f4", "(0,)", "")).size() == 0);

  auto const refusal = [&](std::string_view shape, std::string_view data, la::io_limits const& limits = {}) {
    auto const bytes = array("<f4", shape, data);
    return error_of([&] { return la::parse_npy_vector<float>(bytes, "b", limits); });
  };
  CHECK(refusal("(1, 2)", floats) == "b: byte 60: an array of 2 dimensions, expected a vector");
  CHECK(refusal("()", floats) == "b: byte 60: an array of 0 dimensions, expected a vector");
  CHECK(refusal("(3,)", floats) == "b: byte 128: a matrix of 3x1 elements of 4 bytes each, but 8 bytes follow");
  CHECK(refusal("(2,)", floats, {.max_stored = 1}) == "b: byte 128: 2 elements exceed io_limits::max_stored, 1");
  CHECK(error_of([&] { return la::parse_npy_vector<std::int8_t>(array("<f4", "(2,)", floats), "b"); }) ==
        "b: byte 128: elements of type f4, expected int8: integers are not converted");
  CHECK(error_of([] { return la::read_npy_vector<float>("none.npy"); }).starts_with("none.npy: cannot be opened"));
}
