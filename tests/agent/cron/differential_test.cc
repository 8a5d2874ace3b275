// Next, Latest and Count against a walk over every minute of what the C library says the clock shows. The two
// share no code: the C library reads the tz database itself. It is asked once for each zone when the clock
// was set, so that 200,000 walks cost seconds.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <ctime>
#include <optional>
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
  bool FitsDay(const std::tm& t) const {
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

// When the C library's clock shows another offset, and which.
class ClockChanges {
 public:
  explicit ClockChanges(const char* zone) {
    setenv("TZ", zone, 1);
    tzset();
    constexpr int64_t kStep = 6 * 3600;
    changes_.push_back({kFirst, OffsetAt(kFirst)});
    for (int64_t t = kFirst; t < kLast; t += kStep) {
      if (OffsetAt(t + kStep) != changes_.back().offset) Bisect(t, t + kStep);
    }
  }

  struct Change {
    int64_t at;
    int64_t offset;
  };
  // The last change up to `t`.
  size_t IndexAt(int64_t t) const {
    const auto after = std::ranges::upper_bound(changes_, t, {}, &Change::at);
    return static_cast<size_t>(after - changes_.begin()) - 1;
  }
  int64_t EndOf(size_t index) const {
    return index + 1 < changes_.size() ? changes_[index + 1].at : kLast * 2;
  }
  int64_t OffsetOf(size_t index) const { return changes_[index].offset; }

 private:
  static int64_t OffsetAt(int64_t t) {
    const std::time_t time = t;
    std::tm civil{};
    localtime_r(&time, &civil);
    return civil.tm_gmtoff;
  }
  void Bisect(int64_t low, int64_t high) {
    while (high - low > 1) {
      const int64_t middle = low + (high - low) / 2;
      (OffsetAt(middle) == changes_.back().offset ? low : high) = middle;
    }
    changes_.push_back({high, OffsetAt(high)});
  }

  std::vector<Change> changes_;
};

// The whole minutes of (after, after + kWalkMinutes] at which the clock shows what the pattern wants, one
// after the other.
std::vector<int64_t> Walk(const Pattern& pattern, const ClockChanges& clock, int64_t after) {
  std::vector<int64_t> slots;
  const int64_t last = after + kWalkMinutes * 60;
  size_t index = clock.IndexAt(after);
  int64_t end = clock.EndOf(index);
  int64_t offset = clock.OffsetOf(index);
  int64_t day = -1;
  bool day_fits = false;
  for (int64_t t = after - after % 60 + 60; t <= last; t += 60) {
    if (t >= end) {
      index = clock.IndexAt(t);
      end = clock.EndOf(index);
      offset = clock.OffsetOf(index);
    }
    const std::time_t shown = t + offset;
    if (shown / 86400 != day) {
      day = shown / 86400;
      std::tm civil{};
      gmtime_r(&shown, &civil);
      day_fits = pattern.FitsDay(civil);
    }
    const int64_t second = shown - day * 86400;
    if (day_fits && second % 60 == 0 && pattern.hour.values[static_cast<size_t>(second / 3600)] &&
        pattern.minute.values[static_cast<size_t>(second / 60 % 60)])
      slots.push_back(t);
  }
  return slots;
}

std::optional<int64_t> ToSecondsSince1970(const std::optional<Instant>& t) {
  return t ? std::optional(ToUnixSeconds(*t)) : std::nullopt;
}

void Compare(const Pattern& pattern, const Schedule& schedule, const Zone& zone, const ClockChanges& clock,
             int64_t after) {
  const std::vector<int64_t> slots = Walk(pattern, clock, after);
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

// 25 zones, 200,000 cases.
constexpr int kCasesPerZone = 8000;

class Differential : public testing::TestWithParam<const char*> {
 protected:
  Differential() {
    if (const char* old = std::getenv("TZ")) old_ = old;
  }
  ~Differential() override {
    old_ ? setenv("TZ", old_->c_str(), 1) : unsetenv("TZ");
    tzset();
  }

 private:
  std::optional<std::string> old_;
};

TEST_P(Differential, EqualsTheMinuteWalk) {
  const ClockChanges clock(GetParam());
  const Zone zone = *LoadZone(GetParam());
  uint64_t seed = 20260101;
  for (const char* c = GetParam(); *c != '\0'; ++c) seed = seed * 31 + static_cast<unsigned char>(*c);
  Generator generator(seed);
  for (int i = 0; i < kCasesPerZone && !HasFailure(); ++i) {
    const Pattern pattern = RandomPattern(generator);
    const std::string text = pattern.Text();
    const auto schedule = Parse(text);
    ASSERT_TRUE(schedule.ok()) << text;
    const int64_t after = RandomInstant(generator, zone);
    Compare(pattern, *schedule, zone, clock, after);
    if (HasFailure()) ADD_FAILURE() << text << " after " << FormatRfc3339(FromUnixSeconds(after));
  }
}

INSTANTIATE_TEST_SUITE_P(Zones, Differential, testing::ValuesIn(kZones), [](const auto& info) {
  std::string name = info.param;
  std::ranges::replace(name, '/', '_');
  return name;
});

}  // namespace
}  // namespace belfry::cron
