"""How Route 53 writes DNS names: lower case, a dot at the end, anything unusual as an octal escape.

https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/DomainNameFormat.html
"""

import re

PLAIN = set("abcdefghijklmnopqrstuvwxyz0123456789-_.")


def normal(name):
    text = re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), name).lower()
    text = "".join(char if char in PLAIN else "".join(f"\\{byte:03o}" for byte in char.encode()) for char in text)
    return text if text.endswith(".") else f"{text}."


def order(name):
    """What names are sorted by: the labels from the right."""
    return ".".join(reversed(normal(name)[:-1].split("."))) + "."


def inside(name, zone):
    return name == zone or name.endswith(f".{zone}")
