// SPDX-License-Identifier: MIT
//
// Eigen's dense and sparse matrices as operands, and lacuna's as Eigen's: nothing is copied in either direction.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/dense.hpp>
#include <lacuna/core/error.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/core/vector.hpp>
#include <lacuna/format/concepts.hpp>
#include <lacuna/format/csr.hpp>
#include <lacuna/format/transposed.hpp>

#include <Eigen/Core>
#include <Eigen/SparseCore>

#include <concepts>
#include <cstddef>
#include <limits>
#include <type_traits>
#include <utility>

namespace lacuna {
namespace detail {

template <class Derived>
void probe_eigen_dense(Eigen::DenseBase<Derived> const&);
template <class Derived>
void probe_eigen_sparse(Eigen::SparseCompressedBase<Derived> const&);

/// Any dense Eigen expression, and classes derived from one.
template <class M>
concept eigen_dense = requires(M const& m) { detail::probe_eigen_dense(m); };

/// SparseMatrix, and Map and Ref of one.
template <class M>
concept eigen_sparse = !M::IsVectorAtCompileTime && requires(M const& m) { detail::probe_eigen_sparse(m); };

/// The expression stands for memory: Matrix, Array, Map, Ref, Block, Transpose of such; no sum, no product.
template <class M>
inline constexpr bool has_memory = (int{M::Flags} & int{Eigen::DirectAccessBit}) != 0;

}  // namespace detail

/// Eigen's Matrix, Array, Map, Ref, Block and their transposes, in either storage order and with any outer stride. A
/// vector is a matrix of one column or one row, whatever its inner stride. Another matrix needs the inner stride 1:
/// what is fixed otherwise at compile time does not compile, what is found otherwise at run time is a shape_error.
/// Expressions that have to be computed first do not compile: the verbs would have to allocate. Element types are
/// lacuna's, so Eigen::Matrix<lacuna::bf16, ...> and m.cast<lacuna::bf16>(), not Eigen::bfloat16.
template <detail::eigen_dense M>
struct dense_access<M> {
  template <class U>
  LACUNA_INLINE static auto view(U& m) {
    using T = typename M::Scalar;
    constexpr int inner = M::InnerStrideAtCompileTime;
    constexpr bool vector = M::IsVectorAtCompileTime;
    static_assert(detail::has_memory<M>,
                  "lacuna: this Eigen expression has no memory to view; evaluate it into a matrix");
    static_assert(scalar<T>, "lacuna: matrices hold float, double, lacuna::bf16, lacuna::f16 or integers");
    static_assert(!detail::has_memory<M> || vector || inner == 1 || inner == Eigen::Dynamic,
                  "lacuna: a matrix is viewed with the inner stride 1; this Eigen type fixes another");
    if constexpr (!detail::has_memory<M> || !scalar<T>) {
      return dense_view<float const>();
    } else if constexpr (vector && inner != 1) {  // elements are lines, so that their distance is free
      constexpr auto across = int{M::RowsAtCompileTime} == 1 ? order::col_major : order::row_major;
      return make<across>(m, static_cast<index>(m.innerStride()));
    } else {
      if constexpr (inner == Eigen::Dynamic)
        if (m.innerStride() != 1 && m.size() != 0)
          detail::fail<shape_error>("eigen: the inner stride of a ", m.rows(), "x", m.cols(), " map is ",
                                    m.innerStride(), ", but matrices are viewed with 1");
      return make<bool{M::IsRowMajor} ? order::row_major : order::col_major>(m, static_cast<index>(m.outerStride()));
    }
  }

 private:
  template <order Order, class U>
  LACUNA_INLINE static auto make(U& m, index stride) {
    using element = std::remove_pointer_t<decltype(m.data())>;
    return dense_view<element, Order>(m.data(), static_cast<index>(m.rows()), static_cast<index>(m.cols()), stride);
  }
};

/// What Eigen knows at compile time to be a vector, column or row: Matrix, Array, Map with any InnerStride, Block such
/// as a row or a column of a matrix, Diagonal.
template <detail::eigen_dense V>
  requires(bool{V::IsVectorAtCompileTime})
struct vector_access<V> {
  template <class U>
  LACUNA_INLINE static auto view(U& v) {
    static_assert(detail::has_memory<V>,
                  "lacuna: this Eigen expression has no memory to view; evaluate it into a vector");
    static_assert(scalar<typename V::Scalar>,
                  "lacuna: vectors hold float, double, lacuna::bf16, lacuna::f16 or integers");
    if constexpr (!detail::has_memory<V> || !scalar<typename V::Scalar>) {
      return vector_view<float const>();
    } else {
      using element = std::remove_pointer_t<decltype(v.data())>;
      return vector_view<element>(v.data(), static_cast<index>(v.size()), static_cast<index>(v.innerStride()));
    }
  }
};

namespace detail::inline LACUNA_ISA {

/// The offsets of a matrix without lines, for which Eigen may hold no array.
template <class Offset>
inline constexpr Offset no_offsets[1] = {};

template <class M>
LACUNA_INLINE auto compressed_lines(M const& a) {
  using T = typename M::Scalar;
  using I = typename M::StorageIndex;
  static_assert(scalar<T>, "lacuna: matrices hold float, double, lacuna::bf16, lacuna::f16 or integers");
  if (!a.isCompressed())
    fail<format_error>("eigen: the sparse ", a.rows(), "x", a.cols(),
                       " matrix is not in compressed mode; call makeCompressed() first");
  auto const* const offsets = a.outerIndexPtr() != nullptr ? a.outerIndexPtr() : no_offsets<I>;
  if (offsets[0] != 0)
    fail<format_error>("eigen: the first offset is ", offsets[0],
                       ", expected 0: a part of a sparse matrix has to be copied into a matrix of its own");
  return csr_view<T, I>(static_cast<index>(a.outerSize()), static_cast<index>(a.innerSize()), offsets,
                        a.innerIndexPtr(), a.valuePtr());
}

}  // namespace detail::inline LACUNA_ISA

/// Eigen's sparse matrices, and Map and Ref of them, as operands of the verbs: row-major ones as a csr_view,
/// column-major ones as the transpose of one. They must be in compressed mode (makeCompressed), else format_error. The
/// view is valid until the matrix is changed. Nothing else is checked; `validate` does.
template <detail::eigen_sparse M>
struct sparse_access<M> {
  LACUNA_INLINE static auto view(M const& a) {
    auto const lines = detail::compressed_lines(a);
    if constexpr (bool{M::IsRowMajor})
      return lines;
    else
      return transposed_view<std::remove_const_t<decltype(lines)>>{lines};
  }
};

/// A csr_view of a row-major Eigen sparse matrix; O(1). Throws format_error unless the matrix is in compressed mode.
template <detail::eigen_sparse M>
[[nodiscard]] LACUNA_INLINE auto as_csr(M const& a) {
  static_assert(bool{M::IsRowMajor}, "lacuna: a column-major matrix is no CSR; as_csr_transposed views its transpose");
  return detail::compressed_lines(a);
}

/// A csr_view of the transpose of a column-major Eigen sparse matrix, which is what its arrays are; O(1). Throws
/// format_error unless the matrix is in compressed mode.
template <detail::eigen_sparse M>
[[nodiscard]] LACUNA_INLINE auto as_csr_transposed(M const& a) {
  static_assert(!bool{M::IsRowMajor}, "lacuna: a row-major matrix is CSR as it is; as_csr views it");
  return detail::compressed_lines(a);
}

/// Eigen's name for the memory of a dense view: an Eigen::Map with an outer stride.
template <class T, order Order>
[[nodiscard]] LACUNA_INLINE auto as_eigen(dense_view<T, Order> m) {
  constexpr auto options = Order == order::row_major ? Eigen::RowMajor : Eigen::ColMajor;
  using matrix = Eigen::Matrix<std::remove_const_t<T>, Eigen::Dynamic, Eigen::Dynamic, options>;
  using mapped = std::conditional_t<std::is_const_v<T>, matrix const, matrix>;
  return Eigen::Map<mapped, Eigen::Unaligned, Eigen::OuterStride<>>(m.data(), m.rows(), m.cols(),
                                                                    Eigen::OuterStride<>(m.stride()));
}
template <class T, order Order>
[[nodiscard]] LACUNA_INLINE auto as_eigen(dense<T, Order>& m) {
  return as_eigen(m.view());
}
template <class T, order Order>
[[nodiscard]] LACUNA_INLINE auto as_eigen(dense<T, Order> const& m) {
  return as_eigen(m.view());
}

/// Eigen's name for the memory of a CSR matrix: a Map of a row-major SparseMatrix, to be read. Eigen counts with signed
/// integers, so unsigned indices are read as the signed ones of the same size; format_error if they are too large for
/// that. Column indices and offsets need the same size.
template <scalar T, std::integral I, std::integral Offset>
[[nodiscard]] LACUNA_INLINE auto as_eigen(csr_view<T, I, Offset> a) {
  static_assert(sizeof(I) == sizeof(Offset), "lacuna: Eigen wants column indices and offsets of one type");
  using S = std::make_signed_t<I>;
  constexpr auto largest = std::numeric_limits<S>::max();
  if (std::cmp_greater(a.cols(), largest) || std::cmp_greater(a.rows(), largest) ||
      std::cmp_greater(a.stored(), largest))
    detail::fail<format_error>("eigen: ", a.rows(), "x", a.cols(), " with ", a.stored(),
                               " slots does not fit Eigen's indices, whose largest value is ", largest);
  return Eigen::Map<Eigen::SparseMatrix<T, Eigen::RowMajor, S> const>(
      a.rows(), a.cols(), a.stored(), reinterpret_cast<S const*>(a.offsets().data()),
      reinterpret_cast<S const*>(a.columns().data()), a.values().data());
}
template <scalar T, std::integral I, std::integral Offset>
[[nodiscard]] LACUNA_INLINE auto as_eigen(csr<T, I, Offset> const& a) {
  return as_eigen(a.view());
}

}  // namespace lacuna
