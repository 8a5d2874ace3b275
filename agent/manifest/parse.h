// Manifest texts → objects with defaults, or every error at once.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "agent/api/object.h"
#include "agent/manifest/problem.h"
#include "agent/manifest/reader.h"

namespace belfry::manifest {

struct ParsedObject {
  api::Object object;
  std::string file;
  uint32_t line = 0;                      // where it begins
  std::vector<std::string> not_acted_on;  // field paths
};

struct Parsed {
  std::vector<ParsedObject> objects;  // those without an error
  std::vector<Problem> errors;
  std::vector<Problem> warnings;  // fields not acted on, kinds not supported, names that make bad host names
};

struct ParseOptions {
  std::string default_namespace = "default";
  // What servers write (uid, resourceVersion, status, …) is dropped, unless the text comes from one.
  bool keep_server_fields = false;
  bool allow_generate_name = false;
  UnknownFields unknown_fields = UnknownFields::kError;
  // Off: only the shape is checked.
  bool validate = true;
};

// Reads YAML (any number of documents) or JSON; `kind: List` is taken apart. A well-formed object of a kind
// that this version does not run is a warning; one without apiVersion or kind, or of a misspelt kind, is an
// error. `file` is for messages only.
Parsed ParseManifests(const std::string& file, std::string_view text, const ParseOptions& options = {});

// Errors for objects of one kind, namespace and name, naming both places. `across_files_only`: not those
// within one file.
std::vector<Problem> FindDuplicates(const std::vector<ParsedObject>& objects, bool across_files_only = false);

}  // namespace belfry::manifest
