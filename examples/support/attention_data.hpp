// SPDX-License-Identifier: MIT
//
// Queries, keys and values with the structure that sparse attention lives on: sinks, locality, columns, slanted lines,
// and needles. Not a model's: made so that each part is known.
#pragma once

#include <lacuna/attention/heads_view.hpp>
#include <lacuna/core/config.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

namespace demo {

/// Owns heads x tokens x dim floats.
class heads {
 public:
  heads(lacuna::index count, lacuna::index tokens, lacuna::index dim)
      : numbers_(static_cast<std::size_t>(count * tokens * dim)), count_(count), tokens_(tokens), dim_(dim) {}
  [[nodiscard]] lacuna::heads_view<float> view() noexcept {
    return {numbers_.data(), count_, tokens_, dim_, tokens_ * dim_, dim_};
  }
  [[nodiscard]] lacuna::heads_view<float const> view() const noexcept {
    return {numbers_.data(), count_, tokens_, dim_, tokens_ * dim_, dim_};
  }

 private:
  std::vector<float> numbers_;
  lacuna::index count_, tokens_, dim_;
};

/// Logits (above those of noise, of size 1) that a head gives to what stands out.
struct structure {
  float sink = 0;      ///< the first four keys
  float local = 0;     ///< the query's own neighbourhood, a twelfth of the keys
  float vertical = 0;  ///< some keys that all queries look at
  float slash = 0;     ///< the keys `distance` before the query, and so on at its multiples
  float needle = 0;    ///< one key for each run of 64 queries, somewhere
  float segment = 0;   ///< keys of the same segment of `distance` tokens, and of the first
  float noise = 1;
  lacuna::index distance = 0;
};

/// Heads of queries over heads of keys, all positions in one sequence; queries are its last ones.
struct attention_data {
  heads q, k, v;
  std::vector<lacuna::index> verticals;  ///< what all look at, where structure says so
};

namespace attention_detail {

/// Writes logits into channels, one part behind the other: what is added to `logit` of a pair is a product of numbers
/// of the query and of the key.
class channels {
 public:
  channels(lacuna::heads_view<float> q, lacuna::heads_view<float> k, lacuna::index kv_head, std::mt19937& random)
      : q_(q), k_(k), kv_head_(kv_head), random_(random), size_(std::sqrt(static_cast<float>(q.dim))) {}

  /// f(position) of the query times g(position) of the key.
  template <class F, class G>
  void add(F f, G g) {
    auto const group = q_.heads / k_.heads, first = k_.tokens - q_.tokens;
    for (lacuna::index h = kv_head_ * group; h != (kv_head_ + 1) * group; ++h)
      for (lacuna::index i = 0; i != q_.tokens; ++i) q_.row(h, i)[next_] = f(i + first) * size_;
    for (lacuna::index j = 0; j != k_.tokens; ++j) k_.row(kv_head_, j)[next_] = g(j);
    ++next_;
  }
  /// A bump of that height where the key stands a multiple of `period` before the query, period / (2 pairs) keys wide:
  /// the sum of so many harmonics. For one query its shape is written down at once.
  void add_bump(float height, lacuna::index period, int pairs) {
    if (q_.tokens == 1) {
      auto const at = k_.tokens - 1;
      auto const width = static_cast<float>(period) / static_cast<float>(4 * pairs);
      add([=](lacuna::index) { return height; },
          [=](lacuna::index j) {
            auto const off = (at - j) % period;
            return std::exp(-static_cast<float>(std::min(off, period - off)) / width);
          });
      return;
    }
    float const each = height / static_cast<float>(pairs);
    for (int f = 1; f <= pairs; ++f) {
      float const w = 6.2831853f * static_cast<float>(f) / static_cast<float>(period);
      auto const cosine = [w](lacuna::index p) { return std::cos(w * static_cast<float>(p)); };
      auto const sine = [w](lacuna::index p) { return std::sin(w * static_cast<float>(p)); };
      add([=](lacuna::index p) { return each * cosine(p); }, cosine);
      add([=](lacuna::index p) { return each * sine(p); }, sine);
    }
  }
  /// Noise in what is left, so that logits of it have that size.
  void fill(float size) {
    std::normal_distribution<float> normal;
    auto const group = q_.heads / k_.heads, left = q_.dim - next_;
    if (left <= 0) return;
    float const each = size * size_ / std::sqrt(static_cast<float>(left));
    for (lacuna::index h = kv_head_ * group; h != (kv_head_ + 1) * group; ++h)
      for (lacuna::index i = 0; i != q_.tokens; ++i)
        for (auto d = next_; d != q_.dim; ++d) q_.row(h, i)[d] = each * normal(random_);
    for (lacuna::index j = 0; j != k_.tokens; ++j)
      for (auto d = next_; d != q_.dim; ++d) k_.row(kv_head_, j)[d] = normal(random_);
  }
  /// Adds to the channels of the noise, for queries [first, last) and one key: a direction that nobody else has.
  void plant(float height, lacuna::index first, lacuna::index last, lacuna::index key) {
    auto const group = q_.heads / k_.heads, before = k_.tokens - q_.tokens, left = q_.dim - next_;
    if (left < 8) return;
    std::vector<float> direction(static_cast<std::size_t>(left));
    for (auto& x : direction) x = random_() % 2 == 0 ? 1.0f : -1.0f;
    for (lacuna::index h = kv_head_ * group; h != (kv_head_ + 1) * group; ++h)
      for (auto p = std::max(first, before); p < last; ++p)
        for (lacuna::index d = 0; d != left; ++d)
          q_.row(h, p - before)[next_ + d] +=
              direction[static_cast<std::size_t>(d)] * height * size_ / static_cast<float>(left) / 2;
    for (lacuna::index d = 0; d != left; ++d)
      k_.row(kv_head_, key)[next_ + d] += 2 * direction[static_cast<std::size_t>(d)];
  }

 private:
  lacuna::heads_view<float> q_, k_;
  lacuna::index kv_head_;
  std::mt19937& random_;
  float size_;
  lacuna::index next_ = 0;
};

}  // namespace attention_detail

/// Heads of `dim` channels; head g of the keys, and the queries that read it, have the structure of kinds[g % size].
[[nodiscard]] inline attention_data make_attention(lacuna::index q_heads, lacuna::index kv_heads, lacuna::index queries,
                                                   lacuna::index keys, lacuna::index dim,
                                                   std::vector<structure> const& kinds, std::uint32_t seed = 1) {
  attention_data data{heads(q_heads, queries, dim), heads(kv_heads, keys, dim), heads(kv_heads, keys, dim), {}};
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  for (lacuna::index g = 0; g != kv_heads; ++g)
    for (lacuna::index j = 0; j != keys; ++j)
      for (lacuna::index d = 0; d != dim; ++d) data.v.view().row(g, j)[d] = normal(random);
  for (int n = 0; n != 16; ++n) data.verticals.push_back(static_cast<lacuna::index>(random()) % keys);
  std::sort(data.verticals.begin(), data.verticals.end());
  for (lacuna::index g = 0; g != kv_heads; ++g) {
    structure const& s = kinds[static_cast<std::size_t>(g) % kinds.size()];
    attention_detail::channels to(data.q.view(), data.k.view(), g, random);
    auto const one = [](float height) { return [height](lacuna::index) { return height; }; };
    if (s.sink != 0) to.add(one(s.sink), [](lacuna::index j) { return j < 4 ? 1.0f : 0.0f; });
    if (s.local != 0) to.add_bump(s.local, 2 * keys, 12);
    if (s.vertical != 0)
      to.add(one(s.vertical), [&](lacuna::index j) {
        return std::binary_search(data.verticals.begin(), data.verticals.end(), j) ? 1.0f : 0.0f;
      });
    if (s.slash != 0) to.add_bump(s.slash, s.distance, 6);
    if (s.segment != 0)
      for (lacuna::index c = 0; c * s.distance < keys && c != dim / 2; ++c) {
        auto const inside = [=](lacuna::index p) { return p / s.distance == c ? 1.0f : 0.0f; };
        if (c == 0)
          to.add(one(s.segment), inside);
        else
          to.add([=](lacuna::index p) { return s.segment * inside(p); }, inside);
      }
    to.fill(s.noise);
    if (s.needle != 0)
      for (auto p = keys - queries; p < keys; p += 64)
        to.plant(s.needle, p, std::min(p + 64, keys),
                 static_cast<lacuna::index>(random()) % std::max<lacuna::index>(p, 1));
  }
  return data;
}

}  // namespace demo
