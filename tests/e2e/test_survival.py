"""An agent that dies, again and again: no pod lost, none run twice, none left behind."""
import collections
import json
import os
import signal

from harness import Story, get, processes_with, wait_for


class SurvivalTest(Story):
    COMPLETIONS = 400

    def load(self):
        """A Job whose pods each write one line to the record, index first."""
        script = 'echo "$JOB_COMPLETION_INDEX $$" >> RECORD; head -c 20000 /dev/urandom | sha256sum'
        return json.dumps({
            "apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "load", "namespace": "batch"},
            "spec": {"completions": self.COMPLETIONS, "parallelism": 8, "completionMode": "Indexed", "backoffLimit": 0,
                     "template": {"spec": {"restartPolicy": "Never", "containers": [
                         {"name": "main", "image": "none",
                          "command": ["/bin/sh", "-c", script.replace("RECORD", str(self.folder / "record"))]}]}}}})

    def record(self):
        path = self.folder / "record"
        return [line.split()[0] for line in path.read_text().splitlines()] if path.exists() else []

    def test_kill_9_twenty_times_under_load(self):
        self.write("jobs/load.yaml", self.load())
        (self.folder / "record").write_text("")
        agent = self.start_agent([self.folder / "jobs"])
        for kill in range(1, 21):
            done = kill * self.COMPLETIONS // 25
            wait_for(f"{done} runs", lambda done=done: len(self.record()) >= done)
            agent.kill()
            agent = self.start_agent([self.folder / "jobs"])
        series = 'kube_job_status_succeeded{namespace="batch",job_name="load"}'
        wait_for("the Job's end", lambda: agent.value(series) == self.COMPLETIONS)
        counts = collections.Counter(self.record())
        self.assertEqual(sorted(map(int, counts)), list(range(self.COMPLETIONS)))
        self.assertEqual([index for index, times in counts.items() if times != 1], [])
        self.assertEqual(agent.value('kube_job_status_failed{namespace="batch",job_name="load"}'), 0)
        self.assertEqual(processes_with(str(self.folder / "record")), [])

    def test_exit_code_of_a_pod_that_ended_while_the_agent_was_dead(self):
        fifo = self.folder / "fifo"
        os.mkfifo(fifo)
        manifest = json.loads(self.load())
        manifest["spec"].update(completions=1, parallelism=1)
        manifest["spec"]["template"]["spec"]["containers"][0]["command"] = ["/bin/sh", "-c", f"read x < {fifo}; exit 42"]
        self.write("jobs/load.yaml", json.dumps(manifest))
        agent = self.start_agent([self.folder / "jobs"])
        wait_for("the pod", lambda: processes_with(str(fifo)))
        agent.kill()
        with open(fifo, "w") as pipe:
            pipe.write("go\n")
        wait_for("the pod's end", lambda: not processes_with(str(fifo)))
        agent = self.start_agent([self.folder / "jobs"])
        wait_for("the exit code", lambda: agent.query('belfry_job_exit_code{job_name="load"} == 42'))

    def test_term_leaves_pods_for_the_next_agent_and_interrupt_does_not(self):
        fifo = self.folder / "fifo"
        os.mkfifo(fifo)
        manifest = json.loads(self.load())
        manifest["spec"].update(completions=1, parallelism=1)
        manifest["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] = 1
        manifest["spec"]["template"]["spec"]["containers"][0]["command"] = ["/bin/cat", str(fifo)]
        self.write("jobs/load.yaml", json.dumps(manifest))
        agent = self.start_agent([self.folder / "jobs"])
        pids = wait_for("the pod", lambda: processes_with(str(fifo)))
        agent.process.send_signal(signal.SIGTERM)
        self.assertEqual(agent.process.wait(timeout=30), 0)
        self.assertEqual(processes_with(str(fifo)), pids)
        agent = self.start_agent([self.folder / "jobs"])
        self.assertEqual(get(agent.url + "/healthz")[0], 200)
        self.assertEqual(agent.stop(), 0)
        self.assertEqual(processes_with(str(fifo)), [])
