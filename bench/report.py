#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Turns the JSON of compare or of bench into a page of tables and charts.

    python3 bench/report.py measured/*.json --output docs/performance.md    what compare wrote
    python3 bench/report.py measured/*.json --goals                         goals beside what compare measured
    python3 bench/report.py panel.json --panel --output docs/panel_choice.md   what compare --part=panel wrote
    python3 bench/report.py movement.json --movement                        what compare --part=movement wrote
    python3 bench/report.py run.json --output run.md --plot run.svg         what bench --benchmark_out wrote
    python3 bench/report.py *.json --pruning --output docs/pruning.md       the table of that page, from bench's JSON

Several files of one machine are read as one run. Needs nothing but Python.
"""
import argparse
import json
import sys

sys.dont_write_bytecode = True  # the folder of the sources stays as it is

from reporting import benchmarks, data, goals, movement, panel_choice, performance, pruning  # noqa: E402


def is_of_compare(path):
    with open(path, encoding="utf-8") as file:
        return "lacuna_compare" in json.load(file)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("json", nargs="+", help="written by compare --out=FILE or bench --benchmark_out=FILE")
    parser.add_argument("--output", help="where the Markdown goes; charts of compare are written beside it")
    parser.add_argument("--plot", help="of bench: where the plot goes, .svg")
    parser.add_argument("--goals", "--bars", action="store_true", help="of compare: print goals beside what was measured")
    parser.add_argument("--panel", action="store_true", help="of compare --part=panel: the page on pack's choice")
    parser.add_argument("--movement", action="store_true", help="of compare --part=movement: print what X and Y take")
    parser.add_argument("--pruning", action="store_true", help="of bench: print the table of docs/pruning.md, or renew it")
    arguments = parser.parse_args()
    try:
        if arguments.pruning:
            return pruning.write(arguments.json, arguments.output)
        if not is_of_compare(arguments.json[0]):
            return benchmarks.report(arguments)
        measured = data.read(arguments.json)
    except (OSError, ValueError, KeyError) as error:
        print(f"report: {', '.join(arguments.json)}: not readable as JSON of compare or bench: {error!r}", file=sys.stderr)
        return 1
    if arguments.movement:
        print("\n".join(movement.lines(measured)))
    if arguments.goals:
        print("\n".join(goals.goal_lines(measured)))
    if arguments.output and arguments.panel:
        panel_choice.write(measured, arguments.output)
    elif arguments.output:
        performance.write(measured, arguments.output)
    if not arguments.goals and not arguments.output and not arguments.movement:
        parser.error("--output, --goals or --movement is needed")
    return 1 if measured.failures else 0


if __name__ == "__main__":
    sys.exit(main())
