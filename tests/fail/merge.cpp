// SPDX-License-Identifier: MIT
// expect: lacuna: out1 is read-only
// expect: lacuna: lse is a matrix of float or double
// expect: lacuna: merge takes row-major matrices
#include <lacuna/merge.hpp>

#include <cstdint>
#include <vector>

#if defined(LACUNA_MUST_FAIL)
using number = float const;
using logarithm = std::int32_t;
constexpr auto order = lacuna::order::col_major;
#else
using number = float;
using logarithm = float;
constexpr auto order = lacuna::order::row_major;
#endif
using heads = lacuna::heads_view<float>;
using matrix = lacuna::dense<float>;

void write(lacuna::heads_view<number> const& out, matrix& lse, heads const& more, matrix const& more_lse) {
  lacuna::merge(out, lse, more, more_lse);
}
void add(heads const& out, lacuna::dense<logarithm>& lse, heads const& more, matrix const& more_lse) {
  lacuna::merge(out, lse, more, more_lse);
}
void one(lacuna::dense<float, order>& out, std::vector<float>& lse, matrix const& more, std::vector<float> const& m) {
  lacuna::merge(out, lse, more, m);
}
