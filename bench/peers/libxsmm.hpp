// SPDX-License-Identifier: MIT
//
// libxsmm's spmdm as a peer: sparse times dense, in 16-bit slices made beforehand. The library has two other ways that
// are of no use here: fsspmdm writes the matrix into the code of its kernel and takes minutes for half a million
// weights, and the block-sparse kernels take the activations in an order of their own.
#pragma once

#if LACUNA_HAS_LIBXSMM
#include <lacuna/core/config.hpp>

#include "csr_arrays.hpp"

#include <libxsmm_spmdm.h>

namespace lacuna_peers {

/// y = w x with what is zero in w left out: w rows x cols, x cols x n, y rows x n, all row-major without gaps. In the
/// calling thread.
class libxsmm_product {
 public:
  libxsmm_product(matrix const& w, float const* x, float* y, lacuna::index n) : x_(x), y_(y) {
    ::libxsmm_spmdm_init(static_cast<int>(w.rows()), static_cast<int>(n), static_cast<int>(w.cols()), 1, &handle_,
                         &slices_);
    int const blocks = ::libxsmm_spmdm_get_num_createSparseSlice_blocks(&handle_);
    for (int i = 0; i != blocks; ++i)
      ::libxsmm_spmdm_createSparseSlice_fp32_thread(&handle_, 'N', w.data(), slices_, i, 0, 1);
    blocks_ = ::libxsmm_spmdm_get_num_compute_blocks(&handle_);
  }
  libxsmm_product(libxsmm_product const&) = delete;
  libxsmm_product& operator=(libxsmm_product const&) = delete;
  ~libxsmm_product() { ::libxsmm_spmdm_destroy(&handle_); }

  void operator()() {
    float const alpha = 1, beta = 0;
    for (int i = 0; i != blocks_; ++i)
      ::libxsmm_spmdm_compute_fp32_thread(&handle_, 'N', 'N', &alpha, slices_, x_, 'N', &beta, y_, i, 0, 1);
  }

 private:
  ::libxsmm_spmdm_handle handle_{};
  ::libxsmm_CSR_sparseslice* slices_ = nullptr;
  int blocks_ = 0;
  float const* x_;
  float* y_;
};

}  // namespace lacuna_peers
#endif
