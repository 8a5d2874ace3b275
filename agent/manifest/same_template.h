// Whether two pod templates mean the same, however they are written.
#pragma once

#include "agent/api/pod.h"

namespace belfry::manifest {

// `a_kept`, `b_kept`: the templates' kept fields. Order of members, nulls, forms of a quantity and a default
// that is spelt out make no difference. Source: apimachinery pkg/api/equality, pkg/apis/core/v1/defaults.go.
bool SameTemplate(api::PodTemplateSpec a, api::Kept a_kept, api::PodTemplateSpec b, api::Kept b_kept);

}  // namespace belfry::manifest
