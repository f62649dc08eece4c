// SPDX-License-Identifier: MIT
#include "pack_format.hpp"

namespace lacuna_compare {

std::vector<format> const& structured_formats() {
  static std::vector<format> const all = formats_of<prunes_groups>();
  return all;
}

}  // namespace lacuna_compare
