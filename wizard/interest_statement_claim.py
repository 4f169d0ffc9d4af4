from decimal import Decimal

from odoo import models

from ..calc.allocation import allocate_payment


class InterestStatement(models.TransientModel):
    """The whole claim: costs, interest that was invoiced or waived before, and what payments were
    for by the rule of the company."""

    _inherit = "interest.statement"

    # === BUSINESS ===#
    def _get_totals(self, claims):
        # EXTENDS: what was waived is not claimed, what was invoiced is told
        totals = super()._get_totals(claims)
        waived = self._sum_settled(claims, "waived")
        invoiced = self._sum_settled(claims, "booked")
        for currency, sums in totals:
            sums["waived"] = waived.get(currency, Decimal(0))
            sums["invoiced"] = invoiced.get(currency, Decimal(0))
            sums["claimed"] = max(sums["interest"] - sums["waived"], Decimal(0))
        return totals

    def _sum_settled(self, claims, state):
        """Interest of the items in charges of a state, by currency."""
        items = self._get_items()
        settled = self.env["receivable.charge"]._get_settled_interest(items, (state,))
        sums = {}
        for claim in claims:
            currency = claim.currency
            sums[currency] = sums.get(currency, Decimal(0)) + settled[claim.item]
        return sums

    def _get_whole_claims(self, claims, totals=None):
        """What the debtor owes in each currency, where that is more than the items and their
        interest: each part with what is still to be paid of it.

        :param totals: of :meth:`_get_totals`, where they are known
        :rtype: list[dict]
        """
        charges = self.env["receivable.charge"]
        items = self._get_items()
        costs = charges._get_owed_shares(items, "costs")
        interest = charges._get_owed_shares(items, "interest")
        result = []
        for currency, sums in totals or self._get_totals(claims):
            own = [claim for claim in claims if claim.currency == currency]
            lines = [claim.item for claim in own]
            owed_costs = sum((costs[line][0] for line in lines), Decimal(0))
            if not (owed_costs or sums["waived"] or sums["invoiced"]):
                continue
            received = sum((claim.principal - claim.open for claim in own), Decimal(0))
            for shares in (costs, interest):
                received += sum((shares[line][0] - shares[line][1] for line in lines), Decimal(0))
            paid = allocate_payment(
                received,
                owed_costs,
                sums["claimed"],
                sums["principal"],
                self.company_id.sudo().payment_allocation,
            )
            amounts = {
                "principal": sums["principal"],
                "interest": sums["claimed"],
                "costs": owed_costs,
            }
            names = {
                "principal": self.env._("Principal"),
                "interest": self.env._("Interest"),
                "costs": self.env._("Costs of collecting"),
            }
            result.append(
                {
                    "currency": currency,
                    "rows": [
                        {"name": names[part], "amount": amounts[part], "left": paid.left[part]}
                        for part in names
                        if amounts[part]
                    ],
                    "amount": sum(amounts.values()),
                    "received": received - paid.rest,
                    "left": sum(paid.left.values()),
                    "waived": sums["waived"],
                    "invoiced": sums["invoiced"],
                    "invoices": self._get_interest_invoices(own),
                }
            )
        return result

    def _get_interest_invoices(self, claims):
        """Numbers of the invoices with interest of these claims."""
        items = self._get_items().browse([claim.item.id for claim in claims])
        booked = self.env["receivable.charge"]._find_charges(items, ["booked"], "interest")
        return ", ".join(booked.move_id.mapped("display_name"))
