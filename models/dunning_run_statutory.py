from odoo import models


class DunningRun(models.Model):
    """What a letter to a consumer brought is known before the next level is proposed."""

    _inherit = "dunning.run"

    # === BUSINESS ===#
    def _propose(self, release=False):
        # EXTENDS
        self.ensure_one()
        self.env["statutory.letter"]._settle_due(self.company_id, self.date)
        return super()._propose(release)
