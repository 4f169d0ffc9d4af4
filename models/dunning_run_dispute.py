from odoo import models


class DunningRun(models.Model):
    """A proposal tells what is disputed of what it reminds of."""

    _inherit = "dunning.run"

    # === BUSINESS ===#
    def _propose(self, release=False):
        # EXTENDS: note what is not asked
        count = super()._propose(release)
        if count:
            self.env["dunning.notice.line"]._note_disputes_of_run(self)
        return count
