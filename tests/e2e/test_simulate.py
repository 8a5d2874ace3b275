"""`belfry simulate`: a span of schedules and alerts in seconds, nothing executed, the same bytes each time."""
import datetime
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


# The first three starts of the users' CronJobs after 2024-02-28T23:58:30Z, a leap year's; UTC.
FIRST_STARTS = {
    "addwork": ("2024-02-29T00:00:00", "2024-02-29T00:05:00", "2024-02-29T00:10:00"),
    "daily-report": ("2024-02-29T00:00:00", "2024-03-01T00:00:00", "2024-03-02T00:00:00"),  # 08:00 in Shanghai
    "example-cronjob": ("2024-02-29T00:00:00", "2024-02-29T00:05:00", "2024-02-29T00:10:00"),
    "hello": ("2024-02-28T23:59:00", "2024-02-29T00:00:00", "2024-02-29T00:01:00"),
    "mesh-enabled-job": ("2024-02-29T00:00:00", "2024-02-29T01:00:00", "2024-02-29T02:00:00"),
    "multi-cluster-job": ("2024-02-29T02:00:00", "2024-03-01T02:00:00", "2024-03-02T02:00:00"),
    "resource-optimized-job": ("2024-02-29T00:00:00", "2024-02-29T00:10:00", "2024-02-29T00:20:00"),
    "secure-job": ("2024-02-29T03:00:00", "2024-03-01T03:00:00", "2024-03-02T03:00:00"),
}
# What the users' own files take for granted.
COMPANIONS = {"daily-report": ["configmap.report-config.yaml"], "multi-cluster-job": ["configmap.cluster-info.yaml"],
              "secure-job": ["secret.task-secrets.yaml"]}
# They start, and wait for what is not done yet: another user's identity, volumes.
NEED_MORE_THAN_THIS_VERSION = {"secure-job"}


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

    def test_a_run_that_ends_with_the_next_slot_skips_the_one_it_held(self):
        etl = cronjob("etl", "*/15 * * * *", {"belfry.io/simulated-duration": "30m"}, concurrencyPolicy="Forbid")
        result = self.run_belfry("simulate", "-o", "json", "-f", "-", *HOURS, stdin=etl)
        document = json.loads(result.stdout)
        # Runs at 10:00, 10:30, 11:00, 11:30; 10:15, 10:45, 11:15 are lost, 11:45 is still held at the end.
        sums = document["summary"]["cronJobs"][0]
        self.assertEqual((sums["runs"], sums["late"], sums["skipped"], sums["missed"]), (4, 0, 3, {}))
        skipped = [(event["time"], event["scheduledTime"], event["reason"])
                   for event in document["events"] if event["kind"] == "skipped"]
        self.assertEqual(skipped, [("2026-03-02T10:30:00Z", "2026-03-02T10:15:00Z", "Forbid"),
                                   ("2026-03-02T11:00:00Z", "2026-03-02T10:45:00Z", "Forbid"),
                                   ("2026-03-02T11:30:00Z", "2026-03-02T11:15:00Z", "Forbid")])

    def test_the_users_cronjobs_fire_when_their_schedules_say(self):
        self.assertEqual({path.name for path in MANIFESTS.glob("cronjob.*.yaml")},
                         {f"cronjob.{name}.yaml" for name in FIRST_STARTS})
        for name, starts in FIRST_STARTS.items():
            files = [MANIFESTS / f"cronjob.{name}.yaml", *(MANIFESTS / companion for companion in COMPANIONS.get(name, ()))]
            end = datetime.datetime.fromisoformat(starts[-1]) + datetime.timedelta(seconds=1)
            result = self.run_belfry("simulate", *(word for file in files for word in ("-f", file)), "--from",
                                     "2024-02-28T23:58:30Z", "--to", f"{end:%Y-%m-%dT%H:%M:%S}Z", "--rules", "none", "-o", "json")
            self.assertEqual(result.returncode, 0, f"{name}: {result.stderr}")
            document = json.loads(result.stdout)
            started = [event for event in document["events"] if event["kind"] == "started"]
            minutes = [int(datetime.datetime.fromisoformat(start + "+00:00").timestamp()) // 60 for start in starts]
            self.assertEqual([(event["time"], event["scheduledTime"], event["job"]) for event in started],
                             [(f"{start}Z", f"{start}Z", f"{name}-{minute}") for start, minute in zip(starts, minutes)])
            sums = document["summary"]["cronJobs"][0]
            self.assertEqual((sums["name"], sums["runs"], sums["failed"], sums["missed"]), (name, 3, 0, {}))
            # All but the one that has just begun have run: nothing but the file and its companions is needed.
            if name not in NEED_MORE_THAN_THIS_VERSION:
                self.assertEqual((sums["succeeded"], sums["runningAtEnd"]), (2, 1), name)
