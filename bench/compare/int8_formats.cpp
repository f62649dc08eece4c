// SPDX-License-Identifier: MIT
#include "int8_case.hpp"

namespace lacuna_compare {

template <int G>
void int8_case::add_int4(matrix const& w, double sparsity) {
  add_int4_of<G, float>(w, sparsity, "int4 1x" + std::to_string(G));
  add_int4_of<G, std::uint8_t>(w, sparsity, "int4 1x" + std::to_string(G) + " u8");
}

template <int G, class X>
void int8_case::add_int4_of(matrix const& w, double sparsity, std::string const& name) {
  using packed = lacuna::grouped_int4<G, lacuna::f16, std::uint16_t, std::uint32_t>;
  if (!settings::takes(settings_.formats, name)) return;
  auto const keep = lacuna::prune(w, lacuna::magnitude{}, lacuna::blocks<1, G>{.sparsity = sparsity});
  auto const turns = copies_of(lacuna::pack<packed>(w, keep));
  struct int4_operands {
    lacuna::dense<X> x;
    lacuna::dense<float> y;
  };
  auto const in = std::make_shared<int4_operands>(
      int4_operands{lacuna::dense<X>(d_.cols, d_.tokens), lacuna::dense<float>(d_.rows, d_.tokens)});
  for (lacuna::index k = 0; k != d_.cols; ++k)
    for (lacuna::index t = 0; t != d_.tokens; ++t) in->x(k, t) = static_cast<X>(x_(k, t));
  contestant c;
  c.name = name;
  c.kernel = lacuna::kernel_of<packed, X, lacuna::order::row_major>::spmv;
  describe(c, keep, static_cast<double>(turns->all[0].bytes()), static_cast<double>(turns->all.size()));
  c.run = [this, in, turns] { lacuna::spmm(pool_, turns->next(), in->x, in->y); };
  c.run();
  double off = 0, size = 0;
  for (lacuna::index i = 0; i < d_.rows; i += 1 + d_.rows / 7)
    for (lacuna::index t = 0; t != d_.tokens; ++t) {
      double sum = 0;
      turns->all[0].visit_row(i, [&](lacuna::index k, float value) {
        sum += static_cast<double>(value) * static_cast<double>(in->x(k, t));
      });
      off += (sum - static_cast<double>(in->y(i, t))) * (sum - static_cast<double>(in->y(i, t)));
      size += sum * sum;
    }
  if (off <= tolerance * tolerance * size)
    all_.push_back(std::move(c));
  else
    out_.fail(d_, c.name, off);
}

namespace {

/// Groups of inputs of an output, in 8 bits and in 4.
template <int G>
void add_groups(int8_case& all, matrix const& w, double sparsity) {
  using blocks = lacuna::bsr<std::int8_t, 1, G, std::uint16_t, std::uint32_t>;
  all.add<blocks>("bsr 1x" + std::to_string(G), w, lacuna::blocks<1, G>{.sparsity = sparsity});
  all.add_int4<G>(w, sparsity);
}

}  // namespace

void add_int8_unstructured(int8_case& all, matrix const& w, double sparsity, lacuna::index tokens) {
  lacuna::unstructured const pattern{.sparsity = sparsity};
  all.add<lacuna::csr<std::int8_t>>("csr", w, pattern);
  all.add<lacuna::bitmap<std::int8_t>>("bitmap", w, pattern);
  all.add<lacuna::tiled_sell<std::int8_t>>("tiled_sell", w, pattern);
  add_groups<32>(all, w, sparsity);
  if (tokens > 8) return;
  add_groups<16>(all, w, sparsity);
  add_groups<64>(all, w, sparsity);
}

void add_int8_groups(int8_case& all, matrix const& w, lacuna::index tokens) {
  all.add<lacuna::nm<std::int8_t, 2, 4>>("nm 2:4", w, lacuna::n_of_m<2, 4>{});
  if (tokens <= 8) return;
  all.add<lacuna::vnm<std::int8_t, 16, 2, 4>>("vnm 16x2:4", w, lacuna::v_n_of_m<16, 2, 4>{});
  all.add<lacuna::vnm<std::int8_t, 16, 1, 4>>("vnm 16x1:4", w, lacuna::v_n_of_m<16, 1, 4>{});
  all.add<lacuna::vnm<std::int8_t, 16, 2, 8>>("vnm 16x2:8", w, lacuna::v_n_of_m<16, 2, 8>{});
}

}  // namespace lacuna_compare
