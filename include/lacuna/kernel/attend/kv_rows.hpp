// SPDX-License-Identifier: MIT
//
// Addresses of keys and values, whatever source has them.
#pragma once

#include <lacuna/attention/kv_source.hpp>
#include <lacuna/core/config.hpp>

#include <cstdint>

namespace lacuna::kernel::inline LACUNA_ISA {

/// A source of keys and values, whatever its type, so that sources do not breed kernels: one call by pointer for up to
/// 64 rows.
template <class K, class V>
class kv_rows {
 public:
  template <attention::kv_source S>
  explicit kv_rows(S const& kv) noexcept
      : kv_(&kv),
        contiguous_([](void const* s, index first, index count) noexcept {
          return attention::contiguous_rows(*static_cast<S const*>(s), first, count);
        }),
        keys_of_run_([](void const* s, index head, index first, index count, K const** to) noexcept {
          static_cast<S const*>(s)->key_rows(head, first, count, to);
        }),
        keys_of_ids_([](void const* s, index head, std::int32_t const* ids, index count, K const** to) noexcept {
          static_cast<S const*>(s)->key_rows(head, ids, count, to);
        }),
        values_of_run_([](void const* s, index head, index first, index count, V const** to) noexcept {
          static_cast<S const*>(s)->value_rows(head, first, count, to);
        }),
        values_of_ids_([](void const* s, index head, std::int32_t const* ids, index count, V const** to) noexcept {
          static_cast<S const*>(s)->value_rows(head, ids, count, to);
        }) {}

  /// Whether the rows of tokens [first, first + count) stand one behind the other without gaps, if the source says so.
  [[nodiscard]] LACUNA_INLINE bool contiguous(index first, index count) const noexcept {
    return contiguous_(kv_, first, count);
  }

  void keys(index head, index first, index count, K const** to) const noexcept {
    keys_of_run_(kv_, head, first, count, to);
  }
  void keys(index head, std::int32_t const* ids, index count, K const** to) const noexcept {
    keys_of_ids_(kv_, head, ids, count, to);
  }
  void values(index head, index first, index count, V const** to) const noexcept {
    values_of_run_(kv_, head, first, count, to);
  }
  void values(index head, std::int32_t const* ids, index count, V const** to) const noexcept {
    values_of_ids_(kv_, head, ids, count, to);
  }

 private:
  void const* kv_;
  bool (*contiguous_)(void const* kv, index first, index count) noexcept;
  void (*keys_of_run_)(void const* kv, index head, index first, index count, K const** to) noexcept;
  void (*keys_of_ids_)(void const* kv, index head, std::int32_t const* ids, index count, K const** to) noexcept;
  void (*values_of_run_)(void const* kv, index head, index first, index count, V const** to) noexcept;
  void (*values_of_ids_)(void const* kv, index head, std::int32_t const* ids, index count, V const** to) noexcept;
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
