"""The Grafana dashboards: every query of theirs, run by a real Prometheus that scrapes a real agent, returns data."""
import json

from dashboard_queries import dashboards, queries
from harness import TOP, Story, WebhookReceiver, need, wait_for
from prometheus import query, start_prometheus


class DashboardsTest(Story):
    def test_every_query_returns_data(self):
        need("prometheus")
        receiver = WebhookReceiver()
        self.addCleanup(receiver.stop)
        config = json.dumps({"notify": {
            "route": {"receiver": "hook", "group_wait": "0s"},
            "receivers": [{"name": "hook", "webhook_configs": [{"url": receiver.url}]}]}})
        agent = self.start_agent([TOP / "examples/manifests"], config=config)
        prometheus = start_prometheus(self, agent)
        # The first minute brings a run of the CronJob; the failing Job fails for good after its one retry.
        wait_for("a run", lambda: query(prometheus, 'cronjob_jobs_total{status="succeeded"} > 0'), timeout=150)
        wait_for("a failed Job", lambda: query(prometheus, 'kube_job_failed{condition="true"} == 1'))
        wait_for("two scrapes after that", lambda: query(prometheus, "count_over_time(up[30s]) > 3"))
        asked = [(board.name, panel, expression) for board in dashboards(TOP / "dashboards/grafana")
                 for panel, expression in queries(board)]
        self.assertGreater(len(asked), 10)
        empty = [entry for entry in asked if not query(prometheus, entry[2])]
        self.assertEqual(empty, [])
