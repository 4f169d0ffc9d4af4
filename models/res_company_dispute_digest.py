from dateutil.relativedelta import relativedelta

from odoo import fields, models


class ResCompany(models.Model):
    """The monthly digest of disputes."""

    _inherit = "res.company"

    # === FIELDS ===#
    dispute_digest_month = fields.Date(
        "Digest Sent Of", readonly=True, help="The month of which heads of departments got it."
    )

    # === BUSINESS ===#
    def _get_last_month(self):
        """The first day of the month before this one."""
        self.ensure_one()
        return self._get_dunning_today() + relativedelta(months=-1, day=1)
