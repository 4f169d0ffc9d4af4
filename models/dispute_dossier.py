from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError

from .dispute_reason import ROOT_CAUSES

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
# What only the methods of a dispute decide.
DECISION_FIELDS = frozenset(
    (
        "approved_by_id",
        "closed_date",
        "days_rested",
        "escalated_date",
        "name",
        "outcome",
        "outcome_reason",
        "rule_id",
        "state",
        "term_until",
    )
)
# What a dispute is about stays as it was when it has been settled.
CONTENT_FIELDS = frozenset(("company_id", "currency_id", "date", "line_ids", "partner_id"))
# Only code of this process can have this object in its context.
GATE = object()


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
    currency_id = fields.Many2one(
        "res.currency", required=True, default=lambda self: self.env.company.currency_id
    )
    origin = fields.Selection(ORIGINS, required=True, default="office", readonly=True)
    reason_id = fields.Many2one("dispute.reason", required=True, check_company=True, tracking=True)
    root_cause = fields.Selection(
        ROOT_CAUSES, compute="_compute_cause", store=True, readonly=False, tracking=True
    )
    department_id = fields.Many2one(
        "credit.department",
        compute="_compute_cause",
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
    internal_note = fields.Html(help="Never shown to the debtor.", groups="base.group_user")
    date = fields.Date("Opened On", required=True, default=lambda self: self._get_default_date())
    deadline = fields.Date(
        tracking=True, copy=False, help="Empty: by the rules, in working days of the company."
    )
    waiting_for = fields.Selection(
        [("us", "Us"), ("customer", "The customer")], default="us", required=True, tracking=True
    )
    priority = fields.Selection([("0", "Normal"), ("1", "High")], default="0", required=True)
    user_id = fields.Many2one(
        "res.users",
        "Responsible",
        tracking=True,
        index=True,
        domain="[('share', '=', False)]",
        help="Empty: by the rules, else the head of the department.",
    )
    salesperson_id = fields.Many2one("res.users", index=True)
    state = fields.Selection(
        DISPUTE_STATES,
        required=True,
        default="open",
        readonly=True,
        index=True,
        copy=False,
        tracking=True,
    )
    outcome = fields.Selection(OUTCOMES, readonly=True, copy=False, tracking=True)
    outcome_reason = fields.Text("Answer to the Debtor", readonly=True, copy=False)
    closed_date = fields.Date("Settled On", readonly=True, copy=False)
    approved_by_id = fields.Many2one("res.users", readonly=True, copy=False)
    term_until = fields.Date(
        "Fresh Term Until",
        readonly=True,
        copy=False,
        help="Reminders of what was disputed wait until this day after the dispute was settled.",
    )
    rule_id = fields.Many2one(
        "dispute.deadline.rule", "Deadline Rule", readonly=True, copy=False, ondelete="set null"
    )
    escalated_date = fields.Date("Escalated On", readonly=True, copy=False)
    dunning_contact_id = fields.Many2one(
        "dunning.contact",
        "Talk",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
    )
    line_ids = fields.One2many(
        "dispute.dossier.line", "dossier_id", "Disputed Invoices", copy=False
    )
    state_log_ids = fields.One2many("dispute.state.log", "dossier_id", readonly=True)
    credit_move_ids = fields.One2many(
        "account.move", "dispute_id", "Credit Notes", readonly=True, copy=False
    )

    # === CONSTRAINTS ===#
    @api.constrains("partner_id", "company_id", "currency_id")
    def _check_lines(self):
        self.line_ids._check_invoice()

    @api.constrains("line_ids", "state")
    def _check_has_lines(self):
        for dossier in self.filtered("state_log_ids"):
            if not dossier.line_ids:
                raise ValidationError(self.env._("Choose the invoice that is disputed."))

    # === COMPUTE ===#
    @api.depends("reason_id")
    def _compute_cause(self):
        for dossier in self:
            dossier.root_cause = dossier.reason_id.root_cause
            dossier.department_id = dossier.reason_id.department_id

    @api.depends("name", "partner_id")
    def _compute_display_name(self):
        for dossier in self:
            dossier.display_name = dossier.name

    def _compute_access_url(self):
        # OVERRIDE 'portal'
        for dossier in self:
            dossier.access_url = f"/my/disputes/{dossier.id}"

    # === CRUD ===#
    @api.model_create_multi
    def create(self, vals_list):
        """Open disputes: they get a number, a deadline and a responsible, and what is disputed
        waits from now on.

        How a dispute stands is never taken from the values: the methods bring it further.
        """
        initial = dict.fromkeys(DECISION_FIELDS - {"name", "state"})
        vals_list = [
            {**vals, **initial, "name": "/", "state": "open", **self._prepare_invoice_values(vals)}
            for vals in vals_list
        ]
        for vals in vals_list:
            company = self.env["res.company"].browse(vals["company_id"])
            vals.setdefault("date", company._get_dunning_today())
            vals["name"] = (
                self.env["ir.sequence"]
                .sudo()
                .with_company(company)
                .next_by_code("dispute.dossier", fields.Date.to_date(vals["date"]))
                or "/"
            )
        dossiers = super().create(vals_list)
        for dossier in dossiers:
            dossier._begin()
        return dossiers

    @api.model
    def _prepare_invoice_values(self, vals):
        """Debtor, company, currency and salesperson, as far as the invoices tell."""
        move = self._find_first_move(vals)
        company = self.env["res.company"].browse(
            vals.get("company_id") or move.company_id.id or self.env.company.id
        )
        debtor = self.env["res.partner"].browse(vals.get("partner_id") or []).sudo()
        debtor = (debtor or self._get_debtor(move)).commercial_partner_id
        salesperson = move.invoice_user_id or debtor.user_id
        salesperson = salesperson.filtered(lambda user: user.active and not user.share)
        contact = move.partner_id.filtered(lambda partner: partner != debtor)
        return {
            "company_id": company.id,
            "partner_id": debtor.id,
            "contact_id": vals.get("contact_id") or contact.id,
            "currency_id": move.currency_id.id or vals.get("currency_id") or company.currency_id.id,
            "salesperson_id": vals.get("salesperson_id") or salesperson.id,
        }

    @api.model
    def _find_first_move(self, vals):
        """The first invoice in values, with superuser rights; its access is checked later."""
        moves = self.env["account.move"].sudo()
        for command in vals.get("line_ids") or ():
            if command[0] == fields.Command.CREATE and command[2].get("move_id"):
                return moves.browse(command[2]["move_id"])
        for command in vals.get("move_ids") or ():
            if isinstance(command, int):
                return moves.browse(command)
            if command[0] == fields.Command.LINK:
                return moves.browse(command[1])
            if command[0] == fields.Command.SET and command[2]:
                return moves.browse(command[2][0])
        return moves

    @api.model
    def _get_debtor(self, move):
        return (move.partner_id or move.line_ids.partner_id[:1]).commercial_partner_id

    def write(self, vals):
        if self._is_gate_open():
            return super().write(vals)
        self.check_access("write")
        if DECISION_FIELDS & vals.keys():
            raise AccessError(self.env._("A dispute goes on with its buttons."))
        if CONTENT_FIELDS & vals.keys():
            self._check_holding()
        if "waiting_for" in vals:
            changed = self.filtered(lambda dossier: dossier.waiting_for != vals["waiting_for"])
        res = super().write(vals)
        if "waiting_for" in vals:
            changed._log_state()
        if "reason_id" in vals and "deadline" not in vals:
            for dossier in self:
                dossier._apply_rule(since=dossier.date)
        if "deadline" in vals:
            self._follow_deadline()
        if {"user_id", "salesperson_id"} & vals.keys():
            self._subscribe_colleagues()
        if CONTENT_FIELDS & vals.keys():
            self._sync_blocks()
        return res

    def _check_holding(self):
        """Refuse to change what a dispute was about once it is settled."""
        for dossier in self:
            if dossier.state not in HOLDING_STATES:
                raise UserError(self.env._("%s is settled: reopen it first.", dossier.name))

    @api.ondelete(at_uninstall=False)
    def _unlink_except_history(self):
        for dossier in self:
            if dossier.credit_move_ids or dossier.state not in HOLDING_STATES:
                raise UserError(self.env._("%s stays as history: withdraw it.", dossier.name))

    def unlink(self):
        """Let go of what was held."""
        self._get_blocks()._lift()
        others = self._get_related_dossiers() - self
        res = super().unlink()
        others._sync_blocks()
        return res

    # === ACTIONS ===#
    def action_approve(self):
        """Take up, as a credit manager, what was disputed too late."""
        self.check_access("write")
        self._approve()

    def action_investigate(self):
        """Somebody looks into it."""
        self.check_access("write")
        self._transition("investigating")

    def action_stop_investigating(self):
        """Nobody looks into it any more."""
        self.check_access("write")
        self.filtered(lambda dossier: dossier.state == "investigating")._transition("open")

    def action_wait_for_customer(self):
        """It is up to the debtor to answer."""
        self.write({"waiting_for": "customer"})

    def action_wait_for_us(self):
        """It is up to us to answer."""
        self.write({"waiting_for": "us"})

    def action_withdraw(self):
        """The debtor takes it back: reminders go on."""
        self.check_access("write")
        self._withdraw()

    def action_reopen(self):
        """Go on with a dispute that was settled."""
        self.check_access("write")
        self._reopen()

    # === BUSINESS ===#
    def _is_gate_open(self):
        return self.env.context.get("dispute_gate") is GATE

    def _with_gate_open(self):
        """These disputes, to be written by their own methods."""
        return self.sudo().with_context(dispute_gate=GATE)

    def _get_today(self):
        return (self.company_id or self.env.company)._get_dunning_today()

    @api.model
    def _get_default_date(self):
        return self.env.company._get_dunning_today()

    @api.model
    def _open(self, moves, reason=None, parts=None, **values):
        """Open a dispute about invoices.

        :param account.move moves: of one debtor, company and currency
        :param dispute.reason reason: empty for the reason “other”
        :param list parts: values of ``dispute.dossier.line``; empty for the invoices as a whole
        :param values: of the dossier, such as ``origin`` and ``description``
        """
        reason = reason or self.env.ref("account_credit_management.dispute_reason_other")
        parts = parts or [{"move_id": move.id} for move in moves]
        return self.create(
            {
                "reason_id": reason.id,
                **values,
                "line_ids": [fields.Command.create(part) for part in parts],
            }
        )
