// SPDX-License-Identifier: MIT
//
// oneDNN's dense matmul as a peer. Compiled where LACUNA_HAS_DNNL says that it was found.
#pragma once

#if LACUNA_HAS_DNNL
#include <lacuna/core/config.hpp>

#include <dnnl.hpp>
#if defined(__unix__)
#include <dlfcn.h>
#endif

#include <string>
#include <unordered_map>

namespace lacuna_peers {

/// Tells the OpenMP runtime that oneDNN brought along how many threads to use. The runtime is asked by name, because
/// this program need not be compiled with OpenMP; false where there is none, and oneDNN then does as it likes.
inline bool set_onednn_threads([[maybe_unused]] lacuna::index threads) {
#if defined(__unix__)
  using setter = void (*)(int);
  if (auto const set = reinterpret_cast<setter>(::dlsym(RTLD_DEFAULT, "omp_set_num_threads")); set != nullptr) {
    set(static_cast<int>(threads));
    return true;
  }
#endif
  return false;
}

/// Where the weights stand: as they are given, or packed once, before any timing, into oneDNN's own order.
enum class onednn_weights { plain, packed };

/// y = w x, w rows x cols and row-major. `plain` reads x (cols x n) and writes y (rows x n) row-major, as lacuna's
/// benches do. `packed` is a framework's layer: x is tokens x features and y tokens x features, which is to say that it
/// reads the transpose of x and writes the transpose of y.
class onednn_product {
 public:
  onednn_product(onednn_weights order, float const* w, float const* x, float* y, lacuna::index rows, lacuna::index cols,
                 lacuna::index n)
      : engine_(dnnl::engine::kind::cpu, 0), stream_(engine_) {
    using tag = dnnl::memory::format_tag;
    auto const f32 = dnnl::memory::data_type::f32;
    if (order == onednn_weights::plain) {
      dnnl::memory::desc const a({rows, cols}, f32, tag::ab), b({cols, n}, f32, tag::ab), c({rows, n}, f32, tag::ab);
      create(a, b, c);
      bind(DNNL_ARG_SRC, a, w);
      bind(DNNL_ARG_WEIGHTS, b, x);
      bind(DNNL_ARG_DST, c, y);
    } else {
      dnnl::memory::desc const a({n, cols}, f32, tag::ab), b({cols, rows}, f32, tag::any), c({n, rows}, f32, tag::ab);
      auto const chosen = create(a, b, c);
      bind(DNNL_ARG_SRC, a, x);
      bind(DNNL_ARG_DST, c, y);
      dnnl::memory given(dnnl::memory::desc({cols, rows}, f32, tag::ba), engine_, const_cast<float*>(w));
      dnnl::memory kept(chosen, engine_);
      dnnl::reorder(given, kept).execute(stream_, given, kept);
      stream_.wait();
      arguments_.insert_or_assign(DNNL_ARG_WEIGHTS, kept);
    }
  }

  void operator()() {
    matmul_.execute(stream_, arguments_);
    stream_.wait();
  }
  /// oneDNN's name of what it runs, "jit:avx512_core" for one.
  [[nodiscard]] std::string const& kernels() const noexcept { return kernels_; }

 private:
  dnnl::memory::desc create(dnnl::memory::desc const& a, dnnl::memory::desc const& b, dnnl::memory::desc const& c) {
#if DNNL_VERSION_MAJOR >= 3
    dnnl::matmul::primitive_desc const chosen(engine_, a, b, c);
#else
    dnnl::matmul::primitive_desc const chosen(dnnl::matmul::desc(a, b, c), engine_);
#endif
    matmul_ = dnnl::matmul(chosen);
    kernels_ = chosen.impl_info_str();
    return chosen.weights_desc();
  }
  void bind(int role, dnnl::memory::desc const& what, float const* data) {
    arguments_.insert_or_assign(role, dnnl::memory(what, engine_, const_cast<float*>(data)));
  }

  dnnl::engine engine_;
  dnnl::stream stream_;
  dnnl::matmul matmul_;
  std::unordered_map<int, dnnl::memory> arguments_;
  std::string kernels_;
};

}  // namespace lacuna_peers
#endif
