"""What every dashboard must keep: the rules of grafana/dashboard-linter that apply, and some of layout and truth.

Rules of the linter that are not kept, and why: `allValue` of the variables job and instance is `.*`, not `.+`, and their matchers may match
nothing, because series of Belfry's own Prometheus-compatible API carry neither label.
"""
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests/e2e"))
from dashboard_queries import annotation_queries, dashboards, load, panels, queries, variables  # noqa: E402

DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}
REMOVED_PANELS = {"graph", "singlestat", "table-old"}
UNITS = {"short", "none", "s", "ms", "percentunit", "percent", "bytes", "decbytes", "ops", "reqps", "dateTimeAsIso", "dateTimeFromNow",
         "bool_yes_no", "bool"}
METRIC = re.compile(r"(?<![\w\"$])((?:kube|belfry|cronjob|process|ALERTS)_[a-z0-9_]*[a-z0-9])(?=[{\[\s),]|$)")
SELECTOR = re.compile(r"\b[a-z_]+\{([^}]*)\}")


def all_boards():
    return [(path, load(path)) for path in dashboards(TOP / "dashboards/grafana")]


class LintTest(unittest.TestCase):
    def each(self, items, describe):
        """Runs the block once per item as a subtest."""
        for item in items:
            with self.subTest(describe(item)):
                yield item

    def boards(self):
        boards = all_boards()
        self.assertTrue(boards)
        yield from self.each(boards, lambda item: item[0].name)

    def all_panels(self):
        for path, board in self.boards():
            yield from self.each(((board, panel) for panel in panels(board)), lambda item: f"{path.name}: {item[1]['title']}")

    def test_head_is_complete(self):
        uids = set()
        for _, board in self.boards():
            self.assertGreaterEqual(board["schemaVersion"], 39)
            self.assertRegex(board["uid"], r"^[a-z0-9-]{1,40}$")
            self.assertNotIn(board["uid"], uids)
            uids.add(board["uid"])
            self.assertIn("belfry", board["tags"])
            self.assertFalse(board["editable"])
            self.assertEqual(board["graphTooltip"], 1)
            self.assertTrue(board["title"] and board["description"] and board["refresh"] and board["time"])
            self.assertNotIn("__inputs", board)
            self.assertNotIn("id", board)

    def test_datasource_is_a_variable(self):
        for _, board in self.boards():
            variable = variables(board)["datasource"]
            self.assertEqual((variable["type"], variable["query"], variable["label"]), ("datasource", "prometheus", "Data source"))

    def test_query_variables_follow_the_time_and_take_several(self):
        for path, board in self.boards():
            for variable in self.each(variables(board).values(), lambda v: f"{path.name}: {v['name']}"):
                if variable["type"] != "query":
                    continue
                self.assertEqual(variable["refresh"], 2)
                self.assertTrue(variable["multi"] and variable["includeAll"])
                self.assertEqual(variable["allValue"], ".*")
                self.assertEqual(variable["datasource"], DATASOURCE)
                self.assertTrue(variable["label"])
                self.assertEqual(variable["definition"], variable["query"]["query"])

    def test_panels_and_targets_name_the_datasource(self):
        for _, panel in self.all_panels():
            self.assertEqual(panel["datasource"], DATASOURCE)
            for target in panel["targets"]:
                self.assertEqual(target["datasource"], DATASOURCE)

    def test_panels_have_title_description_unit_and_targets(self):
        for _, panel in self.all_panels():
            self.assertTrue(panel["title"])
            self.assertRegex(panel["description"], r"\.$")
            self.assertIn(panel["fieldConfig"]["defaults"]["unit"], UNITS)
            self.assertTrue(panel["targets"])
            self.assertNotIn(panel["type"], REMOVED_PANELS)
            references = [target["refId"] for target in panel["targets"]]
            self.assertEqual(len(references), len(set(references)))

    def test_ids_are_unique(self):
        for _, board in self.boards():
            ids = [panel["id"] for panel in board["panels"]] + [p["id"] for panel in board["panels"] for p in panel.get("panels", [])]
            self.assertEqual(len(ids), len(set(ids)))

    def test_panels_do_not_overlap(self):
        for _, board in self.boards():
            taken = {}
            for panel in board["panels"]:
                at = panel["gridPos"]
                self.assertGreaterEqual(at["x"], 0)
                self.assertLessEqual(at["x"] + at["w"], 24, panel["title"])
                for cell in ((x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])):
                    self.assertNotIn(cell, taken, f"{panel['title']} lies on {taken.get(cell)}")
                    taken[cell] = panel["title"]

    def test_counters_are_read_through_rate_or_increase(self):
        for _, panel in self.all_panels():
            for target in panel["targets"]:
                for match in re.finditer(r"\w+_total\b", target["expr"]):
                    self.assertRegex(target["expr"][: match.start()], r"(rate|irate|increase|changes)\($", target["expr"])

    def test_rates_use_the_rate_interval(self):
        for _, panel in self.all_panels():
            for target in panel["targets"]:
                for window in re.findall(r"rate\([^()]*\[([^\]]*)\]", target["expr"]):
                    self.assertEqual(window, "$__rate_interval", target["expr"])

    def test_selectors_match_job_and_instance(self):
        for _, panel in self.all_panels():
            for target in panel["targets"]:
                selectors = SELECTOR.findall(target["expr"])
                self.assertEqual(len(selectors), len(METRIC.findall(target["expr"])), target["expr"])
                for selector in selectors:
                    self.assertIn('job=~"$job"', selector)
                    self.assertIn('instance=~"$instance"', selector)

    def test_metrics_are_documented(self):
        documented = set(re.findall(r"`([a-z_]+)`", (TOP / "docs/metrics.md").read_text(encoding="utf-8")))
        for path, _ in self.boards():
            for title, expression in [*queries(path), *annotation_queries(path)]:
                names = METRIC.findall(expression)
                self.assertTrue(names, f"{title}: {expression}")
                for name in names:
                    self.assertIn(re.sub(r"_(bucket|sum|count)$", "", name), documented, f"{title}: {expression}")

    def test_queries_are_promql(self):
        promtool = shutil.which("promtool")
        if promtool is None:
            self.skipTest("promtool is not installed")
        for path, _ in self.boards():
            lines = ["groups:", "- name: dashboard", "  rules:"]
            for number, (_, expression) in enumerate([*queries(path), *annotation_queries(path)]):
                quoted = expression.replace("'", "''")
                lines += [f"  - record: query:{number}", f"    expr: '{quoted}'"]
            with tempfile.TemporaryDirectory() as folder:
                file = pathlib.Path(folder, "rules.yml")
                file.write_text("\n".join(lines) + "\n", encoding="utf-8")
                checked = subprocess.run([promtool, "check", "rules", str(file)], capture_output=True, text=True)
            self.assertEqual(checked.returncode, 0, checked.stdout + checked.stderr)


if __name__ == "__main__":
    unittest.main()
