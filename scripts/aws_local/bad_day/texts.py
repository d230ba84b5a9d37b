"""Answers as texts: the elements of a list, found, changed and left out without parsing the rest."""

import json
import re


def elements(text, tag):
    """Start and end of each outermost element with this tag."""
    opened, closed = f"<{tag}>", f"</{tag}>"
    at = 0
    while (start := text.find(opened, at)) >= 0:
        depth, end = 0, start
        while True:
            down, up = text.find(opened, end), text.find(closed, end)
            if up < 0:
                return
            if 0 <= down < up:
                depth, end = depth + 1, down + len(opened)
            else:
                depth, end = depth - 1, up + len(closed)
            if not depth:
                break
        yield start, end
        at = end


def value(text, tag):
    """The text of the first element with this tag."""
    found = re.search(f"<{tag}>([^<]*)</{tag}>", text)
    return found and found[1]


def own(item, tag, own_tag):
    """The value of the item itself, not of an item in it."""
    inner = item[len(tag) + 2 : -len(tag) - 3]
    spans = list(elements(inner, tag))
    for start, end in reversed(spans):
        inner = inner[:start] + inner[end:]
    return value(inner, own_tag)


def changed(text, tag, own_tag, change):
    """The text with each item replaced by `change(its id, its text)`; None leaves it out."""
    parts, at = [], 0
    for start, end in elements(text, tag):
        item = text[start:end]
        parts += [text[at:start], change(own(item, tag, own_tag), item) or ""]
        at = end
    return "".join(parts) + text[at:]


def changed_json(text, own_name, change):
    """The same for JSON: the items are objects with this member, in any list."""

    def visit(node):
        if isinstance(node, list):
            kept = []
            for item in node:
                if isinstance(item, dict) and own_name in item:
                    item = change(item[own_name], item)
                if item is not None:
                    kept.append(visit(item))
            return kept
        if isinstance(node, dict):
            return {name: visit(item) for name, item in node.items()}
        return node

    try:
        return json.dumps(visit(json.loads(text)))
    except ValueError:
        return text
