from functools import lru_cache

import holidays

from odoo import api, fields, models

from ..calc.terms import be_consumer_reminder, nl_consumer_letter

# Letters in these states say something about whether costs may be charged.
COUNTING_STATES = ("running", "disputed", "in_time", "in_vain")
_DAYS_BY_LAW = 14


@lru_cache(maxsize=64)
def _get_legal_holidays(country_code, year):
    """National holidays of a year. In the Netherlands Good Friday and every 5 May are among them:
    whether they count is not certain, and the later date is the safe one."""
    known = getattr(holidays, country_code).supported_categories
    wanted = [category for category in ("public", "optional") if category in known]
    return frozenset(holidays.country_holidays(country_code, years=year, categories=wanted))


class LegalHolidays:
    """The holidays of a country as the arithmetic of terms takes them: it asks day by day."""

    def __init__(self, law):
        self.country_code = law.upper()

    def __contains__(self, day):
        return day in _get_legal_holidays(self.country_code, day.year)


class StatutoryLetter(models.Model):
    """Whom the law protects, and from when to when the term of a letter runs."""

    _inherit = "statutory.letter"

    # === BUSINESS: LAW ===#
    @api.model
    def _get_law(self, debtor, company):
        """Return whose law protects a debtor from costs: ``nl``, ``be``, or nothing.

        A consumer has the law of his own country, which cannot be set aside; of another country,
        or without one, that of the company.

        :rtype: str
        """
        debtor = debtor.commercial_partner_id.sudo()
        if (debtor.debtor_kind or "business") != "consumer":
            return ""
        for country in (debtor.country_id, company.sudo().country_id):
            if country.code in ("NL", "BE"):
                return country.code.lower()
        return ""

    @api.model
    def _get_by_item(self, items):
        """Return the letter that counts of each item: the newest one that is not void.

        :rtype: dict[account.move.line, statutory.letter]
        """
        rows = (
            self.env["statutory.letter.item"]
            .sudo()
            .search(
                [("move_line_id", "in", items.ids), ("letter_id.state", "in", COUNTING_STATES)],
                order="id",
            )
        )
        return {row.move_line_id: row.letter_id for row in rows}

    def _has_passed(self, day):
        """Whether the term of this letter is over on a day, so that costs may be charged of what
        was not paid in it."""
        self.ensure_one()
        return self.state != "void" and bool(self.costs_from) and self.costs_from <= day

    # === BUSINESS: TERM ===#
    @api.model
    def _get_term(self, law, company, sent, channel, received=None):
        """Return the term of a letter.

        :param str law: ``nl`` or ``be``
        :param datetime.date sent: when it left the house
        :param str channel: ``post`` or ``email``
        :param datetime.date received: proven day of receipt. The Belgian period counts from
            sending, whenever the message was received
        :rtype: calc.terms.Term
        """
        company = company.sudo()
        options = {"holidays": LegalHolidays(law), "extend": company.charge_extend_term}
        if law == "nl":
            return nl_consumer_letter(sent, channel, received=received, **options)
        return be_consumer_reminder(sent, channel, saturday=company.charge_be_saturday, **options)

    @api.model
    def _prepare_term(self, law, company, sent_by_channel, received=None, printed=None):
        """Values of the dates of a letter.

        By post and by e-mail at once the later of the two terms holds, and who was given a date
        may rely on it when it is later than the law demands.

        :param dict sent_by_channel: day of sending by ``post`` and ``email``, at least one
        :param datetime.date printed: the last day to pay that the message names
        """
        terms = {
            channel: self._get_term(law, company, sent, channel, received and max(received, sent))
            for channel, sent in sent_by_channel.items()
        }
        channel = max(sorted(terms, reverse=True), key=lambda name: terms[name].costs_from)
        term = terms[channel]
        last_free_day, costs_from = term.last_free_day, term.costs_from
        if printed and printed > last_free_day:
            last_free_day = printed
            costs_from = max(costs_from, fields.Date.add(printed, days=1))
        return {
            "channel": channel,
            "sent_date": term.sent,
            "received_date": received or term.received,
            "first_day": term.first_day,
            "last_free_day": last_free_day,
            "costs_from": costs_from,
        }

    def _get_last_day_of_law(self):
        """The last of the fourteen days, before a weekend or holiday extends them: whether the law
        extends them is not certain, and a message that does not is not void for it."""
        self.ensure_one()
        return fields.Date.add(self.first_day, days=_DAYS_BY_LAW - 1)
