// SPDX-License-Identifier: MIT
#include "settings.hpp"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <stdexcept>
#include <string_view>

namespace lacuna_compare {

char const* const settings_help =
    R"(compare times sparse formats, dense and sparse peers in turn, round by round, and writes what bench/report.py reads.

  --part=LIST       layers (default): unstructured layers; structured: blocks and N:M; int8: blocks, N:M
                    and single weights of int8, groups of int4 and, for up to 8 tokens, groups of more sizes; sizes:
                    square layers from 256 to 8192; goals: what else was promised; cold: one token, weights from behind the caches; threads: two
                    threads beside one; panel: fixed strip heights and tiles of panels, beside what pack chooses;
                    movement: what copying X and writing Y take of products with panels; training: products with W
                    and its transpose and sampled ones, one layer's three; limits: of the machine;
                    attention, attention-lengths, attention-threads: one head, as many queries as keys; decode,
                    decode-threads: one query of 32 heads over 8; --tokens is the number of keys
  --dlmc=DIR        the layers below DIR, every .smtx, instead of synthetic ones
  --shape=LIST      synthetic layers, outputs x inputs (default 3072x768), for structured too
  --sparsity=LIST   (default 0.5,0.7,0.8,0.9,0.95)
  --tokens=LIST     columns of the activations (default 1,2,4,8,16,32,128,512)
  --match=LIST      only layers whose names hold one of these texts
  --formats=LIST    only formats whose names hold one of these texts
  --peers=LIST      only peers whose names hold one of these texts; none leaves all out
  --cold            one token (int8: up to 8): copies of the weights that add up to 64 MB take turns
  --rounds=N        (default 9); 0: one run each, to see that all is right
  --threads=N       (default 1): for formats and dense peers; sparse peers are left out beyond 1
  --out=FILE        the JSON

)";

namespace {

std::vector<std::string> parts_of(std::string_view text) {
  std::vector<std::string> all;
  for (std::size_t first = 0; first <= text.size();) {
    auto const comma = std::min(text.find(',', first), text.size());
    all.emplace_back(text.substr(first, comma - first));
    first = comma + 1;
  }
  return all;
}

}  // namespace

settings take_settings(int argc, char** argv) {
  settings s;
  s.tokens = {1, 2, 4, 8, 16, 32, 128, 512};
  static_cast<lacuna_bench::options&>(s) = lacuna_bench::take_options(argc, argv, s);
  for (int i = 1; i != argc; ++i) {
    std::string_view const word = argv[i];
    auto const equals = std::min(word.find('='), word.size());
    auto const option = word.substr(0, equals);
    auto const value = word.substr(std::min(equals + 1, word.size()));
    if (option == "--part") {
      s.parts = parts_of(value);
    } else if (option == "--match") {
      s.match = parts_of(value);
    } else if (option == "--formats") {
      s.formats = parts_of(value);
    } else if (option == "--peers") {
      s.peers = parts_of(value);
    } else if (option == "--out") {
      s.out = value;
    } else if (word == "--cold") {
      s.cold = true;
    } else if (option == "--rounds") {
      auto const [end, error] = std::from_chars(value.data(), value.data() + value.size(), s.rounds);
      if (error != std::errc{} || end != value.data() + value.size() || s.rounds < 0 || s.rounds > 1000)
        throw std::invalid_argument("--rounds: '" + std::string(value) + "' is no number from 0 to 1000");
    } else {
      throw std::invalid_argument("unknown argument '" + std::string(word) + "'; --help lists them");
    }
  }
  return s;
}

}  // namespace lacuna_compare
