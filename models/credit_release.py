from odoo import fields, models


class CreditRelease(models.Model):
    """A request to deliver although a rule holds the order, and what became of it.

    The figures on which it was decided are stored with it, so that they can be seen later.
    """

    _name = "credit.release"
    _description = "Credit Release"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "id desc"
    _check_company_auto = True

    # === FIELDS ===#
    name = fields.Char(readonly=True, copy=False)
    partner_id = fields.Many2one(
        "res.partner", "Debtor", required=True, index=True, ondelete="cascade", readonly=True
    )
    company_id = fields.Many2one("res.company", required=True, index=True, readonly=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    order_id = fields.Many2one("sale.order", index=True, ondelete="set null", readonly=True)
    move_id = fields.Many2one("account.move", "Invoice", ondelete="set null", readonly=True)
    user_id = fields.Many2one("res.users", "Salesperson", readonly=True)
    amount = fields.Monetary(readonly=True, help="By which the exposure rises.")
    causes = fields.Text(readonly=True, help="Why it was held.")
    reason = fields.Text(help="Why the salesperson asks for it.")
    figures = fields.Json(readonly=True)
    state = fields.Selection(
        [
            ("requested", "To decide"),
            ("released", "Released"),
            ("declined", "Declined"),
            ("used", "Used"),
            ("lapsed", "Lapsed"),
            ("cured", "Cured"),
        ],
        required=True,
        default="requested",
        readonly=True,
        index=True,
        tracking=True,
    )
    mode = fields.Selection(
        [("once", "This order"), ("date", "Until a day"), ("amount", "Up to an amount")],
        readonly=True,
    )
    date_to = fields.Date("Until", readonly=True)
    amount_limit = fields.Monetary("Up To", readonly=True)
    decided_by_id = fields.Many2one("res.users", "Decided By", readonly=True)
    decided_date = fields.Datetime("Decided On", readonly=True)
    decision_note = fields.Text(readonly=True)
