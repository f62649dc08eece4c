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

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lacuna::detail {

/// A file that tensors are read from.
struct safetensors_file {
  std::string_view bytes;
  std::string_view name;
  std::span<safetensor const> tensors;
};

}  // namespace lacuna::detail

namespace lacuna::detail::inline LACUNA_ISA {

template <class... Parts>
[[noreturn]] LACUNA_COLD void reject_tensor(safetensors_file const& file, safetensor const& t, Parts const&... parts) {
  fail<io_error>(file.name, ": byte ", t.begin, ": tensor ", tensor_name(t.name), " ", parts...);
}

/// The tensor of this name; null if there is none.
[[nodiscard]] inline safetensor const* find_tensor(std::span<safetensor const> tensors,
                                                   std::string_view name) noexcept {
  for (auto const& t : tensors)
    if (t.name == name) return &t;
  return nullptr;
}

/// The tensor of this name, of a type that T is read from: then there are as many bytes as the shape asks for.
template <scalar T>
[[nodiscard]] safetensor const& readable_tensor(safetensors_file const& file, std::string_view name) {
  auto const* const t = find_tensor(file.tensors, name);
  if (t == nullptr)
    fail<io_error>(file.name, ": has no tensor ", tensor_name(name), " among its ", file.tensors.size());
  if (!with_element_type<T>(safetensor_type_of(t->dtype), [](auto) {}))
    reject_tensor(file, *t, "is of type ", detail::quoted(t->dtype), ", which is not read as ", name_of_type<T>());
  return *t;
}

template <scalar T>
void read_tensor(safetensors_file const& file, safetensor const& t, dense_view<T> out) {
  element_layout layout;  // row by row, little-endian
  layout.rows = out.rows();
  layout.cols = out.cols();
  layout.data = t.begin;
  static_cast<void>(with_element_type<T>(safetensor_type_of(t.dtype), [&](auto zero) {
    read_elements<decltype(zero)>(file.bytes, file.name, layout, out);
  }));
}

/// See safetensors::matrix.
template <scalar T>
[[nodiscard]] dense<T> matrix_of_tensor(safetensors_file const& file, std::string_view name) {
  auto const& t = readable_tensor<T>(file, name);
  if (t.shape.size() < 2)
    reject_tensor(file, t, "has ", t.shape.size(), " dimensions, expected a matrix",
                  t.shape.size() == 1 ? "; vector reads it" : "");
  index cols = 0;
  if (!multiply_counts(t.shape.data() + 1, t.shape.size() - 1, cols))
    reject_tensor(file, t, "has more columns than fit 64 bits");
  dense<T> out(t.shape[0], cols);
  read_tensor<T>(file, t, out.view());
  return out;
}

/// See safetensors::vector.
template <scalar T>
[[nodiscard]] buffer<T> vector_of_tensor(safetensors_file const& file, std::string_view name) {
  auto const& t = readable_tensor<T>(file, name);
  if (t.shape.size() != 1) reject_tensor(file, t, "has ", t.shape.size(), " dimensions, expected one");
  buffer<T> out(t.shape[0]);
  read_tensor<T>(file, t, dense_view<T>(out.data(), t.shape[0], 1));
  return out;
}

}  // namespace lacuna::detail::inline LACUNA_ISA

namespace lacuna {

/// The tensors of a .safetensors file, made by read_safetensors or parse_safetensors. Numbers are read when they are
/// asked for:
///
///     auto const model = la::read_safetensors("model.safetensors");
///     auto const w = model.matrix<float>("layers.0.mlp.up_proj.weight");  // outputs x inputs
///     auto const b = model.vector<float>("layers.0.mlp.up_proj.bias");
class safetensors {
 public:
  LACUNA_INLINE safetensors() = default;
  /// `bytes` are borrowed.
  LACUNA_INLINE safetensors(std::vector<safetensor> tensors, std::string_view name, std::string_view bytes)
      : name_(name), borrowed_(bytes), tensors_(std::move(tensors)) {}
  /// `bytes` are kept.
  LACUNA_INLINE safetensors(std::vector<safetensor> tensors, std::string_view name, buffer<char> bytes)
      : name_(name), owned_(std::move(bytes)), tensors_(std::move(tensors)) {}

  /// What the file has, in the order of its header.
  [[nodiscard]] LACUNA_INLINE std::vector<safetensor> const& tensors() const noexcept { return tensors_; }

  /// The tensor of this name; null if there is none. O(tensors).
  [[nodiscard]] LACUNA_INLINE safetensor const* find(std::string_view name) const noexcept {
    return detail::find_tensor(tensors_, name);
  }

  /// A tensor of two dimensions; of more, as those of convolutions, the first by all others. Floating types are read
  /// from F64, F32, F16, BF16 and integers, rounded to nearest; an integer type from its own. Throws io_error "file:
  /// has no tensor 'name' among its n" if there is none, and "file: byte n: reason" if it is of another type or shape,
  /// and for numbers beyond T. O(tensors + elements).
  template <scalar T>
  [[nodiscard]] LACUNA_INLINE dense<T> matrix(std::string_view name) const {
    return detail::matrix_of_tensor<T>(file(), name);
  }

  /// A tensor of one dimension, such as biases; otherwise as matrix.
  template <scalar T>
  [[nodiscard]] LACUNA_INLINE buffer<T> vector(std::string_view name) const {
    return detail::vector_of_tensor<T>(file(), name);
  }

 private:
  [[nodiscard]] LACUNA_INLINE detail::safetensors_file file() const noexcept {
    return {owned_.size() == 0 ? borrowed_ : detail::as_text(owned_), name_, tensors_};
  }

  std::string name_;
  buffer<char> owned_;
  std::string_view borrowed_;
  std::vector<safetensor> tensors_;
};

}  // namespace lacuna

namespace lacuna::inline LACUNA_ISA {

/// Reads the header of a .safetensors file in memory, a mapped one for instance, which is borrowed and has to outlive
/// what is returned. Throws io_error "name: byte n: reason" for anything but what the format allows: a tensor of a
/// known type has as many bytes as its shape asks for, each byte of the data belongs to one tensor, each name is there
/// once. The text of "__metadata__" is stepped over. Memory is proportional to the header. O(header), and O(n log n)
/// for n tensors. Format: https://huggingface.co/docs/safetensors.
[[nodiscard]] inline safetensors parse_safetensors(std::string_view bytes, std::string_view name = "safetensors") {
  return {detail::read_safetensors_header(bytes, name), name, bytes};
}

/// Reads a .safetensors file into memory, as parse_safetensors; also throws io_error if it can't be read or exceeds
/// max_file_bytes, the limit that counts here.
[[nodiscard]] inline safetensors read_safetensors(std::string const& path, io_limits const& limits = {}) {
  auto bytes = detail::read_file(path, limits.max_file_bytes);
  auto tensors = detail::read_safetensors_header(detail::as_text(bytes), path);
  return {std::move(tensors), path, std::move(bytes)};
}

}  // namespace lacuna::inline LACUNA_ISA
