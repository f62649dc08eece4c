// SPDX-License-Identifier: MIT
//
// Packing groups of integers of 4 bits: which groups there are, then the codes and the scale of each.
#pragma once

#include <lacuna/core/buffer.hpp>
#include <lacuna/core/checked.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/error.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/format/arrays.hpp>
#include <lacuna/format/concepts.hpp>
#include <lacuna/format/grouped_int4_layout.hpp>

#include <cmath>
#include <concepts>
#include <cstdint>
#include <utility>

namespace lacuna::detail::inline LACUNA_ISA {

/// The arrays of a grouped_int4, row by row.
template <scalar Scale, std::integral I, std::integral Offset>
struct grouped_int4_arrays {
  buffer<Offset> offsets;
  buffer<I> groups;
  buffer<Scale> scales;
  buffer<std::uint8_t> codes;
};

/// Quantises each group of G inputs in which the source has a slot.
template <int G, scalar Scale, std::integral I, std::integral Offset>
class grouped_int4_packer {
 public:
  using layout = grouped_int4_layout<G>;
  using arrays = grouped_int4_arrays<Scale, I, Offset>;

  /// Throws format_error, naming row and column, where a value or its scale is not finite.
  template <row_visitable S>
  [[nodiscard]] static arrays run(S const& source) {
    require_fits<I>("pack<grouped_int4>", "group index", ceil_div(source.cols(), G) - 1);
    buffer<Offset> offsets(source.rows() + 1);
    index count = 0;
    for (index i = 0; i != source.rows(); ++i) {
      for_each_group(source, i, [&](index, float const*) { ++count; });
      require_fits<Offset>("pack<grouped_int4>", "offset", count);
      offsets[i + 1] = static_cast<Offset>(count);
    }
    arrays a{std::move(offsets), buffer<I>(count), buffer<Scale>(count),
             buffer<std::uint8_t>(checked_multiply(count, layout::bytes, "pack<grouped_int4>"))};
    index g = 0;
    for (index i = 0; i != source.rows(); ++i)
      for_each_group(source, i, [&](index group, float const* values) {
        a.groups[g] = static_cast<I>(group);
        a.scales[g] = quantise(values, a.codes.data() + g * layout::bytes, i, group);
        ++g;
      });
    return a;
  }

 private:
  /// Calls f(group, its G values) for each group of row i, 0 where the source has no slot.
  template <class S, class F>
  static void for_each_group(S const& source, index i, F&& f) {
    float values[static_cast<std::size_t>(G)] = {};
    index open = -1;
    source.visit_row(i, [&](index j, auto value) {
      if (j / G != open) {
        if (open >= 0) f(open, values);
        for (auto& v : values) v = 0;
        open = j / G;
      }
      values[j % G] = convert<float>(value);
    });
    if (open >= 0) f(open, values);
  }

  /// The codes of a group's values, which are zeros before; returns their scale.
  [[nodiscard]] static Scale quantise(float const* values, std::uint8_t* codes, index row, index group) {
    float largest = 0;
    for (index c = 0; c != G; ++c) {
      if (!(values[c] - values[c] == 0))
        fail<format_error>("pack<grouped_int4>: row ", row, ", column ", group * G + c, " has ", values[c],
                           ", expected a finite value");
      auto const magnitude = std::fabs(values[c]);
      if (magnitude > largest) largest = magnitude;
    }
    auto const scale = convert<Scale>(largest / 7.0f);
    auto const unit = static_cast<double>(scale);
    if (!(unit - unit == 0))
      fail<format_error>("pack<grouped_int4>: row ", row, ", column ", group * G,
                         " starts a group whose scale is beyond its type");
    if (unit == 0) return scale;
    for (index c = 0; c != G; ++c) {
      auto const code = std::nearbyint(static_cast<double>(values[c]) / unit);
      layout::set_code(codes, c, static_cast<int>(code > 7 ? 7 : code < -7 ? -7 : code));
    }
    return scale;
  }
};

}  // namespace lacuna::detail::inline LACUNA_ISA
