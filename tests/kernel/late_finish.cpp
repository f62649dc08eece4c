// SPDX-License-Identifier: MIT
#include <lacuna/kernel/late_finish.hpp>

#include "support/guarded_operands.hpp"
#include "support/random.hpp"

#include <catch2/catch_test_macros.hpp>

#include <vector>

namespace la = lacuna;

namespace {

/// A Y that notes how often each place is written, and refuses sums that are not its own: those of row i, column j are
/// 1000 i + j.
struct places {
  la::index rows, cols;
  std::vector<int> written;
  int calls = 0;
  bool right = true;

  places(la::index rows_, la::index cols_)
      : rows(rows_), cols(cols_), written(static_cast<std::size_t>(rows_ * cols_), 0) {}

  static void take(void const* self, float const* sums, la::index stride, la::index first, la::index last,
                   la::index column, la::index width) {
    auto& to = *static_cast<places*>(const_cast<void*>(self));
    ++to.calls;
    for (la::index i = first; i != last; ++i)
      for (la::index j = column; j != column + width; ++j) {
        ++to.written[static_cast<std::size_t>(i * to.cols + j)];
        to.right = to.right && sums[(i - first) * stride + j - column] == static_cast<float>(1000 * i + j);
      }
  }
  [[nodiscard]] la::kernel::any_output<float> any() { return {this, take, false, nullptr, cols}; }
  /// Places that were written other than `times` times.
  [[nodiscard]] la::index others(int times) const {
    la::index n = 0;
    for (int const w : written) n += w != times;
    return n;
  }
};

/// Sums of rows first .. last and columns column .. column + width, as `places` wants them.
void fill(float* sums, la::index stride, la::index first, la::index last, la::index column, la::index width) {
  for (la::index i = first; i != last; ++i)
    for (la::index j = 0; j != width; ++j) sums[(i - first) * stride + j] = static_cast<float>(1000 * i + column + j);
}

/// Groups of `height` rows of two strips of `width` columns, `calls` of `some` promised for each and `made` of them
/// made.
void check(la::index height, la::index width, la::index calls, la::index made) {
  CAPTURE(height, width, calls, made);
  la::index const groups = 3, stride = width + 5;
  lacuna_test::guarded<float> room(2 * height * stride, lacuna_test::placement::upper);
  places y(groups * height, 2 * width);
  auto const to = y.any();
  la::kernel::late_finish<float> late(room.data(), height * stride);
  for (la::index unit = 0; unit != 2 * groups; ++unit) {
    la::index const first = unit / 2 * height, column = unit % 2 * width;
    float* const sums = late.next(true);
    late.spread(calls);
    fill(sums, stride, first, first + height, column, width);
    for (la::index k = 0; k != made; ++k) late.some();
    if (calls != 0 && made >= calls && unit != 0) {  // what waited has been written by now
      la::index n = 0;
      for (int const w : y.written) n += w;
      CHECK(n == unit * height * width);
    }
    late.rest();
    late.start(to, sums, stride, first, first + height, column, width);
  }
  CHECK(y.others(0) == 2 * groups * height * width - height * width);
  late.rest();
  late.rest();
  CHECK(y.others(1) == 0);
  CHECK(y.right);
}

}  // namespace

TEST_CASE("late_finish: every sum is written once, in the calls that were promised or at the end") {
  for (la::index const height : {1, 16, 65})
    for (la::index const width : {1, 15, 16, 17, 40, 128})
      for (la::index const calls : {0, 1, 2, 5, 7, 8, 9, 512})
        for (la::index const made : {la::index{0}, calls / 2, calls, calls + 3}) check(height, width, calls, made);
}

TEST_CASE("late_finish: what waits is spread over the calls") {
  places y(256, 128);
  auto const to = y.any();
  std::vector<float> sums(256 * 128);
  fill(sums.data(), 128, 0, 256, 0, 128);
  la::kernel::late_finish<float> late(sums.data(), 0);
  late.start(to, sums.data(), 128, 0, 256, 0, 128);  // 8 pieces
  late.spread(320);
  int most = 0;
  for (int k = 0; k != 320; ++k) {
    int const before = y.calls;
    late.some();
    most = y.calls - before > most ? y.calls - before : most;
    CHECK(y.calls == (k + 1) / 40);
  }
  CHECK(most == 1);
  CHECK(y.others(1) == 0);
}

TEST_CASE("late_finish: sums that never wait stand in one place") {
  std::vector<float> room(20);
  la::kernel::late_finish<float> late(room.data(), 10);
  CHECK(late.next(false) == late.next(false));
  auto* const one = late.next(true);
  auto* const two = late.next(true);
  CHECK(one != two);
  CHECK(late.next(true) == one);
  places y(4, 4);
  auto const to = y.any();
  late.start(to, one, 4, 2, 2, 0, 4);  // no rows
  late.spread(1);
  late.some();
  late.rest();
  CHECK(y.calls == 0);
}
