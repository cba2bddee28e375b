"""Plain data read into a rule set; anything of another shape is refused with the path of what is wrong."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, TypeVar

from rules.attributes import Operator
from rules.facts import is_iso_date
from rules.limits import MAX_PROBLEMS
from rules.problems import InvalidRuleSet, Problem
from rules.spec import (
    Action,
    Adjustment,
    Condition,
    ConditionValue,
    Experiment,
    Group,
    GroupKind,
    HideMethods,
    MethodPlan,
    Money,
    Offer,
    PlannedAccount,
    ProviderPlan,
    PutFirst,
    RequireStrongAuthentication,
    RouteMethod,
    Rule,
    RuleSet,
    Scalar,
    ShowNotice,
    Strategy,
)

# The reader's own guards; validation is stricter and says it in a shopkeeper's words.
MAX_NESTING = 12
MAX_ITEMS = 5_000  # in one list

Item = TypeVar("Item")


def from_json(obj: object) -> RuleSet:
    """The rule set that plain data describes; only its shape is checked. InvalidRuleSet names each path."""
    reader = _Reader()
    ruleset = reader.ruleset(obj)
    if reader.problems:
        raise InvalidRuleSet(reader.problems)
    return ruleset


class _Reader:
    """Reads on after a fault, so that one reading reports them all."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.owner: str | None = None  # the name of the rule or adjustment being read

    def ruleset(self, obj: object) -> RuleSet:
        data = self.fields(obj, "", {"rules", "default"}, {"adjustments"})
        return RuleSet(
            rules=self.each(data.get("rules"), "rules", self.rule),
            adjustments=self.each(data.get("adjustments", []), "adjustments", self.adjustment),
            default=self.offer(data.get("default"), "default"),
        )

    def rule(self, obj: object, path: str) -> Rule:
        data = self.owned(obj, path, {"when", "offer"}, {"valid_from", "valid_until", "experiment"})
        rule = Rule(
            id=self.text(data.get("id"), f"{path}.id"),
            name=self.text(data.get("name"), f"{path}.name"),
            when=self.group(data.get("when"), f"{path}.when"),
            offer=self.offer(data.get("offer"), f"{path}.offer"),
            enabled=self.flag(data.get("enabled", True), f"{path}.enabled"),
            valid_from=self.day(data.get("valid_from"), f"{path}.valid_from"),
            valid_until=self.day(data.get("valid_until"), f"{path}.valid_until"),
            experiment=self.experiment(data.get("experiment"), f"{path}.experiment"),
        )
        self.owner = None
        return rule

    def adjustment(self, obj: object, path: str) -> Adjustment:
        data = self.owned(obj, path, {"when", "actions"}, set())
        adjustment = Adjustment(
            id=self.text(data.get("id"), f"{path}.id"),
            name=self.text(data.get("name"), f"{path}.name"),
            when=self.group(data.get("when"), f"{path}.when"),
            actions=self.each(data.get("actions"), f"{path}.actions", self.action),
            enabled=self.flag(data.get("enabled", True), f"{path}.enabled"),
        )
        self.owner = None
        return adjustment

    def owned(self, obj: object, path: str, needed: set[str], optional: set[str]) -> Mapping[str, Any]:
        name = obj.get("name") if isinstance(obj, Mapping) else None
        self.owner = name[:80] if isinstance(name, str) else None
        return self.fields(obj, path, {"id", "name"} | needed, {"enabled"} | optional)

    def action(self, obj: object, path: str) -> Action:
        kind = obj.get("type") if isinstance(obj, Mapping) else None
        match kind:
            case "hide_methods" | "put_first":
                data = self.fields(obj, path, {"type", "methods"}, set())
                methods = self.texts(data.get("methods"), f"{path}.methods")
                return HideMethods(methods) if kind == "hide_methods" else PutFirst(methods)
            case "route_method":
                data = self.fields(obj, path, {"type", "method", "providers"}, set())
                plan = self.plan(data.get("providers"), f"{path}.providers")
                return RouteMethod(self.text(data.get("method"), f"{path}.method"), plan)
            case "require_strong_authentication":
                data = self.fields(obj, path, {"type"}, {"methods"})
                return RequireStrongAuthentication(self.texts(data.get("methods", []), f"{path}.methods"))
            case "show_notice":
                text = self.fields(obj, path, {"type", "text"}, set()).get("text")
                if not isinstance(text, Mapping) or not all(isinstance(x, str) for pair in text.items() for x in pair):
                    self.fault(f"{path}.text", "write the notice as one text for each language")
                    return ShowNotice({})
                return ShowNotice(dict(text))
        known = "hide_methods, put_first, route_method, require_strong_authentication, show_notice"
        self.fault(f"{path}.type", f"choose an action type: {known}")
        return HideMethods(())

    def offer(self, obj: object, path: str) -> Offer:
        data = self.fields(obj, path, {"methods"}, set())
        return Offer(self.each(data.get("methods"), f"{path}.methods", self.method_plan))

    def experiment(self, obj: object, path: str) -> Experiment | None:
        if obj is None:
            return None
        data = self.fields(obj, path, {"share", "offer"}, set())
        share = data.get("share")
        if not isinstance(share, int) or isinstance(share, bool):
            self.fault(f"{path}.share", "write the share of offer B as a whole number of percent, 1 to 99")
            share = 0
        return Experiment(share, self.offer(data.get("offer"), f"{path}.offer"))

    def method_plan(self, obj: object, path: str) -> MethodPlan:
        data = self.fields(obj, path, {"method", "providers"}, set())
        plan = self.plan(data.get("providers"), f"{path}.providers")
        return MethodPlan(self.text(data.get("method"), f"{path}.method"), plan)

    def plan(self, obj: object, path: str) -> ProviderPlan:
        data = self.fields(obj, path, {"strategy", "accounts"}, set())
        if data.get("strategy") not in tuple(Strategy):
            self.fault(f"{path}.strategy", "choose a strategy: ordered or weighted")
            return ProviderPlan(Strategy.ORDERED, ())
        accounts = self.each(data.get("accounts"), f"{path}.accounts", self.account)
        return ProviderPlan(Strategy(data["strategy"]), accounts)

    def account(self, obj: object, path: str) -> PlannedAccount:
        data = self.fields(obj, path, {"account"}, {"weight"})
        weight = data.get("weight")
        if weight is not None and (not isinstance(weight, int) or isinstance(weight, bool)):
            self.fault(f"{path}.weight", "write the weight as a whole number")
            weight = None
        return PlannedAccount(self.text(data.get("account"), f"{path}.account"), weight)

    def group(self, obj: object, path: str, depth: int = 1) -> Group:
        kinds = [kind for kind in GroupKind if isinstance(obj, Mapping) and set(obj) == {kind.value}]
        if not kinds or not isinstance(obj, Mapping):
            self.fault(path, "write a group as all, any or none over a list of conditions")
            return Group()
        if depth > MAX_NESTING:
            self.fault(path, "the groups are nested too deeply; split the rule in two")
            return Group()

        def node(child: object, child_path: str) -> Condition | Group:
            if isinstance(child, Mapping) and "attribute" in child:
                return self.condition(child, child_path)
            return self.group(child, child_path, depth + 1)

        return Group(kinds[0], self.each(obj[kinds[0].value], f"{path}.{kinds[0].value}", node))

    def condition(self, obj: Mapping[str, Any], path: str) -> Condition:
        data = self.fields(obj, path, {"attribute", "operator"}, {"value"})
        attribute = self.text(data.get("attribute"), f"{path}.attribute")
        if data.get("operator") not in tuple(Operator):
            self.fault(f"{path}.operator", "choose an operator: " + ", ".join(Operator))
            return Condition(attribute, Operator.IS_KNOWN)
        return Condition(attribute, Operator(data["operator"]), self.value(data.get("value"), f"{path}.value"))

    def value(self, obj: object, path: str) -> ConditionValue:
        if obj is None:
            return None
        if isinstance(obj, list):
            return self.each(obj, path, self.scalar)
        return self.scalar(obj, path)

    def scalar(self, obj: object, path: str) -> Scalar:
        if isinstance(obj, Mapping):
            data = self.fields(obj, path, {"amount", "currency"}, set())
            amount = data.get("amount")
            if not isinstance(amount, int) or isinstance(amount, bool):
                self.fault(f"{path}.amount", "write the amount as a whole number of minor units (cents)")
                amount = 0
            return Money(amount, self.text(data.get("currency"), f"{path}.currency"))
        if isinstance(obj, (str, bool, int)):
            return obj
        self.fault(path, "write a text, a whole number, true or false, or an amount with its currency")
        return ""

    def day(self, obj: object, path: str) -> date | None:
        if obj is None:
            return None
        if isinstance(obj, str) and is_iso_date(obj):
            return date.fromisoformat(obj)
        self.fault(path, "write the day as in 2026-01-31")
        return None

    def flag(self, obj: object, path: str) -> bool:
        if not isinstance(obj, bool):
            self.fault(path, "write true or false")
        return obj is True

    def text(self, obj: object, path: str) -> str:
        if isinstance(obj, str):
            return obj
        self.fault(path, "write a text")
        return ""

    def texts(self, obj: object, path: str) -> tuple[str, ...]:
        return self.each(obj, path, self.text)

    def each(self, obj: object, path: str, read: Callable[[object, str], Item]) -> tuple[Item, ...]:
        if not isinstance(obj, list):
            self.fault(path, "write a list")
        elif len(obj) > MAX_ITEMS:
            self.fault(path, f"this list has {len(obj)} entries; keep to {MAX_ITEMS}")
        else:
            return tuple(read(item, f"{path}[{index}]") for index, item in enumerate(obj))
        return ()

    def fields(self, obj: object, path: str, needed: set[str], optional: set[str]) -> Mapping[str, Any]:
        if not isinstance(obj, Mapping):
            self.fault(path, "write an object with " + ", ".join(sorted(needed)))
            return {}
        for key in sorted(needed - set(obj)):
            self.fault(f"{path}.{key}".lstrip("."), f"add “{key}”, which is missing")
        for key in obj:
            if key not in needed | optional:
                self.fault(f"{path}.{key}".lstrip(".")[:200], f"remove “{str(key)[:80]}”, which means nothing here")
        return obj

    def fault(self, path: str, message: str) -> None:
        if len(self.problems) == MAX_PROBLEMS:
            return
        if any(path == known.path or path.startswith((f"{known.path}.", f"{known.path}[")) for known in self.problems):
            return  # one fault is told once, at its outermost path
        where = f" in “{self.owner}”" if self.owner else ""
        self.problems.append(Problem(path, f"{message[0].upper()}{message[1:]}{where}.", self.owner))
