"""A real Prometheus and a real Alertmanager for the stories."""
import json
import signal
import socket
import subprocess
import urllib.parse

from harness import get, need, wait_for


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def spawn(story, *command):
    """Starts a program that the story stops at its end; its output goes to <name>.log."""
    log = open(story.folder / (command[0].rsplit("/", 1)[-1] + ".log"), "wb")
    process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)

    def stop():
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        log.close()
    story.addCleanup(stop)
    return process


def start_prometheus(story, agent, rules=None):
    """The URL of a Prometheus that scrapes the agent every second."""
    port = free_port()
    files = [str(story.write("rules.yml", rules))] if rules else []
    config = story.write("prometheus.yml", json.dumps({
        "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
        "rule_files": files,
        "scrape_configs": [{"job_name": "belfry", "static_configs": [{"targets": [agent.url[7:]]}]}]}))
    spawn(story, need("prometheus"), f"--config.file={config}", f"--web.listen-address=127.0.0.1:{port}",
          f"--storage.tsdb.path={story.folder}/prometheus")
    url = f"http://127.0.0.1:{port}"
    wait_for("Prometheus", lambda: get(url + "/-/ready")[0] == 200)
    return url


def start_alertmanager(story, receiver_url):
    """The URL of an Alertmanager that posts every alert to `receiver_url`, each in a group of its own."""
    port = free_port()
    config = story.write("alertmanager.yml", json.dumps({
        "route": {"receiver": "hook", "group_by": ["..."], "group_wait": "0s", "group_interval": "1s",
                  "repeat_interval": "1h"},
        "receivers": [{"name": "hook", "webhook_configs": [{"url": receiver_url}]}]}))
    spawn(story, need("prometheus-alertmanager"), f"--config.file={config}",
          f"--web.listen-address=127.0.0.1:{port}", f"--storage.path={story.folder}/alertmanager",
          "--cluster.listen-address=")
    url = f"http://127.0.0.1:{port}"
    wait_for("Alertmanager", lambda: get(url + "/-/ready")[0] == 200)
    return url


def query(prometheus, expression):
    """The result of an instant query; raises on an error answer."""
    status, text = get(f"{prometheus}/api/v1/query?query={urllib.parse.quote(expression)}")
    if status != 200:
        raise AssertionError(f"{expression}: {status} {text}")
    return json.loads(text)["data"]["result"]
