#!/usr/bin/env python3
"""How fast Belfry runs short Jobs, as ratios to a raw posix_spawn loop of the same run.

  launch.py BUILD_DIR [COUNT] [ROUNDS]

(a) one Indexed Job of COUNT x /bin/true, parallelism 4, durable and logged; (b) COUNT separate Jobs; (c) as (a) in `belfry run`, which is not
durable and prints. Each round measures the raw loop before and after; medians are printed. CPU is that of agent and supervisor together, per
run, without the programs' own.
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
from harness import Agent, get, processes_with, wait_for  # noqa: E402

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


def succeeded(agent, name):
    """Of one Job, which costs the agent next to nothing to say: a page of all metrics would be measured, too."""
    status, text = get(f"{agent.url}/apis/batch/v1/namespaces/bench/jobs/{name}")
    return json.loads(text)["status"].get("succeeded", 0) if status == 200 else 0


def measure(objects, done):
    """(seconds, CPU seconds) from the file's arrival until done(agent) says that all have succeeded."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="belfry-bench-"))
    try:
        (folder / "jobs").mkdir()
        warm = folder / "jobs/warm.json"
        agent = Agent(folder, [folder / "jobs"])
        warm.write_text(json.dumps(job("warm")))
        wait_for("the first Job", lambda: succeeded(agent, "warm") == 1)
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


def run_in_foreground():
    """Seconds of one `belfry run`."""
    text = json.dumps(job("bench", completions=COUNT, parallelism=4, completionMode="Indexed"))
    begin = time.monotonic()
    subprocess.run([BUILD / "belfry", "run", "-f", "-"], input=text, text=True, stdout=subprocess.DEVNULL, check=True)
    return time.monotonic() - begin


def compare(title, run, budget):
    """`run` gives seconds and CPU seconds, or seconds alone."""
    ratios, per_run = [], []
    for _ in range(ROUNDS):
        first = raw()
        seconds, *used = run()
        ratios.append(statistics.mean([first, raw()]) / seconds)
        per_run += [1000 * value / COUNT for value in used]
    cpu_text = f"{statistics.median(per_run):.2f} ms CPU per run, " if per_run else ""
    print(f"{title}: {statistics.median(ratios):.2f} of the raw rate ({budget}), {cpu_text}{COUNT} runs, median of {ROUNDS}")


def main():
    print(f"raw posix_spawn + waitpid, 2 threads: {1000 * raw() / COUNT:.3f} ms per run")
    one = [job("bench", completions=COUNT, parallelism=4, completionMode="Indexed")]
    compare("Indexed Job, parallelism 4", lambda: measure(one, lambda agent: succeeded(agent, "bench") == COUNT),
            "budget 0.75, 1.0 ms")

    def all_succeeded(agent):
        if succeeded(agent, f"bench-{COUNT - 1}") == 0:
            return False
        result = agent.query('sum(kube_job_status_succeeded{namespace="bench"})')
        return result and float(result[0]["value"][1]) == COUNT + 1
    many = [job(f"bench-{i}") for i in range(COUNT)]
    compare("separate Jobs", lambda: measure(many, all_succeeded), "budget 0.5")
    compare("belfry run, Indexed, parallelism 4", lambda: (run_in_foreground(),), "no budget")


if __name__ == "__main__":
    main()
