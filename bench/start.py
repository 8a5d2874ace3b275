#!/usr/bin/env python3
"""How late Belfry starts what is due, and what waiting costs.

  start.py BUILD_DIR [a|b|c ...]

(a) 200 slots of an idle agent, one a second (of 60 the p99 would be the worst): from the scheduled instant to the program's first line,
    which is the clock that `bench/stamp` reads in its first instruction; and what the agent says of it, cronjob_schedule_delay_seconds.
    A quarter of a second before each slot the least that a durable start can be, for comparison: a process that sleeps until then, syncs
    20 KiB to the same disk and spawns the same program. (The agent keeps its counters in the middle of a second.)
(b) 1000 CronJobs due in one second: from that second to the last program's first line, as a ratio to spawning the same program as
    often with posix_spawn from two threads in the same run.
(c) 10000 CronJobs and nothing due: CPU of agent and supervisor.
"""
import json
import math
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests/e2e"))
BUILD = pathlib.Path(sys.argv[1]).resolve()
os.environ["BELFRY_BINARY"] = str(BUILD / "belfry")
from harness import Agent, processes_with, wait_for  # noqa: E402

SLOTS, DUE, IDLE = 200, 1000, 10_000
NOTE_BYTES = 20 * 1024  # what the agent writes for a start
TICK = os.sysconf("SC_CLK_TCK")


def cronjob(name, schedule, command):
    return {"apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": name, "namespace": "bench"},
            "spec": {"schedule": schedule, "timeZone": "Etc/UTC", "jobTemplate": {"spec": {"template": {"spec": {
                "restartPolicy": "Never", "containers": [{"name": "main", "image": "none", "command": command}]}}}}}}


def put(folder, name, objects):
    """A manifest file that comes as a whole."""
    (folder / "new").write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": objects}))
    (folder / "new").rename(folder / "manifests" / name)


def cpu(pids):
    total = 0
    for pid in pids:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        total += int(fields[11]) + int(fields[12])
    return total / TICK


class World:
    def __enter__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="belfry-bench-"))
        (self.folder / "manifests").mkdir()
        (self.folder / "stamps").mkdir()
        self.agent = Agent(self.folder, [self.folder / "manifests"])
        return self

    def __exit__(self, *_):
        self.agent.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def command(self):
        return [str(BUILD / "stamp"), str(self.folder / "stamps")]

    def stamps(self):
        return stamps_in(self.folder / "stamps")


def stamps_in(folder):
    """Seconds since 1970 of each run's first instruction."""
    return sorted(int(entry.name.split("-")[0]) / 1e9 for entry in os.scandir(folder))


def quantile(values, q):
    return sorted(values)[min(len(values) - 1, int(q * len(values)))]


def least_starts(folder, disk, count):
    """Starts at x.75 s, each after what it takes to note it on the disk, in a file that has its size."""
    folder.mkdir()
    with open(disk, "wb", buffering=0) as note:
        note.write(bytes(NOTE_BYTES * count))
        os.fsync(note.fileno())
        for i in range(count):
            time.sleep(math.ceil(time.time() + 0.25) - 0.25 - time.time())
            os.pwrite(note.fileno(), bytes(NOTE_BYTES), NOTE_BYTES * i)
            os.fdatasync(note.fileno())
            os.waitpid(os.posix_spawn(BUILD / "stamp", [str(BUILD / "stamp"), str(folder)], {}), 0)


def delays_of(stamps, offset=0.0):
    """Milliseconds since the whole second (plus offset) before each."""
    return [1000 * ((stamp - offset) % 1) for stamp in stamps]


def in_words(delays):
    return f"p50 {quantile(delays, 0.5):.2f} ms, p99 {quantile(delays, 0.99):.2f} ms"


def idle_starts():
    with World() as world:
        put(world.folder, "etl.json", [cronjob("etl", "@every 1s", world.command())])
        least = threading.Thread(target=least_starts, args=(world.folder / "least", world.folder / "note", SLOTS))
        least.start()
        least.join()
        wait_for("every run", lambda: len(world.stamps()) >= SLOTS, timeout=60)
        # The scheduled instants are whole seconds.
        ours = delays_of(world.stamps())
        raw = delays_of(stamps_in(world.folder / "least"), 0.75)
        said = {}
        for line in world.agent.metrics().splitlines():
            for part in ("_sum", "_count"):
                if line.startswith("cronjob_schedule_delay_seconds" + part):
                    said[part] = said.get(part, 0) + float(line.rsplit(" ", 1)[1])
        print(f"idle agent, {len(ours)} starts, scheduled instant to first instruction: {in_words(ours)} (budget: p99 10 ms)")
        print(f"  sync and spawn, nothing else: {in_words(raw)}; ratio {quantile(ours, 0.5) / quantile(raw, 0.5):.2f} and "
              f"{quantile(ours, 0.99) / quantile(raw, 0.99):.2f}")
        print(f"  cronjob_schedule_delay_seconds of the same runs: mean {1000 * said['_sum'] / said['_count']:.2f} ms of {said['_count']:.0f}; "
              f"mean of the programs' own clocks {statistics.mean(ours):.2f} ms")


def raw_spawn(folder):
    return float(subprocess.check_output([BUILD / "raw_spawn", BUILD / "stamp", str(DUE), "2", folder], text=True))


def due_in_one_second():
    with World() as world:
        raw_folder = world.folder / "raw"
        raw_folder.mkdir()
        first = raw_spawn(raw_folder)
        # The minute after the next one: all must be there before.
        slot = (int(time.time()) // 60 + 2) * 60
        at = time.gmtime(slot)
        schedule = f"{at.tm_min} {at.tm_hour} {at.tm_mday} {at.tm_mon} *"
        put(world.folder, "due.json", [cronjob(f"due-{i}", schedule, world.command()) for i in range(DUE)])
        while time.time() < slot - 1:
            time.sleep(0.2)
        agent, supervisor = [world.agent.process.pid], processes_with(f"supervisor --data-dir {world.agent.data_dir}")
        before = cpu(agent), cpu(supervisor)
        wait_for("the last start", lambda: len(world.stamps()) >= DUE, timeout=120)
        used = cpu(agent) - before[0], cpu(supervisor) - before[1]
        last = world.stamps()[-1] - slot
        raw = statistics.mean([first, raw_spawn(raw_folder)])
        print(f"{DUE} due in one second: first start after {1000 * (world.stamps()[0] - slot):.1f} ms, last after {1000 * last:.0f} ms; raw spawn of "
              f"{DUE}: {1000 * raw:.0f} ms; ratio {last / raw:.2f} (budget 1.5)")
        print(f"  CPU for each until then: agent {1000 * used[0] / DUE:.2f} ms, supervisor {1000 * used[1] / DUE:.2f} ms; "
              f"the raw loop has both cores for itself: {1000 * raw / DUE:.2f} ms of wall time each")


def idle_cost():
    with World() as world:
        put(world.folder, "idle.json", [cronjob(f"idle-{i}", "0 0 1 1 *", world.command()) for i in range(IDLE)])
        wait_for("all CronJobs", lambda: world.agent.query("count(kube_cronjob_info)") and
                 float(world.agent.query("count(kube_cronjob_info)")[0]["value"][1]) == IDLE, timeout=300)
        time.sleep(5)
        pids = [world.agent.process.pid, *processes_with(f"supervisor --data-dir {world.agent.data_dir}")]
        before, begin = cpu(pids), time.monotonic()
        time.sleep(30)
        share = (cpu(pids) - before) / (time.monotonic() - begin)
        print(f"{IDLE} CronJobs, nothing due: {100 * share:.3f} % CPU over 30 s (clock tick {1000 / TICK:.0f} ms)")


if __name__ == "__main__":
    for name, part in {"a": idle_starts, "b": due_in_one_second, "c": idle_cost}.items():
        if not sys.argv[2:] or name in sys.argv[2:]:
            part()
