// SPDX-License-Identifier: MIT
//
// oneDNN's dense product of int8 as a peer. Compiled where LACUNA_HAS_DNNL says that it was found.
#pragma once

#if LACUNA_HAS_DNNL
#include <lacuna/core/config.hpp>

#include <cstdint>
#include <dnnl.hpp>
#include <string>
#include <unordered_map>

namespace lacuna_peers {

/// y = x w^T in int32, x tokens x features of u8, w outputs x features of s8, packed once, before any timing, into
/// oneDNN's own order.
class onednn_int8_product {
 public:
  onednn_int8_product(std::int8_t const* w, std::uint8_t const* x, std::int32_t* y, lacuna::index rows,
                      lacuna::index cols, lacuna::index n)
      : engine_(dnnl::engine::kind::cpu, 0), stream_(engine_) {
    using tag = dnnl::memory::format_tag;
    using type = dnnl::memory::data_type;
    dnnl::memory::desc const a({n, cols}, type::u8, tag::ab), b({cols, rows}, type::s8, tag::any),
        c({n, rows}, type::s32, tag::ab);
#if DNNL_VERSION_MAJOR >= 3
    dnnl::matmul::primitive_desc const chosen(engine_, a, b, c);
#else
    dnnl::matmul::primitive_desc const chosen(dnnl::matmul::desc(a, b, c), engine_);
#endif
    matmul_ = dnnl::matmul(chosen);
    kernels_ = chosen.impl_info_str();
    dnnl::memory given(dnnl::memory::desc({cols, rows}, type::s8, tag::ba), engine_, const_cast<std::int8_t*>(w));
    dnnl::memory kept(chosen.weights_desc(), engine_);
    dnnl::reorder(given, kept).execute(stream_, given, kept);
    stream_.wait();
    arguments_.insert_or_assign(DNNL_ARG_SRC, dnnl::memory(a, engine_, const_cast<std::uint8_t*>(x)));
    arguments_.insert_or_assign(DNNL_ARG_WEIGHTS, kept);
    arguments_.insert_or_assign(DNNL_ARG_DST, dnnl::memory(c, engine_, y));
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
