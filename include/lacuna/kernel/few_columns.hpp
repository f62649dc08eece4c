// SPDX-License-Identifier: MIT
//
// The choice of a kernel for products of a few columns, where weights' bytes still weigh more than arithmetic.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/scalar.hpp>

namespace lacuna::kernel::inline LACUNA_ISA {

/// A kernel for one layout on one Arch that multiplies `widest` columns at most in one pass over A: specialised in
/// kernel/spmm/<layout>.hpp. spmm takes it for 2 to `most` columns. `unit` says which rows are computed together; `run`
/// takes X as contiguous columns in the type of the sums. This one takes none.
template <class Layout, class Arch>
struct few_columns {
  template <class View>
  static constexpr index widest = 0;
};

/// The kernel that spmm runs for a matrix and few columns.
template <class View, class Arch>
using chosen_few = few_columns<typename View::layout, Arch>;

}  // namespace lacuna::kernel::inline LACUNA_ISA
