#include "rules/unittest/report.h"

#include <algorithm>

#include "rules/promql/text.h"

namespace belfry::unittest {
namespace {

// Bytes that XML cannot hold become U+FFFD.
std::string Escape(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size();) {
    const promql::Character c = promql::CharacterAt(text, i);
    const bool control = c.code < 0x20 && c.code != '\t' && c.code != '\n' && c.code != '\r';
    if (!c.valid || control || c.code == 0xFFFE || c.code == 0xFFFF) {
      out += "\uFFFD";
    } else if (c.code == '&') {
      out += "&amp;";
    } else if (c.code == '<') {
      out += "&lt;";
    } else if (c.code == '>') {
      out += "&gt;";
    } else if (c.code == '"') {
      out += "&#34;";
    } else if (c.code == '\n') {
      out += "&#xA;";
    } else if (c.code == '\t') {
      out += "&#x9;";
    } else if (c.code == '\r') {
      out += "&#xD;";
    } else {
      out += text.substr(i, c.length);
    }
    i += c.length;
  }
  return out;
}

void AddCase(const CaseReport& one, std::string& out) {
  out += "    <testcase name=\"" + Escape(one.name) + "\">";
  for (const std::string& failure : one.failures) out += "\n      <failure>" + Escape(failure) + "</failure>";
  if (!one.failures.empty()) out += "\n    ";
  out += "</testcase>\n";
}

void AddError(const std::string& error, std::string& out) {
  out += "    <testcase name=\"\">\n      <error>" + Escape(error) + "</error>\n    </testcase>\n";
}

void AddSuite(const SuiteReport& suite, std::string& out) {
  size_t failures = 0;
  for (const CaseReport& one : suite.cases) failures += one.failures.size();
  const auto attribute = [](const char* name, size_t n) {
    return std::string(" ") + name + "=\"" + std::to_string(n) + "\"";
  };
  std::string started = FormatRfc3339Seconds(suite.started);
  started.pop_back();  // the zone: JUnit's times have none
  out += "  <testsuite name=\"" + Escape(suite.file) + "\"" +
         attribute("tests", suite.cases.size() + suite.errors.size()) + attribute("failures", failures) +
         attribute("errors", suite.errors.size()) + " timestamp=\"" + started + "\">\n";
  for (const std::string& error : suite.errors) AddError(error, out);
  for (const CaseReport& one : suite.cases) AddCase(one, out);
  out += "  </testsuite>\n";
}

}  // namespace

bool SuiteReport::ok() const {
  return errors.empty() &&
         std::all_of(cases.begin(), cases.end(), [](const CaseReport& one) { return one.failures.empty(); });
}

std::string JUnitXml(const std::vector<SuiteReport>& suites) {
  std::string out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n";
  for (const SuiteReport& suite : suites) AddSuite(suite, out);
  return out + "</testsuites>";
}

}  // namespace belfry::unittest
