from dataclasses import replace

from odoo import models

from ..calc.interest import rate_on
from ..calc.terms import Term, be_consumer_interest_due

# The highest rate that may be agreed with a Belgian consumer is the one between businesses.
BELGIAN_CAP = "be_commercial"


class StatutoryInterest(models.AbstractModel):
    """Interest of Belgian consumers (Code of Economic Law XIX.2 and XIX.4).

    They owe it by a clause in the contract only, on the balance that is left after the waiting
    period of the first reminder, and not before that is over. For a small or medium-sized creditor
    it then counts from the day after that reminder was sent, for another from the end of the
    waiting period. It is simple, and never more than the rate between businesses.
    """

    _inherit = "statutory.interest"

    # === BUSINESS: RULES ===#
    def _get_basis(self, company, debtor, kind=None):
        # EXTENDS
        basis = super()._get_basis(company, debtor, kind)
        if basis.kind and self._is_belgian_debtor(debtor, company):
            return replace(basis, compound=False, cap=BELGIAN_CAP)
        return basis

    def _is_belgian_debtor(self, debtor, company):
        """Whether Belgian law protects this debtor, by his country or that of the company."""
        debtor = debtor.commercial_partner_id.sudo()
        countries = (debtor.country_id.code, company.sudo().country_id.code)
        return self._get_debtor_kind(debtor) == "consumer" and "BE" in countries

    # === BUSINESS: CALCULATION ===#
    def _set_last_free(self, claim, reminder_term, day):
        # EXTENDS
        item = claim.item
        if claim.omitted or not self._is_belgian_debtor(item.partner_id, item.company_id):
            return super()._set_last_free(claim, reminder_term, day)
        claim.omitted = self._get_belgian_obstacle(claim.letter, day)
        if claim.omitted:
            return None
        letter = claim.letter
        term = Term(
            letter.sent_date,
            letter.received_date,
            letter.first_day,
            letter.last_free_day,
            letter.costs_from,
        )
        is_small = item.company_id.sudo().charge_be_small
        claim.last_free = max(be_consumer_interest_due(term, is_small), claim.due)
        claim.free_until = letter.last_free_day
        return None

    def _get_belgian_obstacle(self, letter, day):
        """Why a Belgian consumer owes no interest on a day.

        :param letter: ``statutory.letter``, or None
        """
        if not letter or letter.law != "be":
            return self.env._(
                "A Belgian consumer owes no interest before the waiting period of the first, free "
                "reminder has passed, and there was none yet: none is claimed."
            )
        if not letter.level_id.policy_id.consumer_clause:
            return self.env._(
                "A Belgian consumer owes interest only by a clause in the contract, and the policy "
                "says that there is none: none is claimed."
            )
        if not letter._has_passed(day):
            return self.env._(
                "A Belgian consumer owes no interest before the waiting period of the first "
                "reminder has passed: none is claimed."
            )
        return ""

    # === BUSINESS: RATES ===#
    def _get_used_rates(self, basis, first, until, known_rates):
        # EXTENDS
        rates = super()._get_used_rates(basis, first, until, known_rates)
        if basis.cap and basis.cap != basis.kind:
            capped_by = replace(basis, kind=basis.cap)
            rates |= super()._get_used_rates(capped_by, first, until, known_rates)
        return rates

    def _prepare_rates(self, basis, rates):
        # EXTENDS: of two rates the lower one, day by day
        if not basis.cap or basis.cap == basis.kind:
            return super()._prepare_rates(basis, rates)
        caps = rates.filtered(lambda rate: rate.kind == basis.cap)
        own = super()._prepare_rates(basis, rates - caps)
        highest = super()._prepare_rates(replace(basis, kind=basis.cap), caps)
        start = max(min(day for day, _rate in table["rates"]) for table in (own, highest))
        days = {day for table in (own, highest) for day, _rate in table["rates"] if day >= start}
        ends = [table["known_until"] for table in (own, highest) if table.get("known_until")]
        return {
            "rates": [
                (day, min(rate_on(own["rates"], day), rate_on(highest["rates"], day)))
                for day in sorted(days | {start})
            ],
            "known_until": min(ends),
        }
