// SPDX-License-Identifier: MIT
//
// Compiled twice into one program, for an older and for a newer processor: a layer from prune to product through the
// public interface. What each copy runs must be its own code, also where the processor lacks the newer's instructions.
#include "layer.hpp"

#include <lacuna/lacuna.hpp>

#include <cstddef>
#include <utility>

namespace la = lacuna;

namespace {

/// Appends numbers to the caller's array: no container of the standard library, whose templates both copies share.
class writer {
 public:
  explicit writer(float* out) : out_(out) {}
  template <class View>
  void append(View const& m) {
    for (la::index i = 0; i != m.rows(); ++i)
      for (la::index j = 0; j != m.cols(); ++j) out_[count_++] = static_cast<float>(m(i, j));
  }
  [[nodiscard]] int count() const { return count_; }

 private:
  float* out_;
  int count_ = 0;
};

template <class T, la::order Order>
la::dense<T, Order> numbers(la::index rows, la::index cols, unsigned seed) {
  la::dense<T, Order> m(rows, cols);
  for (la::index i = 0; i != rows; ++i)
    for (la::index j = 0; j != cols; ++j) {
      seed = seed * 1664525u + 1013904223u;
      // Eighths of small integers: their sums are exact, so that every instruction set gives the same bits.
      m(i, j) = T(static_cast<float>(static_cast<int>(seed >> 24) - 128) / 8.0f);
    }
  return m;
}

constexpr la::index token_counts[] = {1, 7, 33};

template <class A, class Exec>
void multiply(A const& a, Exec&& exec, writer& out) {
  using T = typename A::value_type;
  for (auto const tokens : token_counts) {
    auto const x = numbers<T, la::order::row_major>(a.cols(), tokens, 3);
    la::dense<T> y(a.rows(), tokens);
    la::spmm(exec, a, x, y, la::relu);
    out.append(y.view());
  }
}

template <class A, class Exec>
void apply_to_tokens(A const& a, Exec&& exec, writer& out) {
  using T = typename A::value_type;
  for (auto const tokens : token_counts) {
    auto const x = numbers<T, la::order::col_major>(tokens, a.cols(), 5);
    la::dense<T, la::order::col_major> y(tokens, a.rows());
    la::linear(exec, x, a, y);
    out.append(y.view());
  }
}

template <class A, class Exec>
void multiply_vector(A const& a, Exec&& exec, writer& out) {
  using T = typename A::value_type;
  la::buffer<T> x(a.cols());
  for (la::index j = 0; j != a.cols(); ++j) x[j] = T(static_cast<float>(j % 5));
  la::buffer<T> y(a.rows());
  la::spmv(exec, a, x, y);
  out.append(la::as_column(la::vector_of(y)));
}

template <class A, class Exec>
void sample(A const& a, Exec&& exec, writer& out) {
  using T = typename A::value_type;
  for (auto const tokens : token_counts) {
    auto const x = numbers<T, la::order::row_major>(a.cols(), tokens, 3);
    auto gradient = a;
    la::sddmm(exec, gradient, numbers<T, la::order::col_major>(a.rows(), tokens, 4), la::transpose(x.view()));
    out.append(la::to_dense(gradient).view());
  }
}

template <class A>
A checked(A a, writer& out) {
  la::validate(a);
  out.append(la::to_dense(la::transpose(a)).view());
  return a;
}

}  // namespace

extern "C" int LACUNA_LINK_NAME(float* results) {
  writer out(results);
  auto const w = numbers<float, la::order::row_major>(19, 37, 1);
  auto const calib = numbers<float, la::order::row_major>(50, 37, 2);
  la::threads pool(3);

  auto const n_of_m = la::prune(w, la::wanda{la::column_norms(calib)}, la::n_of_m<2, 4>{});
  auto const half = la::prune(pool, w, la::magnitude{}, la::unstructured{.sparsity = 0.6});
  auto const heavy = la::prune(w, la::magnitude{}, la::blocks<4, 1>{.sparsity = 0.5});
  // Each verb, each family of formats and each type once or twice: two copies of any of them would do.
  multiply(checked(la::pack<la::nm<float, 2, 4>>(w, n_of_m), out), la::serial{}, out);
  multiply(la::transposed(checked(la::pack<la::csr<float>>(w, half), out)), pool, out);
  apply_to_tokens(checked(la::pack<la::panel<float>>(w, half), out), la::serial{}, out);
  multiply(checked(la::pack<la::bsr<float, 4, 1>>(w, heavy), out), pool, out);
  sample(la::pack<la::csr<double>>(w, half), la::serial{}, out);
  multiply(la::transposed(la::pack<la::csr<la::bf16>>(w, half)), la::serial{}, out);
  multiply_vector(checked(la::pack<la::bitmap<la::f16>>(w, half), out), la::serial{}, out);

  namespace at = la::attention;
  auto const q = numbers<float, la::order::row_major>(9, 16, 7);
  la::dense<float> o(9, 16);
  la::attend(q, q, q, at::causal{} & (at::sink{1} | at::window{1}), o);
  // Rounded: exp may differ in its last bits from one instruction set to the next.
  for (la::index i = 0; i != 9; ++i)
    for (la::index j = 0; j != 16; ++j) o(i, j) = static_cast<float>(static_cast<int>(o(i, j) * 64.0f));
  out.append(o.view());

  try {
    la::spmm(la::pack<la::csr<float>>(w), calib, o);
    return -1;
  } catch (la::shape_error const&) {  // the same class in both copies
  }
  return out.count();
}
