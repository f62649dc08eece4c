// SPDX-License-Identifier: MIT
#include <lacuna/core/vector.hpp>
#include <lacuna/format/sparse_vector.hpp>

#include "support/message_of.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

namespace la = lacuna;
using la::sparse_vector;
using lacuna_test::message_of;

static_assert(la::sparse_vector_like<sparse_vector<float>> && la::sparse_vector_like<la::sparse_vector_view<double>>);
static_assert(!la::sparse_vector_like<std::vector<float>> && !la::dense_vector<sparse_vector<float>>);

namespace {

std::vector<std::uint32_t> const places{1, 4, 7};
std::vector<float> const numbers{10, -20, 30};

std::string problem(la::index size, std::vector<std::uint32_t> const& indices, std::vector<float> const& values) {
  return message_of([&] { return sparse_vector<float>(size, indices, values); });
}

}  // namespace

TEST_CASE("sparse_vector: holds copies of the arrays it was made from") {
  sparse_vector<float> const v(8, places, numbers);
  CHECK(v.size() == 8);
  CHECK(v.stored() == 3);
  CHECK(v.capacity() >= 8);
  CHECK(std::vector<std::uint32_t>(v.indices().begin(), v.indices().end()) == places);
  CHECK(std::vector<float>(v.values().begin(), v.values().end()) == numbers);
  CHECK(v.view().size() == 8);
  CHECK(v.view().indices().data() == v.indices().data());
}

TEST_CASE("sparse_vector: arrays that are none are refused with a reason") {
  CHECK(problem(8, {1, 4}, numbers) == "sparse_vector: 2 indices need as many values, got 3");
  CHECK(problem(7, places, numbers) == "sparse_vector: vector 0 has index 7, expected 0 <= index < 7");
  CHECK(problem(8, {1, 1, 7}, numbers) == "sparse_vector: vector 0 has index 1 twice");
  CHECK(problem(8, {4, 1, 7}, numbers) == "sparse_vector: vector 0 has index 1 after 4, expected increasing order");
  CHECK(problem(-1, {}, {}) == "sparse_vector: the size is -1, expected 0 or more");
  CHECK(problem(0, {}, {}) == "no error");
  auto const too_long = [](la::index size) {
    return message_of<la::shape_error>([&] { return sparse_vector<float>(size); });
  };
  CHECK(too_long(-3) == "sparse_vector: a size of -3, expected 0 to 2^32");
  CHECK(too_long(std::numeric_limits<la::index>::max()) ==
        "sparse_vector: a size of 9223372036854775807, expected 0 to 2^32");
  CHECK(too_long((la::index{1} << 32) + 1) == "sparse_vector: a size of 4294967297, expected 0 to 2^32");
}

TEST_CASE("sparse_vector: reset empties it and keeps its memory while that suffices") {
  sparse_vector<float> v(8, places, numbers);
  auto const* const memory = v.values().data();
  v.reset(5);
  CHECK(v.size() == 5);
  CHECK(v.stored() == 0);
  CHECK(v.values().data() == memory);
  v.reset(8);
  CHECK(v.values().data() == memory);
  v.reset(v.capacity() + 1);
  CHECK(v.size() == v.capacity());
}

TEST_CASE("sparse_vector: store takes what is written, and has room for a register behind it") {
  sparse_vector<double> v(3);
  v.store([](std::uint32_t* indices, double* values) {
    for (int s = 0; s != 3 + 64; ++s) {
      indices[s] = static_cast<std::uint32_t>(s);
      values[s] = s;
    }
    return 2;
  });
  CHECK(v == sparse_vector<double>(3, std::vector<std::uint32_t>{0, 1}, std::vector<double>{0, 1}));
  sparse_vector<double> none;
  none.store([](std::uint32_t*, double*) { return 5; });  // there is no room: not called
  CHECK(none.stored() == 0);
  CHECK(none.size() == 0);
}

TEST_CASE("sparse_vector: copies and moves are equal, other places, values and sizes are not") {
  sparse_vector<float> const v(8, places, numbers);
  auto copy = v;
  CHECK(copy == v);
  copy.values()[1] = 5;
  CHECK_FALSE(copy == v);
  auto again = v;
  auto const moved = std::move(again);
  CHECK(moved == v);
  CHECK(again == sparse_vector<float>());
  CHECK(again.indices().empty());
  CHECK_FALSE(sparse_vector<float>(9, places, numbers) == v);
  CHECK_FALSE(sparse_vector<float>(8, std::vector<std::uint32_t>{1, 4, 6}, numbers) == v);
  CHECK_FALSE(sparse_vector<float>(8) == v);
}
