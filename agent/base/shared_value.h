// A value whose copies are one.
#pragma once

#include <memory>
#include <utility>

namespace belfry {

// Cheap to copy, for values that mostly stay the same from one version of their owner to the next.
// Thread: any.
template <class T>
class SharedValue {
 public:
  SharedValue() = default;
  SharedValue(T value) : value_(std::make_shared<const T>(std::move(value))) {}

  const T& operator*() const {
    static const T kNone{};
    return value_ ? *value_ : kNone;
  }
  const T* operator->() const { return &**this; }
  operator const T&() const { return **this; }

  // `change` gets a T& that only this one shows afterwards.
  template <class F>
  void Change(F change) {
    T value = **this;
    change(value);
    *this = SharedValue(std::move(value));
  }

  // Whether both are copies of one, rather than only equal.
  bool SharesWith(const SharedValue& other) const { return value_ == other.value_; }

  friend bool operator==(const SharedValue& a, const SharedValue& b) { return a.SharesWith(b) || *a == *b; }
  friend bool operator==(const SharedValue& a, const T& b) { return *a == b; }

 private:
  std::shared_ptr<const T> value_;  // null: T()
};

}  // namespace belfry
