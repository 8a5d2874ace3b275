"""`belfry simulate`: a span of schedules and alerts in seconds, nothing executed, the same bytes each time."""
import json
import os
import subprocess

from harness import BINARY, MANIFESTS, Story


def cronjob(name, schedule, annotations=None, **spec):
    """A CronJob manifest (JSON is YAML)."""
    return json.dumps({
        "apiVersion": "batch/v1", "kind": "CronJob",
        "metadata": {"name": name, "namespace": "batch", "annotations": annotations or {}},
        "spec": {"schedule": schedule, **spec, "jobTemplate": {"spec": {"backoffLimit": 0, "template": {"spec": {
            "restartPolicy": "Never", "containers": [{"name": "main", "image": "none", "command": ["/bin/false"]}]}}}}}})


HOURS = ("--from", "2026-03-02T10:00:00Z", "--to", "2026-03-02T12:00:00Z")


class SimulateTest(Story):
    def test_forbid_instead_of_allow_is_one_option(self):
        etl = cronjob("etl", "*/15 * * * *", {"belfry.io/simulated-duration": "20m"})
        allowed = self.run_belfry("simulate", "-f", "-", *HOURS, stdin=etl)
        self.assertEqual(allowed.returncode, 0, allowed.stderr)
        self.assertRegex(allowed.stdout, r"(?m)^2026-03-02T10:00:00Z  etl-29540760 +started$")
        self.assertRegex(allowed.stdout, r"(?m)^2026-03-02T10:20:00Z  etl-29540760 +succeeded after 20m$")
        self.assertRegex(allowed.stdout, r"(?m)^etl +Allow +8 +7 .* 5m \(up to 2 at once\)$")
        forbidden = self.run_belfry("simulate", "-f", "-", *HOURS, "--set", "concurrencyPolicy=Forbid", stdin=etl)
        self.assertRegex(forbidden.stdout, r"(?m)^2026-03-02T10:15:00Z  etl +held: Forbid, etl-29540760 still runs$")
        self.assertRegex(forbidden.stdout, r"(?m)^etl +Forbid +6 ")

    def test_json_is_one_document_of_events_and_summary(self):
        etl = cronjob("etl", "0 * * * *", {"belfry.io/simulated-exit-codes": "0,3"})
        result = self.run_belfry("simulate", "-o", "json", "-f", "-", *HOURS, stdin=etl)
        document = json.loads(result.stdout)
        kinds = [event["kind"] for event in document["events"]]
        self.assertEqual(kinds, ["started", "succeeded", "started", "failed", "alert-firing"])
        self.assertEqual(document["events"][3]["reason"], "BackoffLimitExceeded")
        self.assertEqual(document["events"][4]["alert"], "CronJobLastRunFailed")
        self.assertEqual(document["summary"]["cronJobs"][0]["failed"], 1)
        self.assertEqual(document["summary"]["alerts"][0]["fired"], 1)

    def test_durations_file_and_its_mistakes(self):
        etl = cronjob("etl", "0 * * * *")
        good = self.write("runs.csv", "cronjob,seconds,exit_code\netl,600,0\nbatch/etl,30,0\n")
        result = self.run_belfry("simulate", "-f", "-", *HOURS, "--durations", good, stdin=etl)
        self.assertIn("succeeded after 30s", result.stdout)
        bad = self.write("bad.csv", "etl,600,0\netl,long,0\n")
        result = self.run_belfry("simulate", "-f", "-", *HOURS, "--durations", bad, stdin=etl)
        self.assertEqual(result.returncode, 2)
        self.assertIn(f"{bad}:2:5: \"long\" is not a number of seconds", result.stderr)

    def test_bad_input_exits_2_and_prints_no_timeline(self):
        etl = cronjob("etl", "0 * * * *")
        for arguments, message in (
                (("--from", "2026-03-02T10:00:00Z", "--to", "2026-03-01T10:00:00Z"), "is not before"),
                (("--from", "yesterday", "--to", "now"), "--from: \"yesterday\" is not"),
                ((*HOURS, "--set", "concurrencyPolicy=Forbidden"), "--set concurrencyPolicy=Forbidden: "),
                ((*HOURS, "--set", "concurencyPolicy=Forbid"), "did you mean \"spec.concurrencyPolicy\""),
                ((*HOURS, "--set", "timeZone=Mars/Olympus"), "Mars/Olympus"),
                ((*HOURS, "--time-zone", "Mars/Olympus"), "--time-zone \"Mars/Olympus\""),
                ((*HOURS, "--rules", "/nowhere.yaml"), "/nowhere.yaml: No such file"),
                ((*HOURS, "--set", "schedule=@every 1s", "--to", "2027-03-02T10:00:00Z"), "")):
            result = self.run_belfry("simulate", "-f", "-", *arguments, stdin=etl)
            self.assertEqual(result.returncode, 2, arguments)
            self.assertEqual(result.stdout, "", arguments)
            self.assertIn(message, result.stderr)

    def test_same_bytes_whatever_the_environment(self):
        manifest = self.write("etl.yaml", cronjob("etl", "*/10 * * * *", {"belfry.io/simulated-exit-codes": "0,1"}) +
                              "\n---\n" + cronjob("night", "30 2 * * *", timeZone="Europe/Berlin"))
        outputs = set()
        for environment in ({}, {"TZ": "Asia/Tokyo"}, {"LANG": "de_DE.UTF-8", "LC_ALL": "tr_TR.UTF-8"}):
            result = subprocess.run(
                [BINARY, "simulate", "-f", manifest, "--from", "2026-03-29T00:00:00Z", "--to", "2026-03-29T02:00:00Z"],
                env={**os.environ, **environment}, capture_output=True, check=True, timeout=60)
            outputs.add(result.stdout)
        self.assertEqual(len(outputs), 1)
        self.assertIn(b"does not run on 2026-03-29: 02:30 does not exist in Europe/Berlin", outputs.pop())

    def test_the_users_cronjobs_can_be_simulated(self):
        for manifest in sorted(MANIFESTS.glob("cronjob.*.yaml")):
            result = self.run_belfry("simulate", "-f", manifest, "--from", "2026-03-02T00:00:00Z",
                                     "--to", "2026-03-02T01:00:00Z", "--summary")
            self.assertEqual(result.returncode, 0, f"{manifest}: {result.stderr}")
            self.assertIn("CRONJOB", result.stdout)
