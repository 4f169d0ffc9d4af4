from odoo import fields, models

DISPUTE_STATES = [
    ("approval", "To Approve"),
    ("open", "Open"),
    ("investigating", "Being Looked Into"),
    ("resolved", "Resolved"),
    ("withdrawn", "Withdrawn"),
]
# In these states the disputed amount waits.
HOLDING_STATES = ("approval", "open", "investigating")
TRANSITIONS = {
    "approval": {"open", "resolved", "withdrawn"},
    "open": {"investigating", "resolved", "withdrawn"},
    "investigating": {"open", "resolved", "withdrawn"},
    "resolved": {"open"},
    "withdrawn": {"open"},
}
OUTCOMES = [
    ("accepted", "Accepted"),
    ("partly", "Partly accepted"),
    ("rejected", "Rejected"),
    ("replaced", "Goods replaced"),
    ("corrected", "Invoice corrected"),
    ("arranged", "Arrangement instead"),
]
ORIGINS = [
    ("office", "Made by us"),
    ("contact", "Told in a talk"),
    ("mail", "By e-mail"),
    ("portal", "Online"),
]


class DisputeDossier(models.Model):
    """What a debtor disputes of which invoices, everything about it, and how it ended.

    The disputed amount waits, the rest goes on. All amounts are in the currency of the invoices,
    of which a dossier has one, taxes included.
    """

    _name = "dispute.dossier"
    _description = "Dispute"
    _inherit = ["portal.mixin", "mail.thread.cc", "mail.activity.mixin"]
    _order = "priority desc, deadline, id desc"
    _check_company_auto = True

    # === FIELDS ===#
    name = fields.Char("Number", readonly=True, copy=False, default="/", index="trigram")
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company
    )
    partner_id = fields.Many2one(
        "res.partner", "Debtor", required=True, index=True, ondelete="restrict", tracking=True
    )
    contact_id = fields.Many2one("res.partner", "Contact Person", ondelete="set null")
    debtor_code = fields.Char(related="partner_id.debtor_code")
    currency_id = fields.Many2one("res.currency", required=True)
    origin = fields.Selection(ORIGINS, required=True, default="office", readonly=True)
    reason_id = fields.Many2one(
        "dispute.reason", "Reason", required=True, check_company=True, tracking=True
    )
    root_cause = fields.Selection(
        related="reason_id.root_cause", store=True, readonly=False, tracking=True
    )
    department_id = fields.Many2one(
        "credit.department",
        compute="_compute_department_id",
        store=True,
        readonly=False,
        tracking=True,
        check_company=True,
    )
    description = fields.Html(
        "What the Debtor Says", help="Seen by the debtor on the portal.", sanitize=True
    )
    requested_outcome = fields.Selection(
        [
            ("credit", "A credit note"),
            ("replace", "The goods again"),
            ("correct", "A corrected invoice"),
            ("explain", "An explanation"),
            ("other", "Something else"),
        ],
        "The Debtor Asks For",
    )
    internal_note = fields.Html(help="Never shown to the debtor.")
    date = fields.Date("Opened On", required=True, default=fields.Date.context_today)
    deadline = fields.Date(tracking=True)
    waiting_for = fields.Selection(
        [("us", "Us"), ("customer", "The customer")], default="us", required=True, tracking=True
    )
    priority = fields.Selection([("0", "Normal"), ("1", "High")], default="0", required=True)
    user_id = fields.Many2one("res.users", "Responsible", tracking=True, index=True)
    salesperson_id = fields.Many2one("res.users", "Salesperson", index=True)
    state = fields.Selection(
        DISPUTE_STATES, required=True, default="open", readonly=True, index=True, copy=False
    )
    outcome = fields.Selection(OUTCOMES, readonly=True, copy=False, tracking=True)
    outcome_reason = fields.Text("Answer to the Debtor", readonly=True, copy=False)
    closed_date = fields.Date("Settled On", readonly=True, copy=False)
    line_ids = fields.One2many("dispute.dossier.line", "dossier_id", "Disputed")
    state_log_ids = fields.One2many("dispute.state.log", "dossier_id", readonly=True)
    credit_move_ids = fields.One2many(
        "account.move", "dispute_id", "Credit Notes", readonly=True, copy=False
    )

    # === COMPUTE ===#
    def _compute_department_id(self):
        for dossier in self:
            dossier.department_id = dossier.department_id or dossier.reason_id.department_id
