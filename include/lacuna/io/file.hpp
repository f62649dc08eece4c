// SPDX-License-Identifier: MIT
//
// Whole files in and out, with errors that name the file.
#pragma once

#include <lacuna/core/buffer.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/error.hpp>

#include <cerrno>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>

namespace lacuna::detail::inline LACUNA_ISA {

struct file_closer {
  void operator()(std::FILE* file) const noexcept { static_cast<void>(std::fclose(file)); }
};
using file_handle = std::unique_ptr<std::FILE, file_closer>;

[[noreturn]] LACUNA_COLD inline void fail_with_reason(std::string const& path, char const* what, int reason) {
  fail<io_error>(path, ": ", what, ": ", std::generic_category().message(reason));
}

/// Size of a file that can be rewound; leaves it at the start.
inline index size_of_file(std::string const& path, std::FILE* file) {
  errno = 0;
  // A directory opens and tells a size, but a byte of it can't be read.
  if (std::fgetc(file) == EOF && std::ferror(file) != 0) fail_with_reason(path, "cannot be read", errno);
  std::clearerr(file);
  if (std::fseek(file, 0, SEEK_END) != 0) fail_with_reason(path, "its size is not known", errno);
  index const size = std::ftell(file);
  if (size < 0) fail_with_reason(path, "its size is not known", errno);
  std::rewind(file);
  return size;
}

/// The bytes of a file. Throws io_error if it can't be opened, is a directory or a pipe, exceeds `max_bytes` (checked
/// before memory is taken) or ends early.
inline buffer<char> read_file(std::string const& path, index max_bytes) {
  errno = 0;
  file_handle const file(std::fopen(path.c_str(), "rb"));
  if (!file) fail_with_reason(path, "cannot be opened", errno);
  index const size = size_of_file(path, file.get());
  if (size > max_bytes)
    fail<io_error>(path, ": has ", size, " bytes, more than the ", max_bytes, " of io_limits::max_file_bytes");
  buffer<char> text(size);
  auto const wanted = static_cast<std::size_t>(size);
  auto const got = wanted == 0 ? 0 : std::fread(text.data(), 1, wanted, file.get());
  if (got != wanted) fail<io_error>(path, ": ended after ", got, " of ", wanted, " bytes");
  return text;
}

[[nodiscard]] inline std::string_view as_text(buffer<char> const& bytes) noexcept {
  return {bytes.data(), static_cast<std::size_t>(bytes.size())};
}

/// Replaces the content of a file, or makes it. Throws io_error if that fails; the file is then incomplete.
inline void write_file(std::string const& path, std::string_view text) {
  errno = 0;
  file_handle file(std::fopen(path.c_str(), "wb"));
  if (!file) fail_with_reason(path, "cannot be opened for writing", errno);
  bool const written = text.empty() || std::fwrite(text.data(), 1, text.size(), file.get()) == text.size();
  int const reason = errno;
  // What the buffer still holds reaches the disk, or fails to, here.
  bool const closed = std::fclose(file.release()) == 0;
  if (!written) fail_with_reason(path, "cannot be written", reason);
  if (!closed) fail_with_reason(path, "cannot be written", errno);
}

}  // namespace lacuna::detail::inline LACUNA_ISA
