from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from .dispute_dossier import DISPUTE_STATES, HOLDING_STATES
from .dispute_dossier_state import MANAGER


class DisputeDossier(models.Model):
    """What the screens of a dispute show besides the dispute, and where they lead to."""

    _inherit = "dispute.dossier"

    # === FIELDS ===#
    state = fields.Selection(group_expand="_expand_states")
    is_late = fields.Boolean("Late", compute="_compute_is_late", search="_search_is_late")
    can_approve = fields.Boolean(compute="_compute_can_approve")
    invoice_names = fields.Char(
        "Invoice Numbers", compute="_compute_invoice_names", compute_sudo=True
    )
    move_count = fields.Integer("Number of Invoices", compute="_compute_counts", compute_sudo=True)
    credit_count = fields.Integer(
        "Number of Credit Notes", compute="_compute_counts", compute_sudo=True
    )
    days_with_us = fields.Float(
        compute="_compute_waiting_days", digits=(16, 1), help="Days in which it was up to us."
    )
    days_with_customer = fields.Float(
        compute="_compute_waiting_days",
        digits=(16, 1),
        help="Days in which it was up to the customer.",
    )

    # === COMPUTE ===#
    @api.model
    def _expand_states(self, states, _domain):
        """Columns of the kanban in the order of a life; the others only when in use."""
        return [
            state
            for state, _label in DISPUTE_STATES
            if state in states or state in ("open", "investigating")
        ]

    @api.depends("deadline", "state")
    def _compute_is_late(self):
        for dossier in self:
            dossier.is_late = bool(
                dossier.state in HOLDING_STATES
                and dossier.deadline
                and dossier.deadline < dossier._get_today()
            )

    @api.model
    def _search_is_late(self, operator, value):
        """Each company has its own day."""
        if operator != "in":
            return NotImplemented
        late = Domain("state", "in", HOLDING_STATES) & Domain.OR(
            Domain("company_id", "=", company.id)
            & Domain("deadline", "<", company._get_dunning_today())
            for company in self.env.companies
        )
        return late if True in value else ~late

    @api.depends("state")
    @api.depends_context("uid")
    def _compute_can_approve(self):
        may = self.env.user.has_group(MANAGER)
        for dossier in self:
            dossier.can_approve = may and dossier.state == "approval"

    @api.depends("line_ids.move_id.name")
    def _compute_invoice_names(self):
        for dossier in self:
            names = dossier.line_ids.move_id.mapped("name")
            dossier.invoice_names = ", ".join(name for name in names if name)

    @api.depends("line_ids.move_id", "credit_move_ids")
    def _compute_counts(self):
        for dossier in self:
            dossier.move_count = len(dossier.line_ids.move_id)
            dossier.credit_count = len(dossier.credit_move_ids)

    @api.depends("state_log_ids.date_to", "state_log_ids.waiting_for")
    def _compute_waiting_days(self):
        for dossier in self:
            days = {"us": 0.0, "customer": 0.0}
            for log in dossier.state_log_ids:
                if log.waiting_for in days:
                    days[log.waiting_for] += log.days
            dossier.days_with_us = days["us"]
            dossier.days_with_customer = days["customer"]

    # === ACTIONS ===#
    def action_resolve(self):
        """Open the dialog in which the dispute is settled."""
        self.ensure_one()
        self.check_access("write")
        return self.env["dispute.resolve"]._get_open_action(self)

    def action_open_moves(self):
        """The disputed invoices."""
        self.ensure_one()
        return self.move_ids.sudo(False)._get_records_action(name=self.env._("Disputed Invoices"))

    def action_open_credits(self):
        """The credit notes that settle it."""
        self.ensure_one()
        return self.credit_move_ids._get_records_action(name=self.env._("Credit Notes"))

    def action_ask_department(self):
        """Write to the head of the department: he follows from then on, and can answer."""
        self.ensure_one()
        self.check_access("write")
        head = self.department_id.user_id.partner_id
        if not head:
            raise UserError(self.env._("Nobody heads the department: choose one first."))
        self.sudo().message_subscribe(partner_ids=head.ids)
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Ask %s", self.department_id.name),
            "res_model": "mail.compose.message",
            "view_mode": "form",
            "target": "new",
            "context": {
                "default_model": self._name,
                "default_res_ids": self.ids,
                "default_partner_ids": head.ids,
                "default_composition_mode": "comment",
                "default_subtype_xmlid": "mail.mt_note",
                "default_subject": f"{self.name} – {self.partner_id.name}",
            },
        }
