"""Runs a pipe, `PROGRAM ARGUMENT… '|' PROGRAM …` with absolute paths, and prints its wall seconds, then a line for
each program: exit code (127 if it could not be started), CPU seconds, peak memory in KiB.

It is a separate process, started with `python3 -I -S`, and imports only built-in modules: Linux reports a peak for a
program that is never lower than that of the process that forked it, and this process has 5 MiB.
"""

import posix
import sys
import time


def commands(words):
    found = [[]]
    for word in words:
        if word == "|":
            found.append([])
        else:
            found[-1].append(word)
    return found


def start(command, stdin, stdout):
    pid = posix.fork()
    if pid:
        return pid
    try:
        posix.dup2(stdin, 0)
        posix.dup2(stdout, 1)
        posix.execv(command[0], command)
    except OSError as error:
        posix.write(2, f"{command[0]}: {error}\n".encode())
    finally:
        posix._exit(127)


def main():
    pipe = commands(sys.argv[1:])
    nothing = posix.open("/dev/null", posix.O_RDWR)
    began = time.monotonic()
    pids, stdin = [], nothing
    for number, command in enumerate(pipe):
        last = number + 1 == len(pipe)
        after, stdout = (nothing, nothing) if last else posix.pipe()
        pids.append(start(command, stdin, stdout))
        for descriptor in {stdin, stdout} - {nothing}:
            posix.close(descriptor)
        stdin = after
    used = [posix.wait4(pid, 0) for pid in pids]
    print(time.monotonic() - began)
    for _, status, usage in used:
        print(posix.waitstatus_to_exitcode(status), usage.ru_utime + usage.ru_stime, usage.ru_maxrss)


main()
