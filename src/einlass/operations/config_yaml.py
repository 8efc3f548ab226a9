# SPDX-License-Identifier: Apache-2.0
"""Reading YAML so that every value knows its line, and the errors that name it. What the fields mean: `config_schema.py`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

Path = tuple[str | int, ...]
# No configuration nests deeper; an alias that contains itself would nest for ever.
DEEPEST = 20
# The field by which the items of a list are told apart, and named in messages.
NAMED_BY = ("key", "component", "date")


@dataclass(frozen=True, slots=True, order=True)
class ConfigError:
    """One thing that is wrong with the file: where, which field, and a sentence. Never contains a secret."""

    file: str
    line: int
    path: str
    sentence: str
    # For pages, which say it in their own language beside the field: a stable code and what fills its sentence.
    code: str = field(default="", compare=False)
    values: dict[str, str] = field(default_factory=dict, compare=False, hash=False)

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.path + ': ' if self.path else ''}{self.sentence}"


class ConfigFileError(Exception):
    """The file is wrong and nothing was changed. `errors` are all that were found, in the order of the file."""

    def __init__(self, errors: list[ConfigError]) -> None:
        self.errors = tuple(sorted(set(errors)))
        super().__init__("\n".join(str(error) for error in self.errors))


class Located(dict[str, Any]):
    """A mapping that knows where in the file it stands, also when items before it were left out."""

    path: Path = ()


@dataclass(slots=True)
class Document:
    """The plain data of a file, the line of every path in it, and the errors found so far."""

    source: str
    data: Any = field(default=None, repr=False)
    lines: dict[Path, int] = field(default_factory=dict)
    errors: list[ConfigError] = field(default_factory=list)
    unreadable: set[Path] = field(default_factory=set)

    def fault(self, path: Path, sentence: str, *, code: str = "", values: dict[str, str] | None = None) -> None:
        """Note an error at the line of the path, or of the nearest one around it that stands in the file."""
        self.errors.append(ConfigError(self.source, self.line(path), self.name(path), sentence, code, values or {}))

    def line(self, path: Path) -> int:
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)

    def name(self, path: Path) -> str:
        """The path for people: `branches.bern.rooms.aare.capacity`, items by their key where they have one."""
        words: list[str] = []
        at: Any = self.data
        for part in path:
            at = _step(at, part)
            if isinstance(part, str):
                words.append(part)
            elif key := _key_of(at):
                words.append(key)
            else:
                words[-1:] = [f"{words[-1] if words else ''}[{part + 1}]"]
        return ".".join(words)


def _step(at: Any, part: str | int) -> Any:
    if isinstance(at, dict):
        return at.get(part)
    return at[part] if isinstance(at, list) and isinstance(part, int) and part < len(at) else None


def _key_of(item: Any) -> str:
    return next((str(item[name]) for name in NAMED_BY if item.get(name)), "") if isinstance(item, Mapping) else ""


def document_of(data: Mapping[str, Any], *, source: str) -> Document:
    """The same for data that never was a file, such as what a settings page sends."""
    return Document(source, data=_located(data, ()))


def _located(value: Any, path: Path) -> Any:
    if isinstance(value, Mapping):
        found = Located((name, _located(inner, (*path, name))) for name, inner in value.items())
        found.path = path
        return found
    return [_located(item, (*path, n)) for n, item in enumerate(value)] if isinstance(value, list | tuple) else value


def read(text: str, *, source: str) -> Document:
    """The document; broken YAML is the one error that hides all others. Raises ConfigFileError for it."""
    document = Document(source)
    loader = yaml.SafeLoader(text)
    try:
        root = loader.get_single_node()
        document.data = _plain(loader, root, (), document) if root is not None else {}
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        raise ConfigFileError([ConfigError(source, line, "", f"this is no valid YAML: {error.problem or error.context}")]) from None
    except yaml.YAMLError as error:
        raise ConfigFileError([ConfigError(source, 1, "", f"this is no valid YAML: {error}")]) from None
    finally:
        loader.dispose()
    return document


def _plain(loader: yaml.SafeLoader, node: yaml.Node, path: Path, document: Document) -> Any:
    document.lines.setdefault(path, node.start_mark.line + 1)
    if len(path) > DEEPEST:
        document.fault(path, "is nested too deeply")
        return None
    if isinstance(node, yaml.MappingNode):
        found = Located(_entries(loader, node, path, document))
        found.path = path
        return found
    if isinstance(node, yaml.SequenceNode):
        return [_plain(loader, item, (*path, n), document) for n, item in enumerate(node.value)]
    try:
        return loader.construct_object(node)
    except ValueError as error:  # such as the 31st of February
        document.fault(path, f"cannot be read: {error}")
        document.unreadable.add(path)
        return None


def _entries(loader: yaml.SafeLoader, node: yaml.MappingNode, path: Path, document: Document) -> Iterator[tuple[str, Any]]:
    _note_duplicates(loader, node, path, document)
    loader.flatten_mapping(node)
    for key_node, value_node in node.value:
        key = str(loader.construct_object(key_node)) if isinstance(key_node, yaml.ScalarNode) else ""
        document.lines[*path, key] = key_node.start_mark.line + 1
        yield key, _plain(loader, value_node, (*path, key), document)


def _note_duplicates(loader: yaml.SafeLoader, node: yaml.MappingNode, path: Path, document: Document) -> None:
    seen: dict[str, int] = {}
    for key_node, _ in node.value:
        key, line = str(key_node.value), key_node.start_mark.line + 1
        if key in seen:
            sentence = f"stands twice; the first is on line {seen[key]}"
            document.errors.append(ConfigError(document.source, line, ".".join(filter(None, (document.name(path), key))), sentence))
        seen.setdefault(key, line)
