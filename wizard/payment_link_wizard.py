from odoo import models


class PaymentLinkWizard(models.TransientModel):
    """The link of an invoice that is paid in installments leads to these."""

    _inherit = "payment.link.wizard"

    # === COMPUTE ===#
    def _compute_link(self):
        # EXTENDS 'payment'
        res = super()._compute_link()
        for wizard in self.filtered(lambda wizard: wizard.res_model == "account.move"):
            move = self.env["account.move"].browse(wizard.res_id)
            arrangement = move._get_active_arrangement()
            if arrangement:
                wizard.link = arrangement.payment_link
        return res
