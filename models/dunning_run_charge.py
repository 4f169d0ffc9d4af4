from odoo import models
from odoo.tools import SQL


class DunningRun(models.Model):
    """A proposal states the costs and interest of each notice as well."""

    _inherit = "dunning.run"

    # === BUSINESS ===#
    def _propose(self, release=False):
        # EXTENDS
        count = super()._propose(release)
        if count:
            notices = self.env["dunning.notice"]
            ids = notices._find_charging(SQL("notice.run_id = %s", self.id))
            notices.browse(ids)._calculate_charges(self.date)
        return count
