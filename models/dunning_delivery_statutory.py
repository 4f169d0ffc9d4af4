from odoo import models

from .dunning_delivery import GONE_STATES


class DunningDelivery(models.Model):
    """A message that did not arrive gives nobody a term."""

    _inherit = "dunning.delivery"

    # === BUSINESS ===#
    def _is_gone(self):
        self.ensure_one()
        return self.state in GONE_STATES

    def _come_back(self, state, reason, is_address_wrong=True):
        # EXTENDS: also when the reminder itself stands, as its items went on meanwhile
        res = super()._come_back(state, reason, is_address_wrong)
        letters = self.filtered(lambda delivery: not delivery.is_copy).notice_id
        letters.sudo().statutory_letter_ids._follow_reminder()
        return res
