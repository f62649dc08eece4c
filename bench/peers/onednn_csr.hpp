// SPDX-License-Identifier: MIT
//
// oneDNN's matmul with sparse weights as a peer: version 3.4 or newer, built with the sparse interface.
#pragma once

#if LACUNA_HAS_DNNL
#include <dnnl.hpp>

#if DNNL_VERSION_MAJOR > 3 || \
    (DNNL_VERSION_MAJOR == 3 && (DNNL_VERSION_MINOR >= 12 || defined(DNNL_EXPERIMENTAL_SPARSE)))
#define LACUNA_HAS_DNNL_CSR 1
#include <lacuna/core/config.hpp>

#include "csr_arrays.hpp"

#include <string>
#include <unordered_map>

namespace lacuna_peers {

/// y = a x: a in compressed rows, x cols x n and y rows x n, row-major. The arrays are used where they are.
class onednn_csr_product {
 public:
  onednn_csr_product(csr_arrays const& a, float const* x, float* y, lacuna::index n)
      : engine_(dnnl::engine::kind::cpu, 0), stream_(engine_) {
    using tag = dnnl::memory::format_tag;
    using type = dnnl::memory::data_type;
    auto const sparse = dnnl::memory::desc::csr({a.rows, a.cols}, type::f32, a.stored(), type::s32, type::s32);
    dnnl::memory::desc const dense({a.cols, n}, type::f32, tag::ab), result({a.rows, n}, type::f32, tag::ab);
    dnnl::matmul::primitive_desc const chosen(engine_, sparse, dense, result);
    matmul_ = dnnl::matmul(chosen);
    kernels_ = chosen.impl_info_str();
    auto const at = [](auto const* data) { return const_cast<void*>(static_cast<void const*>(data)); };
    arguments_.insert_or_assign(
        DNNL_ARG_SRC, dnnl::memory(sparse, engine_, {at(a.values.data()), at(a.columns.data()), at(a.offsets.data())}));
    arguments_.insert_or_assign(DNNL_ARG_WEIGHTS, dnnl::memory(dense, engine_, at(x)));
    arguments_.insert_or_assign(DNNL_ARG_DST, dnnl::memory(result, engine_, y));
  }

  void operator()() {
    matmul_.execute(stream_, arguments_);
    stream_.wait();
  }
  [[nodiscard]] std::string const& kernels() const noexcept { return kernels_; }

 private:
  dnnl::engine engine_;
  dnnl::stream stream_;
  dnnl::matmul matmul_;
  std::unordered_map<int, dnnl::memory> arguments_;
  std::string kernels_;
};

}  // namespace lacuna_peers
#endif
#endif
