"""The users' own manifests, unchanged: tests/manifests holds them byte for byte."""
import json
import pathlib
import re
import shutil
import time

from harness import MANIFESTS, Story, wait_for
from redis_server import Redis

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

    def run_with_images(self, manifest, images, aliases=None):
        config = self.write("belfry.yaml", json.dumps({"runtime": {"images": images, "hostAliases": aliases or {}}}))
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
        words = r"logged-job: pod logged-job-[a-z0-9]{5} waits: .*batch-job:v1\.0.* runtime\.images"
        result = self.run_until(words, "-f", MANIFESTS / "job.logged-job.yaml")
        self.assertEqual(result.returncode, 1)
        self.assertRegex(result.stdout, words)
        self.assertIn("interrupted", result.stdout)

    def programs_first(self, match):
        return {"match": match, "env": {"PATH": f"{self.folder}/programs:/usr/bin:/bin"}}

    def test_resilient_job_gives_up_at_once_on_137(self):
        program, record = self.stand_in("task", "echo out of memory; exit 137")
        result = self.run_with_images("job.resilient-job.yaml", [{"match": "batch-job:v1.0", "command": [str(program)]}])
        self.assertEqual(result.returncode, 1)
        self.assertRegex(result.stdout, r"PodFailurePolicy: Container main for pod default/resilient-job-[a-z0-9]{5} failed "
                                        r"with exit code 137 matching FailJob rule at index 0 \(last exit code 137\)")
        self.assertIn("out of memory", result.stdout.split("FAIL")[1])
        self.assertEqual(record.read_text().count("--\n"), 1)

    def test_resilient_job_retries_1_and_counts_42_as_usual(self):
        for code in (1, 42):
            program, _ = self.stand_in(f"task{code}", f"exit {code}")
            config = self.write("belfry.yaml", json.dumps(
                {"runtime": {"images": [{"match": "batch-job:v1.0", "command": [str(program)]}]}}))
            words = r"resilient-job: attempt 1 of 7 failed, next try in [0-9.]+s\n"
            result = self.run_until(words, "-f", MANIFESTS / "job.resilient-job.yaml", "--config", config)
            self.assertEqual(result.returncode, 1)
            self.assertRegex(result.stdout, words)

    def test_my_job_restarts_in_the_same_pod_at_once_and_after_10_seconds(self):
        _, record = self.stand_in("python", 'n=$(cat "$0.n" 2>/dev/null || echo 0); echo $((n+1)) > "$0.n"; test $n -ge 2')
        result = self.run_with_images("job.my-job.yaml", [self.programs_first("my-image")])
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        self.assertEqual(len(re.findall(r"/python my-script.py\n", record.read_text())), 3)
        self.assertIn("container my-container ended with exit code 1, restart 1 of at most 6 at once\n", result.stdout)
        self.assertIn("container my-container ended with exit code 1, restart 2 of at most 6 in 10s\n", result.stdout)
        self.assertEqual(len(set(re.findall(r"pod (my-job-[a-z0-9]{5})", result.stdout))), 1)

    def test_queue_worker_starts_nothing_after_the_first_success(self):
        # The first to come is done at once; the others fail after it, and are not replaced.
        _, record = self.stand_in("python", 'mkdir "$0.first" 2>/dev/null && exit 0; sleep 2; exit 1')
        result = self.run_with_images("job.queue-worker.yaml", [self.programs_first("queue-worker:*")])
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        self.assertEqual(len(re.findall(r"/python /app/worker.py\n", record.read_text())), 5)
        self.assertIn("Complete after", result.stdout)
        self.assertIn("4 failed", result.stdout)
        self.assertIn("QUEUE_NAME=work-queue", record.read_text())

    def test_addwork_gets_its_environment(self):
        _, record = self.stand_in("python3", "")
        result = self.run_with_images("job.addwork.yaml", [self.programs_first("docker.io/wdenniss/pi_worker:2")])
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        self.assertRegex(record.read_text(), r"/python3 add_tasks.py\n")
        self.assertIn("REDIS_HOST=redis-0.redis-service\n", record.read_text())

    def test_addwork_adds_ten_items(self):
        redis = Redis(self)
        self.stand_in("python3", "redis-cli -h $REDIS_HOST rpush queue:task 1 2 3 4 5 6 7 8 9 10")
        result = self.run_with_images("job.addwork.yaml", [self.programs_first("docker.io/wdenniss/pi_worker:2")],
                                      {"redis-0.redis-service": redis.address})
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        self.assertEqual(redis.call("lrange", "queue:task", 0, -1), [str(i) for i in range(1, 11)])

    def test_jobworker_shares_twenty_items(self):
        redis = Redis(self)
        redis.call("rpush", "queue:task", *range(20))
        # The first to have an item waits for the other to have one; then both go on until there is none for a second.
        program, _ = self.stand_in("pi_worker", """
redis() { redis-cli -h $REDIS_HOST "$@"; }
item=$(redis lpop queue:task); redis sadd workers $HOSTNAME; redis hincrby done $item 1
if [ $(redis incr ranks) = 1 ]; then redis blpop gate 30; else redis lpush gate go; fi
while item=$(redis blpop queue:task ${COMPLETE_WHEN_EMPTY}); [ -n "$item" ]; do redis hincrby done ${item#queue:task?} 1; done""")
        result = self.run_with_images("job.jobworker.yaml", [
            {"match": "docker.io/wdenniss/pi_worker:3", "command": [str(program)]}], {"redis-0.redis-service": redis.address})
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        done = redis.call("hgetall", "done")
        self.assertEqual(dict(zip(done[::2], done[1::2])), {str(i): "1" for i in range(20)})
        self.assertEqual(len(redis.call("smembers", "workers")), 2)

    def test_jobworker_is_complete_when_the_list_is_empty(self):
        redis = Redis(self)
        program, record = self.stand_in("pi_worker", 'test -z "$(redis-cli -h $REDIS_HOST blpop queue:task $COMPLETE_WHEN_EMPTY)"')
        result = self.run_with_images("job.jobworker.yaml", [
            {"match": "docker.io/wdenniss/pi_worker:3", "command": [str(program)]}], {"redis-0.redis-service": redis.address})
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        self.assertEqual(record.read_text().count("--\n"), 2)

    def test_queue_worker_empties_the_queue(self):
        redis = Redis(self)
        redis.call("rpush", "work-queue", *range(50))
        self.stand_in("python", 'while item=$(redis-cli -u $REDIS_URL lpop $QUEUE_NAME); [ -n "$item" ]; do '
                                "redis-cli -u $REDIS_URL rpush done $item; done")
        result = self.run_with_images("job.queue-worker.yaml", [self.programs_first("queue-worker:*")],
                                      {"redis": redis.address})
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        self.assertEqual(sorted(map(int, redis.call("lrange", "done", 0, -1))), list(range(50)))

    def test_jobworker_restarts_a_killed_worker_and_both_end(self):
        program, record = self.stand_in("pi_worker", 'mkdir "$0.killed" 2>/dev/null && kill -KILL $$; exit 0')
        result = self.run_with_images("job.jobworker.yaml", [
            {"match": "docker.io/wdenniss/pi_worker:3", "command": [str(program)]}])
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        self.assertEqual(record.read_text().count("COMPLETE_WHEN_EMPTY=1"), 3)
        self.assertIn("ended with exit code 137, restart 1 of at most 2 at once", result.stdout)

    def test_data_processing_without_its_claim_says_so(self):
        words = (r"data-processing: pod data-processing-[a-z0-9]{5} waits: Unschedulable: "
                 r'0/1 nodes are available: persistentvolumeclaim "batch-data-pvc" not found\.')
        result = self.run_until(words, "-f", MANIFESTS / "job.data-processing.yaml")
        self.assertEqual(result.returncode, 1)
        self.assertRegex(result.stdout, words)
        self.assertIn("resources.limits", result.stderr)  # said: nothing holds the process to them

    def test_data_processing_works_in_its_claims_folder(self):
        _, record = self.stand_in("python", "cp /data/input /data/output")
        config = json.dumps({"runtime": {"images": [self.programs_first("data-processor:*")]}})
        manifests = self.folder / "manifests"
        shutil.copytree(MANIFESTS, manifests, ignore=lambda _, names: set(names) - {"job.data-processing.yaml"})
        agent = self.start_agent([manifests], config=config)
        waits = 'kube_pod_status_unschedulable{namespace="batch",'
        wait_for("the pod to wait for its claim", lambda: waits in agent.metrics())
        claim = agent.data_dir / "volumes/batch/batch-data-pvc"
        claim.mkdir(parents=True)
        (claim / "input").write_text("a thousand rows")
        shutil.copy(MANIFESTS / "persistentvolumeclaim.batch-data-pvc.yaml", manifests)
        done = 'kube_job_status_succeeded{namespace="batch",job_name="data-processing"}'
        wait_for("the Job's end", lambda: agent.value(done) == 1)
        self.assertEqual((claim / "output").read_text(), "a thousand rows")
        self.assertIn("/python /app/process.py --input=/data/input --output=/data/output\n", record.read_text())
        self.assertIn("BATCH_SIZE=1000\n", record.read_text())
        self.assertNotIn(waits, agent.metrics())
        self.assertFalse(pathlib.Path("/data/output").exists())

    def test_data_processing_runs_in_a_folder_of_the_users(self):
        self.stand_in("python", "echo $BATCH_SIZE > /data/output")
        data = self.folder / "data"
        data.mkdir()
        files = [MANIFESTS / "job.data-processing.yaml", MANIFESTS / "persistentvolumeclaim.batch-data-pvc.yaml"]
        arguments = [word for file in files for word in ("-f", file)]
        runtime = {"images": [self.programs_first("data-processor:*")]}
        config = self.write("passing.yaml", json.dumps({"runtime": runtime}))
        passing = self.run_belfry("run", *arguments, "--config", config)
        self.assertEqual(passing.returncode, 0, passing.stdout + passing.stderr)
        self.assertIn("batch/batch-data-pvc: its folder starts empty and goes with this run", passing.stderr)
        config = self.write("staying.yaml", json.dumps({"runtime": runtime | {"claims": {"batch/batch-data-pvc": str(data)}}}))
        staying = self.run_belfry("run", *arguments, "--config", config)
        self.assertEqual(staying.returncode, 0, staying.stdout + staying.stderr)
        self.assertNotIn("goes with this run", staying.stderr)
        self.assertEqual((data / "output").read_text(), "1000\n")

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
