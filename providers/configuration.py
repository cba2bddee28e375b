"""What an account at a provider is: how it is configured, what it can do, and what trying it out said."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class AccountConfig:
    """One configured account at a provider; the caller has already decrypted `secrets`.

    `settings` are the fields of the form that are no secrets, and what `Provider.connect` has learned. A `live` account
    moves real money: its keys and its webhooks are never those of a test account, nor the other way round.
    """

    id: str
    provider: str
    settings: Mapping[str, str]
    secrets: Mapping[str, str] = field(repr=False)
    live: bool = False


@dataclass(frozen=True, slots=True)
class SettingField:
    """One field of an account's settings form; a secret is stored encrypted and never shown again.

    `choices` are (value, label) pairs for a field that takes one of them, or several when `several`: then the value is
    the chosen ones, in their order, with commas between. `default` stands in the form of a new account.
    """

    key: str
    label: str
    secret: bool = False
    help: str = ""
    required: bool = True
    choices: tuple[tuple[str, str], ...] = ()
    several: bool = False
    default: str = ""


@dataclass(frozen=True, slots=True)
class MethodCapability:
    """What an account accepts for one method.

    `currencies` and `countries` are codes, None means any; `flows` are among direct, pay_by_link and
    subscription; `min_amount` and `max_amount` are inclusive, in minor units by currency; a currency not
    named has no limit.
    """

    currencies: frozenset[str] | None
    countries: frozenset[str] | None
    flows: frozenset[str]
    min_amount: Mapping[str, int] = field(default_factory=dict)
    max_amount: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What an account can do: its methods by key (`card`, `sepa_debit`, ...) and the verbs it supports."""

    methods: Mapping[str, MethodCapability]
    refunds: bool
    partial_refunds: bool
    cancel: bool
    subscriptions: bool = False  # it charges renewals by itself
    reports: bool = False


@dataclass(frozen=True, slots=True)
class Connection:
    """What a provider said when the account was tried.

    `summary` is one sentence for the operator, e.g. whose account it is. `learned` is kept with the account's settings:
    its keys are none of `settings_fields`, and its values replace what was learned before.
    """

    summary: str
    learned: Mapping[str, str] = field(default_factory=dict)
