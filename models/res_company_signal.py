from odoo import fields, models


class ResCompany(models.Model):
    """What salespeople hear of their customers."""

    _inherit = "res.company"

    # === FIELDS ===#
    credit_tell_salespeople = fields.Boolean(
        "Tell Salespeople",
        default=True,
        help="They get a message when a customer of theirs becomes overdue, or has to wait with "
        "new orders.",
    )
    credit_signal_date = fields.Date(
        "Salespeople Told On", readonly=True, help="The last day on which there was a look."
    )
