"""Ladders that the setup assistant begins with: per country, and per kind of debtor.

They hold delays, and which costs and interest are announced. Where the law counts a term from
receipt, or from a number of working days after posting, the term here is the longest that this can
come to, weekends and holidays included.
"""

from typing import NamedTuple

from odoo.tools.translate import LazyTranslate

_lt = LazyTranslate(__name__)

# A letter that is posted just before Christmas is received six days later. Twenty-one days cover
# that and fourteen days from the day after, in the Netherlands as well as for the waiting period
# of a Belgian reminder (fourteen days from the third working day).
POSTED_TERM = 21

STAGE_NAMES = {
    "courtesy": _lt("Friendly reminder before due"),
    "reminder": _lt("Reminder"),
    "firm": _lt("Second reminder"),
    "final": _lt("Final notice"),
    "handover": _lt("Hand-over"),
}


class Step(NamedTuple):
    """A level: days after due, days since the previous one, days to pay."""

    stage: str
    delay: int
    gap: int
    term: int
    # The name of another text than that of the stage; it gives a term from receipt, not a date.
    text: str = ""
    # What is announced: costs by a scheme, and interest. Nothing is ever asked by itself.
    costs: str = "none"
    interest: bool = False
    # Whether the costs of consumers wait for the term of this message.
    letter: bool = False


class Profile(NamedTuple):
    label: str
    hint: str
    country: str
    # "business", "consumer", or empty for both.
    kind: str
    steps: tuple


STANDARD = (
    Step("courtesy", -3, 0, 3),
    Step("reminder", 7, 7, 7),
    Step("firm", 21, 7, 7),
    Step("final", 30, 7, 14),
    Step("handover", 45, 14, 0),
)

# For businesses of a country whose law is known: the final notice announces what will be claimed.
BUSINESS = tuple(
    step._replace(costs="statutory", interest=True) if step.stage == "final" else step
    for step in STANDARD
)

# In the order in which the assistant offers them.
PROFILES = {
    "nl_business": Profile(
        _lt("Netherlands, businesses"),
        _lt("A friendly message before the due date, then three reminders within a month."),
        "NL",
        "business",
        BUSINESS,
    ),
    "nl_consumer": Profile(
        _lt("Netherlands, consumers"),
        _lt("The final notice gives fourteen days from receipt. Nothing follows before that."),
        "NL",
        "consumer",
        (
            Step("reminder", 7, 7, 7),
            Step("firm", 21, 8, 7),
            Step("final", 35, 8, POSTED_TERM, "final_consumer", "nl_consumer", letter=True),
            Step("handover", 60, POSTED_TERM + 1, 0),
        ),
    ),
    "be_business": Profile(
        _lt("Belgium, businesses"),
        _lt("A friendly message before the due date, then three reminders within a month."),
        "BE",
        "business",
        BUSINESS,
    ),
    "be_consumer": Profile(
        _lt("Belgium, consumers"),
        _lt("The first reminder is free of charge. Nothing follows within three weeks of it."),
        "BE",
        "consumer",
        (
            # The law counts from the first reminder, and wants it to announce the costs. Without
            # a clause in the contract, which the policy asks for, there are none.
            Step("reminder", 7, 7, POSTED_TERM, costs="be_consumer"),
            Step("firm", 30, POSTED_TERM + 1, 14),
            Step("final", 50, 15, POSTED_TERM, "final_consumer"),
            Step("handover", 75, POSTED_TERM + 1, 0),
        ),
    ),
    "eu": Profile(
        _lt("European Union"),
        _lt("Reminders one, three and five weeks after the due date."),
        "",
        "",
        (
            Step("reminder", 7, 7, 7),
            Step("firm", 21, 8, 7),
            Step("final", 35, 8, 14),
            Step("handover", 56, 15, 0),
        ),
    ),
    "plain": Profile(
        _lt("Any country"),
        _lt("Begin simple: the standard levels, for everyone whom nothing else is chosen for."),
        "",
        "",
        STANDARD,
    ),
}


def get_default_keys(country_code, in_union):
    """Return the profiles that suit a company of a country.

    Consumers get a ladder of their own in the countries where the law protects them with one:
    ticked without need it serves nobody, forgotten it would send them that of businesses.
    """
    own = [key for key, profile in PROFILES.items() if profile.country == country_code]
    return own if country_code and own else ["eu"] if in_union else ["plain"]
