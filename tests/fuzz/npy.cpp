// SPDX-License-Identifier: MIT
//
// Any bytes either are an io_error or a matrix, which written and read again is the same; and take no more memory than
// promised. The number of bytes picks the type.
#include <lacuna/io/npy.hpp>

#include "memory.hpp"

#include <cstdint>
#include <cstdlib>
#include <limits>
#include <optional>
#include <string_view>

namespace {

constexpr auto largest = std::numeric_limits<lacuna::index>::max();
constexpr lacuna::io_limits all_free{.max_rows = largest, .max_cols = largest, .max_stored = largest};

/// Of an array of one dimension.
template <class T>
void run_vector(std::string_view bytes) {
  auto const taken = lacuna_fuzz::peak_during([&] {
    try {
      static_cast<void>(lacuna::parse_npy_vector<T>(bytes, "bytes", all_free));
    } catch (lacuna::io_error const&) {
    }
  });
  lacuna_fuzz::check_peak(taken, bytes.size());
}

template <class T>
void run(std::string_view bytes) {
  run_vector<T>(bytes);
  std::optional<lacuna::dense<T>> m;
  auto const taken = lacuna_fuzz::peak_during([&] {
    try {
      m = lacuna::parse_npy<T>(bytes, "bytes", all_free);
    } catch (lacuna::io_error const&) {
    }
  });
  lacuna_fuzz::check_peak(taken, bytes.size());
  if (!m) return;
  auto const again = lacuna::parse_npy<T>(lacuna::format_npy(*m), "again", all_free);
  if (again.rows() != m->rows() || again.cols() != m->cols()) std::abort();
  for (lacuna::index k = 0; k != m->rows() * m->cols(); ++k) {
    auto const a = static_cast<double>(m->data()[k]);
    auto const b = static_cast<double>(again.data()[k]);
    if (!(a == b || (a != a && b != b))) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  std::string_view const bytes(reinterpret_cast<char const*>(data), size);
  switch (size % 4) {
    case 0:
      run<float>(bytes);
      break;
    case 1:
      run<lacuna::bf16>(bytes);
      break;
    case 2:
      run<std::int8_t>(bytes);
      break;
    default:
      run<double>(bytes);
      break;
  }
  return 0;
}
