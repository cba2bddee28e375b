"""The fields of a posted form, read into the form's model; whatever else was posted is ignored."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from admin.builder.model import (
    DEFAULT,
    AccountForm,
    ActionForm,
    ConditionForm,
    GroupForm,
    ItemForm,
    MethodForm,
    NoticeForm,
    OfferForm,
)

MAX_PARTS = 20  # of a field's name: nine groups deep, more than a rule set can be
_NUMBER = re.compile(r"[0-9]{1,4}", re.ASCII)


@dataclass
class Node:
    """Fields whose names begin alike: "when.0.low" is found at when, 0, low."""

    values: list[str] = field(default_factory=list)
    children: dict[str, Node] = field(default_factory=dict)

    def at(self, name: str) -> Node:
        """Return the node below, an empty one where nothing was posted."""
        return self.children.get(name) or Node()

    def text(self, name: str) -> str:
        """Return the first value posted under a name, with the line ends that we write."""
        values = self.at(name).values
        return values[0].replace("\r\n", "\n") if values else ""

    def numbered(self) -> list[Node]:
        """Return the nodes below that are numbered, in order."""
        numbers = sorted((int(name), name) for name in self.children if _NUMBER.fullmatch(name))
        return [self.children[name] for _, name in numbers]


def nested(fields: Iterable[tuple[str, str]]) -> Node:
    """Return posted fields as a tree; names that are too deep are left out."""
    root = Node()
    for name, value in fields:
        parts = name.split(".", MAX_PARTS)
        if len(parts) <= MAX_PARTS:
            node = root
            for part in parts:
                node = node.children.setdefault(part, Node())
            node.values.append(value)
    return root


def read_form(fields: Iterable[tuple[str, str]], kind: str, item_id: str) -> ItemForm:
    """Return the form as it was posted."""
    root = nested(fields)
    revision = root.text("revision")
    return ItemForm(
        kind=kind,
        id=item_id,
        name=root.text("name"),
        enabled=kind == DEFAULT or bool(root.text("enabled")),
        valid_from=root.text("valid_from"),
        valid_until=root.text("valid_until"),
        when=_group(root.at("when")),
        offer=_offer(root.at("offer")),
        share=root.text("share"),
        other=_offer(root.at("other")) if root.text("split") else None,
        actions=[_action(node) for node in root.at("actions").numbered()],
        new=root.text("new"),
        position=root.text("position"),
        revision=int(revision) if re.fullmatch(r"[0-9]{1,9}", revision, re.ASCII) else 0,
        digest=root.text("digest")[:64],
        mark=mark if re.fullmatch(r"[0-9a-f]{8}", mark := root.text("mark"), re.ASCII) else "",
    )


def _group(node: Node) -> GroupForm:
    children = [_group(child) if "kind" in child.children else _condition(child) for child in node.numbered()]
    return GroupForm(node.text("kind"), children, node.text("new"))


def _condition(node: Node) -> ConditionForm:
    return ConditionForm(
        attribute=node.text("attribute"),
        operator=node.text("operator"),
        picks=_picks(node),
        text=node.text("text"),
        low=node.text("low"),
        high=node.text("high"),
        currency=node.text("currency"),
    )


def _picks(node: Node) -> list[str]:
    """Return the chosen values: those that were chosen before in their old order, then the new ones."""
    posted = [unescaped(value) for value in node.at("pick").values]
    before = _before(node.text("was"))
    known, chosen = set(before), set(posted)
    return [value for value in before if value in chosen] + [value for value in posted if value not in known]


def _before(text: str) -> list[str]:
    try:
        data = json.loads(text) if text else []
    except (ValueError, RecursionError):
        return []
    return data if isinstance(data, list) and all(isinstance(value, str) for value in data) else []


def _offer(node: Node) -> OfferForm:
    return OfferForm([_method(child) for child in node.numbered()], node.text("new"))


def _method(node: Node) -> MethodForm:
    accounts = [AccountForm(child.text("account"), child.text("weight")) for child in node.numbered()]
    return MethodForm(node.text("method"), node.text("strategy"), accounts, node.text("new"))


def _action(node: Node) -> ActionForm:
    notices = [NoticeForm(child.text("language"), child.text("text")) for child in node.at("notices").numbered()]
    return ActionForm(node.text("type"), _picks(node), _method(node.at("plan")), notices, node.text("new"))


def escaped(value: str) -> str:
    """Return a value without line ends, which browsers rewrite in forms; `unescaped` undoes it."""
    return value.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r")


def unescaped(value: str) -> str:
    """Return what `escaped` was given."""
    return re.sub(r"\\([nr\\])", lambda found: {"n": "\n", "r": "\r", "\\": "\\"}[found[1]], value)
