"""The users' own manifests, unchanged: tests/manifests holds them byte for byte."""
import json
import re
import time

from harness import MANIFESTS, Story, wait_for

STAND_IN = """#!/bin/sh
# Stands in for a program of an image: records what it was called with.
{ echo "$0 $*"; env; echo --; } >> RECORD
BODY
"""


class ManifestsTest(Story):
    def stand_in(self, name, body):
        record = self.folder / f"{name}.record"
        program = self.write(f"programs/{name}", STAND_IN.replace("RECORD", str(record)).replace("BODY", body))
        program.chmod(0o755)
        return program, record

    def run_with_images(self, manifest, images):
        config = self.write("belfry.yaml", json.dumps({"runtime": {"images": images}}))
        return self.run_belfry("run", "-f", MANIFESTS / manifest, "--config", config)

    def test_echo(self):
        result = self.run_belfry("run", "-f", MANIFESTS / "job.echo.yaml", "-o", "json")
        document = json.loads(result.stdout)["jobs"][0]
        self.assertEqual((document["result"], document["completedIndexes"]), ("Complete", "0-4"))
        self.assertEqual(sorted(re.findall(r"render frame: (\d)", result.stderr)), list("01234"))

    def test_parallel_processing(self):
        # Three pods at a time: each waits until it has seen two others, or is one of the last.
        _, record = self.stand_in("python", 'mkdir -p "$0.now/$$"; ls "$0.now" | wc -l >> "$0.most"; rmdir "$0.now/$$"; echo "part $2"')
        result = self.run_with_images("job.parallel-processing.yaml", [
            {"match": "batch-worker:*", "env": {"PATH": f"{self.folder}/programs:/usr/bin:/bin"}}])
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        calls = re.findall(r"/app/process.py --partition=(\d+)\n", record.read_text())
        self.assertEqual(sorted(map(int, calls)), list(range(10)))
        for index in range(10):
            self.assertEqual(len(re.findall(rf"parallel-processing-{index}-[a-z0-9]{{5}} \| Processing batch {index}\n", result.stdout)), 1)
        self.assertEqual(record.read_text().count("JOB_COMPLETION_INDEX="), 10)
        hosts = re.findall(r"^HOSTNAME=(.*)$", record.read_text(), re.M)
        self.assertEqual(sorted(hosts), sorted(f"parallel-processing-{i}" for i in range(10)))
        most = max(map(int, (self.folder / "programs/python.most").read_text().split()))
        self.assertLessEqual(most, 3)

    def test_logged_job(self):
        program, record = self.stand_in("logged", "")
        result = self.run_with_images("job.logged-job.yaml", [{"match": "batch-job:v1.0", "command": [str(program)]}])
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        environment = dict(line.split("=", 1) for line in record.read_text().splitlines() if "=" in line)
        self.assertEqual(environment["JOB_NAME"], "logged-job")
        # The users' file ends at `valueFrom:` with nothing behind it: to Kubernetes that is an empty variable.
        self.assertEqual(environment["POD_NAME"], "")
        self.assertRegex(environment["HOSTNAME"], r"^logged-job-[a-z0-9]{5}$")
        self.assertEqual(environment["LOG_FORMAT"], "json")

    def test_image_without_entry_and_command_is_said(self):
        result = self.run_belfry("run", "-f", MANIFESTS / "job.logged-job.yaml", "--timeout", "3s")
        self.assertEqual(result.returncode, 1)
        self.assertIn("batch-job:v1.0", result.stdout)
        self.assertIn("runtime.images", result.stdout)

    def test_hello_fires_on_the_minute(self):
        agent = self.start_agent([MANIFESTS / "cronjob.hello.yaml"])
        last = 'kube_cronjob_status_last_schedule_time{namespace="default",cronjob="hello"}'
        slot = wait_for("the first slot", lambda: agent.value(last), timeout=90)
        self.assertEqual(slot % 60, 0)
        self.assertLess(abs(time.time() - slot), 60)
        wait_for("its success", lambda: agent.value(
            'cronjob_jobs_total{namespace="default",cronjob="hello",status="succeeded"}') == 1)
        self.assertIn(f'job_name="hello-{int(slot) // 60}"', agent.metrics())
        logs = list((agent.data_dir / "logs").rglob("*.log"))
        self.assertEqual(sum("Hello from the Kubernetes cluster" in log.read_text() for log in logs), 1)

    def test_every_manifest_of_these_kinds_is_accepted(self):
        files = [path for kind in ("job", "cronjob", "configmap", "prometheusrule") for path in MANIFESTS.glob(kind + ".*")]
        self.assertGreater(len(files), 15)
        result = self.run_belfry("check", "manifests", *files)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("this version does not act on it", result.stdout)
