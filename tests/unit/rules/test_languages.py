"""Sentences in every language: whole, in good order, and nothing of the catalogue left in English."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import fields
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules import (
    BUILT_IN,
    BUILT_IN_CATALOGUE,
    Adjustment,
    Condition,
    Describer,
    Experiment,
    Group,
    GroupKind,
    HideMethods,
    MethodPlan,
    Money,
    Offer,
    Operator,
    PlannedAccount,
    ProviderPlan,
    PutFirst,
    RequireStrongAuthentication,
    RouteMethod,
    Rule,
    RuleSet,
    ShowNotice,
    Strategy,
    difference,
)
from rules.attributes import AttributeType
from rules.languages import PHRASES, spoken
from rules.phrases import ENGLISH
from rules.phrases_changes import CHANGES
from rules.spec import ConditionValue
from tests.unit.rules.strategies import CATALOGUE, facts, rulesets

ALL, ANY, NONE = GroupKind
BOOLEAN = AttributeType.BOOLEAN
CARD = MethodPlan("card", ProviderPlan(Strategy.ORDERED, (PlannedAccount("north"), PlannedAccount("south"))))
PAYPAL = MethodPlan("paypal", ProviderPlan(Strategy.WEIGHTED, (PlannedAccount("north", 3), PlannedAccount("south", 1))))
FOREIGN = [language for language in PHRASES if language != "en"]
SHOES = Group(
    ALL,
    (Condition("country", Operator.IN, ("IT", "ES")), Condition("amount", Operator.GREATER_THAN, Money(50_000, "EUR"))),
)


def say(item: Rule | Adjustment | Offer | Group | Condition, language: str) -> str:
    methods = {"en": "Card", "it": "Carta", "de": "Karte"}
    describer = Describer(
        CATALOGUE, {"card": methods[language], "paypal": "PayPal"}, {"north": "North", "south": "South"}, language
    )
    return describer.describe(item).replace("\xa0", " ")


def _templates(words: object) -> Iterator[tuple[str, str]]:
    for each in fields(words):  # type: ignore[arg-type]  # a dataclass, whichever it is
        value = getattr(words, each.name)
        if isinstance(value, str):
            yield each.name, value
        elif isinstance(value, Mapping) and each.name not in ("attributes", "choices", "between"):
            yield from ((f"{each.name} {key}", text) for key, text in value.items())


def _placeholders(template: str) -> set[str]:
    return set(re.findall(r"{(\w+)}", template))


@pytest.mark.parametrize("language", FOREIGN)
def test_a_language_has_every_phrase_with_every_placeholder(language: str) -> None:
    theirs = dict(_templates(PHRASES[language]))
    for name, template in _templates(ENGLISH):
        assert theirs.get(name), name
        wanted = {"label"} if name.startswith("own") else _placeholders(template)
        assert _placeholders(theirs[name]) == wanted, name
    for name, template in theirs.items():
        assert _placeholders(template) <= {"attribute", "value", "low", "high"} or name in dict(_templates(ENGLISH)), (
            name
        )


@pytest.mark.parametrize("language", FOREIGN)
def test_a_language_tells_every_difference(language: str) -> None:
    assert set(CHANGES) == set(PHRASES)
    theirs = dict(_templates(CHANGES[language]))
    for name, template in _templates(CHANGES["en"]):
        assert _placeholders(theirs[name]) == _placeholders(template), name
        assert theirs[name] != template, name


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("it", "Nuova, al posto 1, la regola «R»: In ogni caso non offrire nulla."),
        ("de", "Regel „R“ ist neu an Stelle 1: Immer nichts anbieten."),
    ],
)
def test_a_difference(language: str, told: str) -> None:
    describer = Describer(CATALOGUE, {}, {}, language)
    (change,) = difference(RuleSet(), RuleSet((Rule("r", "R", Group(), Offer()),)), describer)
    assert change.message == told


@pytest.mark.parametrize("language", FOREIGN)
def test_a_language_names_every_attribute_and_every_choice_of_the_catalogue(language: str) -> None:
    words = PHRASES[language]
    assert set(words.attributes) == {attribute.key for attribute in BUILT_IN}
    choices = {attribute.key: set(attribute.choices) for attribute in BUILT_IN if attribute.choices}
    assert {key: set(named) for key, named in words.choices.items()} == choices
    assert set(words.between) == {Operator.IN, Operator.NOT_IN, Operator.CONTAINS_ANY, Operator.CONTAINS_NONE}


@pytest.mark.parametrize(
    ("language", "words"),
    [
        (
            "it",
            "Quando il paese è Italia o Spagna e l’importo è superiore a 500,00 €, "
            "offri Carta tramite North, poi South; PayPal tramite North (75%) o South (25%)",
        ),
        (
            "de",
            "Wenn das Land Italien oder Spanien ist und der Betrag über 500,00 € liegt, dann anbieten: "
            "Karte über North, ersatzweise South; PayPal über North (75 %) oder South (25 %)",
        ),
    ],
)
def test_a_rule(language: str, words: str) -> None:
    assert say(Rule("r", "Shoes", SHOES, Offer((CARD, PAYPAL))), language) == words


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("it", "Da domenica 8 marzo 2026 a mercoledì 11 marzo 2026, in ogni caso offri Carta tramite North, poi South"),
        ("de", "Vom 8. März 2026 bis zum 11. März 2026: immer anbieten: Karte über North, ersatzweise South"),
    ],
)
def test_validity(language: str, words: str) -> None:
    assert say(Rule("r", "R", Group(), Offer((CARD,)), True, date(2026, 3, 8), date(2026, 3, 11)), language) == words


@pytest.mark.parametrize(
    ("condition", "italian", "german"),
    [
        (
            Condition("cross_border", Operator.EQUALS, True),
            "«Vendita all’estero» è sì",
            "„Auslandsverkauf“ steht auf Ja",
        ),
        (Condition("vip", Operator.NOT_EQUALS, True), "«VIP» non è sì", "„VIP“ steht nicht auf Ja"),
        (Condition("tier", Operator.EQUALS, "gold"), "«Tier» è gold", "„Tier“ ist gold"),
        (
            Condition("weekday", Operator.EQUALS, "monday"),
            "Il giorno della settimana è lunedì",
            "Der Wochentag ist Montag",
        ),
        (
            Condition("country", Operator.NOT_IN, ("IT", "DE", "FR")),
            "Il paese non è né Italia né Germania né Francia",
            "Das Land ist weder Italien, Deutschland noch Frankreich",
        ),
        (
            Condition("product_categories", Operator.CONTAINS_ANY, ("gift_cards", "travel")),
            "Le categorie di prodotti comprendono buoni regalo o viaggi",
            "Die Produktkategorien enthalten Gutscheine oder Reisen",
        ),
        (
            Condition("tags", Operator.CONTAINS_NONE, ("a",)),
            "I valori di «Tags» non comprendono a",
            "Die Werte von „Tags“ enthalten nicht a",
        ),
        (
            Condition("locale", Operator.EQUALS, "de-AT"),
            "La lingua è tedesco (Austria)",
            "Die Sprache ist Deutsch (Österreich)",
        ),
        (
            Condition("date", Operator.GREATER_OR_EQUAL, "2026-03-08"),
            "La data è domenica 8 marzo 2026 o dopo",
            "Das Datum ist der 8. März 2026 oder später",
        ),
        (
            Condition("amount", Operator.BETWEEN, (Money(100, "EUR"), Money(120_000, "EUR"))),
            "L’importo va da 1,00 € a 1.200,00 €",
            "Der Betrag liegt zwischen 1,00 € und 1.200,00 €",
        ),
    ],
)
def test_conditions(condition: Condition, italian: str, german: str) -> None:
    assert (say(condition, "it"), say(condition, "de")) == (italian, german)


def test_a_german_verb_ends_a_dependent_clause_only() -> None:
    late = Condition("hour", Operator.GREATER_THAN, 20)
    assert say(Group(ALL, (late, Group(NONE, (late,)))), "de") == (
        "Die Stunde ist größer als 20 und (diese Bedingung gilt nicht: die Stunde ist größer als 20)"
    )
    assert say(Rule("r", "R", Group(NONE, (late,)), Offer()), "de") == (
        "Wenn diese Bedingung nicht gilt: die Stunde ist größer als 20, dann nichts anbieten"
    )
    assert say(Rule("r", "R", Group(NONE, (late, late)), Offer()), "de").startswith(
        "Wenn keine dieser Bedingungen gilt: die Stunde ist"
    )


def test_an_adjustment_and_an_experiment() -> None:
    actions = (
        HideMethods(("paypal",)), PutFirst(("card",)), RouteMethod("card", CARD.plan), RequireStrongAuthentication(),
        RequireStrongAuthentication(("card",)), ShowNotice({"en": "Hello", "it": "Ciao", "de": "Hallo"}),
    )  # fmt: skip
    item = Adjustment("a", "A", Group(), actions)
    assert say(item, "it") == (
        "In ogni caso nascondi PayPal; metti in cima Carta; fai passare Carta tramite North, poi South; "
        "richiedi l’autenticazione forte; richiedi l’autenticazione forte per Carta; mostra l’avviso «Ciao»"
    )
    assert say(item, "de").endswith("starke Authentifizierung verlangen für Karte; den Hinweis „Hallo“ anzeigen")
    split = Rule("r", "R", Group(), Offer((CARD,)), experiment=Experiment(20, Offer((PAYPAL,))))
    for language in PHRASES:
        text = say(split, language)
        assert "20" in text
        assert text.index("North") < text.index("PayPal")


@given(rulesets(), facts(), st.sampled_from(FOREIGN))
@settings(max_examples=150, deadline=None)
def test_nothing_raises_and_nothing_built_in_stays_english(
    ruleset: RuleSet, told: Mapping[str, Any], language: str
) -> None:
    describer = Describer(CATALOGUE, {}, {}, language)
    for item in (*ruleset.rules, *ruleset.adjustments, ruleset.default, *(rule.when for rule in ruleset.rules)):
        text = describer.describe(item)
        assert not re.search(r"{\w+}|\[(ist|liegt|steht|gilt)", text)
    assert all(change.message for change in difference(RuleSet(), ruleset, describer))
    for key, value in told.items():
        assert isinstance(describer.fact(key, value, told.get("currency")), str)


@pytest.mark.parametrize("language", FOREIGN)
def test_no_condition_shows_an_english_label(language: str) -> None:
    describer = Describer(BUILT_IN_CATALOGUE, {}, {}, language)
    theirs = {label for label, _ in PHRASES[language].attributes.values()}
    english = {attribute.label.lower() for attribute in BUILT_IN if attribute.label not in theirs}
    for attribute in BUILT_IN:
        value: ConditionValue = attribute.choices or ("x",)
        for operator in attribute.operators:
            text = describer.describe(Condition(attribute.key, operator, attribute.type is BOOLEAN or value)).lower()
            assert not [label for label in english if label in text], text
            assert attribute.key not in text


def test_a_fact_in_words() -> None:
    describer = Describer(BUILT_IN_CATALOGUE, {"card": "Carta"}, {}, "it")
    assert describer.fact("amount", 12_990, "EUR") == "129,90\xa0€"
    assert describer.fact("country", None) == "sconosciuto"
    assert describer.fact("failed_methods", ("card",)) == "Carta"
    assert describer.fact("failed_methods", ()) == "nessuno"
    assert describer.fact("device", "mobile") == "telefono"
    assert describer.fact("amount", 5) == "5"


def test_the_language_of_a_locale() -> None:
    assert [spoken(locale) for locale in ("it", "it-CH", "de_AT", "fr", "", "x" * 200, "DE")] == [
        "it",
        "it",
        "de",
        "en",
        "en",
        "en",
        "de",
    ]
