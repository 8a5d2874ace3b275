#include <gtest/gtest.h>
#include <sys/eventfd.h>
#include <sys/timex.h>
#include <unistd.h>

#include <string>
#include <thread>

#include "agent/base/asio_event_loop.h"
#include "agent/base/fake_event_loop.h"
#include "agent/base/unique_fd.h"

namespace belfry {
namespace {

const Instant kStart = FromUnixSeconds(1'800'000'000);

TEST(FakeEventLoop, FiresTimersInTheOrderOfTheirDeadlines) {
  FakeEventLoop loop(kStart);
  std::string order;
  loop.RunAfter(seconds(3), [&] { order += "c"; });
  loop.RunAt(kStart + seconds(1), [&] { order += "a"; });
  loop.RunAfter(seconds(1), [&] { order += "b"; });
  loop.Post([&] { order += "p"; });
  loop.Advance(seconds(2));
  EXPECT_EQ(order, "pab");
  loop.Advance(seconds(1));
  EXPECT_EQ(order, "pabc");
  EXPECT_EQ(loop.Now(), kStart + seconds(3));
}

TEST(FakeEventLoop, TimerSeesItsOwnDeadlineAsNow) {
  FakeEventLoop loop(kStart);
  Instant seen;
  loop.RunAfter(seconds(5), [&] { seen = loop.Now(); });
  loop.Advance(hours(1));
  EXPECT_EQ(seen, kStart + seconds(5));
}

TEST(FakeEventLoop, CancelledTimerNeverFires) {
  FakeEventLoop loop(kStart);
  bool fired = false;
  const TimerId id = loop.RunAfter(seconds(1), [&] { fired = true; });
  loop.Cancel(id);
  loop.Advance(minutes(1));
  EXPECT_FALSE(fired);
}

TEST(FakeEventLoop, ClockJumpMovesCivilTimersOnlyAndIsTold) {
  FakeEventLoop loop(kStart);
  Duration told{0};
  bool civil = false;
  bool delay = false;
  loop.OnClockJump([&](Duration by) { told = by; });
  loop.RunAt(kStart + hours(1), [&] { civil = true; });
  loop.RunAfter(hours(1), [&] { delay = true; });
  loop.JumpClock(hours(2));
  loop.Advance(seconds(1));
  EXPECT_EQ(told, Duration(hours(2)));
  EXPECT_TRUE(civil);
  EXPECT_FALSE(delay);
}

TEST(Timer, IsForgottenWithItsOwner) {
  FakeEventLoop loop(kStart);
  bool fired = false;
  {
    Timer timer(loop);
    timer.RunAfter(seconds(1), [&] { fired = true; });
    EXPECT_TRUE(timer.armed());
  }
  loop.Advance(minutes(1));
  EXPECT_FALSE(fired);
}

TEST(Timer, MayBeArmedAnewByItsTask) {
  FakeEventLoop loop(kStart);
  int count = 0;
  Timer timer(loop);
  std::function<void()> again = [&] {
    if (++count < 3) timer.RunAfter(seconds(1), again);
  };
  timer.RunAfter(seconds(1), again);
  loop.Advance(seconds(10));
  EXPECT_EQ(count, 3);
}

TEST(AsioEventLoop, RunsPostsTimersAndWatches) {
  AsioEventLoop loop;
  UniqueFd fd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  std::string order;
  WatchId watch{};
  watch = loop.Watch(fd.get(), {.readable = true}, [&](FdEvents events) {
    order += events.readable ? "w" : "?";
    loop.Unwatch(watch);
    loop.RunAt(loop.Now() + milliseconds(1), [&] {
      order += "c";
      loop.Stop();
    });
  });
  loop.RunAfter(milliseconds(1), [&] {
    order += "t";
    const uint64_t one = 1;
    EXPECT_EQ(::write(fd.get(), &one, sizeof one), static_cast<ssize_t>(sizeof one));
  });
  loop.Post([&] { order += "p"; });
  loop.Run();
  EXPECT_EQ(order, "ptwc");
}

TEST(AsioEventLoop, TakesPostsFromOtherThreads) {
  AsioEventLoop loop;
  int count = 0;
  std::thread other([&] {
    for (int i = 0; i < 1000; ++i) {
      loop.Post([&] {
        if (++count == 1000) loop.Stop();
      });
    }
  });
  loop.Run();
  other.join();
  EXPECT_EQ(count, 1000);
}

// Sets the host's clock by so little that nobody else notices; false if this user may not.
bool SetClockBy(int64_t nanoseconds) {
  timex change{};
  change.modes = ADJ_SETOFFSET | ADJ_NANO;
  change.time.tv_sec = nanoseconds < 0 ? -1 : 0;
  change.time.tv_usec = nanoseconds < 0 ? 1'000'000'000 + nanoseconds : nanoseconds;
  return ::adjtimex(&change) >= 0;
}

// By the kernel's word: no timer is due for days.
TEST(AsioEventLoop, HearsAtOnceThatTheClockWasSet) {
  AsioEventLoop loop;
  int told = 0;
  bool looked_again = false;
  loop.OnClockJump([&](Duration by) {
    ++told;
    EXPECT_LT(std::chrono::abs(by), seconds(1));
    loop.RunAt(loop.Now(), [&] {
      looked_again = true;
      loop.Stop();
    });
  });
  loop.RunAt(loop.Now() + hours(72), [] { FAIL() << "not before its time"; });
  bool permitted = true;
  loop.Post([&] {
    permitted = SetClockBy(1000) && SetClockBy(-1000);
    if (!permitted) loop.Stop();
  });
  loop.RunAfter(seconds(60), [&] { loop.Stop(); });
  loop.Run();
  if (!permitted) GTEST_SKIP() << "this user may not set the host's clock";
  EXPECT_GE(told, 1);
  EXPECT_TRUE(looked_again);
}

TEST(AsioEventLoop, CancelledTimersNeverFire) {
  AsioEventLoop loop;
  bool fired = false;
  loop.Cancel(loop.RunAfter(milliseconds(1), [&] { fired = true; }));
  loop.Cancel(loop.RunAt(loop.Now() + milliseconds(1), [&] { fired = true; }));
  loop.RunAfter(milliseconds(5), [&] { loop.Stop(); });
  loop.Run();
  EXPECT_FALSE(fired);
}

}  // namespace
}  // namespace belfry
