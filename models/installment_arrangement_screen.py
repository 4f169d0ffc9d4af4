from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import plaintext2html

from .installment_arrangement import ARRANGEMENT_STATES, HOLDING_STATES

APPROVAL_ACTIVITY = "account_credit_management.mail_activity_type_arrangement_approval"
MANAGER = "account_credit_management.group_manager"


class InstallmentArrangement(models.Model):
    """What the screens of an arrangement show besides the arrangement, and where they lead to."""

    _inherit = "installment.arrangement"

    # === FIELDS ===#
    state = fields.Selection(group_expand="_expand_states")
    next_date = fields.Date("Next On", compute="_compute_next_date")
    has_missed = fields.Boolean(
        "Missed an Installment", compute="_compute_has_missed", search="_search_has_missed"
    )
    progress = fields.Float("Paid (%)", compute="_compute_progress", aggregator=None)
    move_count = fields.Integer("Number of Invoices", compute="_compute_move_count")
    version_count = fields.Integer("Versions", compute="_compute_version_count")
    can_approve = fields.Boolean(compute="_compute_can_approve")
    approval_asked_date = fields.Date(
        "Approval Asked On", readonly=True, copy=False, help="Empty: nobody asked for it."
    )
    to_approve = fields.Boolean(compute="_compute_to_approve", search="_search_to_approve")

    # === COMPUTE ===#
    @api.model
    def _expand_states(self, states, _domain):
        """Columns of the kanban in the order of a life; those of the end only when in use."""
        return [
            state
            for state, _label in ARRANGEMENT_STATES
            if state in states or state in ("draft", *HOLDING_STATES)
        ]

    @api.depends("line_ids.amount_left", "line_ids.date_due")
    def _compute_next_date(self):
        for arrangement in self:
            arrangement.next_date = arrangement.next_line_id.date_due

    @api.depends("state", "line_ids.state")
    def _compute_has_missed(self):
        for arrangement in self:
            arrangement.has_missed = arrangement.state == "active" and "missed" in (
                arrangement.line_ids.mapped("state")
            )

    @api.model
    def _search_has_missed(self, operator, value):
        if operator != "in":
            return NotImplemented
        missed = self.env["installment.due"]._search(
            [("state", "=", "missed"), ("arrangement_state", "=", "active")]
        )
        found = Domain("id", "in", missed.subselect("arrangement_id"))
        return Domain.OR(found if wanted else ~found for wanted in value)

    @api.depends("amount_paid", "amount_total")
    def _compute_progress(self):
        for arrangement in self:
            total = arrangement.amount_total
            arrangement.progress = 100 * arrangement.amount_paid / total if total else 0.0

    @api.depends("item_ids.move_line_id")
    def _compute_move_count(self):
        for arrangement in self:
            arrangement.move_count = len(arrangement.item_ids.move_id)

    @api.depends("previous_id")
    def _compute_version_count(self):
        for arrangement in self:
            arrangement.version_count = len(arrangement._get_versions())

    @api.depends_context("uid")
    def _compute_can_approve(self):
        self.can_approve = self.env.user.has_group(MANAGER)

    @api.depends("approval_asked_date", "approved_by_id", "state")
    def _compute_to_approve(self):
        waiting = self.filtered_domain(self._get_to_approve_domain())
        for arrangement in self:
            arrangement.to_approve = arrangement in waiting

    @api.model
    def _search_to_approve(self, operator, value):
        if operator != "in":
            return NotImplemented
        waiting = self._get_to_approve_domain()
        return Domain.OR(waiting if wanted else ~waiting for wanted in value)

    # === ACTIONS ===#
    def action_request_approval(self):
        """Ask a credit manager to agree to what is outside the rules."""
        self.check_access("write")
        for arrangement in self.filtered(lambda record: record.state == "draft"):
            arrangement.approval_asked_date = arrangement._get_today()
            arrangement.activity_unlink([APPROVAL_ACTIVITY])
            for user in arrangement.sudo()._get_approvers():
                arrangement.activity_schedule(
                    APPROVAL_ACTIVITY,
                    summary=self.env._("Approve the arrangement"),
                    note=arrangement.rule_text and plaintext2html(arrangement.rule_text),
                    user_id=user.id,
                )

    def action_open_moves(self):
        self.ensure_one()
        return self.item_ids.move_id._get_records_action(
            name=self.env._("Invoices of %s", self.name), context={}
        )

    def action_open_due(self):
        """Planned against received of this arrangement."""
        self.ensure_one()
        action = self.env["ir.actions.actions"]._for_xml_id(
            "account_credit_management.action_installment_due"
        )
        return action | {
            "name": self.env._("Installments of %s", self.name),
            "domain": [("arrangement_id", "=", self.id)],
            "context": {},
        }

    def action_open_versions(self):
        self.ensure_one()
        return self._get_versions()._get_records_action(
            name=self.env._("Versions of %s", self.name), context={}
        )

    def action_open_renegotiate(self):
        """Propose another arrangement that takes the place of this one."""
        self.ensure_one()
        return self.env["arrangement.propose"]._get_open_action(previous=self)

    def action_open_postpone(self):
        self.ensure_one()
        return self.env["arrangement.postpone"]._get_open_action(self.next_line_id)

    def action_open_settle(self):
        self.ensure_one()
        return self.env["arrangement.settle"]._get_open_action(self)

    def action_open_cancel(self):
        self.ensure_one()
        return self.env["arrangement.cancel"]._get_open_action(self)

    def action_open_break(self):
        self.ensure_one()
        return self.env["arrangement.break"]._get_open_action(self)

    # === BUSINESS: APPROVAL ===#
    @api.model
    def _get_to_approve_domain(self):
        return Domain(
            [
                ("state", "=", "draft"),
                ("approval_asked_date", "!=", False),
                ("approved_by_id", "=", False),
            ]
        )

    def _get_approvers(self):
        """The credit manager of the company; without one all of them."""
        self.ensure_one()
        company = self.company_id
        managers = self.env.ref(MANAGER).all_user_ids.filtered(
            lambda user: user.active and not user.share and company in user.company_ids
        )
        return (company.credit_user_id & managers) or managers

    def _approve(self):
        # EXTENDS 'account_credit_management'
        res = super()._approve()
        self.sudo().activity_unlink([APPROVAL_ACTIVITY])
        return res

    # === BUSINESS ===#
    def _offer(self):
        # EXTENDS: what waited for somebody to agree on installments waits no longer
        res = super()._offer()
        for arrangement in self:
            arrangement.partner_id._close_arrangement_task(arrangement.company_id)
            arrangement._lift_pauses_of_talks()
        return res

    def _lift_pauses_of_talks(self):
        """The items are held by the arrangement now, and no longer because the debtor said that
        he cannot pay."""
        self.env["dunning.block"].sudo().search(
            [
                ("kind", "=", "pause"),
                ("res_model", "=", "dunning.contact"),
                ("move_line_id", "in", self.item_ids.move_line_id.ids),
                ("lifted_date", "=", False),
            ]
        )._lift()

    def _get_form_action(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "views": [(False, "form")],
        }

    def _get_versions(self):
        """This arrangement with all that it replaced, and all that replaced it."""
        self.ensure_one()
        versions = self
        older = self.previous_id
        while older and older not in versions:
            versions |= older
            older = older.previous_id
        newer = self.search([("previous_id", "in", self.ids)])
        while newer - versions:
            versions |= newer
            newer = self.search([("previous_id", "in", newer.ids)])
        return versions.sorted("id")
