// SPDX-License-Identifier: MIT
// expect: the two parts of concat_kv hold numbers of the same types
#include <lacuna/attention/concat_kv.hpp>
#include <lacuna/attention/dense_kv.hpp>

namespace at = lacuna::attention;

#if defined(LACUNA_MUST_FAIL)
using tail = at::dense_kv<double>;
#else
using tail = at::dense_kv<float>;
#endif

lacuna::index tokens(at::dense_kv<float> const& past, tail const& now) { return at::concat_kv(past, now).tokens(); }
