// SPDX-License-Identifier: MIT
//
// librsb's products as a peer: recursive blocks of compressed rows.
#pragma once

#if LACUNA_HAS_LIBRSB
#include <lacuna/core/config.hpp>

#include "csr_arrays.hpp"

#include <rsb.h>

#include <stdexcept>

namespace lacuna_peers {

/// y = a x: x cols x n and y rows x n, row-major without gaps. In the calling thread.
class librsb_product {
 public:
  librsb_product(csr_arrays const& a, float const* x, float* y, lacuna::index n)
      : x_(x), y_(y), n_(static_cast<rsb_coo_idx_t>(n)) {
    static rsb_err_t const started = ::rsb_lib_init(RSB_NULL_INIT_OPTIONS);
    rsb_int_t const threads = 1;
    rsb_err_t failed = started;
    if (failed == RSB_ERR_NO_ERROR) failed = ::rsb_lib_set_opt(RSB_IO_WANT_EXECUTING_THREADS, &threads);
    if (failed == RSB_ERR_NO_ERROR)
      matrix_ = ::rsb_mtx_alloc_from_csr_const(a.values.data(), a.offsets.data(), a.columns.data(),
                                               static_cast<rsb_nnz_idx_t>(a.stored()), RSB_NUMERICAL_TYPE_FLOAT,
                                               static_cast<rsb_coo_idx_t>(a.rows), static_cast<rsb_coo_idx_t>(a.cols),
                                               1, 1, RSB_FLAG_NOFLAGS, &failed);
    if (failed != RSB_ERR_NO_ERROR || matrix_ == nullptr) throw std::runtime_error("librsb takes no such matrix");
  }
  librsb_product(librsb_product const&) = delete;
  librsb_product& operator=(librsb_product const&) = delete;
  ~librsb_product() { ::rsb_mtx_free(matrix_); }

  void operator()() {
    float const alpha = 1, beta = 0;
    if (n_ == 1)
      ::rsb_spmv(RSB_TRANSPOSITION_N, &alpha, matrix_, x_, 1, &beta, y_, 1);
    else
      ::rsb_spmm(RSB_TRANSPOSITION_N, &alpha, matrix_, n_, RSB_FLAG_WANT_ROW_MAJOR_ORDER, x_, n_, &beta, y_, n_);
  }

 private:
  ::rsb_mtx_t* matrix_ = nullptr;
  float const* x_;
  float* y_;
  rsb_coo_idx_t n_;
};

}  // namespace lacuna_peers
#endif
