from odoo import fields, models

from .dunning_level_charge import COST_SCHEMES

CHARGE_KINDS = [("costs", "Costs"), ("interest", "Interest")]
CHARGE_STATES = [
    ("announced", "Announced"),
    ("due", "To be paid"),
    ("booked", "Invoiced"),
    ("waived", "Waived"),
    ("replaced", "Replaced"),
]
# A debtor owes these; an announced one is a warning, the others are history.
OWED_STATES = ("due", "booked")
# What may follow what.
TRANSITIONS = {
    "announced": {"due", "booked", "waived", "replaced"},
    # Back to announced when the reminder that asked for it was withdrawn.
    "due": {"announced", "booked", "waived", "replaced"},
    "booked": {"due", "waived"},
    # Taken back, or the credit note that waived it was undone.
    "waived": {"announced", "due", "booked"},
    # What took its place was withdrawn.
    "replaced": {"announced", "due"},
}


class ReceivableCharge(models.Model):
    """Costs of collecting or interest that a debtor owes beside his invoices.

    It comes from a reminder or from the term of a letter that passed in vain, and stays claimable
    after the principal was paid. Nothing in the books depends on it before it is invoiced.
    """

    _name = "receivable.charge"
    _description = "Costs and Interest"
    _inherit = ["mail.thread"]
    _order = "date desc, id desc"
    _check_company_auto = True
    # Nobody writes charges by hand, but everybody who reads them may leave a note.
    _mail_post_access = "read"

    # === FIELDS ===#
    name = fields.Char("Number", required=True, readonly=True, copy=False, default="/")
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    partner_id = fields.Many2one(
        "res.partner", "Debtor", required=True, readonly=True, index=True, ondelete="restrict"
    )
    currency_id = fields.Many2one("res.currency", required=True, readonly=True)
    kind = fields.Selection(CHARGE_KINDS, required=True, readonly=True)
    scheme = fields.Selection(
        COST_SCHEMES, "Calculated By", readonly=True, help="Empty for interest."
    )
    date = fields.Date(
        required=True, readonly=True, help="The day from which it was claimed or announced."
    )
    until = fields.Date(
        "Interest Until", readonly=True, help="Last day of the interest in this amount."
    )
    notice_id = fields.Many2one(
        "dunning.notice", "Reminder", readonly=True, index="btree_not_null", ondelete="restrict"
    )
    level_id = fields.Many2one("dunning.level", readonly=True, ondelete="restrict")
    letter_id = fields.Many2one(
        "statutory.letter",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
        help="The letter to a consumer whose term had to pass first.",
    )
    item_ids = fields.One2many("receivable.charge.item", "charge_id", "Items", readonly=True)
    amount_base = fields.Monetary(
        "Principal", readonly=True, help="What the costs or the interest were calculated on."
    )
    amount_vat = fields.Monetary(
        "Of Which VAT",
        readonly=True,
        help="The addition for VAT that the creditor cannot deduct; it is part of the amount.",
    )
    amount = fields.Monetary(required=True, readonly=True, tracking=True)
    state = fields.Selection(
        CHARGE_STATES, required=True, readonly=True, default="due", index=True, tracking=True
    )
    move_id = fields.Many2one(
        "account.move", "Charged By", readonly=True, index="btree_not_null", ondelete="restrict"
    )
    note = fields.Char(readonly=True, help="How it was calculated, in words.")
    waive_reason = fields.Char(readonly=True, tracking=True)
    waived_by_id = fields.Many2one("res.users", readonly=True)
    waived_date = fields.Date("Waived On", readonly=True)

    _amount_positive = models.Constraint("CHECK (amount >= 0)", "Costs cannot be negative.")
