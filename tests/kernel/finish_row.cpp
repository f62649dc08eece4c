// SPDX-License-Identifier: MIT
#include <lacuna/kernel/epilogue.hpp>
#include <lacuna/kernel/finish_row.hpp>

#include "support/guarded_operands.hpp"
#include "support/lanes.hpp"
#include "support/random.hpp"

#include <catch2/catch_test_macros.hpp>

#include <type_traits>
#include <vector>

namespace la = lacuna;
using lacuna_test::guarded;
using lacuna_test::guarded_dense;
using lacuna_test::lanes_of;
using arch = la::simd::default_arch;
constexpr auto row = la::order::row_major;
constexpr auto col = la::order::col_major;

namespace {

/// Hands rows of sums of N registers to finish_row, of which `width` columns stand in Y from (2, 3) on.
template <int N, class Y, la::order Order, class Epilogue>
void check_rows(la::index width, lacuna_test::placement where, Epilogue const& ep, bool plain) {
  constexpr la::index stride = N * lanes_of<float>;
  lacuna_test::random r(3);
  la::dense<float> values(5, stride);  // small whole numbers, which every type of Y holds
  for (la::index i = 0; i != 5; ++i)
    for (la::index j = 0; j != stride; ++j) values(i, j) = static_cast<float>(r.below(64));
  guarded_dense<Y, Order> y(7, 3 + width, width % 3, where);
  la::kernel::output<Y, Order, Epilogue> const output{y.view(), ep};
  auto const to = output.template any<arch, float>();
  REQUIRE((to.plain != nullptr) == plain);
  REQUIRE(to.by_rows == (Order == row));
  guarded<float> kept(plain ? 0 : la::kernel::sums_size<arch, float>(5, stride), where);
  la::kernel::finish_row<arch, N, float> const done{{to, kept.data(), 2, 3, width}};
  for (la::index const i : {3, 0, 4, 1, 2}) done(&values(i, 0), i);
  if (!plain) to.finish(kept.data(), stride, 2, 7, 3, width);
  la::index wrong = 0;
  for (la::index i = 0; i != 5; ++i)
    for (la::index j = 0; j != width; ++j) wrong += y.view()(2 + i, 3 + j) != Y(values(i, j));
  CAPTURE(N, width, where);
  REQUIRE(wrong == 0);
  REQUIRE(y.intact());
  REQUIRE(kept.intact());
}

template <class Y, la::order Order, class Epilogue>
void check_rows(Epilogue const& ep, bool plain) {
  for (auto const where : lacuna_test::both_placements) {
    check_rows<4, Y, Order>(4 * lanes_of<float>, where, ep, plain);
    for (la::index width = 1; width <= lanes_of<float>; ++width) {
      check_rows<1, Y, Order>(width, where, ep, plain);
      check_rows<2, Y, Order>(lanes_of<float> + width, where, ep, plain);
    }
  }
}

}  // namespace

TEST_CASE("finish_row: rows go to a plain Y as they come, others are kept for the block") {
  la::identity_epilogue const none;
  check_rows<float, row>(none, true);
  check_rows<float, col>(none, false);
  check_rows<la::bf16, row>(none, false);
  check_rows<float, row>(la::detail::as_epilogue(la::scale(1.0f)), false);
}

TEST_CASE("finish_row: the kernel writes whole registers itself, to Y where sums are all that it gets") {
  constexpr la::index width = 2 * lanes_of<float>;
  la::dense<float> y(4, width + 3);
  float kept[3 * width];
  auto const place = [&](auto view, auto const& ep, la::index columns) {
    using view_type = decltype(view);
    using epilogue = std::remove_cvref_t<decltype(ep)>;
    la::kernel::output<typename view_type::value_type, view_type::memory_order, epilogue> const to{view, ep};
    return la::kernel::finish_row<arch, 2, float>{{to.template any<arch, float>(), kept, 1, 3, columns}}.place(2);
  };
  la::identity_epilogue const none;
  std::vector<float> const b(4);
  CHECK(place(y.view(), none, width) == &y(3, 3));
  CHECK(place(y.view(), none, width - 1) == nullptr);
  CHECK(place(y.view(), la::bias(b) | la::relu, width - 1) == kept + 2 * width);
  CHECK(place(la::dense<float, col>(4, width + 3).view(), none, width) == kept + 2 * width);
  CHECK(place(la::dense<la::bf16>(4, width + 3).view(), none, width) == kept + 2 * width);
}

TEST_CASE("finish_row: hands a kernel's word on to the sums that wait, if any do") {
  constexpr la::index width = lanes_of<float>;
  la::dense<float, col> y(4, width);
  la::kernel::output<float, col, la::identity_epilogue> const to{y.view(), {}};
  auto const any = to.any<arch, float>();
  la::index const size = la::kernel::sums_size<arch, float>(2, width);
  guarded<float> room(2 * size, lacuna_test::placement::upper);
  la::kernel::late_finish<float> late(room.data(), size);
  float* const sums = late.next(true);
  for (la::index k = 0; k != 2 * width; ++k) sums[k] = static_cast<float>(k + 1);
  late.start(any, sums, width, 1, 3, 0, width);
  la::kernel::finish_row<arch, 1, float> const none{{any, late.next(true), 0, 0, width}};
  none.spread(1);
  none.some();
  CHECK(y(1, 0) == 0);
  la::kernel::finish_row<arch, 1, float> const done{{any, none.block.kept, 0, 0, width, &late}};
  done.spread(1);
  CHECK(y(1, 0) == 0);
  done.some();
  for (la::index i = 0; i != 4; ++i)
    for (la::index j = 0; j != width; ++j)
      CHECK(y(i, j) == (i == 0 || i == 3 ? 0.0f : static_cast<float>((i - 1) * width + j + 1)));
}
