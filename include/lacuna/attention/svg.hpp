// SPDX-License-Identifier: MIT
//
// A plan as a picture for browsers and documents.
#pragma once

#include <lacuna/attention/inspect.hpp>
#include <lacuna/attention/plan.hpp>
#include <lacuna/core/config.hpp>

#include <charconv>
#include <cstddef>
#include <string_view>

namespace lacuna::detail::inline LACUNA_ISA {

/// Writes texts and numbers, these with two decimals.
template <class Stream>
struct plain_writer {
  Stream& out;

  template <class... Parts>
  void operator()(Parts const&... parts) const {
    (part(parts), ...);
  }

 private:
  void text(std::string_view s) const { out.write(s.data(), static_cast<std::ptrdiff_t>(s.size())); }
  void part(std::string_view s) const { text(s); }
  void part(double x) const {
    char digits[40];
    auto const hundredths = static_cast<long long>(x * 100 + 0.5);
    auto* end = std::to_chars(digits, digits + 30, hundredths / 100).ptr;
    *end++ = '.';
    *end++ = static_cast<char>('0' + hundredths / 10 % 10);
    *end++ = static_cast<char>('0' + hundredths % 10);
    text({digits, static_cast<std::size_t>(end - digits)});
  }
};

}  // namespace lacuna::detail::inline LACUNA_ISA

namespace lacuna::attention::inline LACUNA_ISA {

/// Writes the rows of a head as SVG to anything with write(char const*, count), such as a std::ostream: queries
/// downwards, keys to the right, o.width units wide and as high as the queries are in proportion; dark where all
/// queries of a tile see the keys, light where a mask is asked. Throws shape_error for a head that is none, value_error
/// for a width below 1. O(entries of the head), about 60 bytes each. Returns the stream.
template <class Stream>
  requires requires(Stream& s, char const* text) { s.write(text, 1); }
Stream& to_svg(Stream& out, plan_view const& p, picture_options o = {.width = 512}) {
  lacuna::detail::require_head("to_svg", p, o);
  lacuna::detail::plain_writer<Stream> const put{out};
  auto const keys = static_cast<double>(p.shape.keys < 1 ? 1 : p.shape.keys);
  double const unit = static_cast<double>(o.width) / keys, width = static_cast<double>(o.width);
  double const height = static_cast<double>(p.shape.queries) * unit;
  put("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 ", width, " ", height, "\">\n<rect width=\"", width,
      "\" height=\"", height, "\" fill=\"#f4f4f4\"/>\n");
  auto const draw = [&](index tile, index first, index count) {
    put("<rect x=\"", static_cast<double>(first) * unit, "\" y=\"", static_cast<double>(tile * p.tile_queries) * unit,
        "\" width=\"", static_cast<double>(count) * unit, "\" height=\"",
        static_cast<double>(lacuna::detail::queries_of(p, tile)) * unit, "\"/>\n");
  };
  for (bool const partial : {false, true}) {
    put("<g fill=\"", partial ? "#9ecae1" : "#2171b5", "\">\n");
    for (index t = 0; t != p.tiles(); ++t) {
      for (auto const x : p.runs_of(p.row(o.head, t)))
        if (x.partial == partial) draw(t, x.first, x.count);
      if (!partial)
        for (auto const key : p.tokens_of(p.row(o.head, t))) draw(t, key, 1);
    }
    put("</g>\n");
  }
  put("</svg>\n");
  return out;
}

}  // namespace lacuna::attention::inline LACUNA_ISA
