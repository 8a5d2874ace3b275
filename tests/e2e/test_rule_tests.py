"""belfry test rules against Debian's promtool: the same files, the same verdicts, the same words."""
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

from harness import BINARY

TOP = pathlib.Path(__file__).resolve().parents[2]
CORPUS = TOP / "tests/rules/unittest/corpus"


def run(command, folder):
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, check=False)


def promtool(file, folder):
    return run(["promtool", "test", "rules", str(file)], folder)


def belfry(file, folder, *options):
    return run([BINARY, "test", "rules", "--promql-compat=2", *options, str(file)], folder)


def without_diff(text):
    """What promtool prints: not the lines that show where the two lists differ."""
    return re.sub(r"\n        diff \(- expected, \+ got\):(\n {10}.*)*", "", text)


class RuleTestsTest(unittest.TestCase):
    def setUp(self):
        if shutil.which("promtool") is None:
            self.skipTest("promtool is not here")
        self.folder = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)
        shutil.copytree(CORPUS, self.folder, dirs_exist_ok=True)

    def test_files_that_pass(self):
        files = sorted(CORPUS.glob("pass-*.yaml")) + [CORPUS / "base.yaml"]
        self.assertGreater(len(files), 4)
        for file in files:
            with self.subTest(file=file.name):
                theirs, ours = promtool(file, CORPUS), belfry(file, CORPUS)
                self.assertEqual((theirs.returncode, theirs.stderr), (0, ""))
                self.assertEqual((ours.returncode, ours.stderr), (0, ""))
                self.assertEqual(ours.stdout, theirs.stdout)

    def test_files_that_fail_with_the_same_words(self):
        files = sorted(CORPUS.glob("fail-*.yaml"))
        self.assertGreater(len(files), 1)
        for file in files:
            with self.subTest(file=file.name):
                theirs, ours = promtool(file, CORPUS), belfry(file, CORPUS)
                self.assertEqual((theirs.returncode, ours.returncode), (1, 1))
                self.assertEqual(without_diff(ours.stderr), theirs.stderr)

    def test_one_change_of_a_file(self):
        base = (CORPUS / "base.yaml").read_text()
        changes = [line.split(" | ") for line in (CORPUS / "mutations.txt").read_text().splitlines()
                   if line and not line.startswith("#")]
        self.assertGreater(len(changes), 80)
        file = self.folder / "mutated.yaml"
        for verdict, old, new in changes:
            old, new = (text.replace("\\n", "\n") for text in (old, new))
            with self.subTest(old=old, new=new):
                self.assertIn(old, base)
                file.write_text(base.replace(old, "" if new == "{}" else new, 1))
                ours = belfry(file, self.folder)
                self.assertEqual(ours.returncode, 1 if verdict in ("fail", "stricter") else 0, ours.stderr)
                if verdict in ("pass", "fail"):
                    theirs = promtool(file, self.folder)
                    self.assertEqual(theirs.returncode, ours.returncode, theirs.stderr + ours.stderr)

    def test_check_rules(self):
        rules = {
            "good": "groups: [{name: g, rules: [{record: x, expr: 1}]}]",
            "empty": "",
            "no_groups": "groups: []",
            "duplicates": "groups: [{name: g, rules: [{record: x, expr: 1, labels: {b: c, a: d}}, {alert: x, expr: 2, labels: {a: d, b: c}},"
                          " {record: y, expr: 1}]}, {name: h, rules: [{record: y, expr: 3}]}]",
            "unknown_field": "groups: [{name: g, oops: 1, rules: [{record: x, expr: 1}]}]",
            "repeated_group": "groups:\n- name: g\n- name: g\n",
            "bad_expressions": "groups:\n- name: g\n  rules:\n  - record: a\n    expr: 1 +\n  - alert: B\n    expr: up = 1\n",
            "no_name": "groups:\n- rules:\n  - record: a\n    expr: 1\n",
            "both": "groups:\n- name: g\n  rules:\n  - record: a\n    alert: b\n    expr: 1\n",
            "neither": "groups:\n- name: g\n  rules:\n  - expr: 1\n",
            "no_expr": "groups:\n- name: g\n  rules:\n  - record: a\n",
            "bad_name": "groups:\n- name: g\n  rules:\n  - record: a-b\n    expr: 1\n",
            "for_on_record": "groups:\n- name: g\n  rules:\n  - record: a\n    expr: 1\n    for: 5m\n",
            "bad_duration": "groups:\n- name: g\n  rules:\n  - alert: a\n    expr: 1\n    for: 5 minutes\n",
            "bad_template": "groups:\n- name: g\n  rules:\n  - alert: a\n    expr: 1\n    annotations: {x: '{{ nope }}'}\n",
            "bad_label": "groups:\n- name: g\n  rules:\n  - alert: a\n    expr: 1\n    labels: {__name__: b}\n",
            "syntax": "groups: [",
        }
        same_words = {"good", "empty", "no_groups", "duplicates", "repeated_group", "bad_expressions"}
        for name, text in rules.items():
            file = self.folder / f"{name}.yaml"
            file.write_text(text)
            for options in ([], ["--lint-fatal"], ["--lint=none"]):
                with self.subTest(name=name, options=options):
                    theirs = run(["promtool", "check", "rules", *options, file.name], self.folder)
                    ours = run([BINARY, "check", "rules", "--promql-compat=2", *options, file.name], self.folder)
                    # Bad input is 2 in every command of ours.
                    expected = 2 if theirs.returncode == 1 else theirs.returncode
                    self.assertEqual(ours.returncode, expected, ours.stderr + theirs.stderr)
                    if name in same_words:
                        self.assertEqual(ours.stdout, theirs.stdout)
                        # First comes a sum; below a parse error we show the line and a caret.
                        words = re.sub(r"(?m)^(    |belfry: ).*\n", "", ours.stderr)
                        self.assertEqual(words, theirs.stderr)

    def test_shipped_rules(self):
        """The tests of the rules we ship, by both; promtool reads no PrometheusRule, so it gets what is in it."""
        shutil.copytree(TOP / "rules/alerts", self.folder / "alerts")
        tests = sorted((self.folder / "alerts/tests").glob("*.yaml"))
        self.assertGreater(len(tests), 1)
        for file in tests:
            with self.subTest(file=file.name):
                ours = run([BINARY, "test", "rules", str(file)], self.folder)
                self.assertEqual(ours.returncode, 0, ours.stderr)
        for rules in (self.folder / "alerts").glob("*.yaml"):
            text = rules.read_text()
            if "\nspec:\n" in text:
                rules.write_text(re.sub(r"(?m)^  ", "", text.split("\nspec:\n")[1]))
        for file in tests:
            with self.subTest(file=file.name):
                theirs = promtool(file, self.folder)
                self.assertEqual(theirs.returncode, 0, theirs.stderr)

    def test_run_filter_diff_and_junit(self):
        file = next(CORPUS.glob("fail-*.yaml"))
        everything = belfry(file, CORPUS)
        none = belfry(file, CORPUS, "--run", "no group is called so")
        self.assertEqual((everything.returncode, none.returncode), (1, 0))
        self.assertIn("SUCCESS", none.stdout)
        report = self.folder / "junit.xml"
        only = belfry(file, CORPUS, "--diff", "--junit", str(report))
        self.assertNotIn("exp:", only.stderr)
        self.assertIn("diff (- expected, + got):", only.stderr)
        self.assertIn("<failure>", report.read_text())
        self.assertEqual(belfry(file, CORPUS, "--run", "(").returncode, 2)


if __name__ == "__main__":
    unittest.main()
