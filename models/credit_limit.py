from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError

LIMIT_STATES = [
    ("draft", "Draft"),
    ("requested", "To approve"),
    ("approved", "Approved"),
    ("declined", "Declined"),
    ("cancelled", "Cancelled"),
]
# Set by the state machine alone, whoever asks and however.
DECISION_FIELDS = (
    "decided_by_id",
    "decided_date",
    "first_approver_id",
    "previous_amount",
    "requested_by_id",
    "state",
)
# What is agreed on: it cannot change under the hands of whoever decides.
CONTENT_FIELDS = (
    "amount",
    "company_id",
    "date_from",
    "date_to",
    "group_id",
    "kind",
    "partner_id",
    "reason",
)
# Value of the context key under which limits are written. A context that comes from outside can
# hold the key, never this object.
APPROVED = object()


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
    _mail_post_access = "read"

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
    partner_id = fields.Many2one(
        "res.partner",
        "Debtor",
        index=True,
        ondelete="cascade",
        check_company=True,
        domain="[('parent_id', '=', False)]",
    )
    group_id = fields.Many2one(
        "credit.group", index="btree_not_null", ondelete="restrict", check_company=True
    )
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    amount = fields.Monetary(
        required=True,
        tracking=True,
        help="In the currency of the company. Of a temporary increase: what comes on top. Zero "
        "takes the limit away.",
    )
    previous_amount = fields.Monetary(
        "Before",
        readonly=True,
        copy=False,
        help="Limit until then; of a temporary increase, with the increases there were already.",
    )
    date_from = fields.Date(
        "From",
        required=True,
        copy=False,
        default=lambda self: self.env.company._get_dunning_today(),
        help="A limit holds from the day of its approval.",
    )
    date_to = fields.Date("Until", copy=False, help="Last day of a temporary increase.")
    date_review = fields.Date(
        "Review On",
        copy=False,
        tracking=True,
        help="The credit manager gets an activity on that day.",
    )
    review_asked = fields.Boolean(readonly=True, copy=False)
    state = fields.Selection(
        LIMIT_STATES,
        required=True,
        default="draft",
        readonly=True,
        copy=False,
        index=True,
        tracking=True,
    )
    reason = fields.Char(required=True)
    requested_by_id = fields.Many2one("res.users", readonly=True, copy=False)
    first_approver_id = fields.Many2one(
        "res.users",
        "First Approval",
        readonly=True,
        copy=False,
        help="The credit manager who agreed first, where two of them have to.",
    )
    decided_by_id = fields.Many2one("res.users", readonly=True, copy=False)
    decided_date = fields.Datetime("Decided On", readonly=True, copy=False)
    decision_note = fields.Char("Note", copy=False, help="Needed to decline.")
    can_approve = fields.Boolean(compute="_compute_can_approve")
    can_cancel = fields.Boolean(compute="_compute_can_approve")
    waits_for = fields.Char(compute="_compute_can_approve", help="Who has to approve it.")
    current_amount = fields.Monetary(
        "Limit Now", compute="_compute_current_amount", compute_sudo=True
    )
    can_end = fields.Boolean(compute="_compute_can_end")
    review_due = fields.Boolean(compute="_compute_can_end")

    _amount_positive = models.Constraint("CHECK (amount >= 0)", "A limit is never negative.")
    _dates_in_order = models.Constraint(
        "CHECK (date_to IS NULL OR date_to >= date_from)", "An increase ends after it begins."
    )

    # === CONSTRAINTS ===#
    @api.constrains("kind", "partner_id", "group_id")
    def _check_owner(self):
        for limit in self:
            owner = limit.group_id if limit.kind == "group" else limit.partner_id
            if not owner or (limit.partner_id and limit.group_id):
                raise ValidationError(
                    self.env._("A limit is of one debtor, or of one group: choose which.")
                )
            if limit.partner_id != limit.partner_id.commercial_partner_id:
                raise ValidationError(
                    self.env._(
                        "%(contact)s is a contact: limits are of %(debtor)s.",
                        contact=limit.partner_id.display_name,
                        debtor=limit.partner_id.commercial_partner_id.display_name,
                    )
                )

    @api.constrains("kind", "amount", "date_to")
    def _check_temporary(self):
        for limit in self.filtered(lambda limit: limit.kind == "temporary"):
            if not limit.date_to:
                raise ValidationError(
                    self.env._("Until when? A temporary increase needs a last day.")
                )
            if limit.currency_id.compare_amounts(limit.amount, 0) <= 0:
                raise ValidationError(self.env._("By how much is the limit increased?"))

    # === COMPUTE ===#
    @api.depends("kind", "partner_id", "group_id", "amount")
    def _compute_display_name(self):
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        for limit in self:
            owner = limit.group_id.name if limit.kind == "group" else limit.partner_id.display_name
            limit.display_name = f"{owner or ''}: {kinds.get(limit.kind, '')}"

    @api.depends("amount", "company_id", "date_to", "kind", "partner_id", "group_id", "state")
    @api.depends("first_approver_id", "requested_by_id")
    @api.depends_context("uid")
    def _compute_can_approve(self):
        role = self._get_role()
        for limit in self:
            is_open = limit.state in ("draft", "requested")
            owner = limit.partner_id or limit.group_id
            waits_for = limit._get_missing_approval() if is_open and owner else False
            limit.waits_for = waits_for
            limit.can_approve = limit.state == "requested" and (
                not waits_for or limit._counts_as_first_approval()
            )
            limit.can_cancel = is_open and (
                role in ("manager", "system") or limit.requested_by_id == self.env.user
            )

    @api.depends("company_id", "group_id", "kind", "partner_id")
    def _compute_current_amount(self):
        for limit in self:
            limit.current_amount = limit._get_current_amount()

    @api.depends("company_id", "date_review", "date_to", "kind", "state")
    def _compute_can_end(self):
        for limit in self:
            today = (limit.company_id or self.env.company)._get_dunning_today()
            approved = limit.state == "approved"
            limit.can_end = approved and limit.kind == "temporary" and limit.date_to >= today
            limit.review_due = approved and limit.date_review and limit.date_review <= today

    # === CRUD ===#
    @api.model_create_multi
    def create(self, vals_list):
        """Records begin as drafts of whoever makes them. One that is imported as requested or
        approved takes the same steps, by the same rights, as one that is entered by hand."""
        if self._is_gate_open():
            return super().create(vals_list)
        states = [vals.get("state") or "draft" for vals in vals_list]
        if set(states) - {"draft", "requested", "approved"}:
            raise UserError(self.env._("Nobody can decide on a limit before it is there."))
        # Explicit values, as the context might bring defaults of its own.
        initial = dict.fromkeys(DECISION_FIELDS, False)
        initial |= {"state": "draft", "requested_by_id": self.env.uid, "review_asked": False}
        limits = super().create([{**vals, **initial} for vals in vals_list])
        for limit, state in zip(limits, states, strict=True):
            if state != "draft":
                limit._request()
            if state == "approved":
                limit._approve()
        return limits

    def write(self, vals):
        if "date_review" in vals:
            vals = {**vals, "review_asked": False}
        if not self._is_gate_open():
            if vals.keys() & set(DECISION_FIELDS):
                raise AccessError(self.env._("Limits are decided on with the buttons."))
            if vals.keys() & set(CONTENT_FIELDS) and self.filtered(
                lambda limit: limit.state != "draft"
            ):
                raise UserError(
                    self.env._("This was asked for already: cancel it, and ask for another limit.")
                )
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_journal(self):
        if self.filtered(
            lambda limit: limit.state not in ("draft", "cancelled") or limit.decided_by_id
        ):
            raise UserError(
                self.env._("What was asked for or decided stays, as the journal of the limits.")
            )

    # === ACTIONS ===#
    def action_request(self):
        """Ask for these limits."""
        self.check_access("write")
        self._check_not_over()
        self._request()

    def action_approve(self):
        """Agree; above an amount a second manager has to agree as well."""
        self.check_access("read")
        self._approve()

    def action_decline(self):
        """Say no, with the note as the reason."""
        self.check_access("read")
        self._decline()

    def action_cancel(self):
        """Take back what one asked for."""
        self.check_access("read")
        self._cancel()

    def action_end(self):
        """Let temporary increases end yesterday, or never begin."""
        self.check_access("write")
        if self._get_role() not in ("collector", "manager", "system"):
            raise AccessError(self.env._("Only collectors and credit managers end an increase."))
        self._end()

    def action_reviewed(self):
        """Keep limits as they are until the next review."""
        self.check_access("write")
        self._set_reviewed()

    # === BUSINESS ===#
    def _is_gate_open(self):
        return self.env.context.get("credit_limit_approved") is APPROVED

    def _with_gate_open(self):
        """These limits, to be written by the state machine and the journal."""
        return self.sudo().with_context(credit_limit_approved=APPROVED)
