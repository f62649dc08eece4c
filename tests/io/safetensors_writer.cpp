// SPDX-License-Identifier: MIT
#include <lacuna/io/safetensors.hpp>
#include <lacuna/io/safetensors_writer.hpp>

#include "support/message_of.hpp"
#include "support/random.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace la = lacuna;
using namespace std::string_literals;

TEST_CASE("safetensors_writer: the bytes of a file") {
  la::safetensors_writer out;
  CHECK(out.format() == "\x08\0\0\0\0\0\0\0{}      "s);
  la::dense<float> w(1, 2);
  w(0, 0) = 1;
  w(0, 1) = -2.5f;
  out.add("w", w);
  out.add("b", std::vector<std::int16_t>{258});
  auto const header =
      R"({"w":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]},"b":{"dtype":"I16","shape":[1],"data_offsets":[8,10]}})"s;
  auto const padded = header + std::string((8 - header.size() % 8) % 8, ' ');
  CHECK(out.format() == std::string(1, static_cast<char>(padded.size())) + "\0\0\0\0\0\0\0"s + padded +
                            "\0\0\x80\x3f\0\0\x20\xc0\2\1"s);
}

TEST_CASE("safetensors_writer: what is written is read, in either order and every type") {
  lacuna_test::random r(3);
  auto const f = lacuna_test::random_dense<float>(r, 5, 7);
  auto const d = lacuna_test::random_dense<double, la::order::col_major>(r, 3, 4);
  auto const h = lacuna_test::random_dense<la::f16>(r, 2, 3);
  auto const b = lacuna_test::random_dense<la::bf16>(r, 2, 3);
  auto const i = lacuna_test::random_dense<std::int8_t>(r, 4, 4);
  la::safetensors_writer out;
  out.add("f", f);
  out.add("part", la::dense_view<float const>(f.data() + 1, 3, 2, 7));
  out.add("d", d);
  out.add("h", h);
  out.add("b", b);
  out.add("i \"\\\n\xC3\xA9", i);
  out.add("none", la::dense<std::uint64_t>(6, 0));
  out.add("v", la::column(f, 2));

  auto const bytes = out.format();
  auto const model = la::parse_safetensors(bytes);
  REQUIRE(model.tensors().size() == 8);
  CHECK((model.tensors()[0].begin % 8 == 0 && model.tensors()[5].dtype == "I8"));
  CHECK(model.matrix<float>("f") == f);
  auto const part = model.matrix<float>("part");
  CHECK((part.rows() == 3 && part.cols() == 2 && part(2, 1) == f(2, 2)));
  auto const d2 = model.matrix<double>("d");
  for (la::index row = 0; row != 3; ++row)
    for (la::index col = 0; col != 4; ++col) CHECK(d2(row, col) == d(row, col));
  CHECK(model.matrix<la::f16>("h") == h);
  CHECK(model.matrix<la::bf16>("b") == b);
  CHECK(model.matrix<std::int8_t>("i \"\\\n\xC3\xA9") == i);
  CHECK(model.matrix<std::uint64_t>("none").rows() == 6);
  auto const v = model.vector<float>("v");
  REQUIRE(v.size() == 5);
  CHECK(v[4] == f(4, 2));
}

TEST_CASE("safetensors_writer: names that are taken, and files") {
  la::safetensors_writer out;
  out.add("w", std::vector<float>{1, 2});
  CHECK(lacuna_test::message_of<la::value_error>([&] { return out.add("w", std::vector<float>{3}), 0; }) ==
        "safetensors_writer: the name 'w' is taken");
  CHECK(lacuna_test::message_of<la::value_error>([&] { return out.add("__metadata__", std::vector<float>{3}), 0; }) ==
        "safetensors_writer: the name '__metadata__' is taken");
  auto const path = (std::filesystem::temp_directory_path() / "lacuna_test_written.safetensors").string();
  out.write(path);
  CHECK(la::read_safetensors(path).vector<float>("w")[1] == 2);
  std::filesystem::remove(path);
  CHECK_THROWS_AS(out.write("/nowhere/w.safetensors"), la::io_error);
}
