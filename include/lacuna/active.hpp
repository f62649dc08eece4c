// SPDX-License-Identifier: MIT
//
// Activation sparsity: which inputs of a layer are worth reading their weights.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/error.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/core/vector.hpp>
#include <lacuna/format/sparse_vector.hpp>
#include <lacuna/kernel/active/select.hpp>
#include <lacuna/simd/arch.hpp>

#include <concepts>
#include <cstdint>
#include <limits>
#include <utility>

namespace lacuna::detail::inline LACUNA_ISA {

/// The list of active elements of a vector of T.
template <scalar T>
struct active_list {
  static_assert(!std::integral<T>,
                "lacuna: only floating-point activations are selected by magnitude; integers need their scale first");
  using type = sparse_vector<accumulator_t<T>>;
};

template <class X>
using active_list_t = typename active_list<typename decltype(vector_of(std::declval<X const&>()))::value_type>::type;

/// The largest S that is not above a threshold >= 0: a number of S exceeds the one exactly if it exceeds the other.
template <std::floating_point S>
[[nodiscard]] LACUNA_INLINE S threshold_in(double threshold) noexcept {
  if constexpr (sizeof(S) == sizeof(double)) {
    return threshold;
  } else {
    constexpr auto largest = static_cast<double>(std::numeric_limits<S>::max());
    if (threshold > largest)
      return threshold > std::numeric_limits<double>::max() ? std::numeric_limits<S>::infinity()
                                                            : std::numeric_limits<S>::max();
    auto const nearest = static_cast<S>(threshold);
    if (static_cast<double>(nearest) <= threshold) return nearest;
    return __builtin_bit_cast(S, __builtin_bit_cast(std::uint32_t, nearest) - 1u);
  }
}

}  // namespace lacuna::detail::inline LACUNA_ISA

namespace lacuna::inline LACUNA_ISA {

/// Makes `active` the elements of x whose magnitude exceeds the threshold; a threshold of 0 takes the nonzeros, as a
/// ReLU leaves them. NaN is active, so that it is not lost. x is a vector of float, double, bf16 or f16 with any
/// stride; `active` holds floats, of double doubles, and allocates only where it has no room for all of x. Throws
/// value_error unless threshold >= 0, shape_error if x has more than 2^32 elements. O(size). Source of the idea: J. Liu
/// et al., "Training-Free Activation Sparsity in Large Language Models" (TEAL), 2024, arXiv:2408.14690.
template <dense_vector X>
void select_active(X const& x, double threshold, detail::active_list_t<X>& active) {
  auto const xv = vector_of(x);
  using x_type = typename decltype(xv)::value_type;
  using sum_type = accumulator_t<x_type>;
  if (!(threshold >= 0)) detail::fail<value_error>("select_active: the threshold is ", threshold, ", expected >= 0");
  active.reset(xv.size());
  active.store([&](auto* indices, auto* values) {
    return kernel::select_active<simd::default_arch>::run(vector_view<x_type const>(xv),
                                                          detail::threshold_in<sum_type>(threshold), indices, values);
  });
}

/// The same as a new sparse_vector.
template <dense_vector X>
[[nodiscard]] auto select_active(X const& x, double threshold) {
  detail::active_list_t<X> active;
  lacuna::select_active(x, threshold, active);
  return active;
}

}  // namespace lacuna::inline LACUNA_ISA
