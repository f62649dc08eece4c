// SPDX-License-Identifier: MIT
#include <lacuna/kernel/pack_columns.hpp>

#include "support/guarded_operands.hpp"
#include "support/lanes.hpp"
#include "support/random.hpp"

#include <catch2/catch_test_macros.hpp>

namespace la = lacuna;
using lacuna_test::guarded;
using lacuna_test::guarded_dense;
using lacuna_test::lanes_of;
using arch = la::simd::default_arch;
constexpr auto row = la::order::row_major;
constexpr auto col = la::order::col_major;

namespace {

/// Lanes of the registers that S is copied in.
template <class S>
constexpr int width_of = lanes_of<la::accumulator_t<S>>;

/// Element (k, c) of the copy of rows first .. last of columns 3 .. 3 + width: X, zeros up to a register, else as
/// before.
template <class S, class X>
S expected(la::dense<X> const& x, la::index width, la::index first, la::index last, la::index k, la::index c) {
  auto const filled = (width + width_of<S> - 1) / width_of<S> * width_of<S>;
  if (k < first || k >= last || c >= filled) return S{77};
  return c < width ? static_cast<S>(x(k, 3 + c)) : S{0};
}

/// Copies ranges of rows of some columns between guard pages.
template <class S, class X, la::order Order>
void check_copies() {
  lacuna_test::random r(1);
  for (auto const where : lacuna_test::both_placements)
    for (la::index rows : {1, width_of<S> - 1, width_of<S>, 2 * width_of<S> + 1, 40})
      for (la::index width : {1, 7, width_of<S>, 2 * width_of<S>, 33}) {
        auto const x = lacuna_test::random_dense<X>(r, rows, width + 3);  // the last column is that of the matrix
        guarded_dense<X, Order> const in(x, rows % 3, where);
        auto const view = const_cast<guarded_dense<X, Order>&>(in).view();
        auto const stride = (width + width_of<S> - 1) / width_of<S> * width_of<S> + rows % 2 * width_of<S>;
        for (la::index first = 0; first <= rows; first += 1 + rows / 5)
          for (la::index last = first; last <= rows; last += 1 + rows / 4) {
            guarded<S> to(rows * stride, where);
            for (auto& e : to) e = S{77};
            la::kernel::pack_columns<arch>::run(la::dense_view<X const, Order>(view), 3, width, to.data(), stride,
                                                first, last);
            la::index wrong = 0;
            for (la::index k = 0; k != rows; ++k)
              for (la::index c = 0; c != stride; ++c)
                wrong += to[k * stride + c] != expected<S>(x, width, first, last, k, c);
            CAPTURE(rows, width, first, last, where);
            REQUIRE(wrong == 0);
            REQUIRE(to.intact());
          }
      }
}

}  // namespace

TEST_CASE("pack_columns: copies a range of rows and columns, of any type and order, and touches nothing else") {
  check_copies<float, float, row>();
  check_copies<float, float, col>();
  check_copies<float, la::bf16, row>();
  check_copies<float, la::f16, col>();
  check_copies<la::f16, la::f16, row>();
  check_copies<la::f16, la::f16, col>();
  if constexpr (la::simd::has_batch<arch, double>) {
    check_copies<double, double, row>();
    check_copies<double, double, col>();
  }
}

TEST_CASE("pack_columns: in_place where the columns stand as a copy would have them, and only there") {
  using la::kernel::in_place;
  alignas(64) float memory[16 * 64] = {};
  la::dense_view<float const> const x(memory, 4, 64, 64);
  CHECK(in_place<float>(x, 0, 64).data == memory);
  CHECK(in_place<float>(x, 0, 64).pitch == 64);
  CHECK(in_place<float>(x, 0, 32).data == nullptr);                                               // lines farther apart
  CHECK(in_place<float>(la::dense_view<float const>(memory, 4, 63, 64), 0, 64).data == nullptr);  // not full
  CHECK(in_place<float>(la::dense_view<float const>(memory + 1, 4, 64, 64), 0, 64).data == nullptr);  // not aligned
  CHECK(in_place<float>(la::dense_view<float const, col>(memory, 64, 4, 64), 0, 64).data == nullptr);
  CHECK(in_place<double>(x, 0, 64).data == nullptr);
  CHECK(in_place<float>(la::dense_view<float const>(memory, 4, 96, 64), 16, 64).data == memory + 16);
}

TEST_CASE("pack_columns: rows apart are read in place as often as their sets of the cache allow") {
  using la::kernel::reads_in_place;
  alignas(64) float memory[64] = {};
  CHECK(reads_in_place(memory, 256, 128) == 24);  // every fourth row in the same 8 of 64 sets
  CHECK(reads_in_place(memory, 512, 128) == 12);
  CHECK(reads_in_place(memory, 1024, 128) == 6);
  CHECK(reads_in_place(memory, 4096, 32) == 1);
  CHECK(reads_in_place(memory, 320, 128) == 32);  // all sets
  CHECK(reads_in_place(memory, 324, 128) == 8);   // lines straddled
  CHECK(reads_in_place(memory + 4, 320, 128) == 8);
  CHECK(reads_in_place(memory, 16, 8) == 32);  // half a line
}

TEST_CASE("pack_columns: apart_in_place where the type fits, the columns are there, and reads are few") {
  using la::kernel::apart_in_place;
  alignas(64) float memory[4 * 512] = {};
  la::dense_view<float const> const x(memory, 4, 512, 512);
  CHECK(apart_in_place<float>(x, 128, 128, 12).data == memory + 128);
  CHECK(apart_in_place<float>(x, 128, 128, 12).pitch == 512);
  CHECK(apart_in_place<float>(x, 128, 128, 13).data == nullptr);
  CHECK(apart_in_place<float>(x, 400, 128, 1).data == nullptr);  // would read beyond the row
  CHECK(apart_in_place<float>(la::dense_view<float const>(memory, 0, 512, 512), 0, 128, 1).data == nullptr);
  CHECK(apart_in_place<float>(la::dense_view<float const, col>(memory, 512, 4, 512), 0, 4, 1).data == nullptr);
  CHECK(apart_in_place<double>(x, 0, 128, 1).data == nullptr);
}
