from odoo import models
from odoo.exceptions import UserError


class ReceivableCharge(models.Model):
    """What was announced to a consumer cannot be claimed before the term of the law is over."""

    _inherit = "receivable.charge"

    # === BUSINESS: CLAIM ===#
    def _claim(self):
        # EXTENDS
        letters = self.env["statutory.letter"]
        for charge in self.sudo().filtered(
            lambda charge: charge.state == "announced" and charge.kind == "costs"
        ):
            protected = letters._get_law(charge.partner_id, charge.company_id)
            if protected and charge.letter_id.state != "in_vain":
                raise UserError(
                    self.env._(
                        "%(debtor)s is a consumer: costs can only be claimed when the term of the "
                        "letter that announced them has passed in vain.",
                        debtor=charge.partner_id.display_name,
                    )
                )
        return super()._claim()
