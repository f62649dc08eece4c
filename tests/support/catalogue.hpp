// SPDX-License-Identifier: MIT
//
// Every format under test: conformance, oracle and bench run over this list. A new format adds one line.
#pragma once

#include <lacuna/core/scalar.hpp>
#include <lacuna/format/bitmap.hpp>
#include <lacuna/format/bsr.hpp>
#include <lacuna/format/csr.hpp>
#include <lacuna/format/nm.hpp>
#include <lacuna/format/panel.hpp>
#include <lacuna/format/tiled_sell.hpp>
#include <lacuna/format/vnm.hpp>
#include <lacuna/prune/blocks.hpp>
#include <lacuna/prune/n_of_m.hpp>
#include <lacuna/prune/unstructured.hpp>
#include <lacuna/prune/v_n_of_m.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>

namespace lacuna_test {

/// A list of types to instantiate over.
template <class... Ts>
struct type_list {};

/// Calls f(type_tag<T>{}) for each T of the list, in order.
template <class T>
struct type_tag {
  using type = T;
};
template <class... Ts, class F>
constexpr void for_each_type(type_list<Ts...>, F&& f) {
  (f(type_tag<Ts>{}), ...);
}

/// A string as a template argument.
template <std::size_t N>
struct text {
  char characters[N];
  // NOLINTNEXTLINE(google-explicit-constructor): a literal is to become a template argument
  constexpr text(char const (&literal)[N]) {
    for (std::size_t i = 0; i != N; ++i) characters[i] = literal[i];
  }
};

/// One format: its name without the value type, and the pattern that weights are pruned to before they are packed.
template <text Name, class Format, class Pattern = lacuna::unstructured>
struct entry {
  using format = Format;
  using value_type = typename Format::value_type;
  using pattern = Pattern;
  static constexpr char const* name = Name.characters;

  /// The pattern at a sparsity; N:M patterns have their own.
  [[nodiscard]] static constexpr Pattern at(double sparsity) {
    if constexpr (requires { Pattern{.sparsity = sparsity}; })
      return Pattern{.sparsity = sparsity};
    else
      return Pattern{};
  }
};

/// The types that a matrix may hold.
using value_types = type_list<float, double, lacuna::bf16, lacuna::f16, std::int8_t>;

template <class, class...>
struct appended;
template <class... Ts, class... More>
struct appended<type_list<Ts...>, More...> {
  using type = type_list<Ts..., More...>;
};

// clang-format off
/// The formats for every type.
template <class T>
using catalogue_of_all = type_list<
    entry<"csr", lacuna::csr<T>>,
    entry<"csr u16 u32", lacuna::csr<T, std::uint16_t, std::uint32_t>>,
    entry<"csr i32", lacuna::csr<T, int>>,
    entry<"bsr 1x4", lacuna::bsr<T, 1, 4>, lacuna::blocks<1, 4>>,
    entry<"bsr 4x1", lacuna::bsr<T, 4, 1>, lacuna::blocks<4, 1>>,
    entry<"bsr 8x1", lacuna::bsr<T, 8, 1>, lacuna::blocks<8, 1>>,
    entry<"bsr 16x1", lacuna::bsr<T, 16, 1>, lacuna::blocks<16, 1>>,
    entry<"bsr 4x4", lacuna::bsr<T, 4, 4>, lacuna::blocks<4, 4>>,
    entry<"bsr 16x4", lacuna::bsr<T, 16, 4>, lacuna::blocks<16, 4>>,
    entry<"bsr 3x5 u16 u32", lacuna::bsr<T, 3, 5, std::uint16_t, std::uint32_t>, lacuna::blocks<3, 5>>,
    entry<"nm 1:4", lacuna::nm<T, 1, 4>, lacuna::n_of_m<1, 4>>,
    entry<"nm 2:4", lacuna::nm<T, 2, 4>, lacuna::n_of_m<2, 4>>,
    entry<"nm 4:8", lacuna::nm<T, 4, 8>, lacuna::n_of_m<4, 8>>,
    entry<"nm 2:8", lacuna::nm<T, 2, 8>, lacuna::n_of_m<2, 8>>,
    entry<"nm 1:16", lacuna::nm<T, 1, 16>, lacuna::n_of_m<1, 16>>,
    entry<"nm 3:5", lacuna::nm<T, 3, 5>, lacuna::n_of_m<3, 5>>,
    entry<"nm 1:1", lacuna::nm<T, 1, 1>, lacuna::n_of_m<1, 1>>,
    entry<"nm 8:32", lacuna::nm<T, 8, 32>, lacuna::n_of_m<8, 32>>,
    entry<"vnm 4x2:4", lacuna::vnm<T, 4, 2, 4>, lacuna::v_n_of_m<4, 2, 4>>,
    entry<"vnm 3x1:5", lacuna::vnm<T, 3, 1, 5>, lacuna::v_n_of_m<3, 1, 5>>,
    entry<"bitmap", lacuna::bitmap<T>>,
    entry<"panel", lacuna::panel<T>>,
    entry<"tiled_sell", lacuna::tiled_sell<T>>
>;
// clang-format on

/// The formats; blocks of 32 rows are for int8.
template <class T>
struct catalogued {
  using type = catalogue_of_all<T>;
};
template <>
struct catalogued<std::int8_t> {
  using type = typename appended<catalogue_of_all<std::int8_t>,
                                 entry<"bsr 32x4", lacuna::bsr<std::int8_t, 32, 4>, lacuna::blocks<32, 4>>>::type;
};
template <class T>
using catalogue = typename catalogued<T>::type;

}  // namespace lacuna_test
