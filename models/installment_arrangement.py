from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tools import format_date

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
    # A payment was undone.
    "fulfilled": {"active"},
    "broken": set(),
    # Unless it was active once, see _reset.
    "cancelled": {"draft"},
}
# Set by the methods of an arrangement alone, whoever asks and however.
DECISION_FIELDS = {
    "active_date",
    "agreement_hash",
    "agreement_id",
    "amount_seen",
    "approved_by_id",
    "charge_move_id",
    "closed_date",
    "closed_reason",
    "name",
    "offered_date",
    "previous_id",
    "settle_date",
    "settle_waived",
    "signature",
    "signed_by",
    "signed_ip",
    "signed_on",
    "state",
    "undone_date",
    "version",
}
# What is agreed on: from the offer on it cannot change under anybody's hands.
CONTENT_FIELDS = {
    "amount_costs",
    "amount_interest",
    "charge_ids",
    "company_id",
    "currency_id",
    "date",
    "grace_days",
    "item_ids",
    "line_ids",
    "note",
    "origin",
    "overpayment",
    "partner_id",
}
# Value of the context key under which the methods write. A context that comes from outside can
# hold the key, never this object.
GATE = object()


class InstallmentArrangement(models.Model):
    """An agreement with a debtor to pay open items in installments.

    It lays a plan over the items and changes nothing in posted entries. All amounts are in the
    currency of the items, of which an arrangement has one. What was paid is never stored, see
    :class:`ReceivablePart`.
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
        ARRANGEMENT_STATES,
        required=True,
        default="draft",
        readonly=True,
        index=True,
        copy=False,
        tracking=True,
    )
    date = fields.Date(
        "Date of the Proposal",
        required=True,
        default=lambda self: self.env.company._get_dunning_today(),
    )
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
        index="btree_not_null",
        help="Interest and costs of the plan, invoiced when it becomes active.",
    )
    overpayment = fields.Selection(
        [("shorten", "Shortens the plan"), ("lower", "Lowers what follows")],
        "Paying More",
        compute="_compute_terms",
        store=True,
        readonly=False,
        required=True,
        precompute=True,
        help="What a debtor pays beyond the next installment takes away the last installments, or "
        "a part of each that follows.",
    )
    grace_days = fields.Integer(
        compute="_compute_terms",
        store=True,
        readonly=False,
        precompute=True,
        help="Working days after the due date of an installment before the arrangement is broken.",
    )
    remind_days = fields.Integer(
        "Notice Before",
        compute="_compute_terms",
        store=True,
        readonly=False,
        precompute=True,
        help="Days before an installment that the debtor is told. Zero: he is not.",
    )
    offer_valid_until = fields.Date(tracking=True, copy=False)
    offered_date = fields.Date(readonly=True, copy=False)
    active_date = fields.Date("Active Since", readonly=True, copy=False)
    closed_date = fields.Date("Ended On", readonly=True, copy=False)
    closed_reason = fields.Char("Reason of the End", readonly=True, copy=False)
    approved_by_id = fields.Many2one("res.users", readonly=True, copy=False)
    note = fields.Text("Remarks on the Agreement", help="Printed on the agreement.")
    # Signing
    signed_by = fields.Char(readonly=True, copy=False)
    signed_on = fields.Datetime(readonly=True, copy=False)
    signed_ip = fields.Char("Signed From", readonly=True, copy=False)
    signature = fields.Image(readonly=True, copy=False, attachment=True, max_width=1024)
    agreement_id = fields.Many2one(
        "ir.attachment",
        readonly=True,
        copy=False,
        index="btree_not_null",
        help="The PDF as it was signed.",
    )
    agreement_hash = fields.Char(
        "Fingerprint", readonly=True, copy=False, help="SHA-256 of the PDF that was signed."
    )

    amount_seen = fields.Monetary(
        readonly=True,
        copy=False,
        help="What was paid when payments were last looked at: tells what they changed since.",
    )
    undone_date = fields.Date(
        readonly=True, copy=False, help="When a payment was last undone: grace counts from there."
    )
    settle_date = fields.Date("Settles By", readonly=True, copy=False, tracking=True)
    settle_waived = fields.Monetary(
        "Waived When Settled",
        readonly=True,
        copy=False,
        help="Interest of installments not yet due: credited once the rest is paid in time.",
    )

    _charges_not_negative = models.Constraint(
        "CHECK (COALESCE(amount_interest, 0) >= 0 AND COALESCE(amount_costs, 0) >= 0)",
        "Interest and costs cannot be negative.",
    )

    # === CONSTRAINTS ===#
    @api.constrains("currency_id", "company_id", "item_ids", "partner_id")
    def _check_items(self):
        self.item_ids._check_item()

    @api.constrains("previous_id", "partner_id", "company_id", "currency_id")
    def _check_previous(self):
        for arrangement in self.filtered("previous_id"):
            for name in ("partner_id", "company_id", "currency_id"):
                if arrangement[name] != arrangement.previous_id[name]:
                    raise ValidationError(
                        self.env._(
                            "%s can only be replaced by one of the same debtor, company and "
                            "currency.",
                            arrangement.previous_id.name,
                        )
                    )

    # === COMPUTE ===#
    @api.depends("name", "partner_id")
    def _compute_display_name(self):
        for arrangement in self:
            arrangement.display_name = arrangement.name

    @api.depends("company_id")
    def _compute_terms(self):
        for arrangement in self:
            company = (arrangement.company_id or self.env.company).sudo()
            arrangement.overpayment = company.arrangement_overpayment
            arrangement.grace_days = company.arrangement_grace_days
            arrangement.remind_days = company.arrangement_remind_days

    # === CRUD ===#
    @api.model_create_multi
    def create(self, vals_list):
        """Arrangements begin as drafts with a number, whatever the values say: the methods bring
        them further, by the rights of whoever calls these."""
        initial = dict.fromkeys(DECISION_FIELDS - {"name", "previous_id", "state", "version"})
        vals_list = [
            dict(vals)
            if self._is_gate_open()
            else {**vals, **initial, "state": "draft", "name": "/", "version": 1}
            for vals in vals_list
        ]
        for vals in vals_list:
            vals.update(self._prepare_version_values(vals))
        return super().create(vals_list)

    @api.model
    def _prepare_version_values(self, vals):
        """Debtor and number of a new arrangement; one that replaces another has its number."""
        partner = self.env["res.partner"].browse(vals.get("partner_id"))
        values = {"partner_id": partner.sudo().commercial_partner_id.id}
        previous = self.browse(vals.get("previous_id") or [])
        if previous:
            previous._check_replaceable()
            number = previous.name.removesuffix(f"-{previous.version}")
            version = previous.version + 1
            return {**values, "name": f"{number}-{version}", "version": version}
        company_id = vals.get("company_id") or self.env.company.id
        sequence = self.env["ir.sequence"].sudo().with_company(company_id)
        number = sequence.next_by_code(
            "installment.arrangement", fields.Date.to_date(vals.get("date"))
        )
        return {**values, "name": number or "/", "version": 1}

    def write(self, vals):
        if not self._is_gate_open():
            self.check_access("write")
            self._check_writable(vals)
            if CONTENT_FIELDS & vals.keys():
                # What was approved was something else.
                approved = self.filtered("approved_by_id")
                approved._with_gate_open().approved_by_id = False
        res = super().write(vals)
        if "offer_valid_until" in vals and not self._is_gate_open():
            self.filtered(lambda record: record.state == "offered")._sync_blocks()
        return res

    def _check_writable(self, vals):
        if DECISION_FIELDS & vals.keys():
            raise AccessError(self.env._("An arrangement goes on with its buttons."))
        open_states = ("draft", "offered") if vals.keys() == {"offer_valid_until"} else ("draft",)
        if (CONTENT_FIELDS | {"offer_valid_until"}) & vals.keys():
            for arrangement in self.filtered(lambda record: record.state not in open_states):
                raise UserError(
                    self.env._(
                        "%s was offered already: set it back to draft, or renegotiate it.",
                        arrangement.name,
                    )
                )
        if "offer_valid_until" in vals:
            self._check_offer_end(fields.Date.to_date(vals["offer_valid_until"]))

    def _check_offer_end(self, day):
        """Refuse a last day for offers on which nobody could agree to them any more."""
        for arrangement in self.filtered(lambda record: record.state == "offered"):
            first = arrangement._get_ordered_lines()[:1].date_due
            if not day or not arrangement._get_today() <= day <= first:
                raise UserError(
                    self.env._(
                        "%(name)s is offered until a day from today to its first installment, "
                        "%(date)s.",
                        name=arrangement.name,
                        date=format_date(self.env, first),
                    )
                )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_history(self):
        for arrangement in self:
            if arrangement.state != "draft" or arrangement.offered_date:
                raise UserError(
                    self.env._("%s was offered: it stays as history.", arrangement.name)
                )

    # === ACTIONS ===#
    def action_approve(self):
        """Agree, as a credit manager, to what the rules leave to one."""
        self.check_access("read")
        self._approve()

    def action_offer(self):
        """Offer these arrangements: reminders wait until the debtor has agreed, or time is up."""
        self.check_access("write")
        self._offer()

    def action_activate(self):
        """The debtor agreed: the arrangement holds."""
        self.check_access("write")
        self._activate()

    def action_draft(self):
        """Take an offer back to change it, or one that came to nothing to offer it again."""
        self.check_access("write")
        self._reset()

    def action_cancel(self, reason=None):
        """End arrangements without blame: their items are reminded again."""
        self.check_access("write")
        self._cancel(reason or self.env._("Cancelled by %s", self.env.user.name))

    def action_renegotiate(self):
        """Open a new version, to which the debtor has to agree before it takes the place of this
        one."""
        self.check_access("write")
        return self._renegotiate()._get_records_action()

    def action_settle(self):
        """Let the debtor pay the rest today, without the interest of what is not yet due."""
        self.check_access("write")
        for arrangement in self:
            arrangement._settle(arrangement._get_today())

    # === BUSINESS ===#
    def _is_gate_open(self):
        return self.env.context.get("arrangement_gate") is GATE

    def _with_gate_open(self):
        """These arrangements, to be written by their own methods."""
        return self.sudo().with_context(arrangement_gate=GATE)

    def _get_today(self):
        return (self.company_id or self.env.company)._get_dunning_today()
