// SPDX-License-Identifier: MIT
//
// Activations as integers of 8 bits, each token with a scale, and with a zero point if they are unsigned.
//
// Bound: X is read twice, the second time from the cache of the first, and a quarter of it is written. Fourteen
// instructions for a register of float, two of which, on AVX-512, share the one port that narrows.
//
// Reached on Zen 5, AVX-512, tokens x inputs: 128x4096 5.1 cycles for 16 floats, 49 GB/s of X, from L2 and L3, 16x512
// 7; 1024x4096 from memory 10 to 11, 24 GB/s, where memory gives 40.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/dense.hpp>
#include <lacuna/simd/bits_as.hpp>
#include <lacuna/simd/isa.hpp>
#include <lacuna/simd/math.hpp>
#include <lacuna/simd/tile.hpp>
#include <lacuna/simd/unroll.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>

namespace lacuna::kernel::inline LACUNA_ISA {

/// What a token's elements become: round(x / scale) + zero.
struct token_scale {
  static constexpr float not_finite = -1.0f;  // the scale of a token with an Inf or a NaN
  float scale;
  float inverse;
  std::int32_t zero;
};

/// The scale of a token whose elements lie between low <= 0 and high >= 0, `magnitude` being the bits of the largest
/// absolute value, or more than those of any finite number. Scales are normal floats. Whole integers stand for 0.
template <class Q>
[[nodiscard]] LACUNA_INLINE token_scale token_scale_of(float low, float high, std::int32_t magnitude) noexcept {
  constexpr float least = std::numeric_limits<float>::min();
  if (magnitude >= 0x7F800000) return {token_scale::not_finite, 0, 0};
  if constexpr (std::is_signed_v<Q>) {
    auto const scale = simd::max((-low > high ? -low : high) / 127.0f, least);
    return {scale, 1.0f / scale, 0};
  } else {
    auto const scale = simd::max(high / 255.0f - low / 255.0f, least);  // the difference itself may be infinite
    auto const inverse = 1.0f / scale;
    auto const zero = static_cast<std::int32_t>(simd::nearbyint(-low * inverse));
    return {scale, inverse, zero < 255 ? zero : 255};
  }
}

/// The kernel for one Arch and integers Q, std::uint8_t or std::int8_t.
template <class Arch, class Q>
struct quantize_tokens {
  using batch_type = simd::batch<float, Arch>;
  using whole_type = simd::batch<std::int32_t, Arch>;
  static constexpr index lanes = static_cast<index>(batch_type::size);
  static constexpr int together = 4;
  static constexpr index unit = together * lanes;  ///< tokens that are taken together where they are neighbours

  /// Writes rows first .. last of q, and their scales and, if Q is unsigned, zero points; of a token that is not finite
  /// the scale alone, which is negative. q has x's shape and is apart from it.
  template <class X, order OX, order OQ>
  static void run(dense_view<X const, OX> x, dense_view<Q, OQ> q, float* scales, std::int32_t* zeros, index first,
                  index last) noexcept {
    if constexpr (OX == order::row_major) {
      for (index t = first; t != last; ++t) {
        auto const token = scale_of_line(x.data() + t * x.stride(), x.cols());
        keep(token, scales, zeros, t);
        if (token.scale > 0) write_line(x, q, token, t);
      }
    } else {
      simd::for_each_tile<Arch, float, together>(last - first, [&](auto const& tile, index t) LACUNA_INLINE_LAMBDA {
        run_columns(tile, x, q, scales, zeros, first + t);
      });
    }
  }

 private:
  /// What has been seen of one token, or of one in each lane.
  struct range {
    batch_type low = batch_type(0.0f);
    batch_type high = batch_type(0.0f);
    whole_type magnitude = whole_type(0);

    LACUNA_INLINE void take(batch_type x) noexcept {
      low = simd::min(low, x);
      high = simd::max(high, x);
      auto const bits = simd::bits_as<std::int32_t>(x) & whole_type(0x7FFFFFFF);
      magnitude = simd::max(magnitude, bits);  // ordered as the absolute values are, Inf and NaN above them
    }
    LACUNA_INLINE void take(range const& other) noexcept {
      low = simd::min(low, other.low);
      high = simd::max(high, other.high);
      magnitude = simd::max(magnitude, other.magnitude);
    }
  };

  /// Factor and zero point of one token in every lane, or of one in each.
  struct factors {
    batch_type inverse;
    whole_type zero;

    [[nodiscard]] LACUNA_INLINE whole_type operator()(batch_type x) const noexcept {
      constexpr float most = std::is_signed_v<Q> ? 127.0f : 255.0f;
      constexpr float least = std::is_signed_v<Q> ? -127.0f : 0.0f;
      auto const shift = simd::converted<float>(zero);
      auto const held = simd::min(simd::max(x * inverse, batch_type(least) - shift), batch_type(most) - shift);
      return simd::nearbyint_as_int(held) + zero;
    }
  };

  LACUNA_INLINE static void keep(token_scale token, float* scales, std::int32_t* zeros, index t) noexcept {
    scales[t] = token.scale;
    if constexpr (!std::is_signed_v<Q>) zeros[t] = token.zero;
  }

  template <class X>
  [[nodiscard]] static token_scale scale_of_line(X const* x, index size) noexcept {
    range part[together];
    simd::for_each_tile<Arch, float, together>(size, [&](auto const& tile, index f) LACUNA_INLINE_LAMBDA {
      simd::unroll<std::remove_cvref_t<decltype(tile)>::registers>(
          [&](auto r) LACUNA_INLINE_LAMBDA { part[r].take(tile.load_as(x + f + r * lanes)); });
    });
    for (int r = 1; r != together; ++r) part[0].take(part[r]);
    return token_scale_of<Q>(simd::reduce_min(part[0].low), simd::reduce_max(part[0].high),
                             simd::reduce_max(part[0].magnitude));
  }

  template <class X, order OQ>
  static void write_line(dense_view<X const> x, dense_view<Q, OQ> q, token_scale token, index t) noexcept {
    factors const code{batch_type(token.inverse), whole_type(token.zero)};
    auto const* const from = x.data() + t * x.stride();
    simd::for_each_tile<Arch, float, 1>(x.cols(), [&](auto const& tile, index f) LACUNA_INLINE_LAMBDA {
      store(tile, &q(t, f), q.col_stride(), code(tile.load_as(from + f)));
    });
  }

  /// As many tokens as the tile has lanes, from t on, which are neighbours in x.
  template <class Tile, class X, order OQ>
  LACUNA_INLINE static void run_columns(Tile const& tile, dense_view<X const, order::col_major> x, dense_view<Q, OQ> q,
                                        float* scales, std::int32_t* zeros, index t) noexcept {
    constexpr int registers = Tile::registers;
    range part[static_cast<std::size_t>(registers)];
    for (index f = 0; f != x.cols(); ++f)
      simd::unroll<registers>([&](auto r) LACUNA_INLINE_LAMBDA { part[r].take(tile.load_as(&x(t, f) + r * lanes)); });
    factors code[static_cast<std::size_t>(registers)];
    simd::unroll<registers>(
        [&](auto r) LACUNA_INLINE_LAMBDA { code[r] = factors_of(tile, part[r], scales, zeros, t + r * lanes); });
    for (index f = 0; f != x.cols(); ++f)
      simd::unroll<registers>([&](auto r) LACUNA_INLINE_LAMBDA {
        store(tile, &q(t + r * lanes, f), q.row_stride(), code[r](tile.load_as(&x(t, f) + r * lanes)));
      });
  }

  /// The factors of the tokens in the lanes; their scales and zero points are written from t on. Tokens that are not
  /// finite get a factor of 0, which makes of them what it may.
  template <class Tile>
  [[nodiscard]] LACUNA_INLINE static factors factors_of(Tile const& tile, range const& seen, float* scales,
                                                        std::int32_t* zeros, index t) noexcept {
    alignas(batch_type) float low[batch_type::size], high[batch_type::size], inverse[batch_type::size] = {};
    alignas(batch_type) std::int32_t magnitude[batch_type::size], zero[batch_type::size] = {};
    seen.low.store_aligned(low);
    seen.high.store_aligned(high);
    seen.magnitude.store_aligned(magnitude);
    for (index l = 0; l != lanes; ++l) {
      if (!tile.counts(l)) continue;
      auto const token = token_scale_of<Q>(low[l], high[l], magnitude[l]);
      keep(token, scales, zeros, t + l);
      inverse[l] = token.inverse;
      zero[l] = token.zero;
    }
    return {batch_type::load_aligned(inverse), whole_type::load_aligned(zero)};
  }

  /// One register of integers, whose lanes are neighbours in q or `stride` apart.
  template <class Tile>
  LACUNA_INLINE static void store(Tile const& tile, Q* q, index stride, whole_type value) noexcept {
    if (stride == 1) return tile.store_integers(q, value);
    alignas(whole_type) std::int32_t lane[batch_type::size];
    value.store_aligned(lane);
    for (index l = 0; l != lanes; ++l)
      if (tile.counts(l)) q[l * stride] = static_cast<Q>(lane[l]);
  }
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
