// SPDX-License-Identifier: MIT
//
// Any bytes either are an io_error or a model, all of whose tensors are listed within the file and can be asked for, as
// matrices and as vectors; and take no more memory than promised.
#include <lacuna/io/safetensors.hpp>

#include "memory.hpp"

#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace {

template <class F>
void allow_io_error(F&& f) {
  try {
    f();
  } catch (lacuna::io_error const&) {
  }
}

template <class T>
void read_all(lacuna::safetensors const& model, std::size_t size) {
  for (auto const& t : model.tensors()) {
    if (t.begin > t.end || t.end > size || model.find(t.name) != &t) std::abort();
    allow_io_error([&] {
      auto const m = model.matrix<T>(t.name);
      if (m.rows() != t.shape[0]) std::abort();
    });
    allow_io_error([&] {
      if (model.vector<T>(t.name).size() != t.shape[0]) std::abort();
    });
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  std::string_view const bytes(reinterpret_cast<char const*>(data), size);
  auto const taken = lacuna_fuzz::peak_during([&] {
    allow_io_error([&] {
      auto const model = lacuna::parse_safetensors(bytes);
      if (size % 2 == 0)
        read_all<float>(model, size);
      else
        read_all<std::int8_t>(model, size);
    });
  });
  lacuna_fuzz::check_peak(taken, size);
  return 0;
}
