// SPDX-License-Identifier: MIT
//
// compare: times sparse formats, dense and sparse peers in turn, and writes what bench/report.py reads.
#include <lacuna/core/config.hpp>
#include <lacuna/simd/arch.hpp>

#include "../../examples/support/pin.hpp"
#include "../limits.hpp"
#include "../peers/openblas.hpp"
#include "../peers/sparse.hpp"
#include "layers.hpp"
#include "recorder.hpp"
#include "settings.hpp"

#include <Eigen/Core>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>

namespace lacuna_compare {
namespace {

/// The first line of a file that begins with `key`, behind ": " or "=".
std::string line_of(char const* path, std::string const& key) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);)
    if (line.rfind(key, 0) == 0) {
      auto const at = line.find_first_of(":=");
      if (at != std::string::npos) line.erase(0, line.find_first_not_of(" \t\"", at + 1));
      while (!line.empty() && line.back() == '"') line.pop_back();
      return line;
    }
  return "";
}

std::string joined_peers() {
  std::string text = "Eigen " + std::to_string(EIGEN_WORLD_VERSION) + "." + std::to_string(EIGEN_MAJOR_VERSION) + "." +
                     std::to_string(EIGEN_MINOR_VERSION);
#if LACUNA_HAS_OPENBLAS
  std::string const config = openblas_get_config();  // "OpenBLAS 0.3.21 ..."
  text += ", " + config.substr(0, config.find(' ', 9)) + " (" + lacuna_peers::openblas_kernels() + ")";
#endif
#if LACUNA_HAS_DNNL
  auto const* const v = dnnl_version();
  text += ", oneDNN " + std::to_string(v->major) + "." + std::to_string(v->minor) + "." + std::to_string(v->patch);
#endif
#if LACUNA_HAS_LIBXSMM
  text += ", libxsmm";
#endif
#if LACUNA_HAS_XNNPACK
  text += ", XNNPACK";
#endif
#if LACUNA_HAS_LIBRSB
  text += ", librsb";
#endif
  return text;
}

void add_context(settings const& s, recorder& out, int processor) {
  out.add_context("processor", line_of("/proc/cpuinfo", "model name"));
  out.add_context("system", line_of("/etc/os-release", "PRETTY_NAME"));
#if defined(__clang__)
  out.add_context("compiler", "clang " __clang_version__);
#elif defined(__GNUC__)
  out.add_context("compiler", "gcc " __VERSION__);
#endif
  out.add_context("instruction set", lacuna::simd::arch_name());
  out.add_context("peers", joined_peers());
  out.add_context("bound to one processor", processor < 0 ? "no" : "yes");
  out.add_context("rounds", std::to_string(s.rounds));
}

void measure_limits(recorder& out) {
  for (auto const& kind : lacuna_bench::multiply_adds()) out.add_limit(kind.name, measured_rate(kind), 0);
  // Half of each cache that a core of the last years has to itself, a part of the shared one, and what no cache holds.
  struct level {
    char const* name;
    lacuna::index bytes;
  };
  for (auto const& [name, bytes] :
       {level{"L1", 16 << 10}, level{"L2", 1 << 20}, level{"L3", 32 << 20}, level{"memory", lacuna::index{1} << 30}})
    out.add_limit(name, lacuna_bench::measured_bandwidth(bytes), static_cast<double>(bytes));
}

void run_part(std::string const& part, settings const& s, recorder& out) {
  if (part == "layers") return compare_layers(s, out);
  if (part == "structured") return compare_structured(s, out);
  if (part == "int8") return compare_int8(s, out);
  if (part == "sizes") return compare_sizes(s, out);
  if (part == "goals") return compare_goals(s, out);
  if (part == "cold") return compare_cold(s, out);
  if (part == "panel") return compare_panel_choices(s, out);
  if (part == "movement") return compare_panel_movement(s, out);
  if (part == "training") return compare_training(s, out);
  if (part == "threads") return compare_threads(s, out);
  if (part == "attention") return compare_attention(s, out);
  if (part == "attention-lengths") return compare_attention_lengths(s, out);
  if (part == "attention-threads") return compare_attention_threads(s, out);
  if (part == "decode") return compare_decode(s, out);
  if (part == "decode-threads") return compare_decode_threads(s, out);
  if (part == "limits") return measure_limits(out);
  throw std::invalid_argument("--part: there is no part '" + part + "'; --help lists them");
}

int run(int argc, char** argv) {
  for (int i = 1; i < argc; ++i)
    if (std::string_view(argv[i]) == "--help") {
      std::fputs(settings_help, stdout);
      return 0;
    }
  auto const s = take_settings(argc, argv);
  auto const two = [](std::string const& part) { return part.ends_with("threads"); };
  bool const threaded = s.threads != 1 || std::all_of(s.parts.begin(), s.parts.end(), two);
  int const processor = threaded ? -1 : demo::pin_to_one_processor();
  recorder out;
  add_context(s, out, processor);
  for (auto const& part : s.parts) run_part(part, s, out);
  if (!s.out.empty()) {
    std::ofstream file(s.out);
    file << out.json();
    if (!file.flush()) throw std::runtime_error("cannot write " + s.out);
  }
  return out.failed() ? 1 : 0;
}

}  // namespace
}  // namespace lacuna_compare

int main(int argc, char** argv) {
#if LACUNA_HAS_OPENBLAS
  lacuna_peers::restart_with_fitting_openblas(argv);
#endif
  try {
    return lacuna_compare::run(argc, argv);
  } catch (std::exception const& error) {
    std::fprintf(stderr, "compare: %s\n", error.what());
    return 1;
  }
}
