"""Simulates the commands of containers: `true`, `false`, `exit N`, `echo WORDS`, `sleep SECONDS` and `env`, joined by `;`,
`&&` and `||`, also as `sh -c "…"`.

Any other command prints `+ <command>` and exits with 0. `env` prints `<secret>` as the value of secrets. A second of
`sleep` takes one phase of the task's life.
"""

import shlex

SHELLS = ("sh", "bash", "/bin/sh", "/bin/bash")
OPERATORS = (";", "&&", "||")


class Script:
    """The lines to print, as pairs of seconds from the start and text; when the script ends (None: never); its exit code."""

    def __init__(self):
        self.lines = []
        self.at = 0.0
        self.ends = None
        self.code = 0

    def print(self, line):
        self.lines.append((self.at, line))


def _words(text):
    lexer = shlex.shlex(text.replace("\n", ";"), posix=True, punctuation_chars=";&|")
    lexer.whitespace_split = True
    lexer.commenters = ""
    return list(lexer)


def _steps(command):
    """Pairs of an operator and the words of the simple command after it; None if the text is not a list of these."""
    if len(command) >= 3 and command[0] in SHELLS and command[1].startswith("-") and command[1].endswith("c"):
        try:
            words = _words(command[2])
        except ValueError:
            return None
    else:
        return [(";", list(command))]
    steps, operator, current = [], ";", []
    for word in words:
        if word in OPERATORS:
            if current:
                steps.append((operator, current))
            operator, current = word, []
        elif word and not word.strip(";&|"):
            return None
        else:
            current.append(word)
    return [*steps, (operator, current)] if current else steps


def _known(words):
    name, rest = words[0], words[1:]
    if name in ("true", "false", "env"):
        return not rest
    if name == "exit":
        return not rest or (len(rest) == 1 and rest[0].isdigit())
    if name == "sleep":
        return len(rest) == 1 and rest[0].replace(".", "", 1).isdigit()
    return name == "echo"


def is_known(command):
    """Whether the whole command can be simulated."""
    steps = _steps(command) if command else None
    return bool(steps) and all(_known(words) for _, words in steps)


def run(command, environment, second):
    """The script of a command; a second of `sleep` takes `second` seconds. The environment is a list of pairs."""
    script = Script()
    steps = _steps(command)
    if steps is None:
        steps = [(";", list(command))]
    for operator, words in steps:
        if (operator == "&&" and script.code) or (operator == "||" and not script.code):
            continue
        script.code = _step(script, words, environment, second)
        if words[0] == "exit" and _known(words):
            break
    script.ends = script.at
    return script


def _step(script, words, environment, second):
    name, rest = words[0], words[1:]
    if not _known(words):
        script.print("+ " + shlex.join(words))
    elif name == "false":
        return 1
    elif name == "exit":
        return int(rest[0]) % 256 if rest else script.code
    elif name == "echo":
        script.print(" ".join(rest[1:] if rest[:1] == ["-n"] else rest))
    elif name == "sleep":
        script.at += float(rest[0]) * second
    elif name == "env":
        for key, value in environment:
            script.print(f"{key}={value}")
    return 0
