"""The queries of Grafana dashboards, with their variables put in as if everything were chosen.

Run directly, it prints one `dashboard<TAB>panel<TAB>expression` a line.
"""
import json
import pathlib
import re
import sys

# What Grafana itself puts in; wide enough for data of a short test.
BUILT_IN = {"__rate_interval": "1m", "__interval": "15s", "__range": "1h", "__range_s": "3600"}
VARIABLE = re.compile(r"\$\{(\w+)(?::[^}]*)?\}|\$(\w+)|\[\[(\w+)\]\]")
LABEL_VALUES = re.compile(r"label_values\((?P<series>.+),\s*(?P<label>\w+)\)")


def dashboards(folder):
    """The dashboard files below the folder."""
    return sorted(pathlib.Path(folder).glob("*.json"))


def load(path):
    return json.loads(pathlib.Path(path).read_text(encoding="utf-8"))


def panels(board):
    """Every panel that is no row, those of collapsed rows included."""
    for panel in board["panels"]:
        if panel["type"] != "row":
            yield panel
        yield from panel.get("panels", [])


def variables(board):
    return {variable["name"]: variable for variable in board["templating"]["list"]}


def substitute(expression, board):
    """The expression with every variable at All. Raises KeyError for one that the dashboard does not have."""
    values = {name: variable.get("allValue") or ".*" for name, variable in variables(board).items()}
    values.update(BUILT_IN)
    return VARIABLE.sub(lambda match: values[match[1] or match[2] or match[3]], expression)


def queries(path):
    """Pairs of a panel's (or variable's) title and an expression that should return data."""
    board = load(path)
    for name, variable in variables(board).items():
        match = LABEL_VALUES.fullmatch(variable.get("definition", ""))
        if match:
            yield f"variable {name}", substitute(match["series"], board)
    for panel in panels(board):
        for target in panel.get("targets", []):
            yield panel["title"], substitute(target["expr"], board)


def annotation_queries(path):
    """Pairs of an annotation's name and its expression; these return data only when something has happened."""
    board = load(path)
    for annotation in board["annotations"]["list"]:
        if "expr" in annotation:
            yield annotation["name"], substitute(annotation["expr"], board)


if __name__ == "__main__":
    for board_path in dashboards(sys.argv[1]):
        for title, expression in queries(board_path):
            print(board_path.name, title, expression, sep="\t")
