// Next, Latest and Count against a walk over every minute that asks the C library what the clock shows. The
// two share no code: the C library reads the tz database itself.
#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <ctime>
#include <string>
#include <vector>

#include "agent/base/random.h"
#include "agent/cron/expression.h"

namespace belfry::cron {
namespace {

constexpr const char* kZones[] = {"UTC",
                                  "Europe/Berlin",
                                  "Europe/London",
                                  "Europe/Dublin",
                                  "Europe/Moscow",
                                  "America/New_York",
                                  "America/Los_Angeles",
                                  "America/St_Johns",
                                  "America/Sao_Paulo",
                                  "America/Havana",
                                  "America/Santiago",
                                  "America/Caracas",
                                  "Africa/Casablanca",
                                  "Africa/Cairo",
                                  "Asia/Shanghai",
                                  "Asia/Kolkata",
                                  "Asia/Kathmandu",
                                  "Asia/Tehran",
                                  "Asia/Pyongyang",
                                  "Asia/Gaza",
                                  "Australia/Lord_Howe",
                                  "Australia/Sydney",
                                  "Pacific/Apia",
                                  "Pacific/Chatham",
                                  "Antarctica/Troll"};
constexpr int64_t kFirst = 63072000;   // 1972
constexpr int64_t kLast = 2114380800;  // 2037
constexpr int64_t kWalkMinutes = 2 * 1440;

// A field as text and as the values it means.
struct RandomField {
  std::string text;
  std::array<bool, 60> values{};
  bool star = false;
};

class Generator {
 public:
  explicit Generator(uint64_t seed) : random_(seed) {}

  int64_t Below(int64_t n) { return static_cast<int64_t>(random_.Next() % static_cast<uint64_t>(n)); }

  RandomField Field(int min, int max, int star_of_ten) {
    if (Below(10) < star_of_ten) return Star(min, max);
    RandomField field;
    for (int64_t items = 1 + Below(3); items > 0; --items) AddItem(min, max, field);
    return field;
  }

 private:
  RandomField Star(int min, int max) {
    RandomField field{.text = Below(5) == 0 ? "?" : "*", .values = {}, .star = true};
    const int step = Below(3) == 0 ? 1 + static_cast<int>(Below(max - min + 1)) : 0;
    if (step > 0) field.text += "/" + std::to_string(step);
    if (step > 1) field.star = false;
    for (int v = min; v <= max; v += std::max(step, 1)) field.values[static_cast<size_t>(v)] = true;
    return field;
  }
  void AddItem(int min, int max, RandomField& field) {
    const int first = min + static_cast<int>(Below(max - min + 1));
    int last = first + static_cast<int>(Below(max - first + 1));
    int step = 1;
    std::string text = std::to_string(first);
    switch (Below(3)) {
      case 0:
        last = first;
        break;
      case 1:
        text += "-" + std::to_string(last);
        break;
      default:
        step = 1 + static_cast<int>(Below(20));
        last = max;
        text += "/" + std::to_string(step);
    }
    for (int v = first; v <= last; v += step) field.values[static_cast<size_t>(v)] = true;
    field.text += (field.text.empty() ? "" : ",") + text;
  }

  SeededRandom random_;
};

struct Pattern {
  RandomField minute, hour, day, month, weekday;

  std::string Text() const {
    return minute.text + " " + hour.text + " " + day.text + " " + month.text + " " + weekday.text;
  }
  bool Fits(const std::tm& t) const {
    if (t.tm_sec != 0 || !minute.values[static_cast<size_t>(t.tm_min)] ||
        !hour.values[static_cast<size_t>(t.tm_hour)])
      return false;
    if (!month.values[static_cast<size_t>(t.tm_mon + 1)]) return false;
    const bool by_day = day.values[static_cast<size_t>(t.tm_mday)];
    const bool by_weekday = weekday.values[static_cast<size_t>(t.tm_wday)];
    return day.star || weekday.star ? by_day && by_weekday : by_day || by_weekday;
  }
};

Pattern RandomPattern(Generator& generator) {
  return {.minute = generator.Field(0, 59, 3),
          .hour = generator.Field(0, 23, 5),
          .day = generator.Field(1, 31, 8),
          .month = generator.Field(1, 12, 8),
          .weekday = generator.Field(0, 6, 7)};
}

std::tm CivilAt(int64_t t) {
  const std::time_t time = t;
  std::tm civil{};
  localtime_r(&time, &civil);
  return civil;
}

// The whole minutes of (after, after + kWalkMinutes] at which the C library's clock shows what the pattern
// wants. The library is asked for every minute of a quarter of an hour in which the clock is changed; in the
// others minutes just count on.
std::vector<int64_t> Walk(const Pattern& pattern, int64_t after) {
  std::vector<int64_t> slots;
  const int64_t last = after + kWalkMinutes * 60;
  for (int64_t quarter = after - after % 900; quarter <= last; quarter += 900) {
    const std::tm civil = CivilAt(quarter);
    const bool even = civil.tm_gmtoff == CivilAt(quarter + 899).tm_gmtoff && civil.tm_min % 15 == 0;
    if (even && !pattern.hour.values[static_cast<size_t>(civil.tm_hour)]) continue;
    for (int minute = 0; minute < 15; ++minute) {
      const int64_t t = quarter + minute * 60;
      if (t <= after || t > last) continue;
      std::tm shown = civil;
      shown.tm_min += minute;
      if (pattern.Fits(even ? shown : CivilAt(t))) slots.push_back(t);
    }
  }
  return slots;
}

std::optional<int64_t> ToSecondsSince1970(const std::optional<Instant>& t) {
  return t ? std::optional(ToUnixSeconds(*t)) : std::nullopt;
}

void Compare(const Pattern& pattern, const Schedule& schedule, const Zone& zone, int64_t after) {
  const std::vector<int64_t> slots = Walk(pattern, after);
  const Instant from = FromUnixSeconds(after);
  const Instant until = from + minutes(kWalkMinutes);
  const auto next = ToSecondsSince1970(Next(schedule, zone, from));
  if (slots.empty()) {
    EXPECT_TRUE(!next || *next > after + kWalkMinutes * 60);
  } else {
    EXPECT_EQ(next, slots.front());
  }
  EXPECT_EQ(Count(schedule, zone, from, until), std::ssize(slots));
  EXPECT_EQ(ToSecondsSince1970(Latest(schedule, zone, from, until)),
            slots.empty() ? std::nullopt : std::optional(slots.back()));
}

// An instant near one of the zone's clock changes, or any.
int64_t RandomInstant(Generator& generator, const Zone& zone) {
  const int64_t any = kFirst + generator.Below(kLast - kFirst - kWalkMinutes * 60);
  const ZoneSpan& span = zone.At(FromUnixSeconds(any));
  if (generator.Below(2) == 0 || span.end > FromUnixSeconds(kLast - 5 * 86400)) return any;
  return ToUnixSeconds(span.end) - generator.Below(3 * 86400);
}

TEST(Differential, EqualsTheMinuteWalk) {
  const char* old = std::getenv("TZ");
  const std::string saved = old == nullptr ? "" : old;
  uint64_t seed = 20260101;
  for (const char* name : kZones) {
    ASSERT_EQ(setenv("TZ", name, 1), 0);
    tzset();
    Generator generator(seed++);
    const Zone zone = *LoadZone(name);
    for (int i = 0; i < 800; ++i) {
      const Pattern pattern = RandomPattern(generator);
      const auto schedule = Parse(pattern.Text());
      ASSERT_TRUE(schedule.ok()) << pattern.Text();
      const int64_t after = RandomInstant(generator, zone);
      SCOPED_TRACE(pattern.Text() + " in " + name + " after " + FormatRfc3339(FromUnixSeconds(after)));
      Compare(pattern, *schedule, zone, after);
      if (HasFailure()) break;
    }
  }
  old == nullptr ? unsetenv("TZ") : setenv("TZ", saved.c_str(), 1);
  tzset();
}

}  // namespace
}  // namespace belfry::cron
