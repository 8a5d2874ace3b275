"""What the black-box stories share: a running agent, a webhook receiver, waiting for what must come true.

As a program: harness.py FILE CLASS.METHOD runs one test; exit 0 passed, 1 failed, 77 skipped.
"""
import contextlib
import http.server
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import urllib.error
import urllib.request

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
BINARY = os.environ.get("BELFRY_BINARY", str(TOP / "build/dev/belfry"))
MANIFESTS = TOP / "tests/manifests"
os.environ["no_proxy"] = "*"  # whom the stories talk to is on this machine
WAIT = 60.0  # seconds; a bound for what normally takes milliseconds


def wait_for(what, condition, timeout=WAIT):
    """The first true value of condition(); fails the test when none comes in time."""
    pause = threading.Event()
    deadline = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {timeout:.0f} s in vain for {what}")
        pause.wait(0.02)


def get(url, timeout=10):
    """(status, text) of a GET; connection errors are (0, message)."""
    try:
        with urllib.request.urlopen(url, timeout=timeout) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()
    except OSError as error:
        return 0, str(error)


def own_address():
    """A loopback address that is this process' alone: on it programs may have the ports they always have."""
    pid = os.getpid()
    return f"127.{64 + (pid >> 16)}.{pid >> 8 & 255}.{pid & 255}"


def processes_with(marker):
    """Pids of living processes (zombies do not count) whose command line holds `marker`."""
    found = []
    for entry in os.listdir("/proc"):
        if not entry.isdigit() or int(entry) == os.getpid():
            continue
        with contextlib.suppress(OSError):
            command = pathlib.Path(f"/proc/{entry}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            state = pathlib.Path(f"/proc/{entry}/stat").read_text().rsplit(")", 1)[1].split()[0]
            if marker in command and state != "Z":
                found.append(int(entry))
    return found


class Agent:
    """A belfry agent on a port of its own."""

    def __init__(self, folder, manifests=(), config=None, data_dir=None, extra=()):
        self.folder = pathlib.Path(folder)
        self.data_dir = pathlib.Path(data_dir or self.folder / "data")
        self.log = self.folder / "agent.log"
        command = [BINARY, "agent", "--listen", "127.0.0.1:0", "--data-dir", str(self.data_dir), *extra]
        for path in manifests:
            command += ["-f", str(path)]
        if config is not None:
            (self.folder / "belfry.yaml").write_text(config)
            command += ["--config", str(self.folder / "belfry.yaml")]
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True,
                                            stdin=subprocess.DEVNULL)
        self.banner = []
        self.url = None
        for line in self.process.stdout:
            self.banner.append(line)
            found = re.search(r"metrics\s+(http://\S+)/metrics", line)
            if found:
                self.url = found.group(1)
                break
        if self.url is None:
            raise AssertionError(f"the agent ended with {self.process.wait()}:\n{self.log_text()}")
        threading.Thread(target=self._drain, daemon=True).start()

    def _drain(self):
        for line in self.process.stdout:
            self.banner.append(line)

    def log_text(self):
        return self.log.read_text(errors="replace")

    def metrics(self):
        status, text = get(self.url + "/metrics")
        return text if status == 200 else ""

    def value(self, series):
        """The value of a series as the page writes it, or None."""
        for line in self.metrics().splitlines():
            if line.startswith(series + " "):
                return float(line.rsplit(" ", 1)[1])
        return None

    def query(self, expression):
        status, text = get(self.url + "/prometheus/api/v1/query?query=" + urllib.request.quote(expression))
        if status != 200:
            raise AssertionError(f"query {expression}: {status} {text}")
        return json.loads(text)["data"]["result"]

    def alerts(self):
        return json.loads(get(self.url + "/prometheus/api/v1/alerts")[1])["data"]["alerts"]

    def kill(self):
        """kill -9: the supervisor and the pods live on."""
        self.process.kill()
        self.process.wait()

    def stop(self):
        """Ctrl-C: everything ends. Returns the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        return self.process.wait(timeout=WAIT)


class WebhookReceiver:
    """An HTTP server that keeps every JSON body posted to it, and answers as told."""

    def __init__(self):
        self.bodies = []
        self.status = 200
        self.arrived = threading.Condition()
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                with receiver.arrived:
                    receiver.bodies.append((self.path, json.loads(body), dict(self.headers)))
                    receiver.arrived.notify_all()
                self.send_response(receiver.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def alerts(self, path, status):
        """The labels of the alerts with that status that were posted to that path, in order."""
        with self.arrived:
            return [a["labels"] for p, body, _ in self.bodies if p == path for a in body["alerts"]
                    if a["status"] == status]

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


class Story(unittest.TestCase):
    """A test with a folder of its own; agents it starts are stopped, and what they ran must be gone."""

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="belfry-e2e-"))
        self.agents = []
        self.addCleanup(self._clean_up)

    def _clean_up(self):
        for agent in self.agents:
            if agent.process.poll() is None:
                try:
                    agent.stop()
                except subprocess.TimeoutExpired:
                    agent.kill()
        supervisors = processes_with(f"supervisor --data-dir {self.folder}")
        for pid in supervisors:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        shutil.rmtree(self.folder, ignore_errors=True)

    def start_agent(self, *args, **kwargs):
        agent = Agent(self.folder, *args, **kwargs)
        self.agents.append(agent)
        return agent

    def write(self, name, text):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def run_belfry(self, *arguments, stdin=None, timeout=WAIT):
        """A finished belfry: CompletedProcess with text."""
        return subprocess.run([BINARY, *map(str, arguments)], input=stdin, stdin=None if stdin else subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=timeout, errors="replace")


    def run_until(self, words, *arguments, stdin=None):
        """A `belfry run` that is interrupted once its output matches `words`, and has ended: CompletedProcess with text."""
        with tempfile.TemporaryFile("w+", errors="replace") as errors:
            process = subprocess.Popen([BINARY, "run", "--timeout", f"{WAIT:.0f}s", *map(str, arguments)], stdin=subprocess.PIPE,
                                       stdout=subprocess.PIPE, stderr=errors, text=True, errors="replace")
            process.stdin.write(stdin or "")
            process.stdin.close()
            output = ""
            for line in process.stdout:
                output += line
                if re.search(words, output):
                    process.send_signal(signal.SIGINT)
                    break
            output += process.stdout.read()
            process.wait(timeout=WAIT)
            errors.seek(0)
            return subprocess.CompletedProcess(process.args, process.returncode, output, errors.read())


def need(program):
    """The path of a program that a test talks to; skips the test, by name, where it is not to be had."""
    path = shutil.which(program)
    if path is None:
        raise unittest.SkipTest(f"{program} is not on this machine")
    return path


def main():
    sys.path.insert(0, str(pathlib.Path(__file__).parent))
    sys.modules.setdefault("harness", sys.modules["__main__"])
    result = unittest.TextTestRunner(verbosity=2).run(unittest.defaultTestLoader.loadTestsFromNames(
        [f"{sys.argv[1]}.{name}" for name in sys.argv[2:]] or [sys.argv[1]]))
    if not result.wasSuccessful() or result.testsRun == 0:
        return 1
    return 77 if len(result.skipped) == result.testsRun else 0


if __name__ == "__main__":
    sys.exit(main())
