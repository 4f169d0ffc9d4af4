from odoo import fields, models

LIMIT_STATES = [
    ("draft", "Draft"),
    ("requested", "To approve"),
    ("approved", "Approved"),
    ("declined", "Declined"),
    ("cancelled", "Cancelled"),
]


class CreditLimit(models.Model):
    """One change of a credit limit: who asked, who agreed, why, from what to what.

    Approved rows are the journal of the limits. A temporary increase counts between its dates
    and ends by itself: nothing has to be set back.
    """

    _name = "credit.limit"
    _description = "Credit Limit"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "date_from desc, id desc"
    _check_company_auto = True

    # === FIELDS ===#
    kind = fields.Selection(
        [
            ("own", "Limit"),
            ("temporary", "Temporary increase"),
            ("group", "Limit of a group"),
        ],
        required=True,
        default="own",
    )
    partner_id = fields.Many2one("res.partner", "Debtor", index=True, ondelete="cascade")
    group_id = fields.Many2one("credit.group", index="btree_not_null", ondelete="cascade")
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    amount = fields.Monetary(
        required=True,
        help="In the currency of the company. Of a temporary increase: what comes on top.",
    )
    previous_amount = fields.Monetary("Before", readonly=True)
    date_from = fields.Date("From", required=True, default=fields.Date.context_today)
    date_to = fields.Date("Until", help="Last day of a temporary increase.")
    date_review = fields.Date("Review On")
    state = fields.Selection(LIMIT_STATES, required=True, default="draft", readonly=True)
    reason = fields.Char(required=True)
    requested_by_id = fields.Many2one("res.users", readonly=True)
    decided_by_id = fields.Many2one("res.users", readonly=True)
    decided_date = fields.Datetime("Decided On", readonly=True)
    decision_note = fields.Char(readonly=True)
