// SPDX-License-Identifier: MIT
//
// A line that says how far a long program is.
#pragma once

#include <chrono>
#include <cstdio>
#include <string>

namespace demo {

/// "12 of 300, 40 s left: what is being done", in one line of stderr that is written over and cleared in the end, four
/// times a second at most and not before the second half of the first second: what is quick shows nothing.
class progress {
 public:
  explicit progress(int steps) : steps_(steps), start_(clock::now()), shown_(start_) {}
  progress(progress const&) = delete;
  progress& operator=(progress const&) = delete;
  ~progress() { clear(); }

  /// A step begins.
  void step(std::string const& what) {
    auto const now = clock::now();
    if (now - shown_ > std::chrono::milliseconds(visible_ ? 250 : 500)) {
      double const spent = std::chrono::duration<double>(now - start_).count();
      double const left = done_ == 0 ? 0 : spent / done_ * (steps_ - done_);
      std::fprintf(stderr, "\r%d of %d, %.0f s left: %-44.44s", done_, steps_, left, what.c_str());
      shown_ = now;
      visible_ = true;
    }
    ++done_;
  }
  /// Makes room for other output.
  void clear() {
    if (visible_) std::fprintf(stderr, "\r%78s\r", "");
    visible_ = false;
  }

 private:
  using clock = std::chrono::steady_clock;
  int steps_;
  int done_ = 0;
  bool visible_ = false;
  clock::time_point start_, shown_;
};

}  // namespace demo
