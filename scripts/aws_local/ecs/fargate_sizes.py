"""The combinations of CPU and memory that Fargate offers.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-cpu-memory-error.html
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html#fargate-tasks-size
"""

import re

from aws_local.ecs.requests import client_error

GIB = 1024
# MiB of memory by CPU units.
SIZES = {
    256: [512, 1 * GIB, 2 * GIB],
    512: [n * GIB for n in range(1, 5)],
    1024: [n * GIB for n in range(2, 9)],
    2048: [n * GIB for n in range(4, 17)],
    4096: [n * GIB for n in range(8, 31)],
    8192: [n * GIB for n in range(16, 61, 4)],
    16384: [n * GIB for n in range(32, 121, 8)],
}


def _units(text, suffix, name):
    """A number of units from 256 or .25 vCPU, 512 or 0.5 GB."""
    match = re.fullmatch(rf"\s*(\d*\.?\d+)\s*({suffix})?\s*", str(text), re.IGNORECASE)
    if not match:
        raise client_error(f"Invalid '{name}' setting for task.")
    return round(float(match[1]) * GIB) if match[2] else int(float(match[1]))


def cpu_units(text):
    return None if text is None else _units(text, "vcpu", "cpu")


def memory_mib(text):
    return None if text is None else _units(text, "gb", "memory")


def check(cpu, memory):
    if cpu is None:
        raise client_error("Fargate requires that 'cpu' be defined at the task level.")
    if memory is None:
        raise client_error("Fargate requires that 'memory' be defined at the task level.")
    if memory not in SIZES.get(cpu, ()):
        raise client_error(
            f"No Fargate configuration exists for given values: {cpu} CPU, {memory} memory. See the Amazon ECS "
            "documentation for the valid values."
        )
