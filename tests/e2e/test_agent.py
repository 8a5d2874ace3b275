"""`belfry agent`: folders are reconciled, bad things are said and change nothing, state survives."""
import json
import os
import pathlib
import signal
import socket
import subprocess

from harness import BINARY, MANIFESTS, WAIT, Story, get, processes_with, wait_for

JOB = """apiVersion: batch/v1
kind: Job
metadata: {name: NAME, namespace: batch}
spec:
  template:
    spec:
      restartPolicy: Never
      terminationGracePeriodSeconds: 1
      containers: [{name: main, image: none, command: [sh, -c, "SCRIPT"]}]
"""


def job(name, script):
    return JOB.replace("NAME", name).replace("SCRIPT", script)


class FolderTest(Story):
    def test_new_file_is_applied_and_a_removed_one_deletes(self):
        folder = self.folder / "jobs"
        folder.mkdir()
        agent = self.start_agent([folder])
        (folder / "a.yaml").write_text(job("a", "echo hi"))
        wait_for("the Job's success", lambda: agent.value('kube_job_status_succeeded{namespace="batch",job_name="a"}') == 1)
        (folder / "a.yaml").unlink()
        wait_for("the Job to go", lambda: 'job_name="a"' not in agent.metrics())

    def test_removed_file_ends_its_running_pods(self):
        fifo = self.folder / "fifo"
        os.mkfifo(fifo)
        path = self.write("jobs/a.yaml", job("a", f"cat {fifo}"))
        self.start_agent([path.parent])
        wait_for("the pod", lambda: processes_with(str(fifo)))
        path.unlink()
        wait_for("the pod's end", lambda: not processes_with(str(fifo)))

    def test_file_removed_while_the_agent_was_down_is_noticed(self):
        path = self.write("jobs/a.yaml", job("a", "true"))
        agent = self.start_agent([path.parent])
        wait_for("the Job", lambda: agent.value('kube_job_status_succeeded{namespace="batch",job_name="a"}') == 1)
        self.assertEqual(agent.stop(), 0)
        path.unlink()
        agent = self.start_agent([path.parent])
        wait_for("the Job to go", lambda: 'job_name="a"' not in agent.metrics())

    def test_broken_file_changes_nothing_and_is_reported(self):
        path = self.write("jobs/a.yaml", job("a", "true"))
        agent = self.start_agent([path.parent])
        series = 'kube_job_status_succeeded{namespace="batch",job_name="a"}'
        wait_for("the Job", lambda: agent.value(series) == 1)
        path.write_text("spec: [broken")
        wait_for("the report in /readyz", lambda: "a.yaml" in get(agent.url + "/readyz")[1])
        wait_for("the log line", lambda: "a.yaml" in agent.log_text())
        wait_for("the metric", lambda: agent.value("belfry_manifest_files_broken") == 1)
        self.assertEqual(agent.value(series), 1)
        path.write_text(job("a", "true"))
        wait_for("the all-clear", lambda: agent.value("belfry_manifest_files_broken") == 0)

    def test_fields_not_acted_on_are_said_once(self):
        path = self.write("jobs/a.yaml", job("a", "true").replace("      containers", "      nodeSelector: {disk: ssd}\n      containers"))
        agent = self.start_agent([path.parent])
        wait_for("the Job", lambda: agent.value('kube_job_status_succeeded{namespace="batch",job_name="a"}') == 1)
        self.write("jobs/b.yaml", job("b", "true"))
        wait_for("the second look", lambda: 'job_name="b"' in agent.metrics())
        self.assertEqual(agent.log_text().count("spec.template.spec.nodeSelector: kept, but"), 1, agent.log_text())

    def test_state_survives_a_restart(self):
        path = self.write("jobs/a.yaml", job("a", "true"))
        agent = self.start_agent([path.parent])
        series = 'kube_job_created{namespace="batch",job_name="a"}'
        created = wait_for("the Job", lambda: agent.value(series))
        agent.kill()
        agent = self.start_agent([path.parent])
        self.assertEqual(wait_for("the Job again", lambda: agent.value(series)), created)


class SurfaceTest(Story):
    def test_banner_names_the_pages_and_they_answer(self):
        agent = self.start_agent()
        wait_for("the banner", lambda: "/prometheus/api/v1/alerts" in "".join(agent.banner))
        for path in ("/metrics", "/healthz", "/livez", "/readyz", "/version", "/prometheus/api/v1/alerts",
                     "/prometheus/api/v1/rules", "/prometheus/api/v1/query?query=1"):
            status, text = get(agent.url + path)
            self.assertEqual((path, status), (path, 200), text)
        self.assertEqual(get(agent.url + "/nothing"), (404, "404 page not found\n"))
        self.assertEqual(json.loads(get(agent.url + "/prometheus/api/v1/query?query=1")[1])["data"]["resultType"], "scalar")

    def test_interrupt_stops_cleanly_and_leaves_no_process(self):
        agent = self.start_agent([MANIFESTS / "job.echo.yaml"])
        wait_for("the Job", lambda: agent.value('kube_job_status_succeeded{namespace="default",job_name="echo"}') == 5)
        self.assertEqual(agent.stop(), 0)
        wait_for("the supervisor to be gone", lambda: not processes_with(f"--data-dir {agent.data_dir}"))

    def test_hangup_reloads_and_a_bad_file_keeps_the_old(self):
        agent = self.start_agent(config="rules: {interval: 15s}\n")
        series = "belfry_config_last_reload_successful"
        self.assertEqual(wait_for("the metric", lambda: agent.value(series)), 1)
        (self.folder / "belfry.yaml").write_text("rules: {intervall: 15s}\n")
        agent.process.send_signal(signal.SIGHUP)
        wait_for("the failed reload", lambda: agent.value(series) == 0)
        wait_for("the log line", lambda: 'unknown field "rules.intervall"' in agent.log_text().replace("\\", ""))
        (self.folder / "belfry.yaml").write_text("rules: {interval: 10s}\n")
        agent.process.send_signal(signal.SIGHUP)
        wait_for("the good reload", lambda: agent.value(series) == 1)

    def test_cron_next_prints_what_kubernetes_would_run(self):
        result = self.run_belfry("cron", "next", "30 2 * * *", "--time-zone", "Europe/Berlin", "--from",
                                 "2026-03-28T00:00:00Z", "--count", "2", "-o", "json")
        self.assertEqual(result.returncode, 0, result.stderr)
        # 02:30 does not exist on 2026-03-29: the slot is skipped.
        self.assertEqual(json.loads(result.stdout), {"schedule": "30 2 * * *", "timeZone": "Europe/Berlin",
                                                     "next": ["2026-03-28T01:30:00Z", "2026-03-30T00:30:00Z"]})

    def test_version(self):
        self.assertRegex(self.run_belfry("version").stdout, r"^belfry \d+\.\d+\.\d+ \(revision \w+, gcc|clang")
        self.assertIn("version", json.loads(self.run_belfry("version", "-o", "json").stdout))


class BadInputTest(Story):
    """One clear message, exit code 2, nothing else changed."""

    def refused(self, *arguments, says, code=2, stdin=None):
        result = self.run_belfry(*arguments, stdin=stdin)
        self.assertEqual(result.returncode, code, result.stdout + result.stderr)
        self.assertTrue(result.stderr.startswith("belfry: "), result.stderr)
        for text in [says] if isinstance(says, str) else says:
            self.assertIn(text, result.stderr)
        return result

    def check(self, text, says, name="x.yaml"):
        path = self.folder / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return self.refused("check", "manifests", path, says=[name, *([says] if isinstance(says, str) else says)])

    def test_empty_file(self):
        self.check("", "no objects")

    def test_binary_file(self):
        self.check(bytes(range(256)) * 40, "x.yaml:1:")

    def test_50_mb_file(self):
        self.check(b"# " + b"x" * (50 << 20), "larger than")

    def test_yaml_bomb(self):
        bomb = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
            f"{chr(98 + i)}: &{chr(98 + i)} [{','.join(['*' + chr(97 + i)] * 9)}]\n" for i in range(12))
        self.check(bomb, "alias")

    def test_deep_nesting(self):
        self.check("[" * 5000, "nest")

    def test_wrong_type(self):
        self.check(job("a", "true").replace("spec:\n  template", "spec:\n  completions: many\n  template", 1),
                   ["spec.completions", ":5:"])

    def test_duplicate_key(self):
        self.check(job("a", "true").replace("kind: Job", "kind: Job\nkind: Job"), ['key "kind" already set', ":3:"])

    def test_two_objects_of_one_name(self):
        self.check(job("a", "true") + "---\n" + job("a", "false"), ["batch/a", ":1:"])

    def test_invalid_cron_and_unknown_zone(self):
        text = (MANIFESTS / "cronjob.hello.yaml").read_text()
        self.check(text.replace("*/1 * * * *", "*/1 * * 7-1 *"), ["spec.schedule", "beginning of range (7) beyond end of range (1): 7-1"])
        self.check(text.replace("  jobTemplate", "  timeZone: Mars/Olympus\n  jobTemplate"),
                   ["spec.timeZone", "unknown time zone Mars/Olympus"])

    def test_every_error_at_once(self):
        result = self.check(job("a", "true").replace("spec:\n  template", "spec:\n  completions: -1\n  parallelism: -2\n  template", 1),
                            ["spec.completions", "spec.parallelism"])
        self.assertIn("must be greater than or equal to 0", result.stderr)

    def test_missing_file_and_usage(self):
        self.refused("check", "manifests", self.folder / "none.yaml", says="No such file or directory")
        self.refused("frobnicate", says="usage")
        self.refused("cron", "next", "* * *", says=["expected exactly 5 fields, found 3"])
        self.refused("cron", "next", "61 * * * *", says=["end of range (61) above maximum (59): 61", "^"])

    def test_bad_rules(self):
        path = self.write("r.yaml", "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: sum(\n")
        self.refused("check", "rules", path, says=["r.yaml", "parse error"])

    def test_bad_config(self):
        path = self.write("c.yaml", "notify:\n  receivers: 7\nlisten: nowhere\n")
        self.refused("check", "config", path, says=["c.yaml:2:", "notify.receivers", "listen"])

    def test_port_taken(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            address = f"127.0.0.1:{taken.getsockname()[1]}"
            self.refused("agent", "--listen", address, "--data-dir", self.folder / "data",
                         says=[address, "the port is taken"], code=1)

    def test_data_dir_not_writable(self):
        self.write("file", "")
        self.refused("agent", "--listen", "127.0.0.1:0", "--data-dir", self.folder / "file/data", says="file", code=1)

    def test_data_dir_of_another_live_agent(self):
        agent = self.start_agent()
        self.refused("agent", "--listen", "127.0.0.1:0", "--data-dir", agent.data_dir, says="another agent", code=1)
        self.assertEqual(get(agent.url + "/healthz")[0], 200)

    def test_non_loopback_listener_needs_more_words(self):
        self.refused("agent", "--listen", "0.0.0.0:0", "--data-dir", self.folder / "data", says="loopback")

    def test_missing_configmap_key_holds_the_pod_and_says_so(self):
        manifest = job("a", "true").replace("command: [sh", 'env: [{name: X, valueFrom: {configMapKeyRef: {name: m, key: k}}}], command: [sh')
        self.write("jobs/m.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: m, namespace: batch}\ndata: {}\n")
        self.write("jobs/a.yaml", manifest)
        agent = self.start_agent([self.folder / "jobs"])
        wait_for("the reason", lambda: 'reason="CreateContainerConfigError"' in agent.metrics())
        self.write("jobs/m.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: m, namespace: batch}\ndata: {k: v}\n")
        wait_for("the Job", lambda: agent.value('kube_job_status_succeeded{namespace="batch",job_name="a"}') == 1)

    def test_program_not_executable(self):
        program = self.write("program", "#!/bin/sh\n")
        manifest = json.loads('{"apiVersion":"batch/v1","kind":"Job","metadata":{"name":"a"},"spec":{"backoffLimit":0,"template":'
                              '{"spec":{"restartPolicy":"Never","containers":[{"name":"m","image":"n"}]}}}}')
        manifest["spec"]["template"]["spec"]["containers"][0]["command"] = [str(program)]
        result = self.run_belfry("run", "-f", "-", stdin=json.dumps(manifest))
        self.assertEqual(result.returncode, 1)
        self.assertIn(f"{program}: Permission denied", result.stdout)
