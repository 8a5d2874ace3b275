#!/usr/bin/env python3
"""The rule engine against a real Prometheus and promtool (Debian's), all in one run: times as ratios, and memory.

  rules.py BUILD_DIR [a|b|c|store ...]

(a) the four documented rules over Jobs: Prometheus scrapes the same rows as a page and evaluates every 5 s; its own measure
    prometheus_rule_group_last_duration_seconds against the wall time of our engine's whole turn, hand-over of alerts included.
(b) ten heavier expressions over two hours of samples that both hold in memory (Prometheus gets them by remote write): its
    statistics' evalTotalTime against the time of our evaluation; results must be equal.
(c) `belfry test rules` against `promtool test rules` on a file with 10,000 series over an hour.
(store) memory of 100,000 series x 2 h at 15 s.
"""
import contextlib
import http.server
import json
import math
import os
import pathlib
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
import urllib.request

BUILD = pathlib.Path(sys.argv[1])
ROOT = pathlib.Path(__file__).resolve().parent.parent
BENCH = str(BUILD / "rules_bench")
RULES = ROOT / "rules/alerts/batch-jobs.yaml"
FAILURES = []

QUERIES = """\
instant rate(job_runs_total[5m])
range sum by (namespace) (rate(job_runs_total[5m]))
range histogram_quantile(0.9, sum by (le, namespace) (rate(job_duration_seconds_bucket[5m])))
range kube_job_status_active * on (namespace, job_name) group_left (owner_name) kube_job_owner
instant max_over_time(sum by (cronjob) (rate(job_runs_total[5m]))[1h:1m])
range topk(5, sum by (cronjob) (increase(job_runs_total[10m])))
range avg_over_time(kube_job_status_active[15m]) > 0.25
range sum by (cronjob) (rate(job_runs_total{result="failed"}[10m])) / sum by (cronjob) (rate(job_runs_total[10m])) > 0.01
instant quantile_over_time(0.95, kube_job_status_active[1h])
range count by (namespace) ({__name__=~"kube_job_.*", namespace=~"team-[0-3]"} == 1)
"""


def budget(what, ratio, least):
    verdict = "ok" if ratio >= least else "MISSED"
    if ratio < least:
        FAILURES.append(what)
    return f"{ratio:7.1f}x (budget {least:g}x: {verdict})"


def ours(*args):
    out = subprocess.run([BENCH, *map(str, args)], check=True, stdout=subprocess.PIPE, text=True).stdout
    return [json.loads(line) for line in out.splitlines()]


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


@contextlib.contextmanager
def serving(page):
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.send_header("Content-Length", str(len(page)))
            self.end_headers()
            self.wfile.write(page)

        def log_message(self, *args):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()


class Prometheus:
    def __init__(self, folder, config, *flags):
        self.port = free_port()
        (folder / "prometheus.yml").write_text(config)
        self.log = open(folder / "log", "w")
        self.process = subprocess.Popen(
            ["prometheus", f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data",
             f"--web.listen-address=127.0.0.1:{self.port}", "--log.level=warn", *flags],
            stdout=self.log, stderr=self.log)
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError):
                self.get("/-/ready")
                return
            time.sleep(0.1)
        self.close()
        raise RuntimeError("prometheus does not start: " + (folder / "log").read_text()[-500:])

    def get(self, path, timeout=60):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=timeout) as answer:
            return answer.read()

    def metric(self, name):
        found = re.search(rf"^{name}(?:{{[^}}]*}})? (\S+)$", self.get("/metrics").decode(), re.M)
        return float(found[1]) if found else math.nan

    def memory_mb(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmHWM:\s+(\d+)", status)[1]) / 1024

    def close(self):
        self.process.terminate()
        self.process.wait()
        self.log.close()


@contextlib.contextmanager
def prometheus(config, *flags, rules=None):
    folder = pathlib.Path(tempfile.mkdtemp(prefix="belfry-bench-"))
    try:
        if rules:
            (folder / "rules.yaml").write_text(rules)
        server = Prometheus(folder, config.format(folder=folder), *flags)
        try:
            yield server
        finally:
            server.close()
    finally:
        shutil.rmtree(folder)


def plain_rules():
    """The shipped PrometheusRule as the plain file that Prometheus reads."""
    lines = RULES.read_text().splitlines()
    return "\n".join(line[2:] for line in lines[lines.index("spec:") + 1:]) + "\n"


# --- (a) ---

def theirs_alerts(page, evaluations=8):
    """Seconds per evaluation of the group, and the peak of memory."""
    config = """\
global: {{scrape_interval: 5s, scrape_timeout: 5s, evaluation_interval: 5s}}
rule_files: [{folder}/rules.yaml]
scrape_configs: [{{job_name: rows, honor_labels: true, static_configs: [{{targets: ['127.0.0.1:%d']}}]}}]
"""
    with serving(page) as port, prometheus(config % port, rules=plain_rules()) as server:
        seconds = []
        last = 0
        deadline = time.monotonic() + 300
        while len(seconds) < evaluations + 2 and time.monotonic() < deadline:
            time.sleep(0.5)
            at = server.metric("prometheus_rule_group_last_evaluation_timestamp_seconds")
            samples = server.metric("prometheus_rule_group_last_evaluation_samples")
            if at != last and samples > 0:
                last = at
                seconds.append(server.metric("prometheus_rule_group_last_duration_seconds"))
        assert server.metric("prometheus_rule_evaluation_failures_total") == 0
        return statistics.median(seconds[2:]), server.memory_mb()  # the first two meet an empty store


def bench_alerts():
    print("(a) four documented rules, one evaluation")
    for jobs in (1000, 10_000, 100_000):
        for share in ("mixed", "batch"):
            now = int(time.time())
            page = subprocess.run([BENCH, "page", str(now), str(jobs), share], check=True, stdout=subprocess.PIPE).stdout
            before = ours("alerts", now, jobs, share, RULES)[0]
            theirs, memory = theirs_alerts(page)
            after = ours("alerts", now, jobs, share, RULES)[0]
            wall = (before["wall"] + after["wall"]) / 2
            ratio = theirs / wall
            text = budget(f"(a) {jobs} {share}", ratio, 25) if jobs == 100_000 else f"{ratio:7.1f}x"
            where = "all in namespace batch" if share == "batch" else "a fifth in namespace batch"
            print(f"  {jobs:7,} Jobs, {where}: Prometheus {theirs * 1000:8.2f} ms, Belfry {wall * 1000:7.2f} ms "
                  f"(CPU {after['cpu'] * 1000:.2f}), {text}; alerts {after['pending']} pending {after['firing']} firing; "
                  f"memory {memory:.0f} MB, Belfry {after['peak_mb']:.0f} MB of which rows {after['rows_mb']:.0f} MB", flush=True)


# --- (b) ---

def write_remotely(server, now):
    bodies = subprocess.run([BENCH, "history", str(now)], check=True, stdout=subprocess.PIPE).stdout
    at = 0
    while at < len(bodies):
        size = int.from_bytes(bodies[at:at + 4], "little")
        request = urllib.request.Request(
            f"http://127.0.0.1:{server.port}/api/v1/write", data=bodies[at + 4:at + 4 + size],
            headers={"Content-Encoding": "snappy", "Content-Type": "application/x-protobuf",
                     "X-Prometheus-Remote-Write-Version": "0.1.0"})
        urllib.request.urlopen(request, timeout=60).read()
        at += 4 + size


def theirs_query(server, line, now, rounds=7):
    kind, expr = line.split(" ", 1)
    parameters = {"query": expr, "stats": "all"}
    if kind == "range":
        path, parameters = "query_range", {**parameters, "start": now - 7200, "end": now, "step": 60}
    else:
        path, parameters = "query", {**parameters, "time": now}
    seconds = []
    for _ in range(rounds):
        data = json.loads(server.get(f"/api/v1/{path}?" + urllib.parse.urlencode(parameters)))["data"]
        seconds.append(data["stats"]["timings"]["evalTotalTime"])
    values = [float(v[1]) for s in data["result"] for v in s.get("values", [s.get("value")])]
    return statistics.median(seconds), len(data["result"]), len(values), math.fsum(values)


def bench_queries():
    print("(b) heavier expressions over 8,800 series x 2 h at 15 s, instant or 121 steps")
    now = int(time.time()) // 60 * 60
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.write(QUERIES)
        file.flush()
        config = "global: {{scrape_interval: 1h}}\n"
        with prometheus(config, "--web.enable-remote-write-receiver") as server:
            write_remotely(server, now)
            theirs = [theirs_query(server, line, now) for line in QUERIES.splitlines()]
            memory = server.memory_mb()
        mine = ours("queries", now, file.name)
    for line, (seconds, series, values, total), own in zip(QUERIES.splitlines(), theirs, mine):
        ties = "topk" in line  # of equals Prometheus keeps any
        same = (ties or series == own["series"]) and values == own["values"] and math.isclose(total, own["sum"], rel_tol=1e-9)
        if not same:
            FAILURES.append("(b) results differ: " + line)
            print(f"  DIFFERENT RESULTS: {series}/{values}/{total} and {own['series']}/{own['values']}/{own['sum']}")
        print(f"  Prometheus {seconds * 1000:8.2f} ms, Belfry {own['wall'] * 1000:8.2f} ms, "
              f"{budget('(b) ' + line, seconds / own['wall'], 3)}  {line}")
    print(f"  memory {memory:.0f} MB, Belfry {mine[-1]['peak_mb']:.0f} MB; {mine[-1]['bytes_per_sample']} bytes a sample", flush=True)


# --- (c) ---

def test_file(jobs, folder):
    """Rows like those of (a), 5 series a Job, over an hour."""
    lines = ["rule_files: [rules.yaml]", "evaluation_interval: 1m", "tests:", "- interval: 1m", "  input_series:"]
    for i in range(jobs):
        labels = f'{{namespace="batch",job_name="nightly-{i}"}}'
        kind = i % 100
        for name, values in (("kube_job_status_failed", f"0x20 {int(kind < 5)}x40"),
                             ("kube_job_status_start_time", "0x60"),
                             ("kube_job_spec_active_deadline_seconds", "3600x60"),
                             ("kube_job_status_active", f"{int(kind >= 5)}x60"),
                             ("kube_job_status_succeeded", "0x60")):
            lines.append(f"  - series: '{name}{labels}'\n    values: '{values}'")
    lines.append("  alert_rule_test:")
    for minute in (10, 20, 30, 40, 50, 60):
        lines.append(f"  - {{eval_time: {minute}m, alertname: CronJobMissedSchedule, exp_alerts: []}}")
    lines.append("  promql_expr_test:\n  - expr: sum(kube_job_status_active)\n    eval_time: 60m\n"
                 f"    exp_samples: [{{labels: '{{}}', value: {sum(i % 100 >= 5 for i in range(jobs))}}}]")
    (folder / "rules.yaml").write_text(plain_rules())
    (folder / "test.yaml").write_text("\n".join(lines) + "\n")
    return folder / "test.yaml"


def timed(command):
    before = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return time.monotonic() - before, usage.ru_maxrss / 1024, process.returncode, output


def bench_tests():
    print("(c) test rules, 10,000 series x 60 minutes")
    folder = pathlib.Path(tempfile.mkdtemp(prefix="belfry-bench-"))
    try:
        file = str(test_file(2000, folder))
        commands = {"promtool": ["promtool", "test", "rules", file],
                    "belfry": [str(BUILD / "belfry"), "test", "rules", "--promql-compat=2", file]}
        runs = {name: [timed(command) for _ in range(3)] for name, command in commands.items()}
        for name, measured in runs.items():
            if any(code for _, _, code, _ in measured):
                FAILURES.append(f"(c) {name} fails")
                print(f"  {name} fails: {measured[0][3][:500]}")
        seconds = {name: statistics.median(run[0] for run in measured) for name, measured in runs.items()}
        memory = {name: max(run[1] for run in measured) for name, measured in runs.items()}
        print(f"  promtool {seconds['promtool']:.2f} s ({memory['promtool']:.0f} MB), Belfry {seconds['belfry']:.2f} s "
              f"({memory['belfry']:.0f} MB), {budget('(c)', seconds['promtool'] / seconds['belfry'], 5)}", flush=True)
    finally:
        shutil.rmtree(folder)


# --- storage ---

def bench_store():
    print("(store) history in memory")
    for series in (10_000, 100_000):
        row = ours("store", series)[0]
        over = series == 100_000 and (row["resident_mb"] > 200 or row["bytes_per_sample"] > 2)
        if over:
            FAILURES.append("(store)")
        print(f"  {series:,} series x 2 h at 15 s: {row['resident_mb']:.0f} MB resident (budget 200), "
              f"{row['bytes_per_sample']:.2f} bytes a sample (budget 2), {row['append_ns']:.0f} ns an append, "
              f"own estimate {row['estimated_mb']:.0f} MB{', MISSED' if over else ''}", flush=True)


def main():
    parts = {"a": bench_alerts, "b": bench_queries, "c": bench_tests, "store": bench_store}
    for name in sys.argv[2:] or parts:
        parts[name]()
    if FAILURES:
        print("budgets missed: " + "; ".join(FAILURES))
    return 1 if FAILURES else 0


if __name__ == "__main__":
    sys.exit(main())
