// SPDX-License-Identifier: MIT
// expect: sddmm needs a format whose visit_row hands out its slots by reference
#include <lacuna/format/csr.hpp>
#include <lacuna/sddmm.hpp>

/// A foreign format: csr under a layout of its own.
struct rows_of_slots : lacuna::csr<float> {
  struct layout {};
  using transposed = rows_of_slots;

  struct borrowed : lacuna::csr_view<float> {
    using layout = rows_of_slots::layout;
    template <class F>
    void visit_row(lacuna::index i, F&& f) const {
#if defined(LACUNA_MUST_FAIL)
      lacuna::csr_view<float>::visit_row(i, [&](lacuna::index j, float value) { f(j, +value); });
#else
      lacuna::csr_view<float>::visit_row(i, f);
#endif
    }
  };
  borrowed view() const { return {lacuna::csr<float>::view()}; }
};

void run(rows_of_slots& s, lacuna::dense<float> const& u, lacuna::dense<float> const& v) { lacuna::sddmm(s, u, v); }
