// SPDX-License-Identifier: MIT
#include <lacuna/format/bitmap.hpp>
#include <lacuna/format/bsr.hpp>
#include <lacuna/format/csr.hpp>
#include <lacuna/format/nm.hpp>
#include <lacuna/format/panel.hpp>
#include <lacuna/format/transposed.hpp>
#include <lacuna/pack.hpp>

#include "support/catalogue.hpp"
#include "support/conformance.hpp"
#include "support/message_of.hpp"
#include "support/random.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace la = lacuna;
using namespace lacuna_test;

namespace {

/// One of each layout, with index types and blocks that fit nothing else.
using layouts = std::tuple<la::csr<float, std::uint16_t, std::uint32_t>, la::bsr<float, 3, 5>, la::nm<float, 2, 4>,
                           la::panel<float>, la::nm<float, 1, 16>, la::bitmap<float>>;

/// The format that is so many places behind another; the last is followed by the first.
template <std::size_t From, std::size_t Places>
using behind = std::tuple_element_t<(From + Places) % std::tuple_size_v<layouts>, layouts>;

void check_same(la::dense<float> const& unpacked, la::dense<float> const& expected) {
  CHECK(same_bits(unpacked, expected));
}

/// Fill makes slots: only the mask says what an N:M format can take from bsr or another N:M format.
template <class To, class From>
void check_packed(From const& a, la::mask const& keep, la::dense<float> const& expected) {
  auto const b = la::pack<To>(a, keep);
  validate(b);
  check_same(la::to_dense(b), expected);
}

}  // namespace

TEST_CASE("pack: every format is packed from the two before it") {
  lacuna_test::random r(17);
  for (auto const s : {shape{0, 0}, {1, 1}, {7, 70}, {33, 17}}) {
    auto const w = weights<float>(r, s.rows, s.cols, true);
    auto const keep = trimmed(random_mask(r, s.rows, s.cols, 0.4), la::nm_layout<1, 16>{});
    auto const expected = masked(std::as_const(w).view(), keep);
    [&]<std::size_t... From>(std::index_sequence<From...>) {
      auto const check = [&]<std::size_t I>() {
        auto const a = la::pack<behind<I, 0>>(w, keep);
        check_packed<behind<I, 1>>(a, keep, expected);
        check_packed<behind<I, 2>>(a, keep, expected);
      };
      (check.template operator()<From>(), ...);
    }(std::make_index_sequence<std::tuple_size_v<layouts>>());
  }
}

TEST_CASE("pack: a mask keeps zeros of both signs and NaN, without one zeros go") {
  la::dense<float> w(1, 4);
  w(0, 1) = -0.0f;
  w(0, 2) = std::numeric_limits<float>::quiet_NaN();
  w(0, 3) = 5;
  auto const kept = la::pack<la::csr<float>>(w, la::mask(1, 4, true));
  CHECK(kept.stored() == 4);
  CHECK(std::signbit(kept.values()[1]));
  CHECK(std::isnan(kept.values()[2]));
  auto const nonzeros = la::pack<la::csr<float>>(w);
  CHECK(nonzeros.stored() == 2);
  CHECK(std::isnan(nonzeros.values()[0]));
}

TEST_CASE("pack: values are rounded once to the type of the format") {
  la::dense<double> w(1, 2);
  w(0, 0) = 1 + 0x1p-8 + 0x1p-40;  // just above the middle of two bf16: a stop at float would round to even
  w(0, 1) = 1e300;
  auto const a = la::pack<la::bitmap<la::bf16>>(w);
  CHECK(static_cast<float>(a.values()[0]) == 1 + 0x1p-7f);
  CHECK(std::isinf(static_cast<float>(a.values()[1])));
  CHECK(la::pack<la::csr<float>>(w).values()[0] == 1 + 0x1p-8f);
  la::dense<float> out(1, 2);
  la::to_dense(a, out);
  CHECK(out(0, 0) == 1 + 0x1p-7f);
}

TEST_CASE("pack: integers become floats, and fit back where they are the same type") {
  la::dense<std::int8_t> w(2, 2);
  w(0, 1) = -128;
  CHECK(la::pack<la::csr<float>>(w).values()[0] == -128);
  CHECK(la::pack<la::csr<std::int8_t>>(w).values()[0] == -128);
}

TEST_CASE("pack: views with strides, in both orders") {
  std::vector<float> memory(60, 9);
  la::dense_view<float> const rows(memory.data(), 3, 4, 10);
  la::dense_view<float, la::order::col_major> const columns(memory.data(), 3, 4, 10);
  la::mask keep(3, 4);
  keep.set(0, 3), keep.set(2, 1);
  rows(0, 3) = 1, rows(2, 1) = 2;
  CHECK(la::pack<la::csr<float>>(rows, keep).values()[0] == 1);
  CHECK(la::pack<la::csr<float>>(rows, keep).values()[1] == 2);
  columns(0, 3) = 3, columns(2, 1) = 4;
  CHECK(la::pack<la::csr<float>>(columns, keep).values()[0] == 3);
  CHECK(la::pack<la::csr<float>>(columns, keep).values()[1] == 4);
  auto const a = la::pack<la::csr<float>>(columns, keep);
  std::vector<float> target(40, 7);
  la::to_dense(a, la::dense_view<float, la::order::col_major>(target.data(), 3, 4, 10));
  for (std::size_t at = 0; at != target.size(); ++at)
    CHECK(target[at] == (at == 30 ? 3.0f : at == 12 ? 4.0f : at % 10 < 3 ? 0.0f : 7.0f));
}

TEST_CASE("pack: shapes that differ are told") {
  la::dense<float> w(3, 4);
  la::mask const keep(4, 3);
  auto const a = la::pack<la::csr<float>>(w);
  CHECK(message_of<la::shape_error>([&] { return la::pack<la::csr<float>>(w, keep); }) ==
        "pack: the matrix is 3x4, the mask is 4x3");
  CHECK(message_of<la::shape_error>([&] { return la::pack<la::panel<float>>(a, keep); }) ==
        "pack: the matrix is 3x4, the mask is 4x3");
  CHECK(message_of<la::shape_error>([&] {
          la::dense<float> out(4, 3);
          la::to_dense(a, out);
          return 0;
        }) == "to_dense: A is 3x4, out is 4x3");
}

TEST_CASE("pack: views of negative counts are told") {
  float const one = 1;
  la::dense_view<float const> const w(&one, -1, 3);
  CHECK(message_of<la::shape_error>([&] { return la::pack<la::csr<float>>(w); }) ==
        "pack: the matrix has -1 rows and 3 columns, expected none below 0");
  // Named: {} would be a null pointer to offsets, of which the last is read.
  using view = la::csr_view<float>;
  std::span<view::offset_type const> const offsets;
  std::span<view::index_type const> const columns;
  CHECK(message_of<la::shape_error>([&] {
          return la::pack<la::bitmap<float>>(view(2, -1, offsets, columns, std::span<float const>()));
        }) == "pack: the matrix has 2 rows and -1 columns, expected none below 0");
}

TEST_CASE("pack: options below 0 are told, whatever the source and the format") {
  la::dense<float> const w(3, 4);
  la::mask const keep(3, 4);
  auto const a = la::pack<la::csr<float>>(w);
  la::pack_options const wrong{.tokens = -5};
  auto const said = [](auto const& f) { return message_of<la::value_error>(f); };
  std::string const expected = "pack: tokens is -5, expected 0 or more";
  CHECK(said([&] { return la::pack<la::csr<float>>(w, wrong); }) == expected);
  CHECK(said([&] { return la::pack<la::panel<float>>(w, keep, wrong); }) == expected);
  CHECK(said([&] { return la::pack<la::bitmap<float>>(a, wrong); }) == expected);
  CHECK(said([&] { return la::pack<la::csr<float>>(a, keep, wrong); }) == expected);
  CHECK(said([&] { return la::transpose(a, wrong); }) == expected);
}

TEST_CASE("pack: a transposed operand is packed and unpacked as the transpose") {
  lacuna_test::random r(19);
  auto const w = random_dense<float>(r, 9, 21);
  auto const keep = random_mask(r, 9, 21, 0.3);
  auto const expected = masked(std::as_const(w).view(), keep);
  for_each_type(type_list<la::csr<float>, la::bsr<float, 3, 5>, la::bitmap<float>, la::panel<float>>{}, [&](auto tag) {
    using F = typename decltype(tag)::type;
    auto const a = la::pack<F>(w, keep);
    CHECK(la::pack<typename F::transposed>(la::transposed(a)) == la::transpose(a));
    auto const t = la::to_dense(la::transposed(a));
    CHECK(same_bits(la::transpose(t.view()), expected.view()));
    la::mask first(21, 9);
    for (la::index j = 0; j != 9; ++j) first.set(4, j);
    CHECK(la::pack<la::csr<float>>(la::transposed(a), first).stored() ==
          la::pack<la::csr<float>>(la::transpose(a), first).stored());
  });
}

TEST_CASE("pack: fill of one format stays a slot in the next") {
  la::dense<float> w(4, 4);
  w(1, 1) = 3;
  auto const blocks = la::pack<la::bsr<float, 2, 2>>(w);
  CHECK(la::pack<la::csr<float>>(blocks).stored() == 4);
  CHECK(la::pack<la::csr<float>>(la::to_dense(blocks)).stored() == 1);
  CHECK(message_of([&] { return la::pack<la::nm<float, 1, 4>>(blocks); }) ==
        "pack<nm<1, 4>>: row 0 keeps 2 of columns 0..3, at most 1 fit");
  CHECK(la::transpose(la::pack<la::nm<float, 1, 4>>(w)).stored() == 4);
}
