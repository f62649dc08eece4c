// SPDX-License-Identifier: MIT
//
// Any text either is an io_error or a sound CSR matrix, which written and read again is the same; and takes no more
// memory than promised. The length of the text picks the types.
#include <lacuna/io/mtx.hpp>

#include "memory.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <optional>
#include <string_view>

namespace {

// Only the promise on memory is left to stop a text that declares too much.
constexpr auto largest = std::numeric_limits<lacuna::index>::max();
constexpr lacuna::io_limits counts_free{.max_rows = largest, .max_cols = largest, .max_stored = largest};
constexpr lacuna::io_limits all_free{
    .max_rows = largest, .max_cols = largest, .max_stored = largest, .max_growth = largest};

template <class T>
bool same_value(T a, T b) {
  // A NaN keeps no more than that it is one.
  return a == b || (a != a && b != b);
}

template <class M>
bool same(M const& a, M const& b) {
  auto const equal = [](auto const& x, auto const& y) {
    return std::equal(x.begin(), x.end(), y.begin(), y.end(), [](auto p, auto q) { return same_value(p, q); });
  };
  return a.rows() == b.rows() && a.cols() == b.cols() && equal(a.offsets(), b.offsets()) &&
         equal(a.columns(), b.columns()) && equal(a.values(), b.values());
}

template <class T, class I, class Offset = I>
void run(std::string_view text) {
  std::optional<lacuna::csr<T, I, Offset>> a;
  auto const bytes = lacuna_fuzz::peak_during([&] {
    try {
      a = lacuna::parse_mtx<T, I, Offset>(text, "text", counts_free);
    } catch (lacuna::io_error const&) {
    }
  });
  lacuna_fuzz::check_peak(bytes, text.size());
  if (!a) return;
  lacuna::validate(*a);
  // The text may have bought its memory with blanks that are not written again.
  auto const again = lacuna::parse_mtx<T, I, Offset>(lacuna::format_mtx(*a), "again", all_free);
  if (!same(*a, again)) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  std::string_view const text(reinterpret_cast<char const*>(data), size);
  switch (size % 7) {
    case 0:
      run<float, std::uint32_t>(text);
      break;
    case 1:
      run<double, std::int64_t>(text);
      break;
    case 2:
      run<lacuna::f16, std::int32_t>(text);
      break;
    case 3:
      run<lacuna::bf16, std::uint8_t, std::uint16_t>(text);
      break;
    case 4:
      run<std::int8_t, std::uint32_t>(text);
      break;
    case 5:
      run<std::uint8_t, std::uint16_t, std::int8_t>(text);
      break;
    default:
      run<std::int64_t, std::uint64_t>(text);
      break;
  }
  return 0;
}
