"""The documented alerts, from a failed process to the pager, beside a real Prometheus and a real Alertmanager."""
import json
import re
import subprocess

from harness import MANIFESTS, TOP, Story, WebhookReceiver, get, need, wait_for
from prometheus import query, start_alertmanager, start_prometheus

# The documented rules wait for minutes and hours; the story cannot. Only times and thresholds are shortened, by the same substitution for both
# engines.
SHORTEN = [(r"for: \S+", "for: 2s"), (r"> 3600", "> 1"), (r"\* 0\.8", "* 0.001"), (r"> 10\b", "> 2")]

JOBS = """
apiVersion: batch/v1
kind: Job
metadata: {name: broken, namespace: batch}
spec:
  backoffLimit: 0
  template:
    spec:
      restartPolicy: Never
      containers: [{name: main, image: none, command: [sh, -c, "exit 3"]}]
---
apiVersion: batch/v1
kind: Job
metadata: {name: long, namespace: batch}
spec:
  parallelism: 3
  completions: 3
  activeDeadlineSeconds: 1000
  template:
    spec:
      restartPolicy: Never
      terminationGracePeriodSeconds: 1
      containers: [{name: main, image: none, command: [sh, -c, "cat FIFO"]}]
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: minutely, namespace: batch}
spec:
  schedule: "* * * * *"
  jobTemplate:
    spec:
      template:
        spec:
          restartPolicy: Never
          containers: [{name: main, image: none, command: ["true"]}]
"""


def shortened_rules():
    text = (MANIFESTS / "prometheusrule.batch-job-alerts.yaml").read_text()
    for pattern, replacement in SHORTEN:
        text = re.sub(pattern, replacement, text)
    return re.sub(r"(- name: batch-jobs\n)", r"\1      interval: 1s\n", text)


def plain_rule_file(prometheus_rule):
    """The `spec` of a PrometheusRule object as a rule file."""
    body = prometheus_rule.split("spec:\n", 1)[1]
    return "\n".join(line[2:] for line in body.splitlines()) + "\n"


def identity(labels):
    """What makes an alert the same alert in both engines: its labels without those of the scrape and of external labels."""
    return tuple(sorted((k, v) for k, v in labels.items() if k not in ("instance", "job", "monitor")))


class AlertingTest(Story):
    def firing(self, base):
        status, text = get(base + "/api/v1/alerts")
        if status != 200:
            return set()
        return {identity(a["labels"]) for a in json.loads(text)["data"]["alerts"] if a["state"] == "firing"}

    def test_four_documented_rules_fire_alike_and_reach_the_webhook_both_ways(self):
        need("prometheus")
        receiver = WebhookReceiver()
        self.addCleanup(receiver.stop)
        alertmanager = start_alertmanager(self, receiver.url + "/through-alertmanager")
        jobs = self.folder / "jobs"
        jobs.mkdir()
        fifo = self.folder / "fifo"
        subprocess.run(["mkfifo", fifo], check=True)
        (jobs / "jobs.yaml").write_text(JOBS.replace("FIFO", str(fifo)))
        rules = shortened_rules()
        (jobs / "rules.yaml").write_text(rules)
        config = json.dumps({"notify": {
            "route": {"receiver": "hook", "group_by": ["..."], "group_wait": "0s", "group_interval": "1s"},
            "receivers": [{"name": "hook", "webhook_configs": [{"url": receiver.url + "/direct"}]}],
            "alertmanagers": [{"url": alertmanager}]}})
        agent = self.start_agent([jobs], config=config)
        prometheus = start_prometheus(self, agent, plain_rule_file(rules))

        wait_for("up to be 1", lambda: [r["value"][1] for r in query(prometheus, "up")] == ["1"])
        targets = json.loads(get(prometheus + "/api/v1/targets")[1])["data"]["activeTargets"]
        self.assertEqual([t["lastError"] for t in targets], [""])

        names = {"BatchJobFailed", "BatchJobRunningTooLong", "CronJobMissedSchedule", "JobQueueBacklog"}

        def all_fire(base):
            return names <= {dict(labels).get("alertname") for labels in self.firing(base)}
        # The CronJob's first slot may be a minute away.
        wait_for("Belfry's alerts", lambda: all_fire(agent.url + "/prometheus"), timeout=150)
        wait_for("Prometheus' alerts", lambda: all_fire(prometheus), timeout=60)
        wait_for("the same alerts in both", lambda: self.firing(agent.url + "/prometheus") == self.firing(prometheus))
        expected = self.firing(prometheus)

        for path in ("/direct", "/through-alertmanager"):
            wait_for(f"firing at {path}",
                     lambda path=path: expected <= {identity(labels) for labels in receiver.alerts(path, "firing")})

        # The failed Job's file goes, so the Job goes, so the alert is resolved.
        kept = (jobs / "jobs.yaml").read_text().split("---\n", 1)[1]
        (jobs / "jobs.yaml").write_text(kept)
        failed = next(labels for labels in expected if ("alertname", "BatchJobFailed") in labels)
        for path in ("/direct", "/through-alertmanager"):
            wait_for(f"resolved at {path}",
                     lambda path=path: failed in {identity(labels) for labels in receiver.alerts(path, "resolved")})
            for status in ("firing", "resolved"):
                told = [identity(labels) for labels in receiver.alerts(path, status)]
                self.assertEqual(told.count(failed), 1, f"{status} at {path}")

    def test_documented_rules_parse_verbatim(self):
        result = self.run_belfry("check", "rules", MANIFESTS / "prometheusrule.batch-job-alerts.yaml")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("4 rules", result.stdout)
        self.assertTrue((TOP / "rules/alerts/batch-jobs.yaml").exists())

    def test_notification_survives_kill_9_between_fire_and_delivery(self):
        receiver = WebhookReceiver()
        self.addCleanup(receiver.stop)
        receiver.status = 503
        jobs = self.write("jobs/fails.yaml", JOBS.split("---\n")[0])
        self.write("jobs/rules.yaml", (TOP / "examples/manifests/alerts.yaml").read_text())
        config = json.dumps({"notify": {
            "route": {"receiver": "hook", "group_wait": "0s", "group_interval": "2s"},
            "receivers": [{"name": "hook", "webhook_configs": [{"url": receiver.url + "/direct"}]}]}})
        agent = self.start_agent([jobs.parent], config=config)
        wait_for("a refused delivery", lambda: receiver.bodies)
        agent.kill()
        with receiver.arrived:
            receiver.bodies.clear()
        receiver.status = 200
        self.start_agent([jobs.parent], config=config)
        wait_for("the delivery", lambda: receiver.alerts("/direct", "firing"))
