from odoo import fields, models

from .groups import COLLECTOR


class AccountMoveLine(models.Model):
    """The letters to a consumer that asked for an item."""

    _inherit = "account.move.line"

    # === FIELDS ===#
    statutory_item_ids = fields.One2many(
        "statutory.letter.item", "move_line_id", readonly=True, copy=False, groups=COLLECTOR
    )
