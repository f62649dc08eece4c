// SPDX-License-Identifier: MIT
//
// y = epilogue(A x) with A in CSR: a register of slots at a time, x gathered, no slot twice.
//
// Bound: the gather. Eight floats take about 5 cycles of a core with AVX2 on Intel, on Zen 5 eight loads and four of
// two indices each take 4.8: with what inserts them, 0.6 cycles a slot, for a load of a float finds its place taken by
// one of indices. Reached there 0.7 in rows of 50 slots and more, 0.75 in rows of 25, 1.0 in rows of ten; what short
// rows cost beside it is a mispredicted loop end. Masked tails would gather 3.5 lanes a row for nothing, tails one by
// one mispredict a second loop: so registers are cut from all slots, whatever the rows, and one in which a row ends and
// the next begins is multiplied once. 23 matrices of DLMC at 50 to 98 %, beside Eigen, geometric mean on Zen 5: AVX-512
// 3.0 times as fast (tails one by one 2.25), AVX2 3.4 (2.45), SSE2 1.7 (1.5), double 1.9 (1.5).
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/core/vector.hpp>
#include <lacuna/format/csr.hpp>
#include <lacuna/kernel/epilogue.hpp>
#include <lacuna/kernel/spmv.hpp>
#include <lacuna/simd/isa.hpp>
#include <lacuna/simd/lane_ends.hpp>
#include <lacuna/simd/math.hpp>
#include <lacuna/simd/stored.hpp>
#include <lacuna/simd/unroll.hpp>

#include <concepts>
#include <cstdint>
#include <limits>
#include <string_view>
#include <type_traits>
#include <utility>

namespace lacuna::kernel::inline LACUNA_ISA {

/// The sums of rows of a matrix in CSR, one after the other, each still in lanes. Slots are multiplied a register at a
/// time, registers being counted from the first slot of the matrix: one that ends a row and begins the next is
/// multiplied once, and the sum of a row does not depend on which rows were asked for before it.
template <class View, class X, class Arch>
class csr_row_sums {
 public:
  using batch = simd::batch<X, Arch>;

  /// Begins with row `first`, one of the matrix. Reads no slot behind its last row, nor x for it: arrays may be longer.
  LACUNA_INLINE csr_row_sums(View const& a, X const* x, index first) noexcept
      : values_(a.values().data()),
        columns_(a.columns().data()),
        offsets_(a.offsets().data() + first),
        x_(x),
        stored_(static_cast<index>(a.offsets().data()[a.rows()])),
        begin_(static_cast<index>(*offsets_)),
        at_(begin_ / lanes),
        products_(some_products()) {}

  /// Whether slots up to the register behind the next `rows` rows fill it.
  [[nodiscard]] LACUNA_INLINE bool whole(index rows) const noexcept {
    return static_cast<index>(offsets_[rows]) / lanes < stored_ / lanes;
  }
  /// The lanes that add up to the sum of the next row. Whole: whole(1) is known.
  template <bool Whole>
  [[nodiscard]] LACUNA_INLINE batch next() noexcept {
    auto const first = begin_ % lanes;
    begin_ = static_cast<index>(*++offsets_);
    auto const last = begin_ / lanes;
    auto sum = simd::lanes_from(products_, first);
    if (at_ == last) return simd::lanes_below(sum, begin_ % lanes);
    if constexpr (lanes <= 4) {  // a register takes less time than an addition to the sum that waits for the last one
      batch odd(X{0});
      for (; last - at_ > 2; at_ += 2) {
        sum = multiplied(at_ + 1, sum);
        odd = multiplied(at_ + 2, odd);
      }
      sum += odd;
    }
    while (++at_ != last) sum = multiplied(at_, sum);
    products_ = Whole ? products() : some_products();
    return sum + simd::lanes_below(products_, begin_ % lanes);
  }

 private:
  using load = simd::stored<Arch, typename View::value_type>;
  using gather = simd::gather<Arch, X>;
  static constexpr auto lanes = static_cast<index>(batch::size);

  /// Register r of products, added to `sum`.
  [[nodiscard]] LACUNA_INLINE batch multiplied(index r, batch sum) const noexcept {
    return simd::fma(load::load(values_ + r * lanes), gather::load(x_, columns_ + r * lanes), sum);
  }
  /// Those of register at_.
  [[nodiscard]] LACUNA_INLINE batch products() const noexcept {
    return load::load(values_ + at_ * lanes) * gather::load(x_, columns_ + at_ * lanes);
  }
  /// The same, 0 behind the last slot.
  [[nodiscard]] LACUNA_INLINE batch some_products() const noexcept {
    if (at_ < stored_ / lanes) return products();
    auto const s = at_ * lanes;
    auto const some = simd::first_lanes(stored_ - s);
    return load::load(values_ + s, some) * gather::load(x_, columns_ + s, some);
  }

  typename View::value_type const* values_;
  std::remove_cvref_t<decltype(*std::declval<View>().columns().data())> const* columns_;
  std::remove_cvref_t<decltype(*std::declval<View>().offsets().data())> const* offsets_;
  X const* x_;
  index stored_;
  index begin_;
  index at_;
  batch products_;
};

template <class Arch>
struct spmv<csr_layout, Arch> {
  static constexpr std::string_view name = "csr/gather";
  using arch = simd::gather_arch<Arch>;

  template <class View, class X, class Y>
  static constexpr bool accepts =
      simd::loadable<typename View::value_type, arch> && std::same_as<accumulator_t<typename View::value_type>, X>;

  /// See spmv_fallback::run.
  template <class View, class X, class Y, class Epilogue>
  static void run(View a, vector_view<X const> x, vector_view<Y> y, Epilogue const& ep, index first,
                  index last) noexcept {
    if (a.cols() > std::numeric_limits<std::int32_t>::max()) return spmv_fallback::run(a, x, y, ep, first, last);
    if constexpr (std::same_as<Y, X> && std::same_as<Epilogue, identity_epilogue>) {
      rows(a, x.data(), first, last, y.data() + first * y.stride(), y.stride());
    } else {
      constexpr index block = 256;
      X sums[block];
      for (; first < last; first += block) {
        index const end = last - first < block ? last : first + block;
        rows(a, x.data(), first, end, sums, 1);
        for (index i = first; i != end; ++i) spmv_fallback::store<typename View::value_type>(sums[i - first], ep, y, i);
      }
    }
  }

  /// sums[(i - first) * stride] = the sum of row i, first <= i < last; lanes are added up for eight rows together. Not
  /// inlined: with a body for each epilogue and for few columns there was three times as much code.
  template <class View, class X>
  LACUNA_NOINLINE static void rows(View a, X const* x, index first, index last, X* sums, index stride) noexcept {
    if (first == last) return;
    csr_row_sums<View, X, arch> slots(a, x, first);
    simd::batch<X, arch> eight[8];
    X total[8];
    auto const store = [&](int g) LACUNA_INLINE_LAMBDA {
      *sums = total[g];
      sums += stride;
    };
    index left = last - first;
    for (; left >= 8 && slots.whole(8); left -= 8) {
      simd::unroll<8>([&](auto g) LACUNA_INLINE_LAMBDA { eight[g] = slots.template next<true>(); });
      simd::sum_lanes<arch, X>::store(eight, total);
      simd::unroll<8>(store);
    }
    for (auto& one : eight) one = simd::batch<X, arch>(X{0});
    for (; left > 0; left -= 8) {
      int const count = left < 8 ? static_cast<int>(left) : 8;
      for (int g = 0; g != count; ++g) eight[g] = slots.template next<false>();
      simd::sum_lanes<arch, X>::store(eight, total);
      for (int g = 0; g != count; ++g) store(g);
    }
  }
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
