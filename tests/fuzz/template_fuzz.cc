// libFuzzer entry: any bytes as an alert's template. What parses expands to valid text or to an error, and
// the same each time.
#include <cstddef>
#include <cstdint>

#include "agent/base/check.h"
#include "rules/template/template.h"

namespace belfry::tmpl {
namespace {

void Fuzz(std::string_view text) {
  const auto parsed = Parse("__alert_fuzz", text);
  if (!parsed.ok()) {
    CHECK(parsed.error().message.starts_with("template: __alert_fuzz:") ||
          parsed.error().code == Code::kTooLarge);
    return;
  }
  const model::Labels labels{{"alertname", "fuzz"}, {"instance", "h:9100"}, {"job_name", "etl-1"}};
  const QueryFunction query = [&labels](std::string_view, Instant) -> Result<std::vector<QuerySample>> {
    return std::vector<QuerySample>{{labels, 1.5}, {model::Labels(), -3e9}};
  };
  const TemplateData data{.labels = labels,
                          .value = 1234.5,
                          .external_labels = labels,
                          .external_url = "http://h",
                          .query = query};
  const Instant now = FromUnixSeconds(1'700'000'000);
  Expansion first(data, now);
  Expansion second(data, now);
  const auto once = first.TryExpand(*parsed);
  const auto again = second.TryExpand(*parsed);
  CHECK(once.ok() == again.ok());
  if (once.ok()) CHECK(*once == *again && once->size() <= 2U << 20);
  CHECK(once.ok() || !once.error().message.empty());
}

}  // namespace
}  // namespace belfry::tmpl

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  belfry::tmpl::Fuzz({reinterpret_cast<const char*>(data), size});
  return 0;
}
