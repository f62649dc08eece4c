// SPDX-License-Identifier: MIT
//
// Groups of int4 whose arrays stand between guard pages.
#pragma once

#include <lacuna/format/grouped_int4.hpp>

#include "support/guarded_operands.hpp"

namespace lacuna_test {

template <int G, class Scale, class I, class Offset>
class guarded_sparse<lacuna::grouped_int4<G, Scale, I, Offset>> {
 public:
  using format = lacuna::grouped_int4<G, Scale, I, Offset>;

  guarded_sparse(format const& a, placement where)
      : rows_(a.rows()),
        cols_(a.cols()),
        offsets_(a.offsets(), where),
        groups_(a.groups(), where),
        scales_(a.scales(), where),
        codes_(a.codes(), where) {}
  [[nodiscard]] lacuna::view_t<format> view() const {
    return {rows_, cols_, offsets_.get(), groups_.get(), scales_.get(), codes_.get()};
  }

 private:
  lacuna::index rows_, cols_;
  guarded_copy<Offset> offsets_;
  guarded_copy<I> groups_;
  guarded_copy<Scale> scales_;
  guarded_copy<std::uint8_t> codes_;
};

}  // namespace lacuna_test
