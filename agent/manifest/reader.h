// Typed reading of a Node tree: fields by name, every error collected with its path and place, unknown names
// found at the end.
//
//   Problems problems;
//   Reader root(document.root, problems);
//   root.Required("listen", config.listen);                       // a scalar, a list or map of strings, a
//   Duration root.Object("log", [&](Reader& log) { log.Optional("level", config.level); });
//   root.List("images", [&](Reader& image) { … });                // each element, an object
//   root.Finish();                                                // reports what nobody asked for
//
// Object and List finish what they opened. `null` counts as absent.
#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "agent/base/time.h"
#include "agent/manifest/node.h"

namespace belfry::manifest {

enum class UnknownFields { kError, kIgnore };

// Requires: node, problems and parent outlive the reader. Paths are put together only when something is
// wrong.
class Reader {
 public:
  Reader(const Node& node, Problems& problems, UnknownFields unknown = UnknownFields::kError);
  // The object that is `node` below a parent. A node that is neither object nor null is an error, and then
  // reads as empty.
  Reader(const Node& node, const Reader& parent, std::string_view name);
  // The element of a list below a parent.
  Reader(const Node& node, const Reader& parent, std::string_view name, size_t index);
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  // Asks for a field. Null if it is absent or null.
  const Node* Take(std::string_view name);

  // Leaves `out` alone if the field is absent. Returns whether a good value was read.
  template <class T>
  bool Optional(std::string_view name, T& out) {
    const Node* value = Take(name);
    return value != nullptr && Read(*value, name, out);
  }
  // Absent: the error `<path>: Required value`.
  template <class T>
  bool Required(std::string_view name, T& out) {
    const Node* value = Take(name);
    if (value == nullptr) return Fail(name, "Required value");
    return Read(*value, name, out);
  }
  // Calls `read` with a reader for the object, if it is there.
  bool Object(std::string_view name, const std::function<void(Reader&)>& read);
  // Calls `read` for each element (an object) of the list, if it is there.
  bool List(std::string_view name, const std::function<void(Reader&)>& read);
  // Calls `read` for each member's key and value of the object, whatever the keys are.
  bool EachMember(std::string_view name,
                  const std::function<void(std::string_view key, const Node& value, Reader&)>& read);

  // Reads one value; errors are reported under `name` below this reader.
  bool Read(const Node& value, std::string_view name, std::string& out);
  bool Read(const Node& value, std::string_view name, bool& out);
  bool Read(const Node& value, std::string_view name, double& out);
  bool Read(const Node& value, std::string_view name, Duration& out);  // `90s`; also `0`
  bool Read(const Node& value, std::string_view name, std::vector<std::string>& out);
  template <class Less>
  bool Read(const Node& value, std::string_view name, std::map<std::string, std::string, Less>& out) {
    if (!value.IsMap()) return WrongType(value, name, "object");
    bool good = true;
    for (const Node& item : value.items) {
      std::string text;
      // Ordered texts fill the map at its end.
      if (ReadText(item, name, text)) {
        out.insert_or_assign(out.end(), std::string(item.key), std::move(text));
      } else {
        good = false;
      }
    }
    return good;
  }
  template <std::integral T>
  bool Read(const Node& value, std::string_view name, T& out) {
    int64_t wide = 0;
    if (!ReadInteger(value, name, std::numeric_limits<T>::min(), Top<T>(), IntegerName<T>(), wide))
      return false;
    out = static_cast<T>(wide);
    return true;
  }
  template <class T>
  bool Read(const Node& value, std::string_view name, std::optional<T>& out) {
    T read{};
    if (!Read(value, name, read)) return false;
    out = std::move(read);
    return true;
  }

  // Reports fields nobody asked for: `unknown field "spec.paralelism", did you mean "spec.parallelism"?`.
  void Finish();

  // Reports; always false. `name` empty: this object itself. `name` may be a path such as `a.b[0]`.
  bool Fail(std::string_view name, std::string message);
  bool WrongType(const Node& value, std::string_view name, std::string_view wanted);

  const Node& node() const { return *node_; }
  bool good() const { return good_; }
  Problems& problems() const { return *problems_; }
  UnknownFields unknown_fields() const { return unknown_; }
  // Where this object is: `spec.template.spec.containers[0]`; empty at the root.
  std::string path() const;
  std::string PathOf(std::string_view name) const;

 private:
  static constexpr size_t kNoIndex = SIZE_MAX;
  template <class T>
  static constexpr int64_t Top() {
    return sizeof(T) == 8 ? INT64_MAX : static_cast<int64_t>(std::numeric_limits<T>::max());
  }
  template <class T>
  static constexpr std::string_view IntegerName() {
    if (std::is_signed_v<T>) return sizeof(T) == 8 ? "int64" : sizeof(T) == 4 ? "int32" : "int16";
    return sizeof(T) == 8 ? "uint64" : sizeof(T) == 4 ? "uint32" : "uint16";
  }
  // A member of the object `name`; null is the empty text.
  bool ReadText(const Node& member, std::string_view name, std::string& out);
  bool ReadInteger(const Node& value, std::string_view name, int64_t least, int64_t most,
                   std::string_view type, int64_t& out);
  void CheckObject();

  const Node* node_;
  const Reader* parent_ = nullptr;
  std::string_view name_;
  size_t index_ = kNoIndex;
  Problems* problems_;
  UnknownFields unknown_;
  bool good_ = true;
  size_t cursor_ = 0;  // texts we wrote have their fields in the order we ask
  size_t found_ = 0;
  std::vector<std::string_view> asked_;
};

}  // namespace belfry::manifest
