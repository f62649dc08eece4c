// SPDX-License-Identifier: MIT
//
// One layer, pruned in every way: criterion x pattern x update, with what each does to the layer's output, how long it
// takes, and the size and the speed that follow. `prune_report --help` lists the arguments.
//
// ctest: --rows 32 --cols 48 --tokens 96 --quick
// ctest: --rows 24 --cols 40 --tokens 90 --save made_up
// ctest: --weights made_up-weights.npy --activations made_up-activations.npy --patterns 2:4 --csv --quick
// refuses: --weights made_up-weights.npy | --weights and --activations belong together
// refuses: --weights made_up-weights.npy --activations none.npy | none.npy: cannot be opened
// refuses: --patterns 2:5 | --patterns: there is no '2:5', but row 50%, whole 50%
// refuses: --tokens 0 | --tokens: '0' is no number from 1 to 1048576
#include <lacuna/lacuna.hpp>
#include <lacuna/io/npy.hpp>
#include <lacuna/reconstruct.hpp>

#include "support/calibrated_layer.hpp"
#include "support/progress.hpp"
#include "support/pruning_ways.hpp"
#include "support/report_options.hpp"
#include "support/stopwatch.hpp"

#include <chrono>
#include <cmath>
#include <cstdio>
#include <exception>
#include <string>
#include <utility>
#include <vector>

namespace la = lacuna;
using demo::matrix;

/// Runs f and adds the milliseconds that it took.
template <class F>
static auto timed(double& milliseconds, F const& f) {
  auto const start = std::chrono::steady_clock::now();
  auto result = f();
  milliseconds += std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
  return result;
}

/// Judges new weights and prints a line.
class report {
 public:
  report(la::threads& pool, demo::calibrated_layer const& layer, demo::report_options const& options, int lines)
      : pool_(pool), layer_(layer), options_(options), progress_(lines) {
    matrix const zero = matrix::Zero(layer.w.rows(), layer.w.cols());
    whole_ = layer.calibration.squared_error(pool, zero, layer.w, {});
    whole_held_out_ = layer.held_out.squared_error(pool, zero, layer.w, {});
    if (!(whole_ > 0 && whole_held_out_ > 0))
      throw std::runtime_error("the outputs of the layer are zero: there is nothing to keep");
    measure_dense();
    if (options.csv)
      std::puts("criterion,pattern,update,kept,error,held_out_error,damping,milliseconds,bytes,spmm_microseconds");
    else
      std::puts("criterion    pattern      update    kept    error held out       time      size        spmm");
  }

  void begin(std::string const& what) { progress_.step(what); }

  /// Mask and weights took `milliseconds`.
  void add(std::string const& criterion, demo::named_pattern const& pattern, std::string const& update,
           demo::new_weights const& pruned, la::buffer<float> const& bias, double milliseconds) {
    progress_.clear();
    if (!pruned.ok()) {
      std::fprintf(stderr, "%s, %s, %s: X^T X is not positive definite at input %td, however damped\n",
                   criterion.c_str(), pattern.name.c_str(), update.c_str(), pruned.report.pivot);
      return;
    }
    auto const error = [&](demo::token_statistics const& tokens, double whole) {
      return std::sqrt(tokens.squared_error(pool_, layer_.w, pruned.weights, bias) / whole);
    };
    double const seen = error(layer_.calibration, whole_);
    double const other = error(layer_.held_out, whole_held_out_);
    auto const cost = pattern.pack(pool_, pruned, options_.product, budget());
    double const kept = static_cast<double>(pruned.keep.count()) / static_cast<double>(layer_.w.size());
    if (options_.csv)
      std::printf("%s,%s,%s,%.4f,%.6f,%.6f,%g,%.3f,%.0f,%.2f\n", criterion.c_str(), pattern.name.c_str(),
                  update.c_str(), kept, seen, other, pruned.report.damping, milliseconds, cost.bytes,
                  cost.microseconds);
    else
      std::printf("%-12s %-12s %-6s %6.1f%% %8.4f %8.4f %7.1f ms %6.0f kB %8.1f us\n", criterion.c_str(),
                  pattern.name.c_str(), update.c_str(), 100 * kept, seen, other, milliseconds, cost.bytes / 1e3,
                  cost.microseconds);
    std::fflush(stdout);
  }

 private:
  [[nodiscard]] double budget() const { return options_.quick ? 0 : 0.02; }

  void measure_dense() {
    matrix const x = matrix::Ones(layer_.w.cols(), options_.product);
    matrix y(layer_.w.rows(), options_.product);
    auto const seconds = demo::time_in_turn({[&] { y.noalias() = layer_.w * x; }}, budget());
    if (!options_.csv)
      std::printf(
          "%td x %td weights, %td calibration tokens, %td held out. Dense: %.0f kB, and %.1f us for Eigen's "
          "product with %td tokens by one thread.\n\n",
          layer_.w.rows(), layer_.w.cols(), layer_.calibration.norms.tokens(), layer_.held_out.norms.tokens(),
          4e-3 * static_cast<double>(layer_.w.size()), 1e6 * seconds[0], options_.product);
  }

  la::threads& pool_;
  demo::calibrated_layer const& layer_;
  demo::report_options const& options_;
  demo::progress progress_;
  double whole_ = 0, whole_held_out_ = 0;
};

static void save(demo::report_options const& o) {
  la::write_npy(o.save + "-weights.npy", demo::heavy_tailed_weights(o.rows, o.cols, 1));
  la::write_npy(o.save + "-activations.npy", demo::shifted_activations(o.tokens, o.cols, 100));
}

static void run(demo::report_options const& o) {
  la::threads pool{o.threads};
  auto const layer = o.weights.empty() ? demo::made_up_layer(pool, o.rows, o.cols, o.tokens)
                                       : demo::read_layer(pool, o.weights, o.activations, o.gradient);
  auto const criteria = demo::chosen(demo::every_criterion(layer.gradient.has_value()), o.criteria, "--criteria");
  auto const patterns = demo::chosen(demo::every_pattern(), o.patterns, "--patterns");
  auto const updates = demo::chosen(demo::every_update(), o.updates, "--updates");
  auto const lines = (criteria.size() * updates.size() + 1) * patterns.size();
  report out(pool, layer, o, static_cast<int>(lines));

  for (auto const& criterion : criteria) {
    double scoring = 0;
    auto const scores = timed(scoring, [&] { return criterion.scores(pool, layer); });
    for (auto const& pattern : patterns) {
      double choosing = scoring;
      auto const keep = timed(choosing, [&] { return pattern.select(pool, scores); });
      for (auto const& update : updates) {
        out.begin(criterion.name + ", " + pattern.name + ", " + update.name);
        if (update.swaps && pattern.swaps_in < 0) continue;
        double spent = choosing;
        auto const pruned = timed(spent, [&] { return update.run(pool, layer, pattern, keep); });
        la::buffer<float> bias;
        if (update.adds_bias)
          bias =
              timed(spent, [&] { return la::bias_for_removed(pool, layer.w, keep, layer.calibration.moments); }).bias;
        out.add(criterion.name, pattern, update.name, pruned, bias, spent);
      }
    }
  }
  // What chooses as it goes, or whole inputs one by one.
  for (auto const& pattern : patterns) {
    out.begin("sparsegpt, " + pattern.name);
    double spent = 0;
    auto const swept = timed(spent, [&] { return pattern.sparsegpt(pool, layer); });
    out.add("sparsegpt", pattern, "own", swept, {}, spent);
    if (pattern.name.rfind("columns", 0) != 0) continue;
    spent = 0;
    auto const thinner = timed(spent, [&] {
      return la::obs_columns(pool, layer.w, layer.calibration.h,
                             {.sparsity = pattern.sparsity, .adaptive_damping = true});
    });
    out.add("obs_columns", pattern, "own", thinner, {}, spent);
  }
}

int main(int argc, char** argv) {
  try {
    auto const options = demo::parse_report_options(argc, argv);
    if (options.help)
      std::fputs(demo::report_help, stdout);
    else if (!options.save.empty())
      save(options);
    else
      run(options);
    return 0;
  } catch (std::exception const& error) {
    std::fprintf(stderr, "prune_report: %s\n", error.what());
    return 1;
  }
}
