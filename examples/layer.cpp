// SPDX-License-Identifier: MIT
//
// One layer, from dense weights to sparse products: prune, pack, multiply, and see what each format costs and gains
// beside the best dense product on this machine. `layer --help` lists the arguments.
//
// ctest: --rows 64 --cols 96 --tokens 1,3 --quick
// refuses: --matrix none.npy | none.npy: cannot be opened
// refuses: --matrix none.txt | none.txt: expected a name that ends in .npy, .mtx or .smtx
#include <lacuna/lacuna.hpp>
#include <lacuna/interop/eigen.hpp>

#include "../bench/peers/dense.hpp"
#include "support/arguments.hpp"
#include "support/errors.hpp"
#include "support/pin.hpp"
#include "support/stopwatch.hpp"
#include "support/weights.hpp"

#include <algorithm>
#include <cstdio>
#include <exception>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace la = lacuna;
using demo::matrix;

/// Which weights stay, for formats that take any, blocks of 4 x 1, and two of every four.
struct choices {
  la::mask any, blocks, groups;
};

/// Wanda on 512 tokens: a weight matters as much as it is large and its input is.
static choices prune_layer(matrix const& w, double sparsity) {
  matrix const calibration = demo::correlated_activations(512, w.cols(), 100);
  la::wanda const criterion{la::column_norms(calibration)};
  return {la::prune(w, criterion, la::unstructured{.sparsity = sparsity}),
          la::prune(w, criterion, la::blocks<4, 1>{.sparsity = sparsity}), la::prune(w, criterion, la::n_of_m<2, 4>{})};
}

/// A packed layer, whatever its format.
struct packed_layer {
  std::string name;
  std::string many_kernel, one_kernel;  // what runs for many tokens, and for one
  la::mask keep;
  double bytes = 0;  // of dense bytes
  std::function<void(matrix const& x, matrix& y)> multiply;
};

template <class Format>
static packed_layer pack_as(std::string name, matrix const& w, la::mask const& keep, la::threads& pool) {
  auto const a = std::make_shared<Format const>(la::pack<Format>(w, keep));
  using kernels = la::kernel_of<Format, float, la::order::row_major>;
  return {std::move(name),
          std::string(kernels::spmm),
          std::string(kernels::spmv),
          keep,
          static_cast<double>(a->bytes()) / (4.0 * static_cast<double>(w.size())),
          [a, &pool](matrix const& x, matrix& y) { la::spmm(pool, *a, x, y); }};
}

/// The tightest of three N:M formats that holds what is kept. Throws la::format_error if none does.
static packed_layer pack_as_nm(matrix const& w, la::mask const& keep, la::threads& pool) {
  try {
    return pack_as<la::nm<float, 2, 4>>("nm 2:4", w, keep, pool);
  } catch (la::format_error const&) {
  }
  try {
    return pack_as<la::nm<float, 8, 16>>("nm 8:16", w, keep, pool);
  } catch (la::format_error const&) {
  }
  return pack_as<la::nm<float, 16, 32>>("nm 16:32", w, keep, pool);
}

static std::vector<packed_layer> pack_layer(matrix const& w, choices const& keep, la::threads& pool) {
  std::vector<packed_layer> all;
  all.push_back(pack_as<la::csr<float>>("csr", w, keep.any, pool));
  all.push_back(pack_as<la::bitmap<float>>("bitmap", w, keep.any, pool));
  all.push_back(pack_as<la::panel<float>>("panel", w, keep.any, pool));
  all.push_back(pack_as<la::bsr<float, 4, 1>>("bsr 4x1", w, keep.blocks, pool));
  try {
    all.push_back(pack_as_nm(w, keep.groups, pool));
  } catch (la::format_error const& refusal) {
    std::printf("no N:M format up to 16:32 holds this matrix as it is (%s); --sparsity prunes it to 2:4\n",
                refusal.what());
  }
  return all;
}

/// What the whole table adds up to.
struct verdict {
  std::string slower;    // which formats lose to dense, and where
  double deviation = 0;  // the largest
};

static void print_row(la::index tokens, std::string const& name, std::string const& kernel, std::string const& sparsity,
                      double bytes, double milliseconds, double times_dense) {
  std::printf("%6td  %-14s %-16s %8s %11.3f %10.4f %8.2f", tokens, name.c_str(), kernel.c_str(), sparsity.c_str(),
              bytes, milliseconds, times_dense);
}

static std::string percent(double fraction) {
  char text[16];
  std::snprintf(text, sizeof text, "%.1f %%", 100 * fraction);
  return text;
}

/// Times everybody on n tokens, checks every sparse result, and prints a row for each.
static void compare(matrix const& w, std::vector<packed_layer> const& layers, la::index n, la::threads& pool,
                    bool pruned, double budget, verdict& all) {
  matrix const x = demo::correlated_activations(n, w.cols(), 200).transpose();
  matrix y(w.rows(), n);
  auto const peers = lacuna_peers::dense_peers(pool, w, x, y);
  std::vector<std::function<void()>> runs;
  for (auto const& peer : peers) runs.push_back(peer.run);
  for (auto const& layer : layers) runs.push_back([&x, &y, &layer] { layer.multiply(x, y); });
  auto const seconds = demo::time_in_turn(runs, budget);
  auto const sparse = seconds.begin() + static_cast<std::ptrdiff_t>(peers.size());
  auto const dense = *std::min_element(seconds.begin(), sparse);

  for (std::size_t i = 0; i != peers.size(); ++i) {
    print_row(n, i == 0 ? "dense" : "", peers[i].name, "", 1.0, 1e3 * seconds[i], dense / seconds[i]);
    std::printf("%s\n", seconds[i] == dense ? "   <- dense, from here on" : "");
  }
  matrix const exact = w * x;
  for (std::size_t i = 0; i != layers.size(); ++i) {
    auto const& layer = layers[i];
    y.setConstant(std::numeric_limits<float>::quiet_NaN());
    layer.multiply(x, y);
    auto const times = dense / sparse[static_cast<std::ptrdiff_t>(i)];
    auto const deviation = demo::deviation(w, layer.keep, x, y);
    print_row(n, layer.name, n == 1 ? layer.one_kernel : layer.many_kernel, percent(layer.keep.sparsity()), layer.bytes,
              1e3 * sparse[static_cast<std::ptrdiff_t>(i)], times);
    std::printf(" %14s %9.4f\n", pruned ? percent(demo::relative_error(y, exact)).c_str() : "-", deviation);
    all.deviation = std::max(all.deviation, deviation);
    if (times < 1) {
      char text[80];
      std::snprintf(text, sizeof text, "\n  %-8s at %td token%s: %.2f x", layer.name.c_str(), n, n == 1 ? "" : "s",
                    times);
      all.slower += text;
    }
  }
}

static void print_heading(demo::arguments const& a, matrix const& w, bool pruned, double sparsity, int processor) {
  std::printf("lacuna %d.%d.%d on %s, %td thread%s", LACUNA_VERSION_MAJOR, LACUNA_VERSION_MINOR, LACUNA_VERSION_PATCH,
              la::simd::arch_name(), a.threads, a.threads == 1 ? "" : "s");
  if (processor >= 0) std::printf(", bound to processor %d", processor);
  std::printf("\n%s: %td x %td (outputs x inputs), %.1f MB dense\n",
              a.file.empty() ? "a layer with heavy-tailed weights and correlated activations" : a.file.c_str(),
              w.rows(), w.cols(), 4e-6 * static_cast<double>(w.size()));
  if (pruned)
    std::printf("pruned by wanda: %.1f %% of the weights, of the blocks for bsr; 2 of 4, which is 50 %%, for nm\n",
                100 * sparsity);
  else
    std::printf("taken as it is, with %.1f %% zeros\n", 100 * sparsity);
}

static int run(demo::arguments const& a) {
  int const processor = a.threads == 1 ? demo::pin_to_one_processor() : -1;
  matrix const w = a.file.empty() ? demo::heavy_tailed_weights(a.rows, a.cols, 1) : demo::read_weights(a.file);
  bool const pruned = a.file.empty() || a.sparsity.has_value();
  auto const zeros = demo::nonzeros_of(w);
  auto const sparsity = pruned ? a.sparsity.value_or(0.8) : zeros.sparsity();
  print_heading(a, w, pruned, sparsity, processor);

  la::threads pool(a.threads);
  auto const keep = pruned ? prune_layer(w, sparsity) : choices{zeros, zeros, zeros};
  auto const layers = pack_layer(w, keep, pool);

  std::printf("\n%6s  %-14s %-16s %8s %11s %10s %8s %14s %9s\n", "tokens", "format", "kernel", "sparsity",
              "bytes/dense", "ms", "x dense", "pruning error", "deviation");
  verdict all;
  for (auto const n : a.tokens) {
    compare(w, layers, n, pool, pruned, a.quick ? 0.0 : 4.0, all);
    std::printf("\n");
  }
  std::printf(
      "x dense: times faster than the fastest dense product. pruning error: |y - y dense| / |y dense|.\n"
      "deviation: largest |y - sum in double|, where 1 is the bound of rounding, gamma_k sum |w||x|.\n");
  if (a.quick)
    std::printf("--quick: the times are of one round and mean nothing.\n");
  else
    std::printf("slower than dense:%s\n", all.slower.empty() ? " none" : all.slower.c_str());
  if (all.deviation <= 1) return 0;
  std::printf("WRONG: a result deviates by %g times what rounding explains\n", all.deviation);
  return 1;
}

int main(int argc, char** argv) {
  try {
    auto const arguments = demo::parse_arguments(argc, argv);
    if (arguments.help) {
      std::fputs(demo::help, stdout);
      return 0;
    }
#if LACUNA_HAS_OPENBLAS
    lacuna_peers::restart_with_fitting_openblas(argv);
#endif
    return run(arguments);
  } catch (std::exception const& error) {
    std::fprintf(stderr, "layer: %s\n", error.what());
    return 1;
  }
}
