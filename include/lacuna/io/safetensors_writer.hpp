// SPDX-License-Identifier: MIT
//
// .safetensors files, written.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/dense.hpp>
#include <lacuna/core/error.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/core/vector.hpp>
#include <lacuna/io/elements.hpp>
#include <lacuna/io/file.hpp>
#include <lacuna/io/number.hpp>
#include <lacuna/io/safetensors_header.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace lacuna::detail::inline LACUNA_ISA {

/// Appends the format's word for T.
template <scalar T>
void append_safetensor_type(std::string& text) {
  if constexpr (std::integral<T>)
    text += std::is_signed_v<T> ? "I" : "U";
  else
    text += std::same_as<T, bf16> ? "BF" : "F";
  append_number(text, static_cast<index>(8 * sizeof(T)));
}

/// Appends a word in quotes, as JSON wants it.
inline void append_json_text(std::string& text, std::string_view word) {
  constexpr auto* digits = "0123456789abcdef";
  text += '"';
  for (char const c : word) {
    auto const code = static_cast<unsigned char>(c);
    if (code < 0x20) {
      (text += "\\u00").append({digits[code / 16], digits[code % 16]});
      continue;
    }
    if (c == '"' || c == '\\') text += '\\';
    text += c;
  }
  text += '"';
}

}  // namespace lacuna::detail::inline LACUNA_ISA

namespace lacuna::inline LACUNA_ISA {

/// Collects the tensors of a .safetensors file, in the order in which they are to stand:
///
///     la::safetensors_writer out;
///     out.add("up.weight", w);
///     out.add("up.bias", b);
///     out.write("pruned.safetensors");
class safetensors_writer {
 public:
  safetensors_writer() = default;

  /// A dense matrix of either order as rows x cols. Throws value_error if there is a tensor of this name, or if it is
  /// "__metadata__", which the format keeps for itself; that it is UTF-8 is not checked. Copies the elements.
  /// O(elements + tensors).
  template <dense_matrix M>
    requires(!dense_vector<M>)
  void add(std::string_view name, M const& m) {
    auto const view = view_of(m);
    using T = element_t<M const>;
    begin<T>(name, {view.rows(), view.cols()});
    detail::append_elements<T>(data_, view);
  }

  /// A vector, in one dimension, also where it is a matrix as well, as those of Eigen are; otherwise as above.
  template <dense_vector V>
  void add(std::string_view name, V const& v) {
    auto const view = as_column(vector_of(v));
    using T = typename decltype(view)::value_type;
    begin<T>(name, {view.rows()});
    detail::append_elements<T>(data_, view);
  }

  /// The bytes of the file. The data begin at a multiple of eight bytes. Takes as much memory again as all elements.
  [[nodiscard]] std::string format() const {
    auto header = "{" + entries_ + "}";
    header.append((8 - header.size() % 8) % 8, ' ');
    std::string bytes;
    for (int k = 0; k != 8; ++k)
      bytes += static_cast<char>(static_cast<unsigned char>(header.size() >> (8 * k) & 0xFF));
    return (bytes += header) += data_;
  }

  /// Writes the file. Throws io_error if that fails.
  void write(std::string const& path) const { detail::write_file(path, format()); }

 private:
  /// The entry of a tensor whose elements are appended next.
  template <scalar T>
  void begin(std::string_view name, std::vector<index> const& shape) {
    if (name == "__metadata__" || std::find(names_.begin(), names_.end(), name) != names_.end())
      detail::fail<value_error>("safetensors_writer: the name ", detail::tensor_name(name), " is taken");
    names_.emplace_back(name);
    if (!entries_.empty()) entries_ += ',';
    detail::append_json_text(entries_, name);
    detail::append_safetensor_type<T>(entries_ += R"(:{"dtype":")");
    entries_ += R"(","shape":[)";
    index elements = 1;
    for (std::size_t k = 0; k != shape.size(); ++k) {
      if (k != 0) entries_ += ',';
      detail::append_number(entries_, shape[k]);
      elements *= shape[k];
    }
    auto const first = static_cast<index>(data_.size());
    detail::append_number(entries_ += R"(],"data_offsets":[)", first);
    detail::append_number(entries_ += ',', first + elements * static_cast<index>(sizeof(T)));
    entries_ += "]}";
  }

  std::string entries_;
  std::string data_;
  std::vector<std::string> names_;
};

}  // namespace lacuna::inline LACUNA_ISA
