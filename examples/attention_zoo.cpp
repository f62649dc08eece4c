// SPDX-License-Identifier: MIT
//
// Published systems of sparse attention, each in a few lines: a pattern, or scores and a choice among them, becomes a
// plan; one kernel attends by it. Each line shows what the plan leaves of the pairs (density), the time to make it and
// to attend by it, the speed-up of both together over this library's own dense attention in the same run, how much of
// the softmax the chosen keys hold (recall: mean, and the least of any query), and how far the output is from the dense
// one.
//
// The data is made, not a model's: once with the structure that these systems look for, and once Gaussian, where weight
// lies everywhere, nothing is worth more than anything else, and a plan recalls little more than its density.
//
//   attention_zoo [--tokens N] [--dim D] [--quick]
//
//   --tokens N  of the prompt (default 4096); decoding reads 8 N keys
//   --dim D     of each head (default 64)
//   --quick     512 tokens and one round of timing, which means nothing
//
// ctest: --quick
#include <lacuna/lacuna.hpp>

#include "support/arguments.hpp"
#include "support/attention_data.hpp"
#include "support/attention_scene.hpp"
#include "support/gate.hpp"
#include "support/pin.hpp"

#include <cstdio>
#include <exception>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace la = lacuna;
namespace at = lacuna::attention;
using demo::structure;

struct options {
  la::index tokens = 4096, dim = 64;
  double budget = 0.4;
};

/// A prompt of a language model, causal.
static void prompt(char const* title, demo::attention_data const& data, la::threads& pool, double budget) {
  demo::attention_scene s(title, data, at::causal{}, pool, budget);
  auto const q = data.q.view(), k = data.k.view();
  auto const shape = s.shape();
  auto const n = shape.keys;
  auto const forced = at::sink{64} | at::window{n / 16};
  auto const streaming = at::causal{} & forced;

  s.show("A-shape: sink and window", [&] { return at::materialize(streaming, shape); });

  // The last 64 queries tell which columns and diagonals are heavy.
  s.show("MInference: vertical-slash",
         [&] { return la::select(pool, la::probe(pool, q, k), at::top_k{n / 64}, at::top_k{n / 64}, shape, forced); });

  // Which head is which comes from a search beforehand: here, every second one is dense.
  s.show("LServe, MoA: streaming and dense heads", [&] {
    return at::materialize(at::per_head(std::vector<int>{0, 1, 0, 2}, streaming, at::causal{},
                                        at::causal{} & (at::sink{64} | at::window{n / 4})),
                           shape);
  });

  auto const gate = demo::gate_scores(data);
  s.show("SeerAttention: a gate's block mass, top-p",
         [&] { return la::select(pool, at::given(gate.view(), n), at::top_p{0.9}, shape, at::none{}); });

  s.show("XAttention: antidiagonals, top-p", [&] {
    return la::select(pool, q, at::antidiagonal(k, 16), at::top_p{0.9}, shape, at::sink{64} | at::window{64});
  });

  s.show("MInference: mean-pooled blocks, top-k",
         [&] { return la::select(pool, q, at::mean_pool(k), at::top_k{n / 512}, shape, forced); });

  // Single keys by pooled queries: those within 5 of the highest logit of sink and window.
  s.show("AnchorAttention: difference to the anchor",
         [&] { return la::select(pool, q, at::mean_pool(k, 1), at::anchor_diff{5}, shape, forced); });

  // Every key is in the plan; tiles of little weight are skipped as they are met, the sink and the neighbours first.
  auto const everything = [&] {
    return la::select(pool, q, at::mean_pool(k), at::top_k{n}, shape, forced, at::causal{}, {.by_score = true});
  };
  s.show("BLASST: skip tiles below 1/1000 of the top", everything, at::skip_below{1e-3});

  // Blocks in order of importance, until a tile adds less than 3/1000 to every query.
  s.show("S2O: ordered blocks, stop early", everything, at::stop_below{0.003});
}

/// Denoising of video, both ways: a token looks at its place in other frames.
static void diffusion(char const* title, demo::attention_data const& data, la::index frame, la::threads& pool,
                      double budget) {
  demo::attention_scene s(title, data, at::all{}, pool, budget);
  std::vector<la::index> offsets;
  for (auto o = -s.shape().keys; o <= s.shape().keys; o += frame) offsets.push_back(o - 32);  // 64 keys around it
  s.show("Sparse-vDiT: diagonals, columns", [&] {
    return at::materialize(at::per_head(std::vector<int>{0, 0, 1, 1}, at::diagonals(offsets, 64),
                                        at::columns(data.verticals) | at::sink{4}),
                           s.shape());
  });
}

/// An instruction, documents that see themselves and the instruction, and a question that sees all.
static void ranking(char const* title, demo::attention_data const& data, la::index document, la::threads& pool,
                    double budget) {
  demo::attention_scene s(title, data, at::causal{}, pool, budget);
  auto const count = (s.shape().keys + document - 1) / document;
  std::vector<la::index> ends;
  for (la::index d = 0; d <= count; ++d) ends.push_back(d * document);
  la::mask sees(count, count);
  for (la::index d = 0; d != count; ++d)
    for (la::index to = 0; to <= d; ++to) sees.set(d, to, to == d || to == 0 || d == count - 1);
  s.show("BlockRank: segments", [&] { return at::materialize(at::causal{} & at::segments(ends, sees), s.shape()); });
}

/// One token: the index of keys grows with the cache, so that making it is no part of the step.
static void decode(char const* title, demo::attention_data const& data, demo::attention_data const& calibration,
                   la::threads& pool, double budget) {
  demo::attention_scene s(title, data, at::all{}, pool, budget);
  auto const q = data.q.view(), k = data.k.view();
  auto const shape = s.shape();
  la::select_options const together{.share_group = true};  // the heads that read the same keys choose the same

  at::minmax const pages(k, 64);
  s.show("Quest: pages of 64, 1/16 of the tokens", [&] {
    return la::select(pool, q, pages, at::top_k{shape.keys / 64 / 16}, shape, at::none{}, at::causal{}, together);
  });

  // Each query of the calibration run meets all keys: a step of 0 from one token to the next.
  auto seen = calibration.q.view();
  seen.tokens = calibration.k.view().tokens;
  seen.token_stride = 0;
  auto const labels = at::label_channels(seen, calibration.k.view(), k.dim / 8);
  at::channels<la::bf16> const channels(k, labels.span());
  s.show("Double Sparsity: 1/8 of the channels, 1/16", [&] {
    return la::select(pool, q, channels, at::top_k{shape.keys / 16}, shape, at::none{}, at::causal{}, together);
  });
}

static options parse(int argc, char** argv) {
  options o;
  for (int i = 1; i < argc; ++i) {
    std::string_view const option = argv[i];
    if (option == "--quick") {
      o.tokens = 512;
      o.budget = 0;
    } else if ((option == "--tokens" || option == "--dim") && i + 1 < argc) {
      (option == "--dim" ? o.dim : o.tokens) = demo::count(option, argv[i + 1], 1 << 20);
      ++i;
    } else {
      throw std::invalid_argument("unknown argument '" + std::string(option) + "': [--tokens N] [--dim D] [--quick]");
    }
  }
  if (o.tokens < 512 || o.dim < 64) throw std::invalid_argument("the data needs 512 tokens and 64 channels or more");
  return o;
}

int main(int argc, char** argv) try {
  auto const o = parse(argc, argv);
  demo::pin_to_one_processor();
  la::threads pool(1);
  auto const n = o.tokens, many = 8 * n, frame = n / 8;
  std::printf("attention in float, one thread, %s\n", la::simd::arch_name());

  structure const none{};
  structure const vertical_slash{.sink = 8, .local = 7, .vertical = 8, .slash = 6, .distance = frame};
  structure const streaming{.sink = 9, .local = 8, .needle = 10};
  prompt("Structured, prompt", demo::make_attention(4, 2, n, n, o.dim, {vertical_slash, streaming}), pool, o.budget);
  auto const gaussian = demo::make_attention(4, 2, n, n, o.dim, {none});
  prompt("Gaussian, prompt", gaussian, pool, o.budget);
  std::printf(
      "  (Gaussian: no few keys hold much of the weight. Recall is poor where density is low, else nothing is "
      "gained.)\n");

  structure const slash{.slash = 9, .distance = frame}, columns{.sink = 9, .vertical = 9};
  diffusion("Structured, denoising", demo::make_attention(4, 2, n, n, o.dim, {slash, columns}), frame, pool, o.budget);
  diffusion("Gaussian, denoising", gaussian, frame, pool, o.budget);

  structure const documents{.segment = 7, .distance = n / 16};
  ranking("Structured, ranking documents", demo::make_attention(4, 2, n, n, o.dim, {documents}), n / 16, pool,
          o.budget);
  ranking("Gaussian, ranking documents", gaussian, n / 16, pool, o.budget);
  std::printf("  (Gaussian, both: recall is poor, little more than density)\n");

  structure const step{.sink = 8, .local = 8, .vertical = 9, .slash = 6, .needle = 12, .distance = many / 16};
  auto const calibrate = [&](structure const& kind) { return demo::make_attention(8, 2, 1, n, o.dim, {kind}, 7); };
  decode("Structured, one token", demo::make_attention(8, 2, 1, many, o.dim, {step}), calibrate(step), pool, o.budget);
  decode("Gaussian, one token", demo::make_attention(8, 2, 1, many, o.dim, {none}), calibrate(none), pool, o.budget);
  std::printf("  (Gaussian: recall is poor, as it has to be)\n");
  return 0;
} catch (std::exception const& error) {
  std::fprintf(stderr, "attention_zoo: %s\n", error.what());
  return 1;
}
