"""Serializes answers. For each member of a shape, moto tries a list of names on the result. The list depends only on the
shape and the class of the result, so it is cached.

See XFormedAttributePicker in moto/core/serialize.py.
"""

from moto.core import serialize
from moto.core.serialize import (
    DEFAULT_ALIAS_PROVIDERS,
    MISSING,
    AttributePickerContext,
    ResponseSerializer,
    XFormedAttributePicker,
)

from aws_local.speed.xml import unparse

plain_get_value = ResponseSerializer.get_value
# By the id and length of a table of transformers: the table, and for each key the paths that can end in it.
_paths = {}


def _names(shape, key, value):
    """The names to try for a member, in moto's order; empty if one of them is a path, which moto itself handles."""
    by_class = shape.__dict__.setdefault("possible_names", {})
    kind = value.__class__
    names = by_class.get((key, kind))
    if names is None:
        context = AttributePickerContext(obj=value, key=key, shape=shape)
        names = tuple(dict.fromkeys(XFormedAttributePicker().get_possible_keys(context)))
        if any("." in name for name in names):
            names = ()
        by_class[key, kind] = names
    return names


def _pick(value, names):
    if value.__class__ is dict:
        for name in names:
            found = value.get(name, MISSING)
            if found is not MISSING:
                return found
        return None
    if not hasattr(value, "__getitem__"):
        for name in names:
            found = getattr(value, name, MISSING)
            if found is not MISSING:
                return found
        return None
    for name in names:
        try:
            found = value[name]
        except (KeyError, IndexError, TypeError, AttributeError):
            continue
        if found is not MISSING:
            return found
    return None


def _paths_of(transformers, key):
    """The paths in the table whose last part matches the key."""
    kept, by_key = _paths.get((id(transformers), len(transformers)), (None, None))
    if kept is not transformers:
        by_key = {}
        _paths[id(transformers), len(transformers)] = transformers, by_key
    found = by_key.get(key)
    if found is None:
        found = by_key[key] = tuple(
            path for path in transformers if (key == path.rpartition(".")[2] if "." in path else key.endswith(path))
        )
    return found


def get_value(self, value, key, shape):
    picker = self._value_picker
    if picker.__class__ is not XFormedAttributePicker or picker.alias_providers is not DEFAULT_ALIAS_PROVIDERS:
        return plain_get_value(self, value, key, shape)
    names = _names(shape, key, value)
    if not names:
        return plain_get_value(self, value, key, shape)
    found = _pick(value, names)
    transformers = picker.response_transformers
    if transformers:
        for path in _paths_of(transformers, key):
            if f"{'.'.join(self.path)}.{key}".endswith(path):
                return transformers[path](found)
    return found


class _Xml:
    unparse = staticmethod(unparse)


def install():
    ResponseSerializer.get_value = get_value
    serialize.xmltodict = _Xml
