// SPDX-License-Identifier: MIT
//
// spmm, spmv, linear, transposed and sddmm on every format but grouped_int4, attend, and readers of files, as a
// release build instantiates them: what a warning could hide in. Nothing runs it.
#include <lacuna/lacuna.hpp>
#include <lacuna/io/mtx.hpp>
#include <lacuna/io/npy.hpp>
#include <lacuna/io/safetensors.hpp>
#include <lacuna/io/smtx.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace la = lacuna;
namespace at = lacuna::attention;
using int8 = std::int8_t;
using uint8 = std::uint8_t;

template <class... Formats>
struct list {};

template <class T>
using formats = list<la::csr<T>, la::bsr<T, 16, 1>, la::bsr<T, 16, 4>, la::nm<T, 2, 4>, la::nm<T, 1, 8>,
                     la::vnm<T, 4, 2, 4>, la::bitmap<T>, la::panel<T>, la::tiled_sell<T>>;

/// X and Y as tokens x features, which both verbs take in either order; and one vector.
template <class Format, class X, class Y, class Epilogue>
void multiply(Format const& a, la::dense<X> const& x, la::dense<Y>& y, Epilogue const& epilogue) {
  la::threads pool{2};
  la::spmm(a, x, y, epilogue);
  la::linear(pool, x, a, y, epilogue);
  std::vector<Y> one(static_cast<std::size_t>(a.rows()));
  la::spmv(a, std::vector<X>(static_cast<std::size_t>(a.cols())), one, epilogue);
}

/// From dense, mask and csr, and back.
template <class Format>
[[nodiscard]] Format packed(la::dense<typename Format::value_type> const& w) {
  la::mask const keep(w.rows(), w.cols());
  auto const a = la::pack<Format>(la::pack<la::csr<typename Format::value_type>>(la::pack<Format>(w, keep)));
  la::validate(a);
  return la::pack<Format>(la::to_dense(a));
}

template <class T, class X, class... Formats>
void floats(list<Formats...>, la::dense<T> const& w, la::dense<X>& x, std::span<X const> b) {
  auto const one = [&](auto a) {
    la::dense<X> y(a.rows(), x.cols());
    multiply(a, x, y, la::bias(b) | la::gelu);
    la::spmm(la::transposed(a), y, x, la::accumulate);
    la::sddmm(a, y, x);
  };
  (one(packed<Formats>(w)), ...);
}

template <class... Formats>
void bytes(list<Formats...>, la::dense<float> const& w, la::dense<float>& x) {
  auto const weights = la::quantize(w);
  auto const tokens = la::quantize_tokens<uint8>(x);
  la::dense<uint8> between(x.rows(), w.rows());
  auto const one = [&](auto const& a) {
    multiply(a, tokens.values, x, la::zero_point(3, la::row_sums(a)) | la::scale(weights.scales) | la::silu);
    multiply(a, la::quantize_tokens<int8>(x).values, between,
             la::scale(weights.scales) | la::requantize<uint8>(0.5f, 3));
  };
  (one(packed<Formats>(weights.values)), ...);
}

void attend(la::dense<float> const& q, la::dense<float> const& k, la::dense<float> const& v, la::dense<float>& out) {
  la::attend(q, k, v, at::causal{} & (at::sink{64} | at::window{256}), out);
}

template void floats(formats<float>, la::dense<float> const&, la::dense<float>&, std::span<float const>);
template void floats(formats<la::bf16>, la::dense<la::bf16> const&, la::dense<float>&, std::span<float const>);
template void bytes(formats<int8>, la::dense<float> const&, la::dense<float>&);

void read(std::string const& path, la::safetensors const& model) {
  static_cast<void>(la::read_npy<float>(path));
  static_cast<void>(la::read_npy_vector<la::bf16>(path));
  static_cast<void>(la::read_mtx<float>(path));
  static_cast<void>(model.matrix<float>("w"));
  static_cast<void>(model.vector<std::int8_t>("b"));
}
