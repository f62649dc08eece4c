// SPDX-License-Identifier: MIT
//
// x of int8 weights as kernels read it by whole registers: neighbours, with zeros behind them.
//
// Bound: x is read and written once for a product: next to nothing beside A, which is read for it.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/core/vector.hpp>
#include <lacuna/kernel/few_columns.hpp>
#include <lacuna/simd/isa.hpp>

#include <algorithm>
#include <concepts>
#include <cstdint>

namespace lacuna::kernel::inline LACUNA_ISA {

/// V are int8 weights and X bytes for them, in registers that Arch has.
template <class Arch, class V, class X>
concept bytes_with = std::same_as<V, std::int8_t> && simd::byte<X> && simd::has_batch<Arch, std::int32_t>;

/// Zeros that can be read behind the last multiple of `byte_step` inputs.
inline constexpr index byte_margin = 256;
inline constexpr index byte_step = 64;

/// x as neighbours, as `copy_bytes` makes it: `size` inputs, zeros behind them.
template <class X>
struct byte_vector {
  X const* data;
  index size;
};

/// Elements of int32 in the workspace that `copy_bytes` fills.
[[nodiscard]] constexpr index byte_vector_size(index inputs) noexcept {
  return ((inputs + byte_step - 1) / byte_step * byte_step + byte_margin) / 4;
}

/// x, of any stride, as neighbours in the workspace, zeros behind them to its end.
template <class X>
[[nodiscard]] byte_vector<X> copy_bytes(vector_view<X const> x, std::int32_t* to) noexcept {
  auto* const bytes = reinterpret_cast<X*>(to);
  for (index k = 0; k != x.size(); ++k) bytes[k] = x[k];
  std::fill(bytes + x.size(), bytes + 4 * byte_vector_size(x.size()), X{0});
  return {bytes, x.size()};
}

/// Columns of few_inputs as bytes, for kernels of few columns.
struct few_bytes {
  /// Elements of int32 that `arrange` fills.
  [[nodiscard]] static constexpr index arranged(index inputs, index columns) noexcept {
    return byte_vector_size(inputs) * columns;
  }
  /// The first `width` of `columns` columns as byte vectors, the others zeros; uint8_t, or int8_t if any is negative.
  [[nodiscard]] static few_inputs<std::int32_t> arrange(few_inputs<std::int32_t> x, index width, index columns,
                                                        std::int32_t* to) noexcept {
    auto const line = byte_vector_size(x.inputs);
    std::int32_t all = 0;
    for (index c = 0; c != columns; ++c) {
      auto* const bytes = reinterpret_cast<std::uint8_t*>(to + c * line);
      auto const count = c < width ? x.inputs : 0;
      auto const* const from = x.data + c * x.stride;
      for (index k = 0; k != count; ++k) all |= from[k], bytes[k] = static_cast<std::uint8_t>(from[k]);
      std::fill(bytes + count, bytes + 4 * line, std::uint8_t{0});
    }
    return {to, line, x.inputs, true, all < 0};
  }
  /// f(x, apart): the first column as a byte_vector, and how many bytes it is to the next.
  template <class F>
  LACUNA_INLINE static void visit(few_inputs<std::int32_t> x, F&& f) noexcept {
    if (x.negative)
      f(byte_vector<std::int8_t>{reinterpret_cast<std::int8_t const*>(x.data), x.inputs}, 4 * x.stride);
    else
      f(byte_vector<std::uint8_t>{reinterpret_cast<std::uint8_t const*>(x.data), x.inputs}, 4 * x.stride);
  }
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
