// Alert text: labels and annotations that speak of the alert they belong to.
// Source: Go's text/template with Prometheus' functions and data (.Labels .Value .ExternalLabels
// .ExternalURL, $labels $value $externalLabels $externalURL), of Prometheus 3.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "agent/base/result.h"
#include "agent/base/time.h"
#include "exporters/model/labels.h"
#include "rules/template/value.h"

namespace belfry::tmpl {

struct QuerySample {
  model::Labels labels;
  double value = 0;
};
// What `query "…"` asks: an instant vector at `at`; a scalar is one sample without labels, a string one with
// the label __value__.
using QueryFunction =
    std::function<Result<std::vector<QuerySample>>(std::string_view expression, Instant at)>;

// What one expansion sees. Every reference must outlive the call.
struct TemplateData {
  const model::Labels& labels;
  double value = 0;
  const model::Labels& external_labels;
  std::string_view external_url;
  const QueryFunction& query;  // may be empty: `query` is an error then
};

struct Syntax;

struct TemplatePiece {
  bool is_label = false;
  std::string text;  // or the label's name
};

// A parsed template; immutable, cheap to copy. Thread: any.
class Template {
 public:
  Template(std::string name, std::shared_ptr<const Syntax> syntax);

  const std::string& name() const { return name_; }
  const Syntax& syntax() const { return *syntax_; }
  // Where it has nothing but text and `{{ $labels.NAME }}`, as most have: these, which need no interpreter.
  const std::optional<std::vector<TemplatePiece>>& pieces() const { return pieces_; }

 private:
  std::string name_;
  std::shared_ptr<const Syntax> syntax_;
  std::optional<std::vector<TemplatePiece>> pieces_;
};

// `name` shows in errors; Prometheus uses `__alert_` and the alert's name.
// Errors: kInvalid `template: NAME:LINE: …` for the first mistake, kTooLarge for over 1 MiB.
Result<Template> Parse(std::string name, std::string_view text);

// The texts of one alert: what templates share is made once. Requires: what `data` refers to outlives it.
class Expansion {
 public:
  Expansion(const TemplateData& data, Instant now) : data_(data), now_(now) {}

  // Errors: kInvalid, worded as Go words them; kTooLarge over 1 MiB of output, 100 nested calls, a million
  // steps.
  Result<std::string> TryExpand(const Template& text);
  // Never fails: an error becomes `<error expanding template: …>`.
  std::string Expand(const Template& text);
  // Taken so far, for who has more alerts than one.
  uint64_t steps() const { return steps_; }

 private:
  struct Shared {
    Value dot;
    std::vector<std::pair<std::string, Value>> variables;
  };

  const Shared& Prepare();

  TemplateData data_;
  Instant now_;
  std::optional<Shared> shared_;
  uint64_t steps_ = 0;
};

std::string Expand(const Template& text, const TemplateData& data, Instant now);

}  // namespace belfry::tmpl
