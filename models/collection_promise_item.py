from odoo import api, fields, models


class CollectionPromiseItem(models.Model):
    """An open item that a promise is about.

    A promise may be about less than its items: money for any of them keeps it.
    """

    _name = "collection.promise.item"
    _description = "Item of a Promise to Pay"
    _inherit = ["receivable.part"]
    _order = "promise_id, id"
    _check_company_auto = True

    # === FIELDS ===#
    promise_id = fields.Many2one(
        "collection.promise", required=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(
        related="promise_id.company_id", store=True, index=True, precompute=True
    )
    # A promise is no reason to keep a line that accountants rewrite in a draft.
    move_line_id = fields.Many2one(ondelete="cascade")

    # === COMPUTE ===#
    @api.depends("move_line_id.move_id.name", "move_line_id.date_maturity")
    def _compute_display_name(self):
        for item in self:
            item.display_name = item.move_line_id.display_name
