// SPDX-License-Identifier: MIT
//
// XNNPACK's sparse product as a peer: a 1x1 convolution of one image in channels-first order, which the library runs
// as a product of its sparse weights with a matrix of channels x pixels. Its kernels for x86 are of SSE.
#pragma once

#if LACUNA_HAS_XNNPACK
#include <lacuna/core/config.hpp>

#include "csr_arrays.hpp"

#include <xnnpack.h>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <stdexcept>

namespace lacuna_peers {

/// y = w x with what is zero in w left out: w rows x cols, x cols x n, y rows x n, all row-major without gaps. In the
/// calling thread.
class xnnpack_product {
 public:
  xnnpack_product(matrix const& w, float const* x, float* y, lacuna::index n) {
    constexpr float infinity = std::numeric_limits<float>::infinity();
    auto const in = static_cast<std::size_t>(w.cols());
    auto const out = static_cast<std::size_t>(w.rows());
    auto const pixels = static_cast<std::size_t>(n);
    if (::xnn_initialize(nullptr) != xnn_status_success ||
        ::xnn_create_convolution2d_nchw_f32(0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, in, out, in, out, w.data(), nullptr,
                                            -infinity, infinity, 0, &product_) != xnn_status_success ||
        ::xnn_setup_convolution2d_nchw_f32(product_, 1, 1, pixels, x, y, nullptr) != xnn_status_success)
      throw std::runtime_error("XNNPACK takes no such product");
  }
  xnnpack_product(xnnpack_product const&) = delete;
  xnnpack_product& operator=(xnnpack_product const&) = delete;
  ~xnnpack_product() { ::xnn_delete_operator(product_); }

  void operator()() { ::xnn_run_operator(product_, nullptr); }

 private:
  ::xnn_operator_t product_ = nullptr;
};

}  // namespace lacuna_peers
#endif
