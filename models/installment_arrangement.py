from odoo import fields, models

ARRANGEMENT_STATES = [
    ("draft", "Draft"),
    ("offered", "Offered"),
    ("active", "Active"),
    ("fulfilled", "Fulfilled"),
    ("broken", "Broken"),
    ("cancelled", "Cancelled"),
]
# In these states the items wait for the arrangement instead of being reminded.
HOLDING_STATES = ("offered", "active")
TRANSITIONS = {
    "draft": {"offered", "active", "cancelled"},
    "offered": {"draft", "active", "cancelled"},
    "active": {"fulfilled", "broken", "cancelled"},
    "fulfilled": {"active"},
    "broken": set(),
    "cancelled": {"draft"},
}


class InstallmentArrangement(models.Model):
    """An agreement with a debtor to pay open items in installments.

    It lays a plan over the items and changes nothing in posted entries. All amounts are in the
    currency of the items, of which an arrangement has one.
    """

    _name = "installment.arrangement"
    _description = "Installment Arrangement"
    _inherit = ["portal.mixin", "mail.thread", "mail.activity.mixin"]
    _order = "id desc"
    _check_company_auto = True

    # === FIELDS ===#
    name = fields.Char("Number", readonly=True, copy=False, default="/", index="trigram")
    version = fields.Integer(readonly=True, copy=False, default=1)
    previous_id = fields.Many2one(
        "installment.arrangement",
        "Replaces",
        readonly=True,
        copy=False,
        index="btree_not_null",
        help="The agreement that this one takes the place of.",
    )
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company
    )
    partner_id = fields.Many2one(
        "res.partner", "Debtor", required=True, index=True, ondelete="restrict", tracking=True
    )
    contact_id = fields.Many2one(
        "res.partner",
        "Contact Person",
        ondelete="restrict",
        help="Who gets the agreement and the messages about it. Empty: the debtor.",
    )
    debtor_code = fields.Char(related="partner_id.debtor_code")
    currency_id = fields.Many2one("res.currency", required=True)
    user_id = fields.Many2one(
        "res.users", "Responsible", default=lambda self: self.env.user, tracking=True
    )
    origin = fields.Selection(
        [("office", "Made by us"), ("contact", "Agreed in a talk"), ("portal", "Asked online")],
        required=True,
        default="office",
        readonly=True,
    )
    state = fields.Selection(
        ARRANGEMENT_STATES, required=True, default="draft", readonly=True, index=True, copy=False
    )
    date = fields.Date("Date of the Proposal", required=True)
    item_ids = fields.One2many("installment.arrangement.item", "arrangement_id", "Parts")
    line_ids = fields.One2many(
        "installment.arrangement.line", "arrangement_id", "Installments", copy=False
    )
    amount_interest = fields.Monetary("Interest", tracking=True)
    amount_costs = fields.Monetary("Costs", tracking=True)
    charge_move_id = fields.Many2one(
        "account.move",
        "Invoice of Interest and Costs",
        readonly=True,
        copy=False,
        help="Interest and costs of the plan, invoiced when it becomes active.",
    )
    overpayment = fields.Selection(
        [("shorten", "Shortens the plan"), ("lower", "Lowers what follows")],
        "Paying More",
        required=True,
        default="shorten",
        help="What a debtor pays beyond the next installment takes away the last installments, or "
        "a part of each that follows.",
    )
    grace_days = fields.Integer(
        help="Working days after the due date of an installment before the arrangement is broken."
    )
    remind_days = fields.Integer(
        "Notice Before", help="Days before an installment that the debtor is told. Zero: he is not."
    )
    offer_valid_until = fields.Date(tracking=True, copy=False)
    offered_date = fields.Date(readonly=True, copy=False)
    active_date = fields.Date("Active Since", readonly=True, copy=False)
    closed_date = fields.Date("Ended On", readonly=True, copy=False)
    closed_reason = fields.Char("Reason of the End", readonly=True, copy=False)
    approved_by_id = fields.Many2one("res.users", "Approved By", readonly=True, copy=False)
    note = fields.Text("Remarks on the Agreement", help="Printed on the agreement.")
    # Signing
    signed_by = fields.Char(readonly=True, copy=False)
    signed_on = fields.Datetime(readonly=True, copy=False)
    signed_ip = fields.Char("Signed From", readonly=True, copy=False)
    signature = fields.Image(readonly=True, copy=False, attachment=True, max_width=1024)
    agreement_id = fields.Many2one(
        "ir.attachment", "Agreement", readonly=True, copy=False, help="The PDF as it was signed."
    )
    agreement_hash = fields.Char(
        "Fingerprint", readonly=True, copy=False, help="SHA-256 of the PDF that was signed."
    )
