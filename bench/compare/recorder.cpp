// SPDX-License-Identifier: MIT
#include "recorder.hpp"

#include "../limits.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace lacuna_compare {
namespace {

std::string quoted(std::string const& text) {
  std::string all = "\"";
  for (char const c : text) {
    if (c == '"' || c == '\\') all += '\\';
    if (static_cast<unsigned char>(c) >= 0x20) all += c;
  }
  return all + '"';
}

std::string number(double value) {
  if (!std::isfinite(value)) return "null";
  char text[32];
  std::snprintf(text, sizeof text, "%.5g", value);
  return text;
}

std::string joined(std::vector<std::string> const& all, char const* between) {
  std::string text;
  for (auto const& one : all) text += (text.empty() ? "" : between) + one;
  return text;
}

/// Members of an object.
class members {
 public:
  members& add(char const* name, std::string const& json) {
    all_.push_back(quoted(name) + ": " + json);
    return *this;
  }
  members& add(char const* name, double value) { return add(name, number(value)); }
  [[nodiscard]] std::string json() const { return "{" + joined(all_, ", ") + "}"; }

 private:
  std::vector<std::string> all_;
};

char const* name_of(role who) {
  return who == role::format ? "format" : who == role::dense ? "dense" : who == role::sparse ? "sparse" : "other";
}

/// The time at the limit of arithmetic or of memory, whichever is longer, as a fraction of the time taken.
double fraction_of_limit(contest const& c, result const& r, double threads) {
  double const bytes = r.who.weight_bytes + r.who.other_bytes;
  double const set = r.who.weight_bytes * r.who.copies + r.who.other_bytes;
  if (r.who.useful == 0 || bytes == 0) return 0;
  double const bandwidth = lacuna_bench::machine_limits::instance().bandwidth(set);
  double const least = std::max(r.who.useful / median(c.peak), bytes / bandwidth) / threads;
  return least / median(r.seconds);
}

void describe(members& m, case_description const& d) {
  m.add("part", quoted(d.part)).add("layer", quoted(d.layer));
  m.add("rows", static_cast<double>(d.rows)).add("cols", static_cast<double>(d.cols));
  m.add("tokens", static_cast<double>(d.tokens)).add("threads", static_cast<double>(d.threads));
  m.add("sparsity", d.sparsity).add("cold", d.cold ? "true" : "false");
}

}  // namespace

void recorder::add(case_description const& d, contest const& c) {
  auto const* const dense = best(c, role::dense);
  auto const* const sparse = best(c, role::sparse);
  auto const threads = static_cast<double>(d.threads);
  std::vector<std::string> runs;
  std::printf("%s %s n=%td%s, %.0f GFLOP/s peak:", d.part.c_str(), d.layer.c_str(), d.tokens, d.cold ? " cold" : "",
              median(c.peak) * 1e-9);
  for (auto const& r : c.results) {
    members m;
    m.add("name", quoted(r.who.name)).add("role", quoted(name_of(r.who.who))).add("kernel", quoted(r.who.kernel));
    m.add("seconds", median(r.seconds)).add("sparsity", r.who.sparsity).add("useful", r.who.useful);
    m.add("weight_bytes", r.who.weight_bytes).add("other_bytes", r.who.other_bytes).add("copies", r.who.copies);
    if (r.who.useful > 0) {
      m.add("gflops", rate(r) * 1e-9).add("of_peak", fraction_of_peak(c, r) / threads);
      m.add("of_limit", fraction_of_limit(c, r, threads));
    }
    if (dense != nullptr) m.add("x_dense", times_faster(r, *dense));
    if (sparse != nullptr) m.add("x_sparse", times_faster(r, *sparse));
    std::vector<std::string> rounds;
    for (double const s : r.seconds) rounds.push_back(number(s));
    m.add("rounds", "[" + joined(rounds, ",") + "]");
    runs.push_back("    " + m.json());
    if (r.who.useful > 0)
      std::printf("  %s %.1f", r.who.name.c_str(), rate(r) * 1e-9);
    else
      std::printf("  %s %.3g us", r.who.name.c_str(), median(r.seconds) * 1e6);
  }
  std::printf("\n");
  std::fflush(stdout);
  members m;
  describe(m, d);
  m.add("peak", median(c.peak)).add("loads", median(c.loads)).add("runs", "[\n" + joined(runs, ",\n") + "]");
  cases_.push_back("  " + m.json());
}

void recorder::fail(case_description const& d, std::string const& who, double error) {
  members m;
  describe(m, d);
  failures_.push_back("  " + m.add("name", quoted(who)).add("error", error).json());
  std::printf("WRONG: %s %s n=%td: %s is off by %g\n", d.part.c_str(), d.layer.c_str(), d.tokens, who.c_str(), error);
}

void recorder::add_limit(std::string const& name, double rate, double bytes) {
  members m;
  limits_.push_back("  " + m.add("name", quoted(name)).add("rate", rate).add("bytes", bytes).json());
  std::printf("limit %s: %.1f G/s\n", name.c_str(), rate * 1e-9);
}

void recorder::add_context(std::string const& name, std::string const& text) { context_.emplace_back(name, text); }

std::string recorder::json() const {
  members context;
  for (auto const& [name, text] : context_) context.add(name.c_str(), quoted(text));
  return "{\"lacuna_compare\": 1,\n\"context\": " + context.json() + ",\n\"limits\": [\n" + joined(limits_, ",\n") +
         "],\n\"failures\": [\n" + joined(failures_, ",\n") + "],\n\"cases\": [\n" + joined(cases_, ",\n") + "]}\n";
}

}  // namespace lacuna_compare
