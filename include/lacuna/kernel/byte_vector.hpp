// SPDX-License-Identifier: MIT
//
// x of int8 weights as kernels read it by whole registers: neighbours, with zeros behind them.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/core/vector.hpp>
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

}  // namespace lacuna::kernel::inline LACUNA_ISA
