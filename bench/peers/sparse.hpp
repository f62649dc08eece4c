// SPDX-License-Identifier: MIT
//
// The sparse products of other libraries: Eigen's always, the others where they were found. All read x and write y as
// lacuna's benches do, row-major.
#pragma once

#include <lacuna/core/config.hpp>

#include "csr_arrays.hpp"
#include "librsb.hpp"
#include "libxsmm.hpp"
#include "onednn.hpp"
#include "onednn_csr.hpp"
#include "peer.hpp"
#include "xnnpack.hpp"

#include <Eigen/SparseCore>

#include <cstdio>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace lacuna_peers {

/// The weights of a sparse product: compressed, and dense with zeros for the libraries that compress them themselves.
/// Peers hold pointers into both.
struct sparse_weights {
  csr_arrays csr;
  matrix dense;  // empty: those libraries are left out
};

/// What the mask keeps of w.
[[nodiscard]] inline matrix dense_of(matrix const& w, lacuna::mask const& keep) {
  matrix kept = matrix::Zero(w.rows(), w.cols());
  for (lacuna::index i = 0; i != w.rows(); ++i)
    for (lacuna::index j = 0; j != w.cols(); ++j)
      if (keep(i, j)) kept(i, j) = w(i, j);
  return kept;
}

/// The sparse products of this build, in the order of sparse_peers.
inline std::vector<std::string> const sparse_peer_names{
    "Eigen sparse",
#if LACUNA_HAS_DNNL_CSR
    "oneDNN sparse",
#endif
#if LACUNA_HAS_LIBXSMM
    "libxsmm",
#endif
#if LACUNA_HAS_XNNPACK
    "XNNPACK",
#endif
#if LACUNA_HAS_LIBRSB
    "librsb",
#endif
};

/// Adds the peer that `make` makes, unless that throws: a library may refuse a shape, and then says so on stderr.
template <class Make>
void add_sparse_peer(std::vector<peer>& all, std::string const& name, matrix& y, Make make) {
  try {
    auto const product = make();
    std::string kernels;
    if constexpr (requires { product->kernels(); }) kernels = product->kernels();
    all.push_back({name, kernels, [product] { (*product)(); }, &y});
  } catch (std::exception const& error) {
    std::fprintf(stderr, "%s is left out: %s\n", name.c_str(), error.what());
  }
}

[[nodiscard]] inline peer eigen_sparse_peer(csr_arrays const& a, matrix const& x, matrix& y) {
  using eigen_map = Eigen::Map<Eigen::SparseMatrix<float, Eigen::RowMajor, int> const>;
  auto const map =
      std::make_shared<eigen_map>(a.rows, a.cols, a.stored(), a.offsets.data(), a.columns.data(), a.values.data());
  if (x.cols() != 1) return {"Eigen sparse", "", [map, &x, &y] { y.noalias() = *map * x; }, &y};
  // A vector of its own type takes another path, without a loop over columns.
  return {"Eigen sparse", "",
          [map, &x, &y] {
            Eigen::Map<Eigen::VectorXf const> const from(x.data(), x.rows());
            Eigen::Map<Eigen::VectorXf>(y.data(), y.rows()).noalias() = *map * from;
          },
          &y};
}

/// Every sparse product of this build for y = w x that `wants` takes by its name, in one thread. Packing is done here.
[[nodiscard]] inline std::vector<peer> sparse_peers(sparse_weights const& w, matrix const& x, matrix& y,
                                                    std::function<bool(std::string const&)> const& wants) {
  std::vector<peer> all;
  if (wants("Eigen sparse")) all.push_back(eigen_sparse_peer(w.csr, x, y));
#if LACUNA_HAS_DNNL_CSR
  set_onednn_threads(1);
  if (wants("oneDNN sparse"))
    add_sparse_peer(all, "oneDNN sparse", y,
                    [&] { return std::make_shared<onednn_csr_product>(w.csr, x.data(), y.data(), x.cols()); });
#endif
#if LACUNA_HAS_LIBXSMM
  if (wants("libxsmm") && w.dense.size() != 0)
    add_sparse_peer(all, "libxsmm", y,
                    [&] { return std::make_shared<libxsmm_product>(w.dense, x.data(), y.data(), x.cols()); });
#endif
#if LACUNA_HAS_XNNPACK
  if (wants("XNNPACK") && w.dense.size() != 0)
    add_sparse_peer(all, "XNNPACK", y,
                    [&] { return std::make_shared<xnnpack_product>(w.dense, x.data(), y.data(), x.cols()); });
#endif
#if LACUNA_HAS_LIBRSB
  if (wants("librsb"))
    add_sparse_peer(all, "librsb", y,
                    [&] { return std::make_shared<librsb_product>(w.csr, x.data(), y.data(), x.cols()); });
#endif
  return all;
}

}  // namespace lacuna_peers
