// One definition of every field's name: Fields(visitor, object) names the fields of an object in the order
// Kubernetes writes them. The decoder and the encoder are visitors, so what one reads the other writes.
//
// What a visitor offers (names are string literals: they are kept by reference):
//   Field(name, member)      left out of the text when it is empty, zero, false, absent
//   Always(name, member)     always in the text
//   Group(name, fields)      an object in the text that is none in the struct
//   Quantities(name, map)    strings that may be written as numbers: `cpu: 1`
//   Loose(name, string)      the same for one string
//   Number(name, uint64)     a number that is a string in the text
//   Precise(name, instant)   a time of ours, with fractions; Field cuts to whole seconds as metav1.Time does
//   Bytes(name, map)         base64 in the text, decoded in the struct
//   PlainInto(name, map)     read only, into that map
//   Kept(names…)             Kubernetes has the field, this version does not act on it: in the object's
//   `kept`, by path Ignored(names…)          written by servers, of no meaning here: read over
#pragma once

#include <concepts>
#include <type_traits>

#include "agent/api/object.h"

namespace belfry::manifest {

// T is U or const U.
template <class T, class U>
concept Is = std::same_as<std::remove_const_t<T>, U>;

// Another shape of T in the text: a struct with fields of its own, `From` making it of a T and `Into` the
// reverse (Into may report through its reader).
template <class T>
struct Wire;

template <class T>
concept HasWire = requires {
  typename Wire<T>::Shape;
};

// The names of an enum's values, indexed by them.
template <class T>
struct Names;

}  // namespace belfry::manifest
