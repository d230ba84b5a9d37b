"""Writes the same XML as `xmltodict.unparse`.

See _emit in xmltodict.py, and XMLGenerator in xml/sax/saxutils.py.
"""

from xml.sax.saxutils import quoteattr

import xmltodict

HEAD = '<?xml version="1.0" encoding="utf-8"?>\n'
# Names that were checked.
_valid = set()


def _check(name, kind):
    if name not in _valid:
        xmltodict._validate_name(name, kind)
        _valid.add(name)


def _escape(text):
    if "&" in text:
        text = text.replace("&", "&amp;")
    if "<" in text:
        text = text.replace("<", "&lt;")
    if ">" in text:
        text = text.replace(">", "&gt;")
    return text


def _text(value):
    return value if isinstance(value, str) else xmltodict._convert_value_to_string(value)


def _element(write, name, value, short):
    """Writes one element, its text after its children."""
    if isinstance(value, dict):
        attributes, children, text = "", [], None
        for key, inner in value.items():
            if key == "#text":
                text = None if inner is None else _text(inner)
            elif key[:1] == "@":
                if isinstance(inner, dict):
                    raise NotImplementedError
                _check(key[1:], "attribute")
                attributes += f" {key[1:]}={quoteattr('' if inner is None else _text(inner))}"
            elif not (isinstance(inner, list) and not inner):
                children.append((key, inner))
        if not children and not text:
            write(f"<{name}{attributes}/>" if short else f"<{name}{attributes}></{name}>")
            return
        write(f"<{name}{attributes}>")
        for key, inner in children:
            _emit(write, key, inner, short)
        write(f"{_escape(text)}</{name}>" if text else f"</{name}>")
        return
    text = "" if value is None else _text(value)
    if text:
        write(f"<{name}>{_escape(text)}</{name}>")
    else:
        write(f"<{name}/>" if short else f"<{name}></{name}>")


def _emit(write, name, value, short):
    """Writes one element, or one for each item of a list."""
    if name == "#comment":
        raise NotImplementedError
    _check(name, "element")
    if hasattr(value, "__iter__") and not isinstance(value, (str, bytes, bytearray, memoryview, dict)):
        for item in value:
            _element(write, name, item, short)
    else:
        _element(write, name, value, short)


def unparse(document, full_document=True, short_empty_elements=False, pretty=False):
    if pretty or len(document) != 1:
        return xmltodict.unparse(
            document, full_document=full_document, short_empty_elements=short_empty_elements, pretty=pretty
        )
    parts = [HEAD] if full_document else []
    [(name, value)] = document.items()
    try:
        _emit(parts.append, name, value, short_empty_elements)
    except NotImplementedError:
        return xmltodict.unparse(document, full_document=full_document, short_empty_elements=short_empty_elements)
    return "".join(parts)
