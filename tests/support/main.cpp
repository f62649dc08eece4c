// SPDX-License-Identifier: MIT
//
// The main of every test executable: Catch2's, and two words more, because CTest has one entry per source file.
//   --file PATH           runs the test cases of the source files whose path ends in PATH
//   --check REGEX FILE... runs no test; fails unless the instruction set executed, and " zen" where kernels are tuned
//                         for it, matches REGEX, every test case stands in one of FILE... (or it would belong to no
//                         entry), and every FILE has one
#include <catch2/catch_session.hpp>
#include <catch2/catch_test_case_info.hpp>
#include <catch2/interfaces/catch_interfaces_registry_hub.hpp>
#include <catch2/interfaces/catch_interfaces_testcase.hpp>

#include <algorithm>
#include <iostream>
#include <regex>
#include <string>
#include <string_view>
#include <vector>

#if defined(LACUNA_TEST_ISA)
#include <lacuna/simd/arch.hpp>
#endif

namespace {

bool stands_in(Catch::TestCaseInfo const& test, std::string_view file) {
  return std::string_view(test.lineInfo.file).ends_with(file);
}

/// Catch2 reads names as patterns: what has a meaning there is escaped.
std::string escaped(std::string const& name) {
  std::string text;
  for (char const c : name) {
    if (c == ',' || c == '[' || c == '\\' || c == '"' || c == '*') text += '\\';
    text += c;
  }
  return text;
}

int run_file(Catch::Session& runner, std::string_view file) {
  std::string names;
  for (auto const* test : Catch::getRegistryHub().getTestCaseRegistry().getAllInfos()) {
    if (stands_in(*test, file)) names += (names.empty() ? "" : ",") + escaped(test->name);
  }
  if (names.empty()) {
    std::cerr << "no test case in " << file << '\n';
    return 1;
  }
  runner.configData().testsOrTags.push_back(names);
  return runner.run();
}

int check(std::string const& expected, std::vector<std::string_view> const& files) {
  int errors = 0;
#if defined(LACUNA_TEST_ISA)
  std::string executed(lacuna::simd::arch_name());
  if (lacuna::detail::tuned_for_zen) executed.append(" zen");
  std::cout << "instruction set: " << executed << '\n';
  if (!std::regex_search(executed, std::regex(expected))) {
    std::cerr << "expected one that matches " << expected << '\n';
    ++errors;
  }
#else
  static_cast<void>(expected);
#endif
  auto const& tests = Catch::getRegistryHub().getTestCaseRegistry().getAllInfos();
  for (auto const* test : tests) {
    if (std::none_of(files.begin(), files.end(), [&](auto file) { return stands_in(*test, file); })) {
      std::cerr << "in no CTest entry: \"" << test->name << "\" of " << test->lineInfo.file << '\n';
      ++errors;
    }
  }
  for (auto const file : files) {
    if (std::none_of(tests.begin(), tests.end(), [&](auto const* test) { return stands_in(*test, file); })) {
      std::cerr << "without a test case: " << file << '\n';
      ++errors;
    }
  }
  std::cout << tests.size() << " test cases in " << files.size() << " files\n";
  return errors == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::string_view> const words(argv + 1, argv + argc);
  if (words.size() >= 2 && words[0] == "--check") {
    return check(std::string(words[1]), {words.begin() + 2, words.end()});
  }
  Catch::Session runner;
  if (words.size() >= 2 && words[0] == "--file") {
    std::vector<char const*> rest{argv[0]};
    rest.insert(rest.end(), argv + 3, argv + argc);
    if (int const error = runner.applyCommandLine(static_cast<int>(rest.size()), rest.data())) return error;
    return run_file(runner, words[1]);
  }
  return runner.run(argc, argv);
}
