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
#include <initializer_list>
#include <string>
#include <string_view>
#include <type_traits>
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

/// Appends the entry of a tensor whose elements, of T, begin at byte `first` of the data. Refuses names that are taken,
/// and remembers others.
template <scalar T>
void append_safetensor(std::string& entries, std::vector<std::string>& names, std::string_view name, index first,
                       std::initializer_list<index> shape) {
  if (name == "__metadata__" || std::find(names.begin(), names.end(), name) != names.end())
    fail<value_error>("safetensors_writer: the name ", tensor_name(name), " is taken");
  names.emplace_back(name);
  if (!entries.empty()) entries += ',';
  append_json_text(entries, name);
  append_safetensor_type<T>(entries += R"(:{"dtype":")");
  entries += R"(","shape":)";
  index elements = 1;
  char before = '[';
  for (auto const n : shape) {
    append_number(entries += before, n);
    elements *= n;
    before = ',';
  }
  append_number(entries += R"(],"data_offsets":[)", first);
  append_number(entries += ',', first + elements * static_cast<index>(sizeof(T)));
  entries += "]}";
}

/// The bytes of a file of these tensors. The data begin at a multiple of eight bytes.
[[nodiscard]] inline std::string format_safetensors(std::string const& entries, std::string const& data) {
  auto header = "{" + entries + "}";
  header.append((8 - header.size() % 8) % 8, ' ');
  std::string bytes;
  for (int k = 0; k != 8; ++k) bytes += static_cast<char>(static_cast<unsigned char>(header.size() >> (8 * k) & 0xFF));
  return (bytes += header) += data;
}

}  // namespace lacuna::detail::inline LACUNA_ISA

namespace lacuna {

/// Collects the tensors of a .safetensors file, in the order in which they are to stand:
///
///     la::safetensors_writer out;
///     out.add("up.weight", w);
///     out.add("up.bias", b);
///     out.write("pruned.safetensors");
class safetensors_writer {
 public:
  LACUNA_INLINE safetensors_writer() = default;

  /// A dense matrix of either order as rows x cols. Throws value_error if there is a tensor of this name, or if it is
  /// "__metadata__", which the format keeps for itself; that it is UTF-8 is not checked. Copies the elements.
  /// O(elements + tensors).
  template <dense_matrix M>
    requires(!dense_vector<M>)
  LACUNA_INLINE void add(std::string_view name, M const& m) {
    auto const view = view_of(m);
    using T = element_t<M const>;
    begin<T>(name, {view.rows(), view.cols()});
    detail::append_elements<T>(data_, view);
  }

  /// A vector, in one dimension, also where it is a matrix as well, as those of Eigen are; otherwise as above.
  template <dense_vector V>
  LACUNA_INLINE void add(std::string_view name, V const& v) {
    auto const view = as_column(vector_of(v));
    using T = typename decltype(view)::value_type;
    begin<T>(name, {view.rows()});
    detail::append_elements<T>(data_, view);
  }

  /// The bytes of the file. The data begin at a multiple of eight bytes. Takes as much memory again as all elements.
  [[nodiscard]] LACUNA_INLINE std::string format() const { return detail::format_safetensors(entries_, data_); }

  /// Writes the file. Throws io_error if that fails.
  LACUNA_INLINE void write(std::string const& path) const { detail::write_file(path, format()); }

 private:
  template <scalar T>
  LACUNA_INLINE void begin(std::string_view name, std::initializer_list<index> shape) {
    detail::append_safetensor<T>(entries_, names_, name, static_cast<index>(data_.size()), shape);
  }

  std::string entries_;
  std::string data_;
  std::vector<std::string> names_;
};

}  // namespace lacuna
