"""CronJobs of a running agent: its Kubernetes paths, runs by hand, past slots, what became of slots."""
import json
import shutil
import subprocess
import unittest.mock
import urllib.error
import urllib.request

import harness
from harness import BINARY, TOP, Story, wait_for

CRONJOB = """
apiVersion: batch/v1
kind: CronJob
metadata: {name: etl, namespace: batch}
spec:
  schedule: "%(schedule)s"
  timeZone: Etc/UTC
  concurrencyPolicy: %(policy)s
  suspend: %(suspend)s
  successfulJobsHistoryLimit: 100
  jobTemplate:
    metadata: {labels: {app: etl}}
    spec:
      template:
        spec:
          restartPolicy: Never
          containers: [{name: main, image: none, command: ["/bin/sh", "-c", "%(command)s"]}]
"""


def request(method, url, body=None, headers=None):
    """(status, document)"""
    data = None if body is None else json.dumps(body).encode()
    asked = urllib.request.Request(url, data=data, method=method,
                                   headers={"Content-Type": "application/json", **(headers or {})})
    try:
        with urllib.request.urlopen(asked, timeout=10) as response:
            return response.status, json.loads(response.read())
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())


class CronNextTest(Story):
    def test_schedules_of_the_users_documents(self):
        lines = [line for line in (TOP / "tests/data/cron-expressions.tsv").read_text().splitlines() if line[0] != "#"]
        self.assertEqual(len(lines), 15)
        for line in lines:
            schedule, zone, *times = line.split("\t")[:5]
            result = self.run_belfry("cron", "next", schedule, "--time-zone", zone, "--from", "2024-02-28T23:58:30Z",
                                     "--count", "3", "-o", "json")
            self.assertEqual(json.loads(result.stdout), {
                "schedule": schedule, "timeZone": zone, "next": [time.replace("Z", ":00Z") for time in times]})


class CronTest(Story):
    def start(self, schedule="0 0 1 1 *", policy="Allow", suspend="false", command="true"):
        manifest = self.write("manifests/etl.yaml", CRONJOB % locals())
        agent = self.start_agent([manifest.parent])
        wait_for("the CronJob", lambda: request("GET", self.path(agent, "cronjobs/etl"))[0] == 200)
        return agent

    @staticmethod
    def path(agent, rest):
        return f"{agent.url}/apis/batch/v1/namespaces/batch/{rest}"

    @staticmethod
    def belfry(agent, *arguments):
        return subprocess.run([BINARY, *arguments, "-n", "batch", "--server", agent.url], capture_output=True, text=True,
                              timeout=60, check=False)

    def test_job_by_hand(self):
        agent = self.start()
        done = self.belfry(agent, "create", "job", "by-hand", "--from=cronjob/etl")
        self.assertEqual((done.returncode, done.stdout), (0, "job.batch/by-hand created\n"), done.stderr)
        job = wait_for("its end", lambda: self.finished(agent, "by-hand"))
        self.assertEqual(job["metadata"]["annotations"]["cronjob.kubernetes.io/instantiate"], "manual")
        self.assertEqual(job["metadata"]["labels"]["app"], "etl")
        self.assertEqual(job["metadata"]["ownerReferences"][0]["name"], "etl")
        again = self.belfry(agent, "create", "job", "by-hand", "--from=cronjob/etl")
        self.assertEqual(again.returncode, 1)
        self.assertEqual(again.stderr, 'belfry: create job: jobs.batch "by-hand" already exists\n')
        nobody = self.belfry(agent, "create", "job", "x", "--from=cronjob/nope")
        self.assertEqual(nobody.stderr, 'belfry: create job: cronjobs.batch "nope" not found\n')
        self.assertEqual(self.belfry(agent, "create", "job", "x", "--from=job/etl").returncode, 2)
        bad = self.belfry(agent, "create", "job", "Not_A_Name", "--from=cronjob/etl")
        self.assertEqual(bad.returncode, 1)
        self.assertIn('Job.batch "Not_A_Name" is invalid: metadata.name: Invalid value', bad.stderr)

    def finished(self, agent, name):
        status, job = request("GET", self.path(agent, "jobs/" + name))
        conditions = job.get("status", {}).get("conditions", []) if status == 200 else []
        return job if any(c["type"] in ("Complete", "Failed") for c in conditions) else None

    def test_backfill_one_after_the_other(self):
        agent = self.start(schedule="0 3 * * *", policy="Forbid",
                           command="echo begin >> %s/log; sleep 0.3; echo end >> %s/log" % (self.folder, self.folder))
        window = ["backfill", "etl", "--from", "2026-01-01T00:00:00Z", "--to", "2026-01-03T23:00:00Z"]
        planned = self.belfry(agent, *window, "--dry-run", "-o", "json")
        self.assertEqual(planned.returncode, 0, planned.stderr)
        names = [entry["job"] for entry in json.loads(planned.stdout)["jobs"]]
        self.assertEqual(names, ["etl-29453940", "etl-29455380", "etl-29456820"])
        self.assertEqual(request("GET", self.path(agent, "jobs"))[1]["items"], [])
        done = self.belfry(agent, *window)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(done.stdout.splitlines()[0], "2026-01-01T03:00:00Z  job.batch/etl-29453940 created")
        self.assertEqual(done.stdout.splitlines()[-1], "3 created, 0 exist already")
        for name in names:
            wait_for(name, lambda name=name: self.finished(agent, name))
        self.assertEqual((self.folder / "log").read_text().split(), ["begin", "end"] * 3)
        again = self.belfry(agent, *window)
        self.assertEqual(again.stdout.splitlines()[-1], "0 created, 3 exist already")

    def test_backfill_refuses_what_makes_no_sense(self):
        agent = self.start()
        for window in (["--from", "now-1h", "--to", "now+1h"], ["--from", "now", "--to", "now-1h"],
                       ["--from", "yesterday", "--to", "now"]):
            self.assertEqual(self.belfry(agent, "backfill", "etl", *window).returncode, 2, window)
        done = self.belfry(agent, "backfill", "nope", "--from", "now-1h", "--to", "now")
        self.assertEqual((done.returncode, done.stderr), (1, 'belfry: backfill: cronjobs.batch "nope" not found\n'))
        agent.stop()
        gone = self.belfry(agent, "backfill", "etl", "--from", "now-1h", "--to", "now")
        self.assertEqual(gone.returncode, 1)
        self.assertIn("is it running?", gone.stderr)

    def test_pages_of_other_sites_are_refused(self):
        agent = self.start()
        job = {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "evil"}, "spec": {"template": {"spec": {
            "restartPolicy": "Never", "containers": [{"name": "main", "image": "none", "command": ["/bin/true"]}]}}}}
        for headers in ({"Origin": "http://evil.example"}, {"Host": "evil.example"}, {"Origin": "null"}):
            status, answer = request("POST", self.path(agent, "jobs"), job, headers)
            self.assertEqual((status, answer["reason"]), (403, "Forbidden"), headers)
        with self.assertRaises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(urllib.request.Request(agent.url + "/-/reload", data=b"", method="POST",
                                                          headers={"Origin": "http://evil.example"}), timeout=10)
        self.assertEqual(refused.exception.code, 403)
        self.assertEqual(request("GET", self.path(agent, "jobs"))[1]["items"], [])
        self.assertEqual(request("POST", self.path(agent, "jobs"), job)[0], 201)

    def test_job_is_created_and_deleted_by_http(self):
        agent = self.start(command="sleep 600")
        self.belfry(agent, "create", "job", "long", "--from=cronjob/etl")
        wait_for("its pod", lambda: request("GET", self.path(agent, "jobs/long"))[1].get("status", {}).get("active"))
        status, answer = request("DELETE", self.path(agent, "jobs/long"), {"propagationPolicy": "Background"})
        self.assertEqual((status, answer["status"], answer["details"]["kind"]), (200, "Success", "jobs"))
        self.assertEqual(request("GET", self.path(agent, "jobs/long"))[0], 404)

    def test_lost_slots_are_counted(self):
        agent = self.start(schedule="@every 1s", suspend="true")
        series = 'belfry_cronjob_missed_schedules_total{namespace="batch",cronjob="etl",reason="suspended"}'
        wait_for("slots that nobody ran", lambda: (agent.value(series) or 0) >= 2)
        for direction in ("forward", "backward"):
            self.assertIsNotNone(agent.value('belfry_clock_jumps_total{direction="%s"}' % direction))

    def test_tzdata_is_updated_under_the_agent(self):
        if subprocess.run(["unshare", "--mount", "true"], capture_output=True, check=False).returncode != 0:
            self.skipTest("no mount namespace for a tz database of its own")
        zones = self.folder / "zones"
        (zones / "Test").mkdir(parents=True)
        shutil.copy("/usr/share/zoneinfo/Etc/GMT", zones / "Test/Zone")
        wrapper = self.write("belfry", f'#!/bin/sh\nmount --bind {zones} /usr/share/zoneinfo && exec {BINARY} "$@"\n')
        inside = self.write("inside", f'#!/bin/sh\nexec unshare --mount sh {wrapper} "$@"\n')
        inside.chmod(0o755)
        manifest = self.write("manifests/etl.yaml", (CRONJOB % {
            "schedule": "0 0 * * *", "policy": "Allow", "suspend": "false", "command": "true"}).replace("Etc/UTC", "Test/Zone"))
        with unittest.mock.patch.object(harness, "BINARY", str(inside)):
            agent = self.start_agent([manifest.parent])
        series = 'kube_cronjob_next_schedule_time{namespace="batch",cronjob="etl"}'
        before = wait_for("the next slot", lambda: agent.value(series))
        self.assertEqual(before % 86400, 0)
        shutil.copy("/usr/share/zoneinfo/Etc/GMT+5", zones / "Test/Zone.new")
        (zones / "Test/Zone.new").rename(zones / "Test/Zone")
        wait_for("the new rules", lambda: agent.value(series) % 86400 == 5 * 3600)

    def test_starts_within_moments_of_the_slot(self):
        agent = self.start(schedule="@every 2s")
        of = '{namespace="batch",cronjob="etl"}'
        wait_for("a start", lambda: agent.value("cronjob_schedule_delay_seconds_count" + of))
        mean = agent.query(f"cronjob_schedule_delay_seconds_sum{of} / cronjob_schedule_delay_seconds_count{of}")
        self.assertLess(float(mean[0]["value"][1]), 2)
