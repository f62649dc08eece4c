// SPDX-License-Identifier: MIT
//
// What happens to a sum between the registers and Y: stages that compose from left to right with |.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/dense.hpp>
#include <lacuna/core/error.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/core/vector.hpp>
#include <lacuna/kernel/activations.hpp>
#include <lacuna/kernel/low_rank.hpp>
#include <lacuna/kernel/requantize.hpp>
#include <lacuna/kernel/stages.hpp>
#include <lacuna/kernel/zero_point.hpp>
#include <lacuna/simd/unroll.hpp>

#include <concepts>
#include <cstddef>
#include <tuple>
#include <type_traits>
#include <utility>

namespace lacuna::inline LACUNA_ISA {

/// Stages applied in order to each sum of a product before it is stored. Made with |: bias(b) | gelu | add(residual).
/// Without stages Y is overwritten with the sums.
template <epilogue_stage... Stages>
struct epilogue {
  std::tuple<Stages...> stages;

  /// Y is read as well as written.
  static constexpr bool reads_output = (std::same_as<Stages, accumulate_stage> || ...);
  /// Some stage yields integers to be stored as they are.
  static constexpr bool requantizes = (Stages::requantizes || ...);
  /// That stage is the last, the only one, and yields Y: no stage may compute on its result, and no other integer type
  /// could hold it.
  template <class Y>
  static constexpr bool requantizes_to = (Stages::template requantizes_to<Y> || ...) && [] {
    index at = 0, first = -1;
    ((first < 0 && Stages::requantizes ? first = at : first, ++at), ...);
    return first + 1 == at;
  }();
  /// Some stage works on int32 sums.
  static constexpr bool corrects_sums = (Stages::of_sums || ...);
  /// Those that do stand before the others.
  static constexpr bool corrects_first = [] {
    [[maybe_unused]] bool others = false;
    bool fine = true;
    ((fine = fine && !(others && Stages::of_sums), others = others || !Stages::of_sums), ...);
    return fine;
  }();
  /// Some stage works on the float sums of bytes; if so, whether it is the first.
  static constexpr bool corrects_scaled_sums = (detail::corrects_scaled_sums<Stages> || ...);
  static constexpr bool corrects_scaled_first = [] {
    [[maybe_unused]] index at = 0;
    bool fine = true;
    ((fine = fine && (at++ == 0 || !detail::corrects_scaled_sums<Stages>)), ...);
    return fine;
  }();
  /// int32 sums stay int32: no stage computes in float.
  static constexpr bool exact = ((std::same_as<Stages, accumulate_stage> || Stages::of_sums) && ...);

  /// Throws shape_error unless every operand fits; `who` is the verb.
  void check(char const* who, detail::output_shape y) const {
    std::apply([&](auto const&... stage) { (stage.check(who, y), ...); }, stages);
  }
  /// The same epilogue for the transposed Y; biases and scales keep belonging to the rows of A.
  [[nodiscard]] auto flipped() const {
    return std::apply([](auto const&... stage) { return make(stage.flipped()...); }, stages);
  }
  /// An int32 sum, or a register of them, through the stages that work on sums; `at` says where in Y it stands.
  template <class V, class At>
  [[nodiscard]] LACUNA_INLINE V corrected(V sum, At const& at) const noexcept {
    std::apply([&](auto const&... stage) LACUNA_INLINE_LAMBDA { (correct(stage, sum, at), ...); }, stages);
    return sum;
  }
  /// One value, or a register of them, through the other stages; of registers, `requantize` is left to `requantizing`.
  template <class V, class At>
  [[nodiscard]] LACUNA_INLINE V operator()(V value, At const& at) const noexcept {
    std::apply([&](auto const&... stage) LACUNA_INLINE_LAMBDA { (take(stage, value, at), ...); }, stages);
    return value;
  }
  /// K registers through the same stages, stage by stage; at(k) says where in Y the register k stands. A stage that has
  /// `together(registers)` takes them all at once.
  template <class V, std::size_t K, class At>
  LACUNA_INLINE void together(V (&value)[K], At const& at) const noexcept {
    std::apply([&](auto const&... stage) LACUNA_INLINE_LAMBDA { (run(stage, value, at), ...); }, stages);
  }
  /// `requantize`, the last stage, for registers that have been through the others.
  [[nodiscard]] LACUNA_INLINE auto const& requantizing() const noexcept {
    return std::get<sizeof...(Stages) - 1>(stages);
  }

 private:
  /// Whether operator() and `together` leave a stage to `corrected` or `requantizing`.
  template <class Stage, class V>
  static constexpr bool apart = Stage::of_sums || (Stage::requantizes && !std::is_arithmetic_v<V>);

  template <class Stage, class V, class At>
  LACUNA_INLINE static void correct(Stage const& stage, V& sum, At const& at) noexcept {
    if constexpr (Stage::of_sums) sum = stage(sum, at);
  }
  template <class Stage, class V, class At>
  LACUNA_INLINE static void take(Stage const& stage, V& value, At const& at) noexcept {
    if constexpr (!apart<Stage, V>) value = stage(value, at);
  }
  template <class Stage, class V, std::size_t K, class At>
  LACUNA_INLINE static void run(Stage const& stage, V (&value)[K], At const& at) noexcept {
    if constexpr (apart<Stage, V>)
      return;
    else if constexpr (requires { stage.together(value); })
      stage.together(value);
    else
      simd::unroll<static_cast<int>(K)>(
          [&](auto k) LACUNA_INLINE_LAMBDA { value[k] = stage(value[k], at(static_cast<int>(k))); });
  }
  template <class... S>
  static epilogue<S...> make(S const&... stage) {
    return {{stage...}};
  }
};

/// No stages: the sum itself.
using identity_epilogue = epilogue<>;

}  // namespace lacuna::inline LACUNA_ISA

namespace lacuna::detail::inline LACUNA_ISA {

template <class T>
struct is_epilogue : std::false_type {};
template <class... Stages>
struct is_epilogue<epilogue<Stages...>> : std::true_type {};

template <epilogue_stage S>
[[nodiscard]] epilogue<S> as_epilogue(S const& stage) {
  return {std::tuple<S>(stage)};
}
template <class... Stages>
[[nodiscard]] epilogue<Stages...> as_epilogue(epilogue<Stages...> const& e) {
  return e;
}

template <class... A, class... B>
[[nodiscard]] epilogue<A..., B...> concatenate(epilogue<A...> const& a, epilogue<B...> const& b) {
  return {std::tuple_cat(a.stages, b.stages)};
}

}  // namespace lacuna::detail::inline LACUNA_ISA

namespace lacuna::inline LACUNA_ISA {

/// A stage or a composition of stages: what verbs take as their last argument.
template <class E>
concept epilogue_like = epilogue_stage<std::remove_cvref_t<E>> || detail::is_epilogue<std::remove_cvref_t<E>>::value;

/// First the stages of a, then those of b.
template <epilogue_like A, epilogue_like B>
[[nodiscard]] auto operator|(A const& a, B const& b) {
  return detail::concatenate(detail::as_epilogue(a), detail::as_epilogue(b));
}

}  // namespace lacuna::inline LACUNA_ISA
