// SPDX-License-Identifier: MIT
//
// All of lacuna, but for what brings in another library (interop/, reconstruct/) or reads files (io/).
#pragma once

// clang-format off: sorted by hand, from words to verbs

// What everything else speaks of.
#include <lacuna/core/config.hpp>
#include <lacuna/core/error.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/core/dense.hpp>
#include <lacuna/core/vector.hpp>
#include <lacuna/core/mask.hpp>
#include <lacuna/core/growing.hpp>
#include <lacuna/core/shared_array.hpp>
#include <lacuna/core/executor.hpp>
#include <lacuna/core/threads.hpp>

// Which weights stay.
#include <lacuna/prune.hpp>

// How they are stored.
#include <lacuna/format/csr.hpp>
#include <lacuna/format/bsr.hpp>
#include <lacuna/format/nm.hpp>
#include <lacuna/format/vnm.hpp>
#include <lacuna/format/bitmap.hpp>
#include <lacuna/format/panel.hpp>
#include <lacuna/format/tiled_sell.hpp>
#include <lacuna/format/grouped_int4.hpp>
#include <lacuna/format/transposed.hpp>
#include <lacuna/format/f16_sums.hpp>
#include <lacuna/pack.hpp>

// How they and activations become integers.
#include <lacuna/quantize.hpp>

// What is done with them.
#include <lacuna/spmm.hpp>
#include <lacuna/sddmm.hpp>
#include <lacuna/active.hpp>

// Attention: which keys a query sees, written down as a plan, and computed.
#include <lacuna/attention/runs.hpp>
#include <lacuna/attention/columns.hpp>
#include <lacuna/attention/diagonals.hpp>
#include <lacuna/attention/strided.hpp>
#include <lacuna/attention/block_mask.hpp>
#include <lacuna/attention/ragged_blocks.hpp>
#include <lacuna/attention/segments.hpp>
#include <lacuna/attention/token_lists.hpp>
#include <lacuna/attention/from_predicate.hpp>
#include <lacuna/attention/per_head.hpp>
#include <lacuna/attention/renumbered.hpp>
#include <lacuna/attention/plan.hpp>
#include <lacuna/attention/plan_arrays.hpp>
#include <lacuna/attention/plan_builder.hpp>
#include <lacuna/attention/owned_plan.hpp>
#include <lacuna/attention/validate.hpp>
#include <lacuna/attention/materialize.hpp>
#include <lacuna/attention/extend.hpp>
#include <lacuna/attention/coarsen.hpp>
#include <lacuna/attention/inspect.hpp>
#include <lacuna/attention/svg.hpp>
#include <lacuna/attention/dense_kv.hpp>
#include <lacuna/attention/paged_kv.hpp>
#include <lacuna/attention/concat_kv.hpp>
#include <lacuna/attention/permuted_kv.hpp>
#include <lacuna/select.hpp>
#include <lacuna/attention/recall.hpp>
#include <lacuna/attend.hpp>
#include <lacuna/merge.hpp>

// clang-format on
