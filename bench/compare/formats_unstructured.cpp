// SPDX-License-Identifier: MIT
#include "pack_format.hpp"

namespace lacuna_compare {

std::vector<format> const& unstructured_formats() {
  static std::vector<format> const all = formats_of<prunes_one_by_one>();
  return all;
}

}  // namespace lacuna_compare
