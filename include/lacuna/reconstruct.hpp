// SPDX-License-Identifier: MIT
//
// Reconstruct: statistics and updates of weights that need dense algebra, which is Eigen's. Not part of lacuna.hpp.
//
// Products are cut into pieces for the executor that is given. Where a program is compiled with OpenMP, Eigen cuts each
// piece again, for its own threads; Eigen::setNbThreads(1) leaves it to the executor. Bits do not depend on either.
#pragma once

#include <lacuna/reconstruct/gram.hpp>
#include <lacuna/reconstruct/inverse_diagonal.hpp>
#include <lacuna/reconstruct/low_rank_factors.hpp>
#include <lacuna/reconstruct/obs_columns.hpp>
#include <lacuna/reconstruct/reconstructed.hpp>
#include <lacuna/reconstruct/reconstruction_loss.hpp>
#include <lacuna/reconstruct/refit.hpp>
#include <lacuna/reconstruct/sparsegpt.hpp>
