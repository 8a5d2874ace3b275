"""Reads a metrics page with the reference Python parsers, which are stricter than Prometheus.

Usage: strict_parse.py openmetrics|text FILE   exit 0: parsed, 1: refused (reason on standard error), 77: no parser installed
"""
import sys

try:
    from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
    from prometheus_client.parser import text_string_to_metric_families as parse_text
except ImportError:
    sys.exit(77)


def main():
    kind, path = sys.argv[1:]
    with open(path, encoding="utf-8", newline="") as file:
        page = file.read()
    parse = parse_openmetrics if kind == "openmetrics" else parse_text
    seen, samples = set(), 0
    try:
        for family in parse(page):
            if family.name in seen:
                raise ValueError(f"family {family.name} appears twice")
            seen.add(family.name)
            series = set()
            for sample in family.samples:
                samples += 1
                identity = (sample.name, tuple(sorted(sample.labels.items())))
                if identity in series:
                    raise ValueError(f"series {identity} appears twice")
                series.add(identity)
    except ValueError as error:
        print(f"{kind}: {error}", file=sys.stderr)
        return 1
    print(f"{kind}: {len(seen)} families, {samples} samples")
    return 0


sys.exit(main())
