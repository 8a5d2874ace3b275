// Checking a table of errors: each case changes a good object, and has exactly one error or none.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "agent/manifest/defaults.h"
#include "agent/manifest/validate.h"
#include "tests/agent/manifest/good_job.h"

namespace belfry::manifest {

template <class T>
std::vector<std::string> Errors(T object) {
  ApplyDefaults(object);
  std::vector<std::string> texts;
  for (const FieldError& error : Validate(std::make_shared<const T>(std::move(object))))
    texts.push_back(error.ToString());
  return texts;
}

template <class T>
struct Case {
  const char* error;  // of its own; nullptr: none
  std::function<void(T&)> change;
};

template <class T>
void ExpectErrors(const T& good, const std::vector<Case<T>>& cases) {
  EXPECT_THAT(Errors(good), testing::IsEmpty());
  for (const Case<T>& test : cases) {
    T object = good;
    test.change(object);
    if (test.error == nullptr) {
      EXPECT_THAT(Errors(object), testing::IsEmpty());
    } else {
      EXPECT_THAT(Errors(object), testing::ElementsAre(test.error));
    }
  }
}

template <class T>
std::vector<std::string> UpdateErrors(T before, T after) {
  ApplyDefaults(before);
  ApplyDefaults(after);
  std::vector<std::string> texts;
  for (const FieldError& error :
       ValidateUpdate(std::make_shared<const T>(before), std::make_shared<const T>(after)))
    texts.push_back(error.ToString());
  return texts;
}

inline api::Container& Main(api::Job& job) { return job.spec.pod_template.spec.containers[0]; }

}  // namespace belfry::manifest
