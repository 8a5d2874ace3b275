#include "agent/apiserver/delete_options.h"

#include <algorithm>
#include <charconv>

#include "agent/apiserver/body.h"
#include "agent/manifest/reader.h"
#include "agent/manifest/yaml.h"

namespace belfry::apiserver {
namespace {

// Raw requests to batch/v1 orphan pods upstream, which leaves processes behind; kubectl asks for Background.
constexpr std::string_view kPropagations[] = {"Foreground", "Background", "Orphan"};

void ReadBody(const manifest::Node& node, manifest::Problems& problems, DeleteOptions& options) {
  manifest::Reader root(node, problems, manifest::UnknownFields::kIgnore);
  std::vector<std::string> dry_run;
  bool orphan = false;
  if (root.Optional("orphanDependents", orphan) && orphan) options.propagation = "Orphan";
  root.Optional("propagationPolicy", options.propagation);
  root.Optional("gracePeriodSeconds", options.grace_period_seconds);
  root.Optional("dryRun", dry_run);
  options.dry_run = std::ranges::find(dry_run, "All") != dry_run.end();
  root.Object("preconditions", [&](manifest::Reader& preconditions) {
    preconditions.Optional("uid", options.uid);
    preconditions.Optional("resourceVersion", options.resource_version);
  });
}

bool ReadQuery(const http::Request& request, DeleteOptions& options) {
  if (const auto policy = request.QueryValue("propagationPolicy")) options.propagation = *policy;
  if (request.QueryValue("dryRun") == "All") options.dry_run = true;
  const auto grace = request.QueryValue("gracePeriodSeconds");
  if (!grace) return true;
  int64_t value = 0;
  const auto [end, status] = std::from_chars(grace->data(), grace->data() + grace->size(), value);
  options.grace_period_seconds = value;
  return status == std::errc() && end == grace->data() + grace->size();
}

std::vector<manifest::FieldError> Check(const DeleteOptions& options) {
  manifest::FieldErrors errors;
  if (std::ranges::find(kPropagations, options.propagation) == std::end(kPropagations)) {
    errors.Unsupported("propagationPolicy", options.propagation, kPropagations);
  }
  errors.NonNegative("gracePeriodSeconds", options.grace_period_seconds);
  return errors.Take();
}

}  // namespace

std::variant<DeleteOptions, http::Response> ReadDeleteOptions(const http::Request& request) {
  DeleteOptions options;
  if (!request.body.empty()) {
    if (!HasKnownMediaType(request)) return UnsupportedMediaType();
    manifest::Problems problems;
    const auto documents = manifest::ParseText(request.body, problems);
    if (documents.size() == 1 && documents[0].root.IsMap()) ReadBody(documents[0].root, problems, options);
    if (!problems.empty()) return BadRequest("read DeleteOptions: " + problems.list().front().ToString());
    if (documents.size() != 1 || !documents[0].root.IsMap())
      return BadRequest("read DeleteOptions: expected one object");
  }
  if (!ReadQuery(request, options)) return BadRequest("gracePeriodSeconds: not a number");
  if (const auto errors = Check(options); !errors.empty()) {
    return Invalid({.group = "meta.k8s.io", .kind = "DeleteOptions"}, errors);
  }
  return options;
}

}  // namespace belfry::apiserver
