// SPDX-License-Identifier: MIT
#include <lacuna/core/executor.hpp>
#include <lacuna/core/threads.hpp>
#include <lacuna/format/bitmap.hpp>
#include <lacuna/format/csr.hpp>
#include <lacuna/kernel/sddmm/bitmap.hpp>
#include <lacuna/pack.hpp>
#include <lacuna/sddmm.hpp>

#include "support/sampled.hpp"

#include <catch2/catch_test_macros.hpp>

#include <sys/mman.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string>
#include <vector>

namespace la = lacuna;
using arch = la::simd::default_arch;
using kernel = la::kernel::sddmm<la::bitmap_layout, arch>;

namespace {

/// The columns and offsets that a csr of the same slots has, written in the calling thread and in three: "" or what is
/// wrong.
std::string problem(la::mask const& keep) {
  la::dense<float> const w(keep.rows(), keep.cols());
  auto const bits = la::pack<la::bitmap<float>>(w, keep);
  auto const rows = la::pack<la::csr<float>>(w, keep);
  la::serial alone;
  la::threads pool(3);
  for (int n = 0; n != 4; ++n) {
    auto const got = n % 2 == 0 ? kernel::as_csr(alone, bits.view()) : kernel::as_csr(pool, bits.view());
    if (got.rows() != keep.rows() || got.cols() != keep.cols()) return "another shape";
    if (got.values().data() != bits.values().data()) return "other values";
    if (!std::equal(got.offsets().begin(), got.offsets().end(), rows.offsets().begin(), rows.offsets().end()))
      return "other offsets";
    if (!std::equal(got.columns().begin(), got.columns().end(), rows.columns().begin(), rows.columns().end()))
      return "other columns";
  }
  return "";
}

/// Zeros of which only those that are written, and pages that are read, take memory; nullptr where there is no address
/// space for them.
template <class T>
class vast {
 public:
  explicit vast(la::index n) : bytes_(static_cast<std::size_t>(n) * sizeof(T)) {
    auto* const at = mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    data_ = at == MAP_FAILED ? nullptr : static_cast<T*>(at);
  }
  vast(vast const&) = delete;
  vast& operator=(vast const&) = delete;
  ~vast() {
    if (data_ != nullptr) munmap(data_, bytes_);
  }
  [[nodiscard]] T* data() const noexcept { return data_; }

 private:
  std::size_t bytes_;
  T* data_;
};

}  // namespace

TEST_CASE("bitmap sddmm: columns and offsets of rows of any length, whoever writes them") {
  if constexpr (kernel::accepts<la::bitmap_view<float>>) {
    lacuna_test::random r(1);
    for (la::index const rows : {0, 1, 3, 16, 17, 70})
      for (la::index const cols : {0, 1, 7, 8, 63, 64, 65, 300})
        for (auto const how : lacuna_test::all_coverages) {
          CAPTURE(rows, cols, lacuna_test::name_of(how));
          CHECK(problem(lacuna_test::random_mask(r, rows, cols, how)) == "");
        }
    CHECK(problem(lacuna_test::random_mask(r, 3000, 200, 0.2)) == "");
  }
}

TEST_CASE("bitmap sddmm: the bits that csr gives, in any executor and for several blocks of t") {
  if constexpr (kernel::accepts<la::bitmap_view<float>>) {
    lacuna_test::random r(2);
    la::threads pool(3);
    for (double const density : {0.03, 0.5})
      for (la::index const t : {0, 5, 200, 1300}) {
        la::index const rows = 300, cols = 130;
        auto const w = lacuna_test::random_dense<float>(r, rows, cols);
        auto const keep = lacuna_test::random_mask(r, rows, cols, density);
        auto const u = lacuna_test::random_dense<float>(r, rows, t);
        auto const v = lacuna_test::random_dense<float>(r, t, cols);
        auto expected = la::pack<la::csr<float>>(w, keep);
        auto one = la::pack<la::bitmap<float>>(w, keep), three = one;
        la::sddmm(expected, u, v);
        la::sddmm(one, u, v);
        la::sddmm(pool, three, u, v);
        CAPTURE(density, t);
        std::vector<float> const before(one.values().size());  // each is a slot
        CHECK(lacuna_test::sampled_problem<float>(lacuna_test::places_of(one), one.values().data(), before, u, v) ==
              "");
        CHECK(std::equal(one.values().begin(), one.values().end(), expected.values().begin(), expected.values().end()));
        CHECK(three == one);
      }
  }
}

TEST_CASE("bitmap sddmm: columns that 32 bits do not count") {
  constexpr la::index counted = la::index{1} << 32;
  constexpr la::index cols = counted + 100;
  constexpr la::index column[] = {5, counted - 1, counted + 9, counted + 99};
  constexpr auto slots = std::size(column);
  vast<std::uint8_t> const bits((cols + 7) / 8);
  vast<float> const v(cols);
  if (bits.data() == nullptr || v.data() == nullptr) SKIP("18 GB of addresses are not to be had");
  std::uint64_t const offset = 0;
  float values[slots] = {}, expected[slots];
  for (std::size_t s = 0; s != slots; ++s) {
    auto& byte = bits.data()[column[s] / 8];
    byte = static_cast<std::uint8_t>(byte | 1u << column[s] % 8);
    v.data()[column[s]] = static_cast<float>(s + 1);
    expected[s] = 2 * static_cast<float>(s + 1);
  }
  la::bitmap_view<float> const s(1, cols, {bits.data(), static_cast<std::size_t>((cols + 7) / 8)}, {&offset, 1},
                                 values);
  float const two = 2;
  la::serial alone;
  la::detail::run_sddmm(alone, s, values, la::dense_view<float const>(&two, 1, 1),
                        la::dense_view<float const, la::order::col_major>(v.data(), 1, cols));
  CHECK(std::equal(values, values + slots, expected));
}
