// SPDX-License-Identifier: MIT
#include "../limits.hpp"
#include "../peers/onednn.hpp"
#include "../peers/onednn_int8.hpp"
#include "int8_case.hpp"
#include "layers.hpp"

#include <support/random.hpp>

namespace lacuna_compare {

int8_case::int8_case(case_description d, settings const& s, recorder& out)
    : d_(std::move(d)),
      settings_(s),
      out_(out),
      threads_(d_.threads),
      serial_(one_),
      pool_(threads_),
      x_(d_.cols, d_.tokens),
      tokens_(d_.tokens, d_.cols),
      bytes_(d_.rows, d_.tokens),
      y_(d_.rows, d_.tokens),
      y_tokens_(d_.tokens, d_.rows) {
  lacuna_test::random r(2);
  for (lacuna::index k = 0; k != d_.cols; ++k)
    for (lacuna::index t = 0; t != d_.tokens; ++t) x_(k, t) = tokens_(t, k) = static_cast<std::uint8_t>(r.bits());
}

void int8_case::describe(contestant& c, lacuna::mask const& keep, double bytes, double count) const {
  auto const n = static_cast<double>(d_.tokens);
  c.useful = 2 * n * static_cast<double>(keep.count());
  c.sparsity = 1 - static_cast<double>(keep.count()) / (static_cast<double>(d_.rows) * static_cast<double>(d_.cols));
  c.weight_bytes = bytes;
  c.other_bytes = n * static_cast<double>(d_.cols + 4 * d_.rows);
  c.copies = count;
}

void int8_case::add_peers([[maybe_unused]] matrix const& w) {
  lacuna::mask const every(d_.rows, d_.cols, true);
  contestant c;
  describe(c, every, static_cast<double>(d_.rows) * static_cast<double>(d_.cols), 1);
#if LACUNA_HAS_DNNL
  if (settings::takes(settings_.peers, "oneDNN")) {
    c.name = "oneDNN u8s8s32";
    c.who = role::dense;
    lacuna_peers::set_onednn_threads(d_.threads);
    auto const q = lacuna::quantize(w, every);
    struct turns {
      std::vector<lacuna_peers::onednn_int8_product> all;
      std::size_t turn = 0;
    };
    auto const t = std::make_shared<turns>();
    do t->all.emplace_back(q.values.data(), tokens_.data(), y_tokens_.data(), d_.rows, d_.cols, d_.tokens);
    while (d_.cold && static_cast<double>(t->all.size()) * c.weight_bytes < 64e6);
    c.copies = static_cast<double>(t->all.size());
    c.kernel = t->all[0].kernels();
    c.run = [t] {
      t->all[t->turn]();
      if (++t->turn == t->all.size()) t->turn = 0;
    };
    auto const csr = lacuna::pack<lacuna::csr<std::int8_t>>(q.values, every);
    admit(c, csr, lacuna::transpose(std::as_const(y_tokens_).view()));
  }
#endif
  for (auto const& kind : lacuna_bench::multiply_adds()) {
    if (std::string(kind.name).rfind("int8", 0) != 0) continue;
    std::int64_t const times = settings_.rounds == 0 ? 100 : 20000;
    contestant dots;
    dots.name = kind.name;
    dots.who = role::other;
    dots.useful = kind.operations * lacuna_bench::chains<lacuna::simd::default_arch> * static_cast<double>(times);
    dots.run = [run = kind.run, times] { run(times); };
    all_.push_back(std::move(dots));
  }
}

void int8_case::run() {
  auto const clock = d_.threads == 1 && settings_.rounds != 0 ? clock_kind::processor : clock_kind::wall;
  if (!all_.empty()) out_.add(d_, run_in_turn(std::move(all_), settings_.rounds, clock));
  all_.clear();
}

void compare_int8(settings const& s, recorder& out) {
  for (auto const& size : s.shapes) {
    auto const text = std::to_string(size.rows) + "x" + std::to_string(size.cols);
    if (!settings::takes(s.match, text)) continue;
    auto const w = random_values(size.rows, size.cols, 1);
    for (auto const n : s.tokens) {
      case_description d;
      d.part = "int8";
      d.layer = text;
      d.rows = size.rows, d.cols = size.cols, d.tokens = n, d.threads = s.threads;
      d.cold = s.cold && n <= 8;
      for (double const sparsity : s.sparsities) {
        d.sparsity = sparsity;
        int8_case all(d, s, out);
        all.add_peers(w);
        add_int8_blocks(all, w, sparsity);
        add_int8_unstructured(all, w, sparsity, n);
        all.run();
      }
      d.part = "int8-groups";
      d.sparsity = 0;
      int8_case all(d, s, out);
      all.add_peers(w);
      add_int8_groups(all, w, n);
      all.run();
    }
  }
}

}  // namespace lacuna_compare
