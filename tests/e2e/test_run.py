"""`belfry run`: Jobs in the foreground, an exit code, nothing left behind."""
import json
import os
import pathlib
import signal
import subprocess

from harness import BINARY, MANIFESTS, WAIT, Story, processes_with, wait_for


def job(name, script, **spec):
    """A Job manifest (JSON is YAML) that runs `script` in a shell."""
    return json.dumps({
        "apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": name},
        "spec": {**spec, "template": {"spec": {
            "restartPolicy": "Never", "terminationGracePeriodSeconds": 1,
            "containers": [{"name": "main", "image": "none", "command": ["/bin/sh", "-c", script]}]}}}})


class RunTest(Story):
    def test_echo_prints_five_frames_and_exits_0(self):
        result = self.run_belfry("run", "-f", MANIFESTS / "job.echo.yaml")
        self.assertEqual(result.returncode, 0, result.stderr)
        for index in range(5):
            self.assertEqual(result.stdout.count(f"| render frame: {index}\n"), 1, result.stdout)

    def test_pod_output_is_prefixed_with_the_pods_name(self):
        result = self.run_belfry("run", "-f", "-", stdin=job("talks", "echo one; echo two >&2; printf three"))
        self.assertRegex(result.stdout, r"(?m)^talks-[a-z0-9]{5} \| one$")
        self.assertRegex(result.stdout, r"(?m)^talks-[a-z0-9]{5} \| two$")
        self.assertRegex(result.stdout, r"(?m)^talks-[a-z0-9]{5} \| three$")

    def test_failed_job_exits_1_and_says_why(self):
        result = self.run_belfry("run", "-f", "-", stdin=job("bad", "echo no warehouse; exit 7", backoffLimit=0))
        self.assertEqual(result.returncode, 1)
        self.assertIn("BackoffLimitExceeded", result.stdout)
        self.assertIn("last exit code 7", result.stdout)
        self.assertIn("no warehouse", result.stdout.split("FAIL")[1])

    def test_attempts_are_numbered_and_the_last_one_is_explained(self):
        result = self.run_belfry("run", "-f", "-", stdin=job("etl", "sleep 0.5; echo no route; exit 3", backoffLimit=1))
        self.assertEqual(result.returncode, 1)
        self.assertRegex(result.stdout, r"(?m)^etl: attempt 1 of 2 failed, next try in [0-9.]+s$")
        self.assertRegex(result.stdout, r"(?m)^etl: pod etl-[a-z0-9]{5} started \(attempt 2 of 2\)$")
        self.assertIn("2 failed: BackoffLimitExceeded: Job has reached the specified backoff limit (last exit code 3)", result.stdout)
        self.assertRegex(result.stdout.split("FAIL")[1], r"last output:\n +etl-[a-z0-9]{5} \| no route\n")
        self.assertNotIn("attempt 2 of 2 failed, next try", result.stdout)

    def test_a_job_that_stands_still_says_so(self):
        for spec, words in (({"suspend": True}, "suspended (spec.suspend is true): nothing will run until it is resumed"),
                            ({"parallelism": 0}, "parallelism is 0: nothing will run until it is raised"),
                            ({"managedBy": "acme.io/queue"}, "managedBy is acme.io/queue: Belfry leaves this Job to it")):
            result = self.run_belfry("run", "--timeout", "1s", "-f", "-", stdin=job("still", "true", **spec))
            self.assertEqual(result.returncode, 1)
            self.assertIn(words, result.stdout)
            self.assertEqual(result.stdout.count(words), 1, result.stdout)

    def test_bad_input_exits_2_with_place_and_runs_nothing(self):
        bad = self.write("bad.yaml", "apiVersion: batch/v1\nkind: Job\nmetadata: {name: x}\nspec:\n  paralelism: 2\n"
                         "  template:\n    spec:\n      restartPolicy: Never\n      containers:\n"
                         f"      - {{name: a, image: b, command: [touch, {self.folder}/ran]}}\n")
        result = self.run_belfry("run", "-f", bad)
        self.assertEqual(result.returncode, 2)
        self.assertIn(f"{bad}:5:3:", result.stderr)
        self.assertIn('unknown field "spec.paralelism"', result.stderr)
        self.assertFalse((self.folder / "ran").exists())

    def test_json_is_one_document(self):
        result = self.run_belfry("run", "-o", "json", "-f", "-", stdin=job("fine", "echo noise", completions=2))
        document = json.loads(result.stdout)
        self.assertEqual(document["result"], "Complete")
        self.assertEqual(document["jobs"][0]["succeeded"], 2)
        self.assertEqual([pod["exitCode"] for pod in document["jobs"][0]["pods"]], [0, 0])

    def test_timeout_stops_everything_and_exits_1(self):
        marker = f"{self.folder}/pipe"
        os.mkfifo(marker)
        result = self.run_belfry("run", "--timeout", "1s", "-f", "-", stdin=job("slow", f"cat {marker}"))
        self.assertEqual(result.returncode, 1)
        self.assertRegex(result.stdout, r"\ntimed out after \d+\.\ds\n")
        self.assertEqual(processes_with(marker), [])

    def test_interrupt_leaves_no_process_and_no_file(self):
        marker = f"{self.folder}/pipe"
        os.mkfifo(marker)
        # The shell ignores SIGTERM, and a grandchild has left its session: both must go.
        script = f"trap '' TERM; setsid sh -c 'trap \"\" TERM; cat {marker}' & cat {marker}; cat {marker}"
        environment = {**os.environ, "TMPDIR": str(self.folder / "tmp")}
        (self.folder / "tmp").mkdir()
        process = subprocess.Popen([BINARY, "run", "-f", "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   stderr=subprocess.STDOUT, text=True, env=environment)
        process.stdin.write(job("stubborn", script))
        process.stdin.close()
        wait_for("both readers", lambda: sum("cat" in pathlib.Path(f"/proc/{pid}/comm").read_text()
                                             for pid in processes_with(marker)) >= 2)
        process.send_signal(signal.SIGINT)
        output = process.stdout.read()
        self.assertEqual(process.wait(timeout=WAIT), 1, output)
        self.assertIn("interrupted", output)
        self.assertEqual(processes_with(marker), [])
        wait_for("the supervisor to be gone", lambda: not processes_with(str(self.folder / "tmp")))
        self.assertEqual(list((self.folder / "tmp").iterdir()), [])

    def test_missing_command_is_said(self):
        manifest = json.loads(job("none", "", backoffLimit=0))
        manifest["spec"]["template"]["spec"]["containers"][0]["command"] = ["/no/such/program"]
        result = self.run_belfry("run", "-f", "-", stdin=json.dumps(manifest))
        self.assertEqual(result.returncode, 1)
        self.assertIn("/no/such/program: No such file or directory", result.stdout)

    def test_cronjob_alone_is_nothing_to_run(self):
        result = self.run_belfry("run", "-f", MANIFESTS / "cronjob.hello.yaml")
        self.assertEqual(result.returncode, 2)
        self.assertIn("no Job", result.stderr)
