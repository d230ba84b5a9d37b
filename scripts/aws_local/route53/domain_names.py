"""DNS names as Route 53 writes them: lower case, a dot at the end, special characters as octal escapes.

https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/DomainNameFormat.html
"""

import re

PLAIN = set("abcdefghijklmnopqrstuvwxyz0123456789-_.")


def normal(name):
    text = re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), name).lower()
    text = "".join(char if char in PLAIN else "".join(f"\\{byte:03o}" for byte in char.encode()) for char in text)
    return text if text.endswith(".") else f"{text}."


def order(name):
    """The sort key of a name: its labels from right to left."""
    return ".".join(reversed(normal(name)[:-1].split("."))) + "."


def inside(name, zone):
    return name == zone or name.endswith(f".{zone}")
