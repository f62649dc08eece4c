// SPDX-License-Identifier: MIT
//
// Any text either is an io_error or a mask, which written and read again is the same; and takes no more memory than
// promised.
#include <lacuna/io/smtx.hpp>

#include "memory.hpp"

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

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  std::string_view const text(reinterpret_cast<char const*>(data), size);
  std::optional<lacuna::mask> keep;
  auto const bytes = lacuna_fuzz::peak_during([&] {
    try {
      keep = lacuna::parse_smtx(text, "text", counts_free);
    } catch (lacuna::io_error const&) {
    }
  });
  lacuna_fuzz::check_peak(bytes, size);
  if (!keep) return 0;
  // The text may have bought its memory with blanks that are not written again.
  auto const again = lacuna::parse_smtx(lacuna::format_smtx(*keep), "again", all_free);
  if (!(again == *keep)) std::abort();
  return 0;
}
