"""A real Prometheus and a real Alertmanager for the stories."""
import json
import os
import pathlib
import signal
import subprocess
import unittest
import urllib.parse

from harness import get, need, own_address, wait_for


def spawn(story, *command):
    """Starts a program that the story stops at its end; its output goes to <name>.log."""
    log = open(story.folder / (os.path.basename(command[0]) + ".log"), "wb")
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
    address = f"{own_address()}:9090"
    files = [str(story.write("rules.yml", rules))] if rules else []
    config = story.write("prometheus.yml", json.dumps({
        "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
        "rule_files": files,
        "scrape_configs": [{"job_name": "belfry", "static_configs": [{"targets": [agent.url[7:]]}]}]}))
    spawn(story, need("prometheus"), f"--config.file={config}", f"--web.listen-address={address}",
          f"--storage.tsdb.path={story.folder}/prometheus")
    url = f"http://{address}"
    wait_for("Prometheus", lambda: get(url + "/-/ready")[0] == 200)
    return url


def sees_its_files(program):
    """What to put before Debian's Alertmanager: it wants its templates below /usr/share, where they are only if the package is
    installed. Where it is merely unpacked, a private view of files lays its folder over the host's."""
    if pathlib.Path("/usr/share/prometheus/alertmanager/default.tmpl").exists():
        return []
    share = program.parent.parent / "share"
    overlay = f"mount -t overlay overlay -o lowerdir={share}:/usr/share /usr/share"
    namespaces = ["unshare", "--mount"] if os.getuid() == 0 else ["unshare", "--map-root-user", "--mount"]
    if subprocess.run([*namespaces, "sh", "-c", overlay], capture_output=True, check=False).returncode != 0:
        raise unittest.SkipTest("prometheus-alertmanager is not installed, and no private view of files can be had")
    return [*namespaces, "sh", "-c", overlay + ' && exec "$@"', "sh"]


def start_alertmanager(story, receiver_url):
    """The URL of an Alertmanager that posts every alert to `receiver_url`, each in a group of its own."""
    address = f"{own_address()}:9093"
    program = pathlib.Path(need("prometheus-alertmanager"))
    config = story.write("alertmanager.yml", json.dumps({
        "route": {"receiver": "hook", "group_by": ["..."], "group_wait": "0s", "group_interval": "1s",
                  "repeat_interval": "1h"},
        "receivers": [{"name": "hook", "webhook_configs": [{"url": receiver_url}]}]}))
    spawn(story, *sees_its_files(program), str(program), f"--config.file={config}",
          f"--web.listen-address={address}", f"--storage.path={story.folder}/alertmanager",
          "--cluster.listen-address=")
    url = f"http://{address}"
    wait_for("Alertmanager", lambda: get(url + "/-/ready")[0] == 200)
    return url


def query(prometheus, expression):
    """The result of an instant query; raises on an error answer."""
    status, text = get(f"{prometheus}/api/v1/query?query={urllib.parse.quote(expression)}")
    if status != 200:
        raise AssertionError(f"{expression}: {status} {text}")
    return json.loads(text)["data"]["result"]
