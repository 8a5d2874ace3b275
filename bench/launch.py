#!/usr/bin/env python3
"""How fast Belfry runs short Jobs, as ratios to a raw posix_spawn loop of the same run.

  launch.py BUILD_DIR [COUNT] [ROUNDS]

(a) one Indexed Job of COUNT x /bin/true, parallelism 4, durable and logged; (b) COUNT separate Jobs. Each round measures the raw loop before
and after; medians are printed. CPU is that of agent and supervisor together, per run, without the programs' own.
"""
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests/e2e"))
BUILD = pathlib.Path(sys.argv[1])
os.environ["BELFRY_BINARY"] = str(BUILD / "belfry")
from harness import Agent, processes_with, wait_for  # noqa: E402

COUNT = int(sys.argv[2]) if len(sys.argv) > 2 else 5000
ROUNDS = int(sys.argv[3]) if len(sys.argv) > 3 else 3
TICK = os.sysconf("SC_CLK_TCK")


def raw():
    return float(subprocess.check_output([BUILD / "raw_spawn", "/bin/true", str(COUNT), "2"], text=True))


def job(name, **spec):
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": name, "namespace": "bench"},
            "spec": {**spec, "template": {"spec": {"restartPolicy": "Never", "containers": [
                {"name": "main", "image": "none", "command": ["/bin/true"]}]}}}}


def cpu(pids):
    """Seconds of user and system time of these processes themselves."""
    total = 0
    for pid in pids:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        total += int(fields[11]) + int(fields[12])
    return total / TICK


def measure(objects, done):
    """(seconds, CPU seconds) from the file's arrival until done(agent) says that all have succeeded."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="belfry-bench-"))
    try:
        (folder / "jobs").mkdir()
        warm = folder / "jobs/warm.json"
        agent = Agent(folder, [folder / "jobs"])
        warm.write_text(json.dumps(job("warm")))
        wait_for("the first Job", lambda: agent.value('kube_job_status_succeeded{namespace="bench",job_name="warm"}') == 1)
        pids = [agent.process.pid, *processes_with(f"supervisor --data-dir {agent.data_dir}")]
        before, begin = cpu(pids), time.monotonic()
        (folder / "new.json").write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": objects}))
        (folder / "new.json").rename(folder / "jobs/bench.json")
        wait_for("all runs", lambda: done(agent), timeout=600)
        seconds, used = time.monotonic() - begin, cpu(pids) - before
        agent.stop()
        return seconds, used
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def compare(title, objects, done, budget):
    ratios, per_run = [], []
    for _ in range(ROUNDS):
        first = raw()
        seconds, used = measure(objects, done)
        ratios.append(statistics.mean([first, raw()]) / seconds)
        per_run.append(1000 * used / COUNT)
    print(f"{title}: {statistics.median(ratios):.2f} of the raw rate (budget {budget}), "
          f"{statistics.median(per_run):.2f} ms CPU per run, {COUNT} runs, median of {ROUNDS}")


def main():
    print(f"raw posix_spawn + waitpid, 2 threads: {1000 * raw() / COUNT:.3f} ms per run")
    compare("Indexed Job, parallelism 4", [job("bench", completions=COUNT, parallelism=4, completionMode="Indexed")],
            lambda agent: agent.value('kube_job_status_succeeded{namespace="bench",job_name="bench"}') == COUNT, "0.75, 1.0 ms")

    def all_succeeded(agent):
        result = agent.query('sum(kube_job_status_succeeded{namespace="bench"})')
        return result and float(result[0]["value"][1]) == COUNT + 1
    compare("separate Jobs", [job(f"bench-{i}") for i in range(COUNT)], all_succeeded, "0.5")


if __name__ == "__main__":
    main()
