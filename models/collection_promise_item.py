from odoo import fields, models


class CollectionPromiseItem(models.Model):
    """An open item that a promise is about."""

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
