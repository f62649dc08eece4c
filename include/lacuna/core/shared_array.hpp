// SPDX-License-Identifier: MIT
//
// Values that many hold and nobody changes.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/growing.hpp>

#include <atomic>
#include <span>
#include <utility>

namespace lacuna {

/// A fixed array of plain values with several owners: a copy costs the change of a count, safe between threads, and the
/// memory goes with the last owner. Moving is copying: what was moved from has its values still, so that the patterns
/// of attention that hold such arrays go on as `window` and others that hold none do.
template <class T>
class shared_array {
 public:
  using value_type = T;

  LACUNA_INLINE shared_array() noexcept = default;
  LACUNA_INLINE explicit shared_array(growing<T> values) : shared_(new shared{{1}, std::move(values)}) {}
  /// A copy of the elements.
  LACUNA_INLINE explicit shared_array(std::span<T const> values) : shared_array(growing<T>(values)) {}
  LACUNA_INLINE shared_array(shared_array const& other) noexcept : shared_(other.shared_) {
    if (shared_ != nullptr) shared_->owners.fetch_add(1, std::memory_order_relaxed);
  }
  LACUNA_INLINE shared_array& operator=(shared_array other) noexcept {
    std::swap(shared_, other.shared_);
    return *this;
  }
  LACUNA_INLINE ~shared_array() {
    if (shared_ != nullptr && shared_->owners.fetch_sub(1, std::memory_order_acq_rel) == 1) delete shared_;
  }

  [[nodiscard]] LACUNA_INLINE T const* data() const noexcept {
    return shared_ == nullptr ? nullptr : shared_->values.data();
  }
  [[nodiscard]] LACUNA_INLINE index size() const noexcept { return shared_ == nullptr ? 0 : shared_->values.size(); }
  [[nodiscard]] LACUNA_INLINE bool empty() const noexcept { return size() == 0; }
  [[nodiscard]] LACUNA_INLINE T const& operator[](index i) const noexcept { return data()[i]; }
  [[nodiscard]] LACUNA_INLINE std::span<T const> span() const noexcept {
    return {data(), static_cast<std::size_t>(size())};
  }

 private:
  struct shared {
    std::atomic<index> owners;
    growing<T> const values;
  };
  shared* shared_ = nullptr;
};

}  // namespace lacuna
