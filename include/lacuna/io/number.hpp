// SPDX-License-Identifier: MIT
//
// Numbers in texts: exact to read, shortest to write.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/scalar.hpp>

#include <charconv>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>

namespace lacuna::detail::inline LACUNA_ISA {

/// What became of a word that should be a number.
enum class number_status { ok, malformed, out_of_range };

template <class T>
[[nodiscard]] number_status number_from_chars(std::string_view word, T& value) noexcept {
  // A plus sign is common in files and unknown to from_chars.
  if (word.size() > 1 && word[0] == '+' && word[1] != '-') word.remove_prefix(1);
  auto const* const end = word.data() + word.size();
  auto const [stop, error] = std::from_chars(word.data(), end, value);
  if (stop != end || error == std::errc::invalid_argument) return number_status::malformed;
  return error == std::errc{} ? number_status::ok : number_status::out_of_range;
}

/// True if a well-formed decimal number, one that from_chars found out of range, is too small rather than too large:
/// from_chars tells no difference. The decimal exponent of its first nonzero digit decides.
[[nodiscard]] inline bool underflows(std::string_view word) noexcept {
  index exponent = 0;
  bool point = false;
  bool nonzero = false;
  std::size_t at = 0;
  for (; at != word.size() && word[at] != 'e' && word[at] != 'E'; ++at) {
    if (word[at] == '.') point = true;
    if (word[at] < '0' || word[at] > '9') continue;
    nonzero = nonzero || word[at] != '0';
    if (nonzero && !point) ++exponent;
    if (!nonzero && point) --exponent;
  }
  index written = 0;
  if (at != word.size() && number_from_chars(word.substr(at + 1), written) == number_status::out_of_range)
    return word[at + 1] == '-';
  // Sums of a length and a written exponent can't wrap once the latter is cut to what no text is long enough to undo.
  constexpr index far = index{1} << 60;
  return exponent + (written < -far ? -far : written > far ? far : written) <= 0;
}

/// Reads a decimal number, "nan", "inf" or "infinity" in any case, rounded to the nearest double. Too small numbers
/// become zero with their sign; too large ones are out of range.
[[nodiscard]] inline number_status parse_double(std::string_view word, double& value) noexcept {
  auto const status = number_from_chars(word, value);
  if (status != number_status::out_of_range || !underflows(word)) return status;
  value = word[0] == '-' ? -0.0 : 0.0;
  return number_status::ok;
}

/// Reads a real number as T; one that is finite but rounds to an infinity is out of range. float and double are rounded
/// once; bf16 and f16 come from the nearest double, as they do from a double in memory.
template <scalar T>
[[nodiscard]] number_status parse_real(std::string_view word, T& value) noexcept {
  static_assert(!std::integral<T>, "lacuna: a real number is read into a floating-point type");
  if constexpr (std::same_as<T, float>)
    if (auto const status = number_from_chars(word, value); status != number_status::out_of_range) return status;
  double wide = 0;
  if (auto const status = parse_double(word, wide); status != number_status::ok) return status;
  value = convert<T>(wide);
  bool const too_large = std::isfinite(wide) && !std::isfinite(static_cast<double>(value));
  return too_large ? number_status::out_of_range : number_status::ok;
}

/// Reads a whole number as T. Floating-point types take those that fit 64 bits, rounded to nearest.
template <scalar T>
[[nodiscard]] number_status parse_integer(std::string_view word, T& value) noexcept {
  if constexpr (std::integral<T>) {
    // from_chars calls "-1" malformed for unsigned types; it is a number that does not fit.
    auto const status = number_from_chars(word, value);
    std::int64_t negative = 0;
    if (std::is_unsigned_v<T> && status == number_status::malformed && word.starts_with('-') &&
        number_from_chars(word, negative) != number_status::malformed) {
      value = 0;
      return negative == 0 && number_from_chars(word, negative) == number_status::ok ? number_status::ok
                                                                                     : number_status::out_of_range;
    }
    return status;
  } else {
    std::int64_t whole = 0;
    auto const status = number_from_chars(word, whole);
    if (status != number_status::ok) return status;
    value = convert<T>(whole);
    return std::isfinite(static_cast<double>(value)) ? status : number_status::out_of_range;
  }
}

/// Appends the shortest decimal text that parse_real or parse_integer turns into the same value again (bf16 and f16:
/// the shortest of the equal float). Infinities and NaN are "inf", "-inf", "nan", "-nan"; the payload of a NaN is lost.
template <scalar T>
void append_number(std::string& text, T value) {
  char digits[64];
  if constexpr (std::integral<T> || std::floating_point<T>)
    text.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
  else
    text.append(digits, std::to_chars(digits, digits + sizeof digits, static_cast<float>(value)).ptr);
}

/// T as messages call it.
template <scalar T>
[[nodiscard]] std::string name_of_type() {
  if constexpr (std::same_as<T, float>)
    return "float";
  else if constexpr (std::same_as<T, double>)
    return "double";
  else if constexpr (std::same_as<T, bf16>)
    return "bf16";
  else if constexpr (std::same_as<T, f16>)
    return "f16";
  else if constexpr (std::integral<T>)
    return (std::is_signed_v<T> ? "int" : "uint") + std::to_string(8 * sizeof(T));
  else
    return "the value type";
}

}  // namespace lacuna::detail::inline LACUNA_ISA
