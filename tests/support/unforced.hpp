// SPDX-License-Identifier: MIT
//
// Stands in front of everything else where tests need not run as quickly as the programs of users: what they inline by
// all means is inlined here where the compiler likes to.
#pragma once

#include <lacuna/core/config.hpp>

#include <xsimd/config/xsimd_inline.hpp>

#undef LACUNA_INLINE
#define LACUNA_INLINE inline
#undef LACUNA_INLINE_LAMBDA
#define LACUNA_INLINE_LAMBDA
#undef XSIMD_INLINE
#define XSIMD_INLINE inline
