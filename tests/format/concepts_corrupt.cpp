// SPDX-License-Identifier: MIT
//
// Foreign arrays of any content between guard pages: validate rejects them, or visit_row is safe to call.
#include <lacuna/core/error.hpp>
#include <lacuna/format/bitmap.hpp>
#include <lacuna/format/bsr.hpp>
#include <lacuna/format/csr.hpp>
#include <lacuna/format/nm.hpp>
#include <lacuna/format/panel.hpp>
#include <lacuna/format/tiled_sell.hpp>
#include <lacuna/format/vnm.hpp>
#include <lacuna/pack.hpp>

#include "support/guard.hpp"
#include "support/random.hpp"

#include <catch2/catch_test_macros.hpp>

#include <concepts>
#include <cstdint>
#include <span>
#include <string>
#include <type_traits>

namespace la = lacuna;
using lacuna_test::guarded;

namespace {

/// Counts what became of the corrupted matrices: a test that only ever rejects, or only accepts, tries nothing.
struct tally {
  int accepted = 0;
  int rejected = 0;
};

template <class View>
void try_view(View const& a, tally& count) {
  try {
    validate(a);
  } catch (la::format_error const&) {
    ++count.rejected;
    return;
  }
  ++count.accepted;
  la::index visited = 0;
  for (la::index i = 0; i != a.rows(); ++i) {
    la::mask seen(1, a.cols());
    a.visit_row(i, [&](la::index j, typename View::value_type) {
      bool const inside = j >= 0 && j < a.cols();
      REQUIRE(inside);
      REQUIRE_FALSE(seen(0, j));
      seen.set(0, j);
      ++visited;
    });
  }
  REQUIRE(visited <= a.stored());
}

/// A small number where most are sound, now and then any bits at all.
std::uint64_t any_number(lacuna_test::random& r) {
  return r.chance(0.9) ? static_cast<std::uint64_t>(r.below(12)) : r.bits();
}

template <class T>
T any_element(lacuna_test::random& r) {
  if constexpr (std::same_as<T, la::panel_slot>)
    return {static_cast<std::uint16_t>(any_number(r)), static_cast<std::uint16_t>(any_number(r))};
  else if constexpr (std::same_as<T, la::panel_strip>)
    return {static_cast<std::uint32_t>(any_number(r)), static_cast<std::uint32_t>(any_number(r)),
            static_cast<std::uint16_t>(any_number(r)), static_cast<std::uint16_t>(any_number(r))};
  else if constexpr (std::same_as<T, la::tiled_sell_cell>)
    return {static_cast<std::uint32_t>(any_number(r)), static_cast<std::uint32_t>(any_number(r))};
  else if constexpr (std::same_as<T, std::uint8_t>)
    return static_cast<T>(r.bits());
  else if constexpr (std::integral<T>)
    return static_cast<T>(any_number(r));
  else
    return T(1);
}

/// A guarded copy in which one element may be another, and at whose end one may be missing.
template <class T>
class corrupted {
 public:
  corrupted(std::span<T const> source, lacuna_test::random& r)
      : memory_(source.size() != 0 && r.chance(0.03) ? source.first(source.size() - 1) : source) {
    if (memory_.size() != 0 && r.chance(0.3)) memory_[r.below(memory_.size())] = any_element<T>(r);
  }
  [[nodiscard]] std::span<T const> get() const noexcept { return memory_.span(); }

 private:
  guarded<T> memory_;
};
template <class T>
corrupted(std::span<T const>, lacuna_test::random&) -> corrupted<T>;

la::index near(la::index count, lacuna_test::random& r) { return r.chance(0.1) ? count + r.below(5) - 2 : count; }

/// Packs small random matrices and hands each to f.
template <class F, class Function>
tally corrupt(Function&& f) {
  tally count;
  lacuna_test::random r(23);
  for (int n = 0; n != 4000; ++n) {
    auto const rows = r.below(7);
    auto const cols = r.below(11);
    la::mask keep(rows, cols);
    for (la::index i = 0; i != rows; ++i)
      for (la::index j = 0; j != cols; ++j) keep.set(i, j, j % 4 == 0 && r.chance(0.6));  // fits 1:4
    auto const a = la::pack<F>(la::dense<float>(rows, cols), keep, {.strip_height = 1 << r.below(3), .tile = 4});
    f(a, near(rows, r), near(cols, r), r, count);
  }
  return count;
}

template <class F>
tally corrupt_compressed() {
  return corrupt<F>([](F const& a, la::index rows, la::index cols, lacuna_test::random& r, tally& count) {
    corrupted const offsets(a.offsets(), r);
    corrupted const columns(a.columns(), r);
    corrupted const values(a.values(), r);
    try_view(la::view_t<F>(rows, cols, offsets.get(), columns.get(), values.get()), count);
  });
}

template <class F>
tally corrupt_nm() {
  return corrupt<F>([](F const& a, la::index rows, la::index cols, lacuna_test::random& r, tally& count) {
    corrupted const codes(a.codes(), r);
    corrupted const values(a.values(), r);
    try_view(la::view_t<F>(rows, cols, codes.get(), values.get()), count);
  });
}

void check(tally const& count) {
  CHECK(count.accepted > 400);
  CHECK(count.rejected > 400);
}

}  // namespace

TEST_CASE("formats: arrays of any content are rejected or safe") {
  check(corrupt_compressed<la::csr<float>>());
  check(corrupt_compressed<la::csr<float, std::int8_t>>());
  check(corrupt_compressed<la::csr<float, std::int64_t, std::uint64_t>>());
  check(corrupt_compressed<la::bsr<float, 2, 3>>());
  check(corrupt_compressed<la::bsr<float, 3, 2, std::int8_t, std::int16_t>>());
  check(corrupt_nm<la::nm<float, 2, 4>>());
  check(corrupt_nm<la::nm<float, 1, 4>>());
  check(corrupt_nm<la::nm<float, 2, 8>>());
  check(corrupt_nm<la::nm<float, 3, 5>>());
  check(corrupt_nm<la::vnm<float, 2, 2, 4>>());
  check(corrupt_nm<la::vnm<float, 3, 1, 4>>());
  check(corrupt<la::bitmap<float>>(
      [](auto const& a, la::index rows, la::index cols, lacuna_test::random& r, tally& count) {
        corrupted const bits(a.bits(), r);
        corrupted const offsets(a.offsets(), r);
        corrupted const values(a.values(), r);
        try_view(la::bitmap_view<float>(rows, cols, bits.get(), offsets.get(), values.get()), count);
      }));
  check(corrupt<la::panel<float>>(
      [](auto const& a, la::index rows, la::index cols, lacuna_test::random& r, tally& count) {
        corrupted const strips(a.strips(), r);
        corrupted const slots(a.slots(), r);
        corrupted const columns(a.columns(), r);
        corrupted const values(a.values(), r);
        auto const block = r.chance(0.9) ? a.block() : 8 * r.below(3);
        try_view(la::panel_view<float>(rows, cols, near(a.strip_height(), r), near(a.tile(), r), block, strips.get(),
                                       slots.get(), columns.get(), values.get()),
                 count);
      }));
  check(corrupt<la::tiled_sell<float, 4, 1>>(
      [](auto const& a, la::index rows, la::index cols, lacuna_test::random& r, tally& count) {
        corrupted const cells(a.cells(), r);
        corrupted const places(a.places(), r);
        corrupted const diagonals(a.diagonals(), r);
        corrupted const columns(a.columns(), r);
        corrupted const values(a.values(), r);
        try_view(la::tiled_sell_view<float, 4, 1>(rows, cols, cells.get(), places.get(), diagonals.get(), columns.get(),
                                                  values.get()),
                 count);
      }));
}
