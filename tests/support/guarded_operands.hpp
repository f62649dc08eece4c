// SPDX-License-Identifier: MIT
//
// Dense and sparse operands whose arrays stand between guard pages.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/dense.hpp>
#include <lacuna/format/bitmap.hpp>
#include <lacuna/format/bsr.hpp>
#include <lacuna/format/csr.hpp>
#include <lacuna/format/nm.hpp>
#include <lacuna/format/panel.hpp>
#include <lacuna/format/tiled_sell.hpp>
#include <lacuna/format/vnm.hpp>

#include "support/guard.hpp"

#include <cstring>

namespace lacuna_test {

/// A dense matrix with `gap` elements between its lines; the first or last element touches a guard page. Elements and
/// gaps hold 0xFF bytes (a NaN, or -1) until they are written.
template <class T, lacuna::order Order = lacuna::order::row_major>
class guarded_dense {
 public:
  guarded_dense(lacuna::index rows, lacuna::index cols, lacuna::index gap, placement where)
      : rows_(rows),
        cols_(cols),
        lines_(Order == lacuna::order::row_major ? rows : cols),
        line_(Order == lacuna::order::row_major ? cols : rows),
        gap_(gap),
        memory_(lines_ == 0 ? 0 : (lines_ - 1) * (line_ + gap) + line_, where) {
    if (memory_.size() != 0)
      std::memset(static_cast<void*>(memory_.data()), 0xFF, static_cast<std::size_t>(memory_.size()) * sizeof(T));
  }
  /// A copy that can only be read.
  guarded_dense(lacuna::dense<T> const& source, lacuna::index gap, placement where)
      : guarded_dense(source.rows(), source.cols(), gap, where) {
    assign(source);
    memory_.make_read_only();
  }
  void assign(lacuna::dense<T> const& source) {
    for (lacuna::index i = 0; i != rows_; ++i)
      for (lacuna::index j = 0; j != cols_; ++j) view()(i, j) = source(i, j);
  }
  [[nodiscard]] lacuna::dense_view<T, Order> view() noexcept { return {memory_.data(), rows_, cols_, line_ + gap_}; }
  [[nodiscard]] lacuna::dense<T> values() {
    lacuna::dense<T> copy(rows_, cols_);
    for (lacuna::index i = 0; i != rows_; ++i)
      for (lacuna::index j = 0; j != cols_; ++j) copy(i, j) = view()(i, j);
    return copy;
  }
  /// True if nothing was written beside the elements.
  [[nodiscard]] bool intact() const noexcept {
    auto const* const bytes = reinterpret_cast<unsigned char const*>(memory_.data());
    auto const size = static_cast<lacuna::index>(sizeof(T));
    for (lacuna::index l = 0; l < lines_ - 1; ++l)
      for (lacuna::index b = line_ * size; b != (line_ + gap_) * size; ++b)
        if (bytes[l * (line_ + gap_) * size + b] != 0xFF) return false;
    return memory_.intact();
  }

 private:
  lacuna::index rows_, cols_, lines_, line_, gap_;
  guarded<T> memory_;
};

/// A copy of an array that can only be read.
template <class T>
class guarded_copy {
 public:
  guarded_copy(std::span<T const> source, placement where) : memory_(source, where) { memory_.make_read_only(); }
  [[nodiscard]] std::span<T const> get() const noexcept { return memory_.span(); }

 private:
  guarded<T> memory_;
};

/// A sparse matrix whose arrays stand between guard pages. Formats that are not listed below are borrowed as they are:
/// a kernel for one has guarded arrays in its own test.
template <class Format>
class guarded_sparse {
 public:
  guarded_sparse(Format const& a, placement) : a_(a) {}
  [[nodiscard]] auto view() const { return a_.view(); }

 private:
  Format const& a_;
};

namespace detail {

/// The three arrays of csr and bsr.
template <class Format>
class guarded_compressed {
 public:
  guarded_compressed(Format const& a, placement where)
      : rows_(a.rows()),
        cols_(a.cols()),
        offsets_(a.offsets(), where),
        columns_(a.columns(), where),
        values_(std::as_const(a).values(), where) {}
  [[nodiscard]] lacuna::view_t<Format> view() const {
    return {rows_, cols_, offsets_.get(), columns_.get(), values_.get()};
  }

 private:
  lacuna::index rows_, cols_;
  guarded_copy<typename Format::offset_type> offsets_;
  guarded_copy<typename Format::index_type> columns_;
  guarded_copy<typename Format::value_type> values_;
};

}  // namespace detail

template <class T, class I, class Offset>
class guarded_sparse<lacuna::csr<T, I, Offset>> : public detail::guarded_compressed<lacuna::csr<T, I, Offset>> {
  using detail::guarded_compressed<lacuna::csr<T, I, Offset>>::guarded_compressed;
};
template <class T, int R, int C, class I, class Offset>
class guarded_sparse<lacuna::bsr<T, R, C, I, Offset>>
    : public detail::guarded_compressed<lacuna::bsr<T, R, C, I, Offset>> {
  using detail::guarded_compressed<lacuna::bsr<T, R, C, I, Offset>>::guarded_compressed;
};

template <class T, int Keep, int M>
class guarded_sparse<lacuna::nm<T, Keep, M>> {
 public:
  guarded_sparse(lacuna::nm<T, Keep, M> const& a, placement where)
      : rows_(a.rows()), cols_(a.cols()), codes_(a.codes(), where), values_(a.values(), where) {}
  [[nodiscard]] lacuna::nm_view<T, Keep, M> view() const { return {rows_, cols_, codes_.get(), values_.get()}; }

 private:
  lacuna::index rows_, cols_;
  guarded_copy<std::uint8_t> codes_;
  guarded_copy<T> values_;
};

template <class T, int V, int Keep, int M>
class guarded_sparse<lacuna::vnm<T, V, Keep, M>> {
 public:
  guarded_sparse(lacuna::vnm<T, V, Keep, M> const& a, placement where)
      : rows_(a.rows()), cols_(a.cols()), codes_(a.codes(), where), values_(a.values(), where) {}
  [[nodiscard]] lacuna::vnm_view<T, V, Keep, M> view() const { return {rows_, cols_, codes_.get(), values_.get()}; }

 private:
  lacuna::index rows_, cols_;
  guarded_copy<std::uint8_t> codes_;
  guarded_copy<T> values_;
};

template <class T>
class guarded_sparse<lacuna::bitmap<T>> {
 public:
  guarded_sparse(lacuna::bitmap<T> const& a, placement where)
      : rows_(a.rows()),
        cols_(a.cols()),
        bits_(a.bits(), where),
        offsets_(a.offsets(), where),
        values_(a.values(), where) {}
  [[nodiscard]] lacuna::bitmap_view<T> view() const {
    return {rows_, cols_, bits_.get(), offsets_.get(), values_.get()};
  }

 private:
  lacuna::index rows_, cols_;
  guarded_copy<std::uint8_t> bits_;
  guarded_copy<std::uint64_t> offsets_;
  guarded_copy<T> values_;
};

template <class T>
class guarded_sparse<lacuna::panel<T>> {
 public:
  guarded_sparse(lacuna::panel<T> const& a, placement where)
      : rows_(a.rows()),
        cols_(a.cols()),
        strip_height_(a.strip_height()),
        tile_(a.tile()),
        block_(a.block()),
        strips_(a.strips(), where),
        slots_(a.slots(), where),
        columns_(a.columns(), where),
        values_(a.values(), where) {}
  [[nodiscard]] lacuna::panel_view<T> view() const {
    return {rows_, cols_, strip_height_, tile_, block_, strips_.get(), slots_.get(), columns_.get(), values_.get()};
  }

 private:
  lacuna::index rows_, cols_, strip_height_, tile_, block_;
  guarded_copy<lacuna::panel_strip> strips_;
  guarded_copy<lacuna::panel_slot> slots_;
  guarded_copy<std::uint16_t> columns_;
  guarded_copy<T> values_;
};

template <class T, int Tile, int Lanes>
class guarded_sparse<lacuna::tiled_sell<T, Tile, Lanes>> {
 public:
  guarded_sparse(lacuna::tiled_sell<T, Tile, Lanes> const& a, placement where)
      : rows_(a.rows()),
        cols_(a.cols()),
        cells_(a.cells(), where),
        places_(a.places(), where),
        diagonals_(a.diagonals(), where),
        columns_(a.columns(), where),
        values_(a.values(), where) {}
  [[nodiscard]] lacuna::tiled_sell_view<T, Tile, Lanes> view() const {
    return {rows_, cols_, cells_.get(), places_.get(), diagonals_.get(), columns_.get(), values_.get()};
  }

 private:
  lacuna::index rows_, cols_;
  guarded_copy<lacuna::tiled_sell_cell> cells_;
  guarded_copy<std::uint8_t> places_;
  guarded_copy<std::uint16_t> diagonals_;
  guarded_copy<std::uint8_t> columns_;
  guarded_copy<T> values_;
};

}  // namespace lacuna_test
