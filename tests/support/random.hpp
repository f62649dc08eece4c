// SPDX-License-Identifier: MIT
//
// Random operands, the same bits with every compiler, standard library and processor.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/dense.hpp>
#include <lacuna/core/mask.hpp>
#include <lacuna/core/scalar.hpp>

#include <concepts>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <vector>

namespace lacuna_test {

/// SplitMix64. Source: G. Steele, D. Lea, C. Flood, "Fast Splittable Pseudorandom Number Generators", OOPSLA 2014.
/// Print `seed()` with a failure (Catch2: CAPTURE(r.seed())).
class random {
 public:
  explicit random(std::uint64_t seed) noexcept : seed_(seed), state_(seed) {}

  [[nodiscard]] std::uint64_t seed() const noexcept { return seed_; }
  [[nodiscard]] std::uint64_t bits() noexcept {
    state_ += 0x9E3779B97F4A7C15u;
    auto z = state_;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
  }
  /// In [0, 1), a multiple of 2^-53.
  [[nodiscard]] double uniform() noexcept { return static_cast<double>(bits() >> 11) * 0x1p-53; }
  [[nodiscard]] double uniform(double low, double high) noexcept { return low + (high - low) * uniform(); }
  /// In [0, n). The bias is below n / 2^64.
  [[nodiscard]] lacuna::index below(lacuna::index n) noexcept {
    return static_cast<lacuna::index>(bits() % static_cast<std::uint64_t>(n));
  }
  [[nodiscard]] bool chance(double p) noexcept { return uniform() < p; }
  /// Mean 0, variance 1, the sum of twelve uniforms: no call of a mathematical function, which libraries round apart.
  [[nodiscard]] double normal() noexcept {
    double sum = -6;
    for (int i = 0; i != 12; ++i) sum += uniform();
    return sum;
  }
  /// Tails as heavy as Cauchy's, up to 2^10.
  [[nodiscard]] double heavy() noexcept {
    auto const u = uniform(-1, 1);
    auto const x = u / (1 - u * u);
    return x > 1024 ? 1024 : x < -1024 ? -1024 : x;
  }

 private:
  std::uint64_t seed_;
  std::uint64_t state_;
};

/// Seeds for a test that repeats itself: 1, 2, ... n, or others where the environment sets LACUNA_TEST_SEED.
[[nodiscard]] inline std::vector<std::uint64_t> seeds(int n) {
  char const* const text = std::getenv("LACUNA_TEST_SEED");
  random base(text != nullptr ? std::strtoull(text, nullptr, 10) : 0);
  std::vector<std::uint64_t> all;
  for (int i = 1; i <= n; ++i) all.push_back(text != nullptr ? base.bits() : static_cast<std::uint64_t>(i));
  return all;
}

/// How values are spread. Integers are so whatever the spread: see random_value.
enum class spread { uniform, heavy_tailed };

/// One value: uniform in [-1, 1), or heavy-tailed; a byte is any, or as often one of the ends of its range, so that
/// there are products beside each other whose sum is beyond 16 bits; other integers are uniform within +-1000.
template <lacuna::scalar T>
[[nodiscard]] T random_value(random& r, spread how = spread::uniform) {
  if constexpr (std::integral<T> && sizeof(T) == 1)
    return r.below(2) != 0   ? static_cast<T>(r.bits() & 0xFF)
           : r.below(2) != 0 ? std::numeric_limits<T>::max()
                             : std::numeric_limits<T>::min();
  else if constexpr (std::integral<T>)
    return static_cast<T>(r.below(std::is_signed_v<T> ? 2001 : 1001) - (std::is_signed_v<T> ? 1000 : 0));
  else
    return T(how == spread::uniform ? r.uniform(-1, 1) : r.heavy());
}

/// Fills rows x cols elements of a view, and nothing beside them.
template <class View>
void fill(random& r, View const& m, spread how = spread::uniform) {
  for (lacuna::index i = 0; i != m.rows(); ++i)
    for (lacuna::index j = 0; j != m.cols(); ++j) m(i, j) = random_value<typename View::value_type>(r, how);
}

template <lacuna::scalar T, lacuna::order Order = lacuna::order::row_major>
[[nodiscard]] lacuna::dense<T, Order> random_dense(random& r, lacuna::index rows, lacuna::index cols,
                                                   spread how = spread::uniform) {
  lacuna::dense<T, Order> m(rows, cols);
  fill(r, m.view(), how);
  return m;
}

template <lacuna::scalar T>
[[nodiscard]] std::vector<T> random_vector(random& r, lacuna::index size, spread how = spread::uniform) {
  std::vector<T> v;
  for (lacuna::index i = 0; i != size; ++i) v.push_back(random_value<T>(r, how));
  return v;
}

/// How much of a matrix a mask keeps; `ragged` has empty, full and mixed rows and columns.
enum class coverage { none, one_entry, one_percent, half, ragged, all };
inline constexpr coverage all_coverages[] = {coverage::none, coverage::one_entry, coverage::one_percent,
                                             coverage::half, coverage::ragged,    coverage::all};

[[nodiscard]] constexpr char const* name_of(coverage c) noexcept {
  constexpr char const* names[] = {"none", "one entry", "1 %", "50 %", "ragged", "all"};
  return names[static_cast<int>(c)];
}

/// Each entry kept with the same probability.
[[nodiscard]] inline lacuna::mask random_mask(random& r, lacuna::index rows, lacuna::index cols, double density) {
  lacuna::mask keep(rows, cols);
  for (lacuna::index i = 0; i != rows; ++i)
    for (lacuna::index j = 0; j != cols; ++j) keep.set(i, j, r.chance(density));
  return keep;
}

[[nodiscard]] inline lacuna::mask random_mask(random& r, lacuna::index rows, lacuna::index cols, coverage how) {
  if (rows == 0 || cols == 0 || how == coverage::none) return {rows, cols};
  if (how == coverage::all) return {rows, cols, true};
  if (how == coverage::one_percent) return random_mask(r, rows, cols, 0.01);
  if (how == coverage::half) return random_mask(r, rows, cols, 0.5);
  lacuna::mask keep(rows, cols);
  if (how == coverage::one_entry) {
    keep.set(r.below(rows), r.below(cols));
    return keep;
  }
  for (lacuna::index i = 0; i != rows; ++i) {
    auto const kind = r.below(4);  // an empty row, a full one, two mixed
    for (lacuna::index j = 0; j != cols; ++j) keep.set(i, j, kind == 1 || (kind >= 2 && j % 7 != 3 && r.chance(0.3)));
  }
  return keep;
}

}  // namespace lacuna_test
