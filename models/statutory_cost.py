from dataclasses import dataclass, field
from decimal import Decimal

from odoo import api, models


@dataclass(frozen=True)
class Quote:
    """The costs of collecting that a level claims of a debtor. Amounts are in one currency."""

    amount: Decimal = Decimal(0)  # all of it, with the addition for VAT
    vat: Decimal = Decimal(0)  # that addition
    base: Decimal = Decimal(0)  # the principal it was calculated on
    scheme: str = "none"  # one of COST_SCHEMES, "statutory" resolved
    shares: dict = field(default_factory=dict)  # amount by account.move.line, exactly together
    note: str = ""  # why it is nothing, or less than the level says


class StatutoryCost(models.AbstractModel):
    """How much the costs of collecting are, by the scheme of a level and by law.

    It writes nothing. Whether they may be charged yet is decided by the term of the statutory
    letter, see ``statutory.letter``.
    """

    _name = "statutory.cost"
    _description = "Costs of Collecting"

    # === BUSINESS ===#
    @api.model
    def _quote(self, level, debtor, company, currency, principals, day):
        """Return the costs that a level claims over some items.

        :param dunning.level level: whose scheme counts
        :param res.partner debtor: commercial partner
        :param dict principals: open, undisputed principal (``Decimal``, in ``currency``) by
            ``account.move.line``
        :param datetime.date day: whose exchange rates count
        :rtype: Quote
        """
        return Quote()
