# SPDX-License-Identifier: MIT
"""Tables in Markdown."""


def text(value, digits=2, scale=1.0):
    return "" if value is None else f"{value / scale:.{digits}f}"


def percent(value):
    return "" if value is None else f"{100 * value:.0f} %"


def at_tokens(n):
    return f"{n} token" + ("" if n == 1 else "s")


def table(head, lines):
    yield "| " + " | ".join(head) + " |"
    yield "|" + "|".join(" --- " if i == 0 else " ---: " for i in range(len(head))) + "|"
    for line in lines:
        yield "| " + " | ".join(line) + " |"
    yield ""
