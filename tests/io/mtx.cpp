// SPDX-License-Identifier: MIT
#include <lacuna/core/scalar.hpp>
#include <lacuna/format/csr.hpp>
#include <lacuna/io/mtx.hpp>
#include <lacuna/pack.hpp>

#include "io/error_of.hpp"
#include "support/allocations.hpp"
#include "support/random.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cmath>
#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <limits>
#include <new>
#include <string>
#include <string_view>
#include <vector>

namespace la = lacuna;
using lacuna_test::error_of;

namespace {

template <class T = float>
la::csr<T> parse(std::string const& kind, std::string const& rest) {
  auto a = la::parse_mtx<T>("%%MatrixMarket matrix " + kind + "\n" + rest);
  la::validate(a);
  return a;
}

template <class T>
la::dense<T> matrix(std::initializer_list<std::initializer_list<T>> rows) {
  la::dense<T> m(static_cast<la::index>(rows.size()), static_cast<la::index>(rows.begin()->size()));
  la::index i = 0;
  for (auto const& row : rows) {
    la::index j = 0;
    for (auto const value : row) m(i, j++) = value;
    ++i;
  }
  return m;
}

/// Slots of a row stand in falling order of columns.
struct backwards {
  using value_type = float;
  using layout = la::csr_layout;
  static constexpr bool ordered_rows = false;
  la::csr<float> a;

  [[nodiscard]] la::index rows() const { return a.rows(); }
  [[nodiscard]] la::index cols() const { return a.cols(); }
  [[nodiscard]] la::index stored() const { return a.stored(); }
  [[nodiscard]] la::index nonzeros() const { return a.nonzeros(); }
  [[nodiscard]] la::index bytes() const { return a.bytes(); }
  [[nodiscard]] auto view() const { return a.view(); }
  template <class F>
  void visit_row(la::index i, F&& f) const {
    for (auto s = a.offsets()[static_cast<std::size_t>(i) + 1]; s-- != a.offsets()[static_cast<std::size_t>(i)];)
      f(static_cast<la::index>(a.columns()[s]), a.values()[s]);
  }
};

}  // namespace

TEST_CASE("parse_mtx: coordinate real general, entries in any order") {
  auto const expected = matrix<float>({{1, 0, 2.5f, 0}, {0, 0, 0, 0}, {0, -3, 0, 1e-3f}});
  CHECK(la::to_dense(parse("coordinate real general", "3 4 4\n1 1 1\n1 3 2.5\n3 2 -3\n3 4 1e-3\n")) == expected);
  CHECK(la::to_dense(parse("coordinate real general", "3 4 4\n3 4 +.001\n1 3 25E-1\n3 2 -3.\n1 1 1\n")) == expected);
  CHECK(la::to_dense(parse("coordinate real general",
                           "% note\r\n\r\n3\t4\t4\r\n3 2 -3\r\n\r\n1 1 1\r\n3  4  1e-3 "
                           "\r\n\t1 3 2.5")) == expected);
}

TEST_CASE("parse_mtx: an explicit zero of a coordinate text is stored, a zero of an array is not") {
  auto const a = parse("coordinate real general", "1 3 2\n1 2 0\n1 1 5\n");
  CHECK((a.stored() == 2 && a.nonzeros() == 1));
  auto const b = parse("array real general", "1 3\n5\n0\n-0.0\n");
  CHECK((b.stored() == 1 && b.nonzeros() == 1));
}

TEST_CASE("parse_mtx: pattern entries are one, of any type") {
  CHECK(la::to_dense(parse("coordinate pattern general", "2 2 2\n1 2\n2 1\n")) == matrix<float>({{0, 1}, {1, 0}}));
  CHECK(parse<std::int8_t>("coordinate pattern general", "1 1 1\n1 1\n").values()[0] == 1);
  CHECK(parse<la::bf16>("coordinate pattern general", "1 1 1\n1 1\n").values()[0] == 1.0f);
}

TEST_CASE("parse_mtx: integer texts, as integers and as floating-point numbers") {
  auto const kind = std::string("coordinate integer general");
  CHECK(la::to_dense(parse<std::int8_t>(kind, "1 2 2\n1 2 -128\n1 1 127\n")) == matrix<std::int8_t>({{127, -128}}));
  CHECK(la::to_dense(parse<float>(kind, "1 2 2\n1 2 -128\n1 1 127\n")) == matrix<float>({{127, -128}}));
  CHECK(la::to_dense(parse<std::uint8_t>("coordinate unsigned-integer general", "1 2 1\n1 2 255\n")) ==
        matrix<std::uint8_t>({{0, 255}}));
}

TEST_CASE("parse_mtx: symmetric texts are mirrored") {
  auto const expected = matrix<float>({{1, 2, 0}, {2, 0, 3}, {0, 3, 4}});
  CHECK(la::to_dense(parse("coordinate real symmetric", "3 3 4\n1 1 1\n2 1 2\n3 2 3\n3 3 4\n")) == expected);
  CHECK(la::to_dense(parse("coordinate real symmetric", "3 3 4\n1 1 1\n1 2 2\n2 3 3\n3 3 4\n")) == expected);
  CHECK(la::to_dense(parse("array integer symmetric", "3 3\n1\n2\n0\n0\n3\n4\n")) == expected);
  CHECK(la::to_dense(parse("coordinate pattern symmetric", "2 2 1\n2 1\n")) == matrix<float>({{0, 1}, {1, 0}}));
}

TEST_CASE("parse_mtx: skew-symmetric texts are mirrored with the other sign") {
  auto const expected = matrix<float>({{0, -2, 5}, {2, 0, -3}, {-5, 3, 0}});
  CHECK(la::to_dense(parse("coordinate real skew-symmetric", "3 3 3\n2 1 2\n3 2 3\n3 1 -5\n")) == expected);
  CHECK(la::to_dense(parse("array real skew-symmetric", "3 3\n2\n-5\n3\n")) == expected);
  auto const h = parse<la::f16>("array real skew-symmetric", "2 2\n1.5\n");
  CHECK((h.values()[0] == -1.5f && h.values()[1] == 1.5f));
  auto const b = parse<std::int8_t>("coordinate integer skew-symmetric", "2 2 1\n2 1 127\n");
  CHECK((b.values()[0] == -127 && b.values()[1] == 127));
}

TEST_CASE("parse_mtx: array texts run down the columns") {
  CHECK(la::to_dense(parse("array real general", "2 3\n1\n2\n3\n4\n5\n6\n")) == matrix<float>({{1, 3, 5}, {2, 4, 6}}));
}

TEST_CASE("parse_mtx: matrices without entries, rows or columns") {
  auto const a = parse("coordinate real general", "2 3 0\n");
  CHECK((a.rows() == 2 && a.cols() == 3 && a.stored() == 0));
  auto const b = parse("coordinate pattern symmetric", "0 0 0");
  CHECK((b.rows() == 0 && b.cols() == 0));
  auto const c = parse("array real general", "0 3\n");
  CHECK((c.rows() == 0 && c.cols() == 3));
  auto const d = parse("array real skew-symmetric", "1 1\n");
  CHECK((d.rows() == 1 && d.stored() == 0));
}

TEST_CASE("parse_mtx: nan and inf are values") {
  auto const a = parse<double>("coordinate real general", "1 3 3\n1 1 NaN\n1 2 -inf\n1 3 Infinity\n");
  CHECK(std::isnan(a.values()[0]));
  CHECK(a.values()[1] == -std::numeric_limits<double>::infinity());
  CHECK(a.values()[2] == std::numeric_limits<double>::infinity());
}

TEST_CASE("format_mtx: coordinate text of a sparse matrix, array text of a dense one, pattern text of a mask") {
  auto const w = matrix<float>({{0.1f, 0, -2}, {0, 0, 1e20f}});
  CHECK(la::format_mtx(la::pack<la::csr<float>>(w)) ==
        "%%MatrixMarket matrix coordinate real general\n2 3 3\n1 1 0.1\n1 3 -2\n2 3 1e+20\n");
  CHECK(la::format_mtx(w) == "%%MatrixMarket matrix array real general\n2 3\n0.1\n0\n0\n0\n-2\n1e+20\n");
  CHECK(la::format_mtx(la::transpose(w.view())) ==
        "%%MatrixMarket matrix array real general\n3 2\n0.1\n0\n-2\n0\n0\n1e+20\n");
  la::mask keep(2, 70);
  keep.set(0, 69);
  keep.set(1, 0);
  CHECK(la::format_mtx(keep) == "%%MatrixMarket matrix coordinate pattern general\n2 70 2\n1 70\n2 1\n");
  CHECK(la::format_mtx(matrix<std::int8_t>({{-128}})) == "%%MatrixMarket matrix array integer general\n1 1\n-128\n");
}

TEST_CASE("format_mtx: rows that are kept in another order are written in column order") {
  auto const a = la::pack<la::csr<float>>(matrix<float>({{1, 2, 3}, {0, 4, 5}}));
  static_assert(la::sparse_matrix<backwards>);
  CHECK(la::format_mtx(backwards{a}) == la::format_mtx(a));
}

namespace {

/// What was read again and is not the same matrix, if anything.
template <class T>
char const* round_trip_problem(lacuna_test::random& r, lacuna_test::coverage how) {
  auto const w = lacuna_test::random_dense<T>(r, r.below(20), r.below(80), lacuna_test::spread::heavy_tailed);
  auto const keep = lacuna_test::random_mask(r, w.rows(), w.cols(), how);
  auto const a = la::pack<la::csr<T>>(w, keep);
  if (!(la::parse_mtx<T>(la::format_mtx(a)) == a)) return "csr";
  if (!(la::to_dense(la::parse_mtx<T>(la::format_mtx(w))) == w)) return "dense";
  auto const pattern = la::parse_mtx<T>(la::format_mtx(keep));
  bool const same = pattern.stored() == keep.count() && pattern.rows() == keep.rows() && pattern.cols() == keep.cols();
  return same ? "" : "mask";
}

struct typed {
  char const* type;
  char const* (*problem)(lacuna_test::random&, lacuna_test::coverage);
};

}  // namespace

TEST_CASE("format_mtx: what is read again is the same matrix") {
  for (auto const& of : {typed{"float", round_trip_problem<float>},
                         {"double", round_trip_problem<double>},
                         {"bf16", round_trip_problem<la::bf16>},
                         {"f16", round_trip_problem<la::f16>},
                         {"int8", round_trip_problem<std::int8_t>},
                         {"uint8", round_trip_problem<std::uint8_t>},
                         {"int32", round_trip_problem<std::int32_t>}})
    for (auto const seed : lacuna_test::seeds(3)) {
      lacuna_test::random r(seed);
      for (auto const how : lacuna_test::all_coverages) {
        CAPTURE(of.type, seed, lacuna_test::name_of(how));
        CHECK(of.problem(r, how) == std::string());
      }
    }
}

TEST_CASE("parse_mtx: the order of entries makes no difference") {
  lacuna_test::random r(7);
  auto const w = lacuna_test::random_dense<float>(r, 30, 40);
  auto const a = la::pack<la::csr<float>>(w, lacuna_test::random_mask(r, 30, 40, 0.4));
  std::vector<std::string> lines;
  for (la::index i = 0; i != a.rows(); ++i)
    a.visit_row(i, [&](la::index j, float value) {
      std::string line = std::to_string(i + 1) + ' ' + std::to_string(j + 1) + ' ';
      la::detail::append_number(line, value);
      lines.push_back(line + '\n');
    });
  for (auto n = static_cast<la::index>(lines.size()); n > 1; --n)
    std::swap(lines[static_cast<std::size_t>(n - 1)], lines[static_cast<std::size_t>(r.below(n))]);
  std::string text = "30 40 " + std::to_string(lines.size()) + '\n';
  for (auto const& line : lines) text += line;
  CHECK(parse("coordinate real general", text) == a);
}

TEST_CASE("parse_mtx: a text that is cut or has one byte changed is an error or a sound matrix, nothing else") {
  std::string const text =
      "%%MatrixMarket matrix coordinate real symmetric\n% c\n9 9 5\n1 1 1.5\n4 2 -2e3\n9 9 nan\n9 8 7\n3 1 0\n";
  auto const check = [](std::string_view changed) {
    static_cast<void>(error_of([&] {
      la::validate(la::parse_mtx<float>(changed));
      return 0;
    }));
  };
  for (std::size_t n = 0; n != text.size(); ++n) {
    check(std::string_view(text).substr(0, n));
    for (char const c : {'\0', '\n', ' ', '%', '-', '9', 'e', '\xFF'}) {
      auto changed = text;
      changed[n] = c;
      check(changed);
    }
  }
}

TEST_CASE("parse_mtx: without memory it throws bad_alloc") {
  for (la::index k = 1; k != 6; ++k) {
    lacuna_test::fail_allocation(k);
    CHECK_THROWS_AS(la::parse_mtx<float>("%%MatrixMarket matrix coordinate real general\n1 1 1\n1 1 1\n"),
                    std::bad_alloc);
  }
  lacuna_test::fail_allocation(0);
}

TEST_CASE("read_mtx: reads what write_mtx wrote and names the file in errors") {
  auto const path = (std::filesystem::temp_directory_path() / "lacuna_test_io_mtx.mtx").string();
  auto const w = matrix<float>({{0.1f, 0, -2}, {0, 0, 1e20f}});
  auto const a = la::pack<la::csr<float>>(w);
  la::write_mtx(path, a);
  CHECK(la::read_mtx<float>(path) == a);
  CHECK(la::read_mtx<float, std::uint8_t, std::int64_t>(std::filesystem::path(path)).stored() == 3);
  la::write_mtx(path, a.view());
  CHECK(la::read_mtx<float>(path) == a);
  CHECK(error_of([&] { return la::read_mtx<float>(path, {.max_rows = 1}); }) ==
        path + ":2: 2 rows exceed io_limits::max_rows, 1");
  CHECK(error_of([&] { return la::read_mtx<la::f16>(path); }) == path + ":5: value '1e+20' does not fit f16");
  la::write_mtx(path, w);
  CHECK(la::to_dense(la::read_mtx<float>(path)) == w);
  la::write_mtx(path, la::mask(2, 3, true));
  CHECK(la::read_mtx<float>(path).stored() == 6);
  std::filesystem::remove(path);
  CHECK(error_of([&] { return la::read_mtx<float>(path); }) == path + ": cannot be opened: No such file or directory");
}
