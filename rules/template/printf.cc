// printf: Go's verbs, flags, width, precision and argument indexes, and Go's way to show mistakes inside the
// text.
#include <algorithm>
#include <optional>

#include "rules/template/constants.h"
#include "rules/template/print.h"

namespace belfry::tmpl {
namespace {

constexpr int kMaxWidth = 1'000'000;  // Go's own limit

struct Spec {
  bool plus = false;
  bool minus = false;
  bool sharp = false;
  bool space = false;
  bool zero = false;
  std::optional<int> width;
  std::optional<int> precision;
  std::string verb;  // one character, of any length in bytes
};

size_t CountCodePoints(std::string_view text) {
  return static_cast<size_t>(std::count_if(
      text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

std::string Pad(std::string text, const Spec& spec, bool zeros) {
  const size_t width = static_cast<size_t>(spec.width.value_or(0));
  const size_t length = CountCodePoints(text);
  if (length >= width) return text;
  if (spec.minus) return text.append(width - length, ' ');
  return text.insert(0, width - length, zeros ? '0' : ' ');
}

// Zeros go between the sign and the digits.
std::string PadNumber(std::string text, const Spec& spec) {
  const bool has_sign = !text.empty() && (text[0] == '+' || text[0] == '-' || text[0] == ' ');
  const bool finite = text.find_first_of("IN") == std::string::npos;
  if (!spec.zero || spec.minus || !finite || !spec.width || !has_sign) {
    return Pad(std::move(text), spec, spec.zero && finite);
  }
  Spec rest = spec;
  rest.width = std::max(0, *spec.width - 1);
  return text[0] + Pad(text.substr(1), rest, true);
}

std::string WithSign(std::string text, const Spec& spec) {
  if (text.starts_with('-')) return text;
  if (text.starts_with('+')) return spec.plus ? text : spec.space ? " " + text.substr(1) : text;
  return (spec.plus ? "+" : spec.space ? " " : "") + text;
}

std::string BadVerb(const Value& value, const Spec& spec) {
  if (value.IsNil()) return "%!" + spec.verb + "(<nil>)";
  return "%!" + spec.verb + "(" + value.TypeName() + "=" + Print(value) + ")";
}

std::string InBase(uint64_t number, unsigned base, bool upper) {
  const std::string_view digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";
  std::string text;
  do {
    text.insert(text.begin(), digits[number % base]);
    number /= base;
  } while (number != 0);
  return text;
}

std::string FormatBased(int64_t value, unsigned base, bool upper, std::string_view prefix, const Spec& spec) {
  const bool negative = value < 0;
  const uint64_t magnitude = negative ? 0 - static_cast<uint64_t>(value) : static_cast<uint64_t>(value);
  std::string digits = InBase(magnitude, base, upper);
  const size_t least = static_cast<size_t>(spec.precision.value_or(1));
  if (digits.size() < least) digits.insert(0, least - digits.size(), '0');
  Spec padding = spec;
  if (spec.precision) padding.zero = false;  // a precision switches zero padding off
  return PadNumber(WithSign((negative ? "-" : "") + std::string(spec.sharp ? prefix : "") + digits, spec),
                   padding);
}

std::string FormatCodePoint(int64_t value, const Spec& spec) {
  std::string text;
  const bool valid = value >= 0 && value <= 0x10ffff && !(value >= 0xd800 && value <= 0xdfff);
  AppendUtf8(valid ? static_cast<uint32_t>(value) : kReplacement, text);
  if (spec.verb == "q") text = text == "'" ? "'\\''" : "'" + text + "'";
  return Pad(text, spec, spec.zero);
}

std::string FormatUnicode(int64_t value) {
  std::string digits = InBase(static_cast<uint64_t>(value), 16, true);
  if (digits.size() < 4) digits.insert(0, 4 - digits.size(), '0');
  return "U+" + digits;
}

std::string FormatInt(int64_t value, const Value& whole, const Spec& spec) {
  switch (spec.verb[0]) {
    case 'v':
    case 'd':
      return FormatBased(value, 10, false, "", spec);
    case 'b':
      return FormatBased(value, 2, false, "0b", spec);
    case 'o':
      return FormatBased(value, 8, false, "0", spec);
    case 'x':
      return FormatBased(value, 16, false, "0x", spec);
    case 'X':
      return FormatBased(value, 16, true, "0X", spec);
    case 'c':
    case 'q':
      return FormatCodePoint(value, spec);
    case 'U':
      return Pad(FormatUnicode(value), spec, false);
    case 'O':
      return Pad("0o" + InBase(static_cast<uint64_t>(value), 8, false), spec, false);
    default:
      return BadVerb(whole, spec);
  }
}

std::string FormatDouble(double value, const Value& whole, const Spec& spec) {
  const char verb = spec.verb[0];
  std::string text;
  if (verb == 'v' || verb == 'g' || verb == 'G') {
    text = FormatFloat(value, 'g', spec.precision.value_or(-1));
  } else if (verb == 'e' || verb == 'E') {
    text = FormatFloat(value, 'e', spec.precision.value_or(6));
  } else if (verb == 'f' || verb == 'F') {
    text = FormatFloat(value, 'f', spec.precision.value_or(6));
  } else {
    return BadVerb(whole, spec);
  }
  if (verb == 'E' || verb == 'G') std::replace(text.begin(), text.end(), 'e', 'E');
  return PadNumber(WithSign(std::move(text), spec), spec);
}

std::string Truncate(std::string_view text, const Spec& spec) {
  if (!spec.precision) return std::string(text);
  int left = *spec.precision;
  size_t end = 0;
  while (end < text.size() && left > 0) {
    size_t size = 0;
    DecodeUtf8(text.substr(end), size);
    end += size;
    --left;
  }
  return std::string(text.substr(0, end));
}

std::string Hex(std::string_view text, bool upper, const Spec& spec) {
  std::string out = spec.sharp && !text.empty() ? (upper ? "0X" : "0x") : "";
  bool first = true;
  for (const char c : text) {
    if (spec.space && !first) out += ' ';
    first = false;
    const std::string byte = InBase(static_cast<unsigned char>(c), 16, upper);
    out += byte.size() < 2 ? "0" + byte : byte;
  }
  return out;
}

std::string FormatText(std::string_view text, const Value& whole, const Spec& spec) {
  switch (spec.verb[0]) {
    case 'v':
      if (spec.sharp) return Pad(Quote(text), spec, spec.zero);
      return Pad(Truncate(text, spec), spec, spec.zero);
    case 's':
      return Pad(Truncate(text, spec), spec, spec.zero);
    case 'q':
      return Pad(Quote(Truncate(text, spec)), spec, spec.zero);
    case 'x':
      return Pad(Hex(Truncate(text, spec), false, spec), spec, spec.zero);
    case 'X':
      return Pad(Hex(Truncate(text, spec), true, spec), spec, spec.zero);
    default:
      return BadVerb(whole, spec);
  }
}

std::string FormatValue(const Value& value, const Spec& spec);

// Containers apply the verb to each element.
std::string FormatContainer(const Value& value, const Spec& spec) {
  std::string out;
  const auto add = [&](const std::string& text) {
    if (out.size() <= kMaxOutputBytes) out += (out.empty() ? "" : " ") + text;
  };
  if (const List* list = value.AsList()) {
    for (const Value& item : list->items) add(FormatValue(item, spec));
    return "[" + out + "]";
  }
  if (const Map* map = value.AsMap()) {
    for (const auto& [name, item] : map->items) {
      add(FormatValue(Value::String(name), spec) + ":" + FormatValue(item, spec));
    }
    return "map[" + out + "]";
  }
  const Struct& s = *value.AsStruct();
  for (const auto& [name, item] : s.fields) add((spec.plus ? name + ":" : "") + FormatValue(item, spec));
  return (s.type.starts_with('*') ? "&{" : "{") + out + "}";
}

std::string FormatValue(const Value& value, const Spec& spec) {
  if (spec.verb == "T") return Pad(value.TypeName(), spec, false);
  if (spec.verb == "p") return BadVerb(value, spec);
  if (value.IsNil()) return spec.verb == "v" ? Pad("<nil>", spec, false) : BadVerb(value, spec);
  if (const auto* b = value.As<bool>()) {
    if (spec.verb != "v" && spec.verb != "t") return BadVerb(value, spec);
    return Pad(*b ? "true" : "false", spec, false);
  }
  if (const auto* i = value.As<int64_t>()) return FormatInt(*i, value, spec);
  if (const auto* d = value.As<double>()) return FormatDouble(*d, value, spec);
  if (const auto* s = value.As<std::string>()) return FormatText(*s, value, spec);
  if (const auto* t = value.As<Instant>()) return FormatText(PrintTime(*t), value, spec);
  if (const auto* span = value.As<Duration>()) return FormatText(PrintSpan(*span), value, spec);
  return FormatContainer(value, spec);
}

class Formatter {
 public:
  Formatter(std::string_view format, std::span<const Value> args) : rest_(format), args_(args) {}

  std::string Run() {
    while (!rest_.empty() && out_.size() <= kMaxOutputBytes) {
      const size_t percent = std::min(rest_.find('%'), rest_.size());
      out_ += rest_.substr(0, percent);
      rest_.remove_prefix(percent);
      if (rest_.empty()) break;
      rest_.remove_prefix(1);
      Directive();
    }
    if (!reordered_ && next_ < args_.size()) AppendExtra();
    return std::move(out_);
  }

 private:
  bool Eat(char c) {
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }

  void Flags(Spec& spec) {
    while (!rest_.empty()) {
      bool* flag = rest_[0] == '+'   ? &spec.plus
                   : rest_[0] == '-' ? &spec.minus
                   : rest_[0] == '#' ? &spec.sharp
                   : rest_[0] == ' ' ? &spec.space
                   : rest_[0] == '0' ? &spec.zero
                                     : nullptr;
      if (flag == nullptr) return;
      *flag = true;
      rest_.remove_prefix(1);
    }
  }

  std::optional<int> Digits() {
    std::optional<int> number;
    while (!rest_.empty() && rest_[0] >= '0' && rest_[0] <= '9') {
      number = std::min(number.value_or(0) * 10 + (rest_[0] - '0'), kMaxWidth + 1);
      rest_.remove_prefix(1);
    }
    return number;
  }

  // `[2]`: the argument that comes next.
  void Index() {
    if (!rest_.starts_with('[')) return;
    reordered_ = true;
    const size_t close = rest_.find(']');
    if (close == std::string_view::npos) {
      good_index_ = false;
      rest_.remove_prefix(1);
      return;
    }
    rest_.remove_prefix(1);
    const size_t before = rest_.size();
    const std::optional<int> number = Digits();
    const bool whole = before - rest_.size() + 1 == close;
    rest_.remove_prefix(close - 1 - (before - rest_.size()) + 1);
    const bool good = whole && number && *number >= 1 && static_cast<size_t>(*number) <= args_.size();
    good_index_ = good_index_ && good;
    if (good) next_ = static_cast<size_t>(*number) - 1;
  }

  // A width or precision: digits, or `*` for an int argument.
  std::optional<int> Count(const char* complaint) {
    if (!Eat('*')) {
      const std::optional<int> number = Digits();
      if (number && *number > kMaxWidth) out_ += complaint;
      return number && *number > kMaxWidth ? std::nullopt : number;
    }
    const int64_t* number = next_ < args_.size() ? args_[next_].As<int64_t>() : nullptr;
    if (next_ < args_.size()) ++next_;
    if (number == nullptr || *number > kMaxWidth || *number < -kMaxWidth) {
      out_ += complaint;
      return std::nullopt;
    }
    return static_cast<int>(*number);
  }

  void Directive() {
    Spec spec;
    good_index_ = true;
    Flags(spec);
    Index();
    spec.width = Count("%!(BADWIDTH)");
    if (spec.width && *spec.width < 0) {
      spec.minus = true;
      spec.width = -*spec.width;
    }
    if (Eat('.')) {
      Index();
      spec.precision = Count("%!(BADPREC)").value_or(0);
      if (*spec.precision < 0) spec.precision.reset();
    }
    Index();
    Verb(spec);
  }

  void Verb(Spec& spec) {
    if (rest_.empty()) {
      out_ += "%!(NOVERB)";
      return;
    }
    size_t size = 0;
    DecodeUtf8(rest_, size);
    spec.verb = rest_.substr(0, size);
    rest_.remove_prefix(size);
    if (spec.verb == "%") {
      out_ += '%';
    } else if (!good_index_) {
      out_ += "%!" + spec.verb + "(BADINDEX)";
    } else if (next_ >= args_.size()) {
      out_ += "%!" + spec.verb + "(MISSING)";
    } else {
      out_ += FormatValue(args_[next_++], spec);
    }
  }

  void AppendExtra() {
    out_ += "%!(EXTRA ";
    for (size_t i = next_; i < args_.size(); ++i) {
      if (i > next_) out_ += ", ";
      out_ += args_[i].IsNil() ? "<nil>" : args_[i].TypeName() + "=" + Print(args_[i]);
    }
    out_ += ')';
  }

  std::string_view rest_;
  std::span<const Value> args_;
  size_t next_ = 0;
  bool reordered_ = false;
  bool good_index_ = true;
  std::string out_;
};

}  // namespace

std::string PrintFormat(std::string_view format, std::span<const Value> values) {
  return Formatter(format, values).Run();
}

}  // namespace belfry::tmpl
