// SPDX-License-Identifier: MIT
//
// What copying X and writing Y take of a product with panels: beside it the same strips of columns with X packed
// beforehand, with a Y that stays in the cache, and with both; and the copies and the stores alone.
#include <lacuna/core/buffer.hpp>
#include <lacuna/format/panel.hpp>
#include <lacuna/interop/eigen.hpp>
#include <lacuna/kernel/pack_columns.hpp>
#include <lacuna/kernel/spmm/panel.hpp>
#include <lacuna/pack.hpp>
#include <lacuna/simd/arch.hpp>
#include <lacuna/spmm.hpp>

#include "layers.hpp"
#include "operands.hpp"
#include "pruned_layers.hpp"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

namespace lacuna_compare {
namespace {

using lacuna::index;
using arch = lacuna::simd::default_arch;

/// A layer and its operands, whole and in strips of as many columns as the kernel takes at a time.
struct strips {
  lacuna::panel<float> a;
  matrix const& x;
  matrix& y;
  index widest;
  lacuna::buffer<float> packed;  // strip after strip
  lacuna::buffer<float> copied;  // one strip of X
  lacuna::buffer<float> kept;    // one strip of Y

  strips(lacuna::panel<float> matrix_of_weights, matrix const& inputs, matrix& outputs)
      : a(std::move(matrix_of_weights)), x(inputs), y(outputs) {
    using kernel = lacuna::kernel::spmm<lacuna::panel_layout, arch>;
    widest = kernel::widest(a.view()) * static_cast<index>(lacuna::simd::batch<float, arch>::size);
    packed = lacuna::buffer<float>(x.rows() * (x.cols() + widest));
    copied = lacuna::buffer<float>(x.rows() * widest);
    kept = lacuna::buffer<float>(y.rows() * widest);
    for_each([&](index c, index width) { copy(c, width, packed.data() + c * x.rows()); });
  }
  /// f(column, width) for each strip.
  template <class F>
  void for_each(F const& f) const {
    for (index c = 0; c < x.cols(); c += widest) f(c, std::min(widest, x.cols() - c));
  }
  void copy(index c, index width, float* to) const {
    lacuna::kernel::pack_columns<arch>::run(lacuna::dense_view<float const>(x.data(), x.rows(), x.cols(), x.cols()), c,
                                            width, to, widest, 0, x.rows());
  }
  void multiply(bool is_packed, bool stays) {
    for_each([&](index c, index width) {
      auto const* const from = is_packed ? packed.data() + c * x.rows() : x.data() + c;
      auto* const to = stays ? kept.data() : y.data() + c;
      lacuna::spmm(a, lacuna::dense_view<float const>(from, x.rows(), width, is_packed ? widest : x.cols()),
                   lacuna::dense_view<float>(to, y.rows(), width, stays ? widest : y.cols()));
    });
  }
  void copy_all() {
    for_each([&](index c, index width) { copy(c, width, copied.data()); });
  }
  void store_all() {
    for_each([&](index c, index width) {
      for (index i = 0; i != y.rows(); ++i) std::fill_n(y.data() + i * y.cols() + c, width, 1.0f);
    });
  }
};

}  // namespace

void compare_panel_movement(settings const& s, recorder& out) {
  for_each_pruned_layer(s, [&](pruned_layer const& layer) {
    for (auto const n : s.tokens) {
      auto d = layer.describe(s, "movement", n);
      d.threads = 1;  // whatever --threads says: strips are multiplied in turn
      operands all(d, s, out);
      auto const packed = lacuna::pack<lacuna::panel<float>>(layer.w, layer.keep, lacuna::pack_options{.tokens = n});
      auto const of = std::make_shared<strips>(packed, all.x(), all.y());
      auto const exact = exact_product(lacuna_peers::dense_of(layer.w, layer.keep), all.x());
      contestant c;
      c.kernel = std::to_string(of->a.strip_height()) + "x" + std::to_string(of->a.tile());
      c.useful = all.work(layer.keep.count());
      c.sparsity = layer.keep.sparsity();
      auto const add = [&](std::string const& name, auto const& run) {
        c.name = name;
        c.run = run;
        return c;
      };
      all.add(add("product", [of, &all] { lacuna::spmm(of->a, all.x(), all.y()); }), exact);
      all.add(add("X packed", [of] { of->multiply(true, false); }), exact);
      all.admit(add("Y kept", [of] { of->multiply(false, true); }));
      all.admit(add("both", [of] { of->multiply(true, true); }));
      all.admit(add("copies alone", [of] { of->copy_all(); }));
      all.admit(add("stores alone", [of] { of->store_all(); }));
      all.run();
    }
  });
}

}  // namespace lacuna_compare
