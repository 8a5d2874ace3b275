"""The query API of a running agent, asked by promtool, by belfry itself and as Grafana's data source asks."""
import datetime
import json
import subprocess
import urllib.parse
import urllib.request

from harness import Story, get, need, wait_for

RULES = """
groups:
  - name: always
    rules:
      - alert: AlwaysOn
        expr: kube_cronjob_info * 0 == 0
        labels: {severity: info}
        annotations: {summary: "{{ $labels.cronjob }} is there"}
"""
CRONJOB = """
apiVersion: batch/v1
kind: CronJob
metadata: {name: nightly, namespace: ops}
spec:
  schedule: "0 3 * * *"
  jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: c, image: x, command: ["true"]}]}}}}
"""


class QueryTest(Story):
    def setUp(self):
        super().setUp()
        rules = self.write("rules.yaml", RULES)
        self.write("m/cronjob.yaml", CRONJOB)
        config = json.dumps({"rules": {"files": [str(rules)]}})
        self.agent = self.start_agent(manifests=[self.folder / "m"], config=config)
        wait_for("the alert", self.agent.alerts)

    def promtool(self, *arguments):
        return subprocess.run([need("promtool"), "query", *arguments], capture_output=True, text=True, timeout=60,
                              check=False)

    def test_promtool_queries(self):
        url = self.agent.url + "/prometheus"
        instant = self.promtool("instant", url, 'sum by (namespace) (kube_cronjob_info{cronjob="nightly"})')
        self.assertRegex(instant.stdout, r'^\{namespace="ops"\} => 1 @\[[0-9.]+\]\n$', instant.stderr)
        scalar = self.promtool("instant", url, "1 + 1")
        self.assertRegex(scalar.stdout, r"^scalar: 2 @\[")
        ranged = self.promtool("range", "--start=1700000000", "--end=1700000120", "--step=1m", url, "vector(1)")
        self.assertEqual(ranged.stdout, "{} =>\n1 @[1700000000]\n1 @[1700000060]\n1 @[1700000120]\n", ranged.stderr)
        series = self.promtool("series", "--match=kube_cronjob_info", url)
        self.assertIn('cronjob="nightly"', series.stdout, series.stderr)
        labels = self.promtool("labels", url, "cronjob")
        self.assertEqual(labels.stdout, "nightly\n", labels.stderr)
        bad = self.promtool("instant", url, "up{")
        self.assertNotEqual(bad.returncode, 0)
        self.assertIn("1:4: parse error", bad.stderr)

    def test_belfry_prints_what_promtool_prints(self):
        server = ["--server", self.agent.url]
        for query in ("kube_cronjob_info * 2", "1 + 1", "kube_cronjob_info > 5"):
            # Without a time both would ask at their own.
            theirs = self.promtool("instant", "--time=1700000000", self.agent.url + "/prometheus", query)
            ours = self.run_belfry("query", query, "--time", "2023-11-14T22:13:20Z", *server)
            self.assertEqual((ours.returncode, ours.stdout.strip()), (0, theirs.stdout.strip()), ours.stderr)
        self.assertEqual(self.run_belfry("query", '"text"', *server).stdout, "text\n")
        ours = self.run_belfry("query", "vector(7)", "--start", "2023-11-14T22:13:20Z", "--end", "2023-11-14T22:15:20Z",
                               "--step", "1m", *server)
        self.assertEqual(ours.stdout, "{} =>\n7 @[1700000000]\n7 @[1700000060]\n7 @[1700000120]\n")
        bad = self.run_belfry("query", "sum(up", *server)
        self.assertEqual(bad.returncode, 2)
        self.assertRegex(bad.stderr, r"^1:7: parse error: .*\nsum\(up\n {6}\^\n$")
        many = self.run_belfry("query", "kube_cronjob_info * on () (vector(1) or label_replace(vector(1), 'a', 'b', '', ''))",
                               *server)
        self.assertEqual(many.returncode, 1)
        self.assertIn("many-to-many", many.stderr)
        self.assertIn("(at 1:19)", many.stderr)
        document = json.loads(self.run_belfry("query", "1 + 1", "-o", "json", *server).stdout)
        self.assertEqual(document["resultType"], "scalar")
        self.assertEqual(self.run_belfry("query", "--format", "sum by(a)(up)/2").stdout, "sum by (a) (up) / 2\n")

    def test_alerts(self):
        table = self.run_belfry("alerts", "--server", self.agent.url)
        self.assertEqual(table.returncode, 0, table.stderr)
        self.assertRegex(table.stdout, r"STATE +SINCE +VALUE +ALERT\nfiring +\S+ +0e\+00 +\{alertname=\"AlwaysOn\"")
        alerts = json.loads(self.run_belfry("alerts", "-o", "json", "--server", self.agent.url).stdout)["alerts"]
        self.assertEqual(alerts[0]["annotations"], {"summary": "nightly is there"})

    def test_what_grafana_asks(self):
        api = self.agent.url + "/prometheus/api/v1/"

        def post(path, **form):
            body = urllib.parse.urlencode(form).encode()
            with urllib.request.urlopen(api + path, data=body, timeout=10) as response:
                return json.loads(response.read())["data"]

        # Save & test, then what it looks for, then the explorer.
        self.assertEqual(post("query", query="1+1", time="1700000000")["result"], [1700000000, "2"])
        info = json.loads(get(api + "status/buildinfo")[1])["data"]
        self.assertIn("version", info)
        self.assertNotIn("application", info)
        self.assertEqual(get(api + "rules/test/test"), (404, "404 page not found\n"))
        self.assertIn("cronjob", post("labels", start="0", end="1900000000"))
        self.assertEqual(json.loads(get(api + "label/cronjob/values")[1])["data"], ["nightly"])
        self.assertEqual(post("series", **{"match[]": "kube_cronjob_info"})[0]["cronjob"], "nightly")
        self.assertIn("kube_cronjob_info", json.loads(get(api + "metadata?limit=10000")[1])["data"])
        self.assertEqual(post("query_exemplars", query="up", start="0", end="1"), [])
        self.assertEqual(post("format_query", query="a+b"), "a + b")
        self.assertEqual(post("parse_query", query="a+b")["type"], "binaryExpr")
        self.assertEqual(len(json.loads(get(api + "targets")[1])["data"]["activeTargets"]), 1)
        runtime = json.loads(get(api + "status/runtimeinfo")[1])["data"]
        start, reload, now = (datetime.datetime.fromisoformat(runtime[name])
                              for name in ("startTime", "lastConfigTime", "serverTime"))
        self.assertLess(start, now)
        self.assertLessEqual(reload, now)
        self.assertEqual((runtime["reloadConfigSuccess"], runtime["storageRetention"]), (True, "2h"))
        flags = json.loads(get(api + "status/flags")[1])["data"]
        self.assertEqual((flags["query.lookback-delta"], flags["web.external-url"]),
                         ("5m", self.agent.url + "/prometheus"))
        config = json.loads(get(api + "status/config")[1])["data"]["yaml"]
        self.assertIn("rules.yaml", config)
        self.assertIn("  evaluation_interval: ", config)
        rules = json.loads(get(api + "rules?type=alert")[1])["data"]["groups"][0]["rules"]
        self.assertEqual(rules[0]["alerts"][0]["state"], "firing")

    def test_compat_2_in_the_agent(self):
        config = json.dumps({"rules": {"promqlCompat": 2}})
        old = self.start_agent(config=config, data_dir=self.folder / "old")
        for url, code in ((old.url, 0), (self.agent.url, 2)):
            asked = self.run_belfry("query", "holt_winters(up[5m], 0.5, 0.5)", "--server", url)
            self.assertEqual(asked.returncode, code, asked.stderr)
