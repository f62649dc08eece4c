// SPDX-License-Identifier: MIT
//
// The dense products that sparse ones are compared with: Eigen's always, OpenBLAS's and oneDNN's where they were found.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/executor.hpp>

#include "onednn.hpp"
#include "openblas.hpp"
#include "peer.hpp"

#include <memory>
#include <string>
#include <vector>

namespace lacuna_peers {

/// The peers of this build, in the order of dense_peers.
inline std::vector<std::string> const peer_names{
    "Eigen",
#if LACUNA_HAS_OPENBLAS
    "OpenBLAS",
#endif
#if LACUNA_HAS_DNNL
    "oneDNN",
    "oneDNN packed",
#endif
};

/// Eigen's product by rows, dealt out to the workers of an executor: Eigen itself uses one thread unless OpenMP is on.
template <lacuna::executor E>
void eigen_product(E& exec, matrix const& w, matrix const& x, matrix& y) {
  auto const workers = static_cast<lacuna::index>(exec.concurrency());
  exec.for_ranges(w.rows(), (w.rows() + workers - 1) / workers, [&](lacuna::index first, lacuna::index last, auto) {
    y.middleRows(first, last - first).noalias() = w.middleRows(first, last - first) * x;
  });
}

/// Every dense product of this build for y = w x with w rows x cols, x cols x n and y rows x n, each with as many
/// threads as `exec` has. Packing weights once is done here; so is the transposing of x for the peer that keeps tokens
/// in rows, which gets a result of its own.
template <lacuna::executor E>
[[nodiscard]] std::vector<peer> dense_peers(E& exec, matrix const& w, matrix const& x, matrix& y) {
  std::vector<peer> all;
  all.push_back({"Eigen", "", [&exec, &w, &x, &y] { eigen_product(exec, w, x, y); }, &y});
#if LACUNA_HAS_OPENBLAS
  set_openblas_threads(static_cast<lacuna::index>(exec.concurrency()));
  all.push_back({"OpenBLAS", openblas_kernels(),
                 [&w, &x, &y] { openblas_product(w.data(), x.data(), y.data(), w.rows(), w.cols(), x.cols()); }, &y});
#endif
#if LACUNA_HAS_DNNL
  set_onednn_threads(static_cast<lacuna::index>(exec.concurrency()));
  auto const plain = std::make_shared<onednn_product>(onednn_weights::plain, w.data(), x.data(), y.data(), w.rows(),
                                                      w.cols(), x.cols());
  all.push_back({"oneDNN", plain->kernels(), [plain] { (*plain)(); }, &y});
  struct transposed_operands {
    matrix x, y;
  };
  auto const own =
      std::make_shared<transposed_operands>(transposed_operands{x.transpose(), matrix::Zero(y.cols(), y.rows())});
  auto const packed = std::make_shared<onednn_product>(onednn_weights::packed, w.data(), own->x.data(), own->y.data(),
                                                       w.rows(), w.cols(), x.cols());
  all.push_back({"oneDNN packed", packed->kernels(), [own, packed] { (*packed)(); }, &own->y, true});
#endif
  return all;
}

}  // namespace lacuna_peers
