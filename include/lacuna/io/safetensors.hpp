// SPDX-License-Identifier: MIT
//
// .safetensors: the weights of a model, by name.
#pragma once

#include <lacuna/core/buffer.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/dense.hpp>
#include <lacuna/core/error.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/io/elements.hpp>
#include <lacuna/io/file.hpp>
#include <lacuna/io/limits.hpp>
#include <lacuna/io/number.hpp>
#include <lacuna/io/safetensors_header.hpp>
#include <lacuna/io/text.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lacuna::inline LACUNA_ISA {

/// The tensors of a .safetensors file, made by read_safetensors or parse_safetensors. Numbers are read when they are
/// asked for:
///
///     auto const model = la::read_safetensors("model.safetensors");
///     auto const w = model.matrix<float>("layers.0.mlp.up_proj.weight");  // outputs x inputs
///     auto const b = model.vector<float>("layers.0.mlp.up_proj.bias");
class safetensors {
 public:
  safetensors() = default;

  /// What the file has, in the order of its header.
  [[nodiscard]] std::vector<safetensor> const& tensors() const noexcept { return tensors_; }

  /// The tensor of this name; null if there is none. O(tensors).
  [[nodiscard]] safetensor const* find(std::string_view name) const noexcept {
    for (auto const& t : tensors_)
      if (t.name == name) return &t;
    return nullptr;
  }

  /// A tensor of two dimensions; of more, as those of convolutions, the first by all others. Floating types are read
  /// from F64, F32, F16, BF16 and integers, rounded to nearest; an integer type from its own. Throws io_error "file:
  /// has no tensor 'name' among its n" if there is none, and "file: byte n: reason" if it is of another type or shape,
  /// and for numbers beyond T. O(tensors + elements).
  template <scalar T>
  [[nodiscard]] dense<T> matrix(std::string_view name) const {
    auto const& t = readable<T>(name);
    if (t.shape.size() < 2)
      reject(t, "has ", t.shape.size(), " dimensions, expected a matrix",
             t.shape.size() == 1 ? "; vector reads it" : "");
    index cols = 0;
    if (!detail::multiply_counts(t.shape.data() + 1, t.shape.size() - 1, cols))
      reject(t, "has more columns than fit 64 bits");
    dense<T> out(t.shape[0], cols);
    read<T>(t, out.view());
    return out;
  }

  /// A tensor of one dimension, such as biases; otherwise as matrix.
  template <scalar T>
  [[nodiscard]] buffer<T> vector(std::string_view name) const {
    auto const& t = readable<T>(name);
    if (t.shape.size() != 1) reject(t, "has ", t.shape.size(), " dimensions, expected one");
    buffer<T> out(t.shape[0]);
    read<T>(t, dense_view<T>(out.data(), t.shape[0], 1));
    return out;
  }

  friend safetensors parse_safetensors(std::string_view bytes, std::string_view name);
  friend safetensors read_safetensors(std::string const& path, io_limits const& limits);

 private:
  [[nodiscard]] std::string_view bytes() const noexcept {
    return owned_.size() == 0 ? borrowed_ : detail::as_text(owned_);
  }
  /// The tensor of this name, of a type that T is read from: then there are as many bytes as the shape asks for.
  template <scalar T>
  [[nodiscard]] safetensor const& readable(std::string_view name) const {
    auto const* const t = find(name);
    if (t == nullptr)
      detail::fail<io_error>(file_, ": has no tensor ", detail::tensor_name(name), " among its ", tensors_.size());
    if (!detail::with_element_type<T>(detail::safetensor_type_of(t->dtype), [](auto) {}))
      reject(*t, "is of type ", detail::quoted(t->dtype), ", which is not read as ", detail::name_of_type<T>());
    return *t;
  }
  template <class... Parts>
  [[noreturn]] LACUNA_COLD void reject(safetensor const& t, Parts const&... parts) const {
    detail::fail<io_error>(file_, ": byte ", t.begin, ": tensor ", detail::tensor_name(t.name), " ", parts...);
  }

  template <scalar T>
  void read(safetensor const& t, dense_view<T> out) const {
    detail::element_layout layout;  // row by row, little-endian
    layout.rows = out.rows();
    layout.cols = out.cols();
    layout.data = t.begin;
    static_cast<void>(detail::with_element_type<T>(detail::safetensor_type_of(t.dtype), [&](auto zero) {
      detail::read_elements<decltype(zero)>(bytes(), file_, layout, out);
    }));
  }

  std::string file_;
  buffer<char> owned_;
  std::string_view borrowed_;
  std::vector<safetensor> tensors_;
};

/// Reads the header of a .safetensors file in memory, a mapped one for instance, which is borrowed and has to outlive
/// what is returned. Throws io_error "name: byte n: reason" for anything but what the format allows: a tensor of a
/// known type has as many bytes as its shape asks for, each byte of the data belongs to one tensor, each name is there
/// once. The text of "__metadata__" is stepped over. Memory is proportional to the header. O(header), and O(n log n)
/// for n tensors. Format: https://huggingface.co/docs/safetensors.
[[nodiscard]] inline safetensors parse_safetensors(std::string_view bytes, std::string_view name = "safetensors") {
  safetensors model;
  model.tensors_ = detail::read_safetensors_header(bytes, name);
  model.file_ = name;
  model.borrowed_ = bytes;
  return model;
}

/// Reads a .safetensors file into memory, as parse_safetensors; also throws io_error if it can't be read or exceeds
/// max_file_bytes, the limit that counts here.
[[nodiscard]] inline safetensors read_safetensors(std::string const& path, io_limits const& limits = {}) {
  auto bytes = detail::read_file(path, limits.max_file_bytes);
  auto model = parse_safetensors(detail::as_text(bytes), path);
  model.borrowed_ = {};
  model.owned_ = std::move(bytes);
  return model;
}

}  // namespace lacuna::inline LACUNA_ISA
