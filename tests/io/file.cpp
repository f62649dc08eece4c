// SPDX-License-Identifier: MIT
#include <lacuna/io/file.hpp>

#include "io/error_of.hpp"

#include <catch2/catch_test_macros.hpp>

#include <filesystem>
#include <string>
#include <string_view>

namespace la = lacuna;
namespace fs = std::filesystem;
using lacuna_test::error_of;
using namespace std::string_view_literals;

namespace {

/// A folder of its own, removed with all that is in it.
struct folder {
  fs::path path = fs::temp_directory_path() / "lacuna_test_io_file";
  folder() {
    fs::remove_all(path);
    fs::create_directory(path);
  }
  ~folder() { fs::remove_all(path); }
  [[nodiscard]] std::string file(char const* name) const { return (path / name).string(); }
};

}  // namespace

TEST_CASE("read_file: gives back what write_file wrote, any bytes, none, and over an older file") {
  folder const f;
  for (auto const text : {"one\r\ntwo\0three\xFF"sv, ""sv, "x"sv}) {
    la::detail::write_file(f.file("a"), text);
    auto const bytes = la::detail::read_file(f.file("a"), 100);
    CHECK(la::detail::as_text(bytes) == text);
  }
}

TEST_CASE("read_file: a missing file, a directory and an empty name are errors that name the file") {
  folder const f;
  auto const read = [](std::string const& path) { return error_of([&] { return la::detail::read_file(path, 100); }); };
  CHECK(read(f.file("none")) == f.file("none") + ": cannot be opened: No such file or directory");
  CHECK(read(f.path.string()) == f.path.string() + ": cannot be read: Is a directory");
  CHECK(read("") == ": cannot be opened: No such file or directory");
}

TEST_CASE("read_file: a file beyond the limit is refused, one at the limit is read") {
  folder const f;
  la::detail::write_file(f.file("a"), "12345");
  CHECK(la::detail::read_file(f.file("a"), 5).size() == 5);
  CHECK(error_of([&] { return la::detail::read_file(f.file("a"), 4); }) ==
        f.file("a") + ": has 5 bytes, more than the 4 of io_limits::max_file_bytes");
}

TEST_CASE("write_file: a place that can't be written is an error") {
  folder const f;
  auto const write = [](std::string const& path, std::string_view text) {
    return error_of([&] {
      la::detail::write_file(path, text);
      return 0;
    });
  };
  CHECK(write(f.file("none/a"), "x") == f.file("none/a") + ": cannot be opened for writing: No such file or directory");
  if (fs::exists("/dev/full")) {
    // A short text fails when the buffer is flushed, a long one when it is written.
    CHECK(write("/dev/full", "x") == "/dev/full: cannot be written: No space left on device");
    CHECK(write("/dev/full", std::string(100000, 'x')) == "/dev/full: cannot be written: No space left on device");
  }
}
