// SPDX-License-Identifier: MIT
//
// The header of a .safetensors file: which tensors it has, of what type and shape, and where.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/io/byte_cursor.hpp>
#include <lacuna/io/elements.hpp>
#include <lacuna/io/json.hpp>
#include <lacuna/io/number.hpp>
#include <lacuna/io/text.hpp>

#include <algorithm>
#include <cstddef>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lacuna {

/// What the header of a .safetensors file says of one tensor.
struct safetensor {
  std::string name;
  std::string dtype;         ///< in the words of the format: "F32", "F16", "BF16", "I8", ...
  std::vector<index> shape;  ///< empty for a single number
  std::size_t begin = 0;     ///< the first of its bytes in the file
  std::size_t end = 0;       ///< the first behind them
};

}  // namespace lacuna

namespace lacuna::detail::inline LACUNA_ISA {

/// The name of a tensor as it stands in a message: those of models are long.
[[nodiscard]] LACUNA_COLD inline std::string tensor_name(std::string_view name) { return quoted(name, 128); }

/// The type that the format calls so.
[[nodiscard]] inline element_type safetensor_type_of(std::string_view dtype) noexcept {
  struct {
    std::string_view name;
    element_type type;
  } constexpr known[] = {
      {"F64", {'f', 8}},     {"F32", {'f', 4}},     {"F16", {'f', 2}},  {"BF16", {'b', 2}}, {"I64", {'i', 8}},
      {"I32", {'i', 4}},     {"I16", {'i', 2}},     {"I8", {'i', 1}},   {"U64", {'u', 8}},  {"U32", {'u', 4}},
      {"U16", {'u', 2}},     {"U8", {'u', 1}},      {"BOOL", {'?', 1}}, {"C64", {'?', 8}},  {"F8_E4M3", {'?', 1}},
      {"F8_E5M2", {'?', 1}}, {"F8_E8M0", {'?', 1}},
  };
  for (auto const& entry : known)
    if (entry.name == dtype) return entry.type;
  return {};
}

/// The product of counts, 0 if one of them is; false if it does not fit.
[[nodiscard]] inline bool multiply_counts(index const* counts, std::size_t size, index& product) noexcept {
  product = std::find(counts, counts + size, 0) == counts + size ? 1 : 0;
  for (std::size_t k = 0; k != size && product != 0; ++k) {
    if (product > std::numeric_limits<index>::max() / counts[k]) return false;
    product *= counts[k];
  }
  return true;
}

/// A shape as a message can show it: 2x3, 1 for a single number.
[[nodiscard]] LACUNA_COLD inline std::string shape_text(std::vector<index> const& shape) {
  std::string text;
  for (auto const n : shape) {
    if (text.size() > 60) return text += "x...";
    if (!text.empty()) text += 'x';
    append_number(text, n);
  }
  return text.empty() ? "1" : text;
}

/// Refuses a tensor whose bytes are not all in the file, or not as many as its shape takes. `text` stands behind it;
/// its offsets count from the start of the data, `size` bytes.
inline void require_safetensor(byte_cursor const& text, std::size_t at, safetensor const& t, std::size_t size) {
  if (t.begin > t.end || t.end > size)
    text.reject_at(at, "tensor ", tensor_name(t.name), " is bytes ", t.begin, " to ", t.end, " of the data, which has ",
                   size);
  auto const width = safetensor_type_of(t.dtype).width;
  if (width == 0) return;  // of a newer version: listed, not read
  index elements = 0;
  auto const bytes = t.end - t.begin;
  if (!multiply_counts(t.shape.data(), t.shape.size(), elements) ||
      elements > std::numeric_limits<index>::max() / width || static_cast<std::size_t>(elements * width) != bytes)
    text.reject_at(at, "tensor ", tensor_name(t.name), " has ", bytes, " bytes, expected ", shape_text(t.shape),
                   " elements of ", width);
}

/// The entry of one tensor: dtype, shape and data_offsets in any order, each once.
[[nodiscard]] inline safetensor read_safetensor(byte_cursor& text, std::string&& name) {
  safetensor t;
  t.name = std::move(name);
  std::size_t offsets[2] = {};
  std::size_t offset_count = 0;
  bool dtype = false, shape = false, data = false;
  auto const begin = text.at();
  read_json_object(text, [&](std::string_view key, std::size_t at) {
    bool* const known = key == "dtype" ? &dtype : key == "shape" ? &shape : key == "data_offsets" ? &data : nullptr;
    if (known == nullptr) text.reject_at(at, "key ", quoted(key), ", expected dtype, shape or data_offsets");
    if (*known) text.reject_at(at, "key ", quoted(key), " comes twice");
    *known = true;
    if (known == &dtype)
      t.dtype = read_json_text(text, "a type");
    else if (known == &shape)
      read_json_counts(text, [&](index n) { t.shape.push_back(n); });
    else
      read_json_counts(text, [&](index n) {
        if (offset_count < 2) offsets[offset_count] = static_cast<std::size_t>(n);
        ++offset_count;
      });
    if (known == &data && offset_count != 2) text.reject_at(at, offset_count, " data_offsets, expected 2");
  });
  if (!dtype || !shape || !data)
    text.reject_at(begin, "tensor ", tensor_name(t.name), " has no ",
                   !dtype   ? "dtype"
                   : !shape ? "shape"
                            : "data_offsets");
  t.begin = offsets[0];
  t.end = offsets[1];
  return t;
}

/// Refuses two tensors of one name.
inline void require_names_once(byte_cursor const& text, std::vector<safetensor const*>& tensors) {
  std::sort(tensors.begin(), tensors.end(), [](auto const* a, auto const* b) { return a->name < b->name; });
  for (std::size_t k = 1; k < tensors.size(); ++k)
    if (tensors[k - 1]->name == tensors[k]->name)
      text.reject_at(8, "two tensors have the name ", tensor_name(tensors[k]->name));
}

/// Refuses bytes of the data that belong to no tensor, or to two.
inline void require_bytes_once(byte_cursor const& text, std::vector<safetensor const*>& tensors, std::size_t size) {
  std::sort(tensors.begin(), tensors.end(),
            [](auto const* a, auto const* b) { return a->begin != b->begin ? a->begin < b->begin : a->end < b->end; });
  std::size_t known = 0;
  for (std::size_t k = 0; k != tensors.size(); ++k) {
    if (tensors[k]->begin < known)
      text.reject_at(8, "tensors ", tensor_name(tensors[k - 1]->name), " and ", tensor_name(tensors[k]->name),
                     " overlap");
    if (tensors[k]->begin > known)
      text.reject_at(8, "bytes ", known, " to ", tensors[k]->begin, " of the data belong to no tensor");
    known = tensors[k]->end;
  }
  if (known != size) text.reject_at(8, "bytes ", known, " to ", size, " of the data belong to no tensor");
}

/// Reads and checks the header. The tensors come in its order, their places from the start of the file.
[[nodiscard]] inline std::vector<safetensor> read_safetensors_header(std::string_view bytes, std::string_view name) {
  constexpr std::size_t longest = 100'000'000;  // as the format's own library has it
  byte_cursor file(bytes, name);
  auto const length = file.little(8, "the length of the header");
  if (length > longest) file.reject_at(0, "a header of ", length, " bytes, expected at most ", longest);
  if (length > file.left()) file.reject_at(0, "a header of ", length, " bytes, there are ", file.left());
  auto const data = file.at() + length;
  auto const size = bytes.size() - data;
  // Nothing behind the header is read as one, but the bytes are counted from the start of the file.
  byte_cursor text(bytes.substr(0, data), name);
  text.skip(file.at());
  std::vector<safetensor> tensors;
  bool metadata = false;
  read_json_object(text, [&](std::string&& key, std::size_t at) {
    if (key == "__metadata__") {
      if (metadata) text.reject_at(at, "key '__metadata__' comes twice");
      metadata = true;
      return read_json_object(text, [&](auto const&, auto) { static_cast<void>(read_json_text(text, "a text")); });
    }
    tensors.push_back(read_safetensor(text, std::move(key)));
    require_safetensor(text, at, tensors.back(), size);
  });
  text.skip_blanks();
  if (text.left() != 0) text.reject("expected blanks to the end of the header, found ", text.found());

  std::vector<safetensor const*> sorted;
  for (auto const& t : tensors) sorted.push_back(&t);
  require_names_once(text, sorted);
  require_bytes_once(text, sorted, size);
  for (auto& t : tensors) t.begin += data, t.end += data;
  return tensors;
}

}  // namespace lacuna::detail::inline LACUNA_ISA
