// SPDX-License-Identifier: MIT
#include <lacuna/attend.hpp>
#include <lacuna/core/threads.hpp>

#include "support/allocations.hpp"
#include "support/attention.hpp"
#include "support/random.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>

#include <atomic>
#include <cmath>
#include <cstring>
#include <functional>
#include <limits>
#include <span>
#include <string>
#include <thread>
#include <vector>

namespace tests_of_attend {

namespace la = lacuna;
namespace at = lacuna::attention;
using Catch::Matchers::Message;
using lacuna_test::check_attention;

namespace {

constexpr auto row = la::order::row_major;
constexpr auto col = la::order::col_major;
constexpr float infinity = std::numeric_limits<float>::infinity();
constexpr float not_a_number = std::numeric_limits<float>::quiet_NaN();

/// A matrix with room between its lines, which holds NaNs and has to keep them.
template <class T, la::order Order = row>
class operand {
 public:
  operand(la::index rows, la::index cols, la::index gap)
      : lines_(Order == row ? rows : cols),
        line_(Order == row ? cols : rows),
        gap_(gap),
        rows_(rows),
        cols_(cols),
        values_(static_cast<std::size_t>(lines_ * (line_ + gap)), T(not_a_number)) {}

  [[nodiscard]] la::dense_view<T, Order> view() { return {values_.data(), rows_, cols_, line_ + gap_}; }
  [[nodiscard]] bool gaps_intact() const {
    for (la::index l = 0; l != lines_; ++l)
      for (la::index i = line_; i != line_ + gap_; ++i)
        if (!std::isnan(static_cast<float>(values_[static_cast<std::size_t>(l * (line_ + gap_) + i)]))) return false;
    return true;
  }

 private:
  la::index lines_, line_, gap_, rows_, cols_;
  std::vector<T> values_;
};

/// Any pattern as one type, so that many patterns need one instantiation.
struct any_pattern {
  std::string name;
  std::function<at::cover(at::tile)> classify_;
  std::function<bool(la::index, la::index)> allows_;

  [[nodiscard]] at::cover classify(at::tile t) const { return classify_(t); }
  [[nodiscard]] bool allows(la::index i, la::index j) const { return allows_(i, j); }
};

template <class P>
any_pattern named(std::string name, P p) {
  return {std::move(name), [p](at::tile t) { return p.classify(t); },
          [p](la::index i, la::index j) { return static_cast<bool>(p.allows(i, j)); }};
}

/// Sees every third pair: all tiles are partial, single keys are left out.
struct thirds {
  [[nodiscard]] static at::cover classify(at::tile) { return at::cover::partial; }
  [[nodiscard]] static bool allows(la::index i, la::index j) { return (i + j) % 3 == 0; }
};

#define LACUNA_NAMED(pattern) named(#pattern, pattern)
std::vector<any_pattern> const& patterns() {
  static std::vector<any_pattern> const all{
      LACUNA_NAMED(at::all{}),
      LACUNA_NAMED(at::none{}),
      LACUNA_NAMED(at::causal{}),
      LACUNA_NAMED(at::window{1}),
      LACUNA_NAMED(at::window{40}),
      LACUNA_NAMED((at::window{5, 70})),
      LACUNA_NAMED(at::sink{3}),
      LACUNA_NAMED(at::causal{} & (at::sink{3} | at::window{20})),
      LACUNA_NAMED(~at::causal{}),
      LACUNA_NAMED(~(at::window{65} | at::sink{1})),
      LACUNA_NAMED(at::causal{} & ~at::sink{66}),
      LACUNA_NAMED(thirds{}),
  };
  return all;
}
#undef LACUNA_NAMED

struct sizes {
  la::index nq, nk, dk, dv;
};
// Nothing, one, the edges of the tiles (32 queries, 64 keys, 64 dimensions, 128 columns), primes; decoding, chunks,
// more queries than keys.
constexpr sizes all_sizes[] = {{0, 0, 0, 0},      {0, 5, 3, 2},      {3, 0, 4, 2},      {1, 1, 1, 1},
                               {1, 1, 0, 1},      {2, 3, 1, 0},      {5, 7, 0, 3},      {1, 63, 16, 5},
                               {1, 64, 16, 64},   {1, 65, 64, 65},   {1, 129, 37, 127}, {31, 31, 8, 8},
                               {32, 64, 64, 128}, {33, 65, 65, 129}, {7, 200, 13, 17},  {63, 63, 31, 33},
                               {40, 8, 5, 7},     {67, 131, 3, 257}, {97, 97, 63, 64}};
constexpr sizes few_sizes[] = {{1, 1, 1, 1}, {1, 67, 33, 65}, {33, 65, 64, 5}, {37, 131, 7, 131}};

template <class T, la::order OQ, la::order OK, la::order OV, la::order OO, class K = T, class V = T, class Out = T>
void check_sizes(sizes s, std::vector<any_pattern> const& list) {
  using A = std::common_type_t<la::accumulator_t<T>, la::accumulator_t<K>, la::accumulator_t<V>>;
  lacuna_test::random r(static_cast<std::uint64_t>(s.nq * 1000 + s.nk));
  operand<T, OQ> q(s.nq, s.dk, 0);
  operand<K, OK> k(s.nk, s.dk, 3);
  operand<V, OV> v(s.nk, s.dv, 5);
  fill(r, q.view(), lacuna_test::spread::heavy_tailed);
  fill(r, k.view());
  fill(r, v.view());
  for (auto const& pattern : list) {
    operand<Out, OO> out(s.nq, s.dv, 1);
    std::vector<A> lse(static_cast<std::size_t>(s.nq), A(7));
    CAPTURE(s.nq, s.nk, s.dk, s.dv, pattern.name);
    la::attend(q.view(), k.view(), v.view(), pattern, out.view(), {.lse = lse});
    CHECK(check_attention<A>(q.view(), k.view(), v.view(), pattern, out.view(), lse) == "");
    CHECK(out.gaps_intact());
  }
}

}  // namespace

TEST_CASE("attend: within the bound of a softmax in higher precision, float, every size and pattern, both orders") {
  for (auto const s : all_sizes) check_sizes<float, row, row, row, row>(s, patterns());
  std::vector<any_pattern> const one{patterns()[7]};
  for (auto const s : all_sizes) check_sizes<float, col, col, col, col>(s, one);
  for (auto const s : all_sizes) check_sizes<float, row, col, row, col>(s, one);
  for (auto const s : few_sizes) check_sizes<float, col, row, col, row>(s, one);
}

TEST_CASE("attend: within the bound for double, bf16, f16 and mixtures") {
  std::vector<any_pattern> const some{patterns()[0], patterns()[7], patterns()[11]};
  for (auto const s : few_sizes) check_sizes<double, row, row, row, row>(s, some);
  for (auto const s : few_sizes) check_sizes<la::bf16, row, row, row, row>(s, some);
  for (auto const s : few_sizes) check_sizes<la::f16, col, col, row, col>(s, some);
  for (auto const s : few_sizes) check_sizes<float, row, row, col, row, la::bf16, la::f16, double>(s, some);
  for (auto const s : few_sizes) check_sizes<float, row, row, row, row, double, float, la::bf16>(s, some);
}

namespace {

struct problem {
  explicit problem(la::index nq, la::index nk, la::index dk, la::index dv, std::uint64_t seed = 1)
      : r(seed),
        q(lacuna_test::random_dense<float>(r, nq, dk)),
        k(lacuna_test::random_dense<float>(r, nk, dk)),
        v(lacuna_test::random_dense<float>(r, nk, dv)),
        out(nq, dv),
        lse(static_cast<std::size_t>(nq)) {}

  lacuna_test::random r;
  la::dense<float> q, k, v, out;
  std::vector<float> lse;
};

bool same_bits(la::dense<float> const& a, la::dense<float> const& b) {
  return a.rows() == b.rows() && a.cols() == b.cols() &&
         std::memcmp(a.data(), b.data(), static_cast<std::size_t>(a.bytes())) == 0;
}

}  // namespace

TEST_CASE("attend: sinks and a window, as the documentation writes it") {
  problem p(300, 300, 64, 64);
  auto const& [r, q, k, v, out, lse] = p;
  la::attend(q, k, v, at::causal{} & (at::sink{64} | at::window{256}), p.out);
  CHECK(check_attention<float>(q, k, v, at::causal{} & (at::sink{64} | at::window{256}), out) == "");
}

TEST_CASE("attend: the scale is 1/sqrt(d) unless given") {
  problem p(5, 70, 16, 3);
  la::attend(p.q, p.k, p.v, at::all{}, p.out, {.lse = p.lse});
  auto const standard = p.out;
  la::attend(p.q, p.k, p.v, at::all{}, p.out, {.scale = 0.25});
  CHECK(same_bits(p.out, standard));
  for (double const scale : {0.0, 1.0, -2.5, 1e-30}) {
    la::attend(la::serial{}, p.q, p.k, p.v, at::all{}, p.out, {.scale = scale, .lse = p.lse});
    CHECK(check_attention<float>(p.q, p.k, p.v, at::all{}, p.out, p.lse, scale) == "");
  }
  la::attend(p.q, p.k, p.v, at::all{}, p.out, {.scale = 1});
  CHECK(check_attention<float>(p.q, p.k, p.v, at::all{}, p.out, {}, 1.0) == "");
}

TEST_CASE("attend: the log-sum-exp goes to any vector of floats or doubles") {
  problem p(5, 70, 16, 3);
  la::attend(p.q, p.k, p.v, at::causal{}, p.out, {.lse = p.lse});
  std::vector<double> doubles(5);
  la::attend(p.q, p.k, p.v, at::causal{}, p.out, {.lse = doubles});
  float strided[10] = {};
  la::attend(p.q, p.k, p.v, at::causal{}, p.out, {.lse = la::vector_view<float>(strided, 5, 2)});
  float spanned[5];
  la::attend(p.q, p.k, p.v, at::causal{}, p.out, {.lse = std::span<float>(spanned)});
  for (int i = 0; i != 5; ++i) {
    CHECK(doubles[static_cast<std::size_t>(i)] == static_cast<double>(p.lse[static_cast<std::size_t>(i)]));
    CHECK(strided[2 * i] == p.lse[static_cast<std::size_t>(i)]);
    CHECK(strided[2 * i + 1] == 0);
    CHECK(spanned[i] == p.lse[static_cast<std::size_t>(i)]);
  }
}

TEST_CASE("attend: the log-sum-exp alone has the bits that it has beside an output") {
  problem p(70, 130, 24, 40);
  la::attend(p.q, p.k, p.v, at::causal{}, p.out, {.lse = p.lse});
  for (la::index i = 0; i != 130 * 40; ++i) p.v.data()[i] = not_a_number;
  std::vector<float> alone(70);
  la::attend(p.q, p.k, p.v, at::causal{}, {}, {.lse = alone});
  CHECK(alone == p.lse);
  la::threads pool{2};
  alone.assign(70, 7.0f);
  la::attend(pool, p.q, p.k, p.v, at::causal{}, {}, {.lse = alone});
  CHECK(alone == p.lse);
}

TEST_CASE("attend: an empty row is 0, and its lse -inf, whatever q, k and v hold") {
  problem p(40, 8, 5, 7);  // queries 0 to 31 stand before the first key
  for (la::index i = 0; i != 32; ++i) p.q(i, 0) = i % 2 == 0 ? not_a_number : infinity;
  for (la::index i = 0; i != 40; ++i)
    for (la::index c = 0; c != 7; ++c) p.out(i, c) = not_a_number;
  la::attend(p.q, p.k, p.v, at::causal{}, p.out, {.lse = p.lse});
  for (la::index i = 0; i != 32; ++i) {
    for (la::index c = 0; c != 7; ++c) CHECK(p.out(i, c) == 0);
    CHECK(p.lse[static_cast<std::size_t>(i)] == -infinity);
  }
  for (la::index c = 0; c != 7; ++c) CHECK(p.out(32, c) == p.v(0, c));  // one key: all the weight
}

TEST_CASE("attend: no keys at all, or none allowed, give zeros") {
  problem p(3, 0, 4, 2), n(3, 100, 4, 2);
  for (auto* x : {&p, &n}) {
    x->out(1, 1) = not_a_number;
    la::attend(x->q, x->k, x->v, at::none{}, x->out, {.lse = x->lse});
    for (la::index i = 0; i != 3; ++i) {
      CHECK(x->out(i, 0) == 0);
      CHECK(x->out(i, 1) == 0);
      CHECK(x->lse[static_cast<std::size_t>(i)] == -infinity);
    }
  }
}

TEST_CASE("attend: Inf and NaN in keys and values that are not allowed never reach the output") {
  for (float const poison : {not_a_number, infinity, -infinity}) {
    problem p(50, 150, 9, 70);
    auto const streaming = at::causal{} & (at::sink{4} | at::window{20});
    auto const no_seventh = streaming & ~at::either{at::window{8} & ~at::window{7}, at::none{}};
    for (auto const& pattern : {named("streaming", streaming), named("a hole in the window", no_seventh)}) {
      // Query by query, since a key that one query may not see another may: poison all that this one does not see.
      for (la::index i = 0; i < 50; i += 7) {
        auto k = p.k, v = p.v;
        for (la::index j = 0; j != 150; ++j)
          if (!pattern.allows(i + 100, j)) {
            for (la::index d = 0; d != 9; ++d) k(j, d) = poison;
            for (la::index c = 0; c != 70; ++c) v(j, c) = poison;
          }
        la::attend(p.q, p.k, p.v, pattern, p.out, {.lse = p.lse});
        la::dense<float> out(50, 70);
        std::vector<float> lse(50);
        la::attend(p.q, k, v, pattern, out, {.lse = lse});
        CAPTURE(pattern.name, i, poison);
        CHECK(std::memcmp(&out(i, 0), &p.out(i, 0), 70 * sizeof(float)) == 0);
        CHECK(lse[static_cast<std::size_t>(i)] == p.lse[static_cast<std::size_t>(i)]);
      }
    }
  }
}

TEST_CASE("attend: a NaN among the allowed makes its rows NaN, and no others") {
  problem p(4, 100, 8, 3);
  p.k(98, 2) = not_a_number;  // seen by queries at 98 and 99
  la::attend(p.q, p.k, p.v, at::causal{}, p.out, {.lse = p.lse});
  for (la::index i = 0; i != 4; ++i) {
    for (la::index c = 0; c != 3; ++c) CHECK(std::isnan(p.out(i, c)) == (i >= 2));
    CHECK(std::isnan(p.lse[static_cast<std::size_t>(i)]) == (i >= 2));
  }
}

TEST_CASE("attend: logits of -inf weigh nothing, and a row of them is empty") {
  la::dense<float> q(2, 1), k(70, 1), v(70, 1), out(2, 1);
  std::vector<float> lse(2);
  q(0, 0) = 1;
  q(1, 0) = 1;
  for (la::index j = 0; j != 70; ++j) {
    k(j, 0) = j < 69 ? -infinity : 0.0f;
    v(j, 0) = static_cast<float>(j);
  }
  la::attend(q, k, v, at::causal{}, out, {.lse = lse});
  CHECK(out(0, 0) == 0);
  CHECK(lse[0] == -infinity);
  CHECK(out(1, 0) == 69);
  CHECK(lse[1] == 0);
}

TEST_CASE("attend: logits from -1e30 to 1e30 do not overflow") {
  for (float const size : {1e4f, 1e10f, 1e30f}) {
    la::dense<float> q(3, 1), k(200, 1), v(200, 2), out(3, 2);
    std::vector<float> lse(3);
    q(0, 0) = 1;
    q(1, 0) = -1;
    q(2, 0) = 0;
    for (la::index j = 0; j != 200; ++j) {
      k(j, 0) = size * (static_cast<float>(j) / 100 - 1);  // from -size to 0.99 size, growing: every tile rescales
      v(j, 0) = static_cast<float>(j);
      v(j, 1) = 1;
    }
    la::attend(q, k, v, at::all{}, out, {.scale = 1, .lse = lse});
    CAPTURE(size);
    CHECK(out(0, 0) == 199);  // the next logit is 100 or more below: its weight is at most 4e-44
    CHECK(out(1, 0) < 1e-40f);
    CHECK(std::fabs(out(2, 0) - 99.5f) < 1e-4f);
    for (la::index i = 0; i != 3; ++i) CHECK(std::fabs(out(i, 1) - 1) < 1e-5f);
    CHECK(lse[0] == k(199, 0));
    CHECK(lse[1] == size);
    if (size < 1e5f)  // beyond, the general bound is void: it does not know that these products are exact
      CHECK(check_attention<float>(q, k, v, at::all{}, out, lse, 1.0) == "");
  }
}

TEST_CASE("attend: the same logit everywhere is a plain mean") {
  la::dense<double> q(2, 3), k(130, 3), v(130, 1), out(2, 1);
  std::vector<double> lse(2);
  for (la::index j = 0; j != 130; ++j) v(j, 0) = static_cast<double>(j);
  la::attend(q, k, v, at::causal{}, out, {.lse = lse});
  CHECK(out(0, 0) == 64);
  CHECK(out(1, 0) == 64.5);
  CHECK(std::fabs(lse[1] - std::log(130.0)) < 1e-15 * 10);
}

TEST_CASE("attend: chunks and single tokens behind cached keys give the bits of the whole") {
  problem p(150, 150, 20, 40);
  auto const pattern = at::causal{} & (at::sink{5} | at::window{33});
  la::attend(p.q, p.k, p.v, pattern, p.out, {.lse = p.lse});
  for (la::index chunk : {1, 7, 64}) {
    la::dense<float> out(150, 40);
    std::vector<float> lse(150);
    for (la::index first = 0; first < 150; first += chunk) {
      la::index const n = first + chunk < 150 ? chunk : 150 - first, last = first + n;
      la::dense_view<float const> const q(&p.q(first, 0), n, 20), k(p.k.data(), last, 20), v(p.v.data(), last, 40);
      la::attend(q, k, v, pattern, la::dense_view<float>(&out(first, 0), n, 40),
                 {.lse = std::span<float>(lse).subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(n))});
    }
    CAPTURE(chunk);
    CHECK(same_bits(out, p.out));
    CHECK(lse == p.lse);
  }
}

TEST_CASE("attend: bitwise equal for every executor and thread count") {
  problem p(203, 310, 24, 130);
  auto const pattern = at::causal{} & (at::sink{5} | at::window{100});
  la::attend(p.q, p.k, p.v, pattern, p.out, {.lse = p.lse});
  for (la::index n : {1, 2, 3, 7}) {
    la::threads pool{n};
    for (int repeat = 0; repeat != 3; ++repeat) {
      la::dense<float> out(203, 130);
      std::vector<float> lse(203);
      la::attend(pool, p.q, p.k, p.v, pattern, out, {.lse = lse});
      CAPTURE(n);
      CHECK(same_bits(out, p.out));
      CHECK(lse == p.lse);
    }
  }
}

TEST_CASE("attend: does not allocate") {
  problem p(100, 300, 64, 200);
  la::threads pool{2};
  // In a first call one worker may do all: both attend once, each when the other is there too.
  std::atomic<int> here{0};
  pool.for_ranges(2, 1, [&](la::index, la::index, la::index) {
    for (++here; here != 2;) std::this_thread::yield();
    auto own = p.out;
    la::attend(p.q, p.k, p.v, at::causal{}, own);
  });
  CHECK(lacuna_test::allocations_during([&] { la::attend(p.q, p.k, p.v, at::causal{}, p.out); }) == 0);
  CHECK(lacuna_test::allocations_during([&] { la::attend(pool, p.q, p.k, p.v, at::causal{}, p.out); }) == 0);
}

#if LACUNA_EXCEPTIONS
TEST_CASE("attend: shapes that do not fit are errors that say so, and nothing is written") {
  la::dense<float> const q(8, 64), k(10, 64), v(10, 5);
  la::dense<float> out(8, 5);
  out(0, 0) = 42;
  std::vector<float> seven(7), none;
  auto const call = [&](auto const& a, auto const& b, auto const& c, auto& o, la::attend_options options = {}) {
    la::attend(a, b, c, at::all{}, o, options);
  };
  la::dense<float> const k32(10, 32), v9(9, 5);
  la::dense<float> out7(7, 5), out4(8, 4);
  CHECK_THROWS_MATCHES(call(q, k32, v, out), la::shape_error, Message("attend: q is 8x64, k has 32 columns"));
  CHECK_THROWS_MATCHES(call(q, k, v9, out), la::shape_error, Message("attend: k is 10x64, v has 9 rows"));
  CHECK_THROWS_MATCHES(call(q, k, v, out7), la::shape_error, Message("attend: q is 8x64 and v is 10x5, out is 7x5"));
  CHECK_THROWS_MATCHES(call(q, k, v, out4), la::shape_error, Message("attend: q is 8x64 and v is 10x5, out is 8x4"));
  la::dense_view<float> nothing;
  la::dense<float> unsized;
  std::vector<float> eight(8);
  CHECK_THROWS_MATCHES(call(q, k, v, nothing), la::shape_error,
                       Message("attend: out is a view of nothing, and neither lse nor block_mass is given"));
  CHECK_THROWS_MATCHES(call(q, k, v, unsized, {.lse = eight}), la::shape_error,
                       Message("attend: q is 8x64 and v is 10x5, out is 0x0"));
  CHECK_NOTHROW(call(q, k, v, nothing, {.lse = eight}));
  CHECK_THROWS_MATCHES(call(q, k, v, out, {.lse = seven}), la::shape_error,
                       Message("attend: there are 8 queries, lse has 7 elements"));
  CHECK_THROWS_MATCHES(call(q, k, v, out, {.lse = none}), la::shape_error,
                       Message("attend: there are 8 queries, lse has 0 elements"));
  CHECK_THROWS_MATCHES(call(q, k, v, out, {.scale = std::nan("")}), la::value_error,
                       Message("attend: the scale is nan, which is no finite float"));
  CHECK_THROWS_MATCHES(call(q, k, v, out, {.scale = -HUGE_VAL}), la::value_error,
                       Message("attend: the scale is -inf, which is no finite float"));
  CHECK_THROWS_AS(call(q, k, v, out, {.scale = 1e39}), la::value_error);
  la::dense<double> const wide(8, 64);
  CHECK_NOTHROW(call(wide, k, v, out7 = la::dense<float>(8, 5), {.scale = 1e39}));
  CHECK(out(0, 0) == 42);
}
#endif

}  // namespace tests_of_attend
