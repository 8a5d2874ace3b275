// Which texts may name things. Each check returns Kubernetes' words for what is wrong, or empty.
// Source: apimachinery pkg/util/validation/validation.go.
#pragma once

#include <string>
#include <string_view>

namespace belfry::manifest {

std::string CheckDnsLabel(std::string_view text);       // pod and container names
std::string CheckDnsSubdomain(std::string_view text);   // object names
std::string CheckQualifiedName(std::string_view text);  // keys of labels and annotations
std::string CheckLabelValue(std::string_view text);
std::string CheckUrlPath(std::string_view text);  // what stands behind the domain in `acme.io/foo`
std::string CheckConfigKey(std::string_view text);
std::string CheckEnvVarName(std::string_view text);

}  // namespace belfry::manifest
