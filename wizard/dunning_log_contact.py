from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import Command

from ..models.dunning_contact import LOG_CHANNELS


class DunningLogContact(models.TransientModel):
    """The dialog in which a call or visit is logged: one button per outcome, everything else is
    filled in already."""

    _name = "dunning.log.contact"
    _description = "Log a Contact with a Debtor"

    # === FIELDS ===#
    activity_id = fields.Many2one("mail.activity", readonly=True)
    partner_id = fields.Many2one(
        "res.partner",
        "Debtor",
        compute="_compute_partner_id",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
    )
    company_id = fields.Many2one(
        "res.company",
        compute="_compute_partner_id",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
    )
    channel = fields.Selection(LOG_CHANNELS, required=True, default="call")
    notice_id = fields.Many2one(
        "dunning.notice",
        "Reminder",
        compute="_compute_notice_id",
        store=True,
        readonly=False,
        groups="account_credit_management.group_collector",
    )
    move_ids = fields.Many2many(
        "account.move",
        string="Invoices",
        compute="_compute_notice_id",
        store=True,
        readonly=False,
        groups="account_credit_management.group_collector",
    )
    contact_id = fields.Many2one(
        "res.partner", "Contact Person", compute="_compute_contact_id", compute_sudo=True
    )
    phone = fields.Char(compute="_compute_contact_id", compute_sudo=True)
    spoken_to = fields.Char(compute="_compute_spoken_to", store=True, readonly=False)
    script = fields.Html(compute="_compute_contact_id", compute_sudo=True, sanitize=False)
    move_line_ids = fields.Many2many(
        "account.move.line",
        string="Items",
        compute="_compute_items",
        store=True,
        readonly=False,
        groups="account_credit_management.group_collector",
        help="What the talk is about.",
    )
    currency_id = fields.Many2one("res.currency", compute="_compute_currency_id", store=True)
    amount_due = fields.Monetary(compute="_compute_amount_due", compute_sudo=True)
    promise_date = fields.Date(
        "Pays On", compute="_compute_promise_date", store=True, readonly=False
    )
    promise_amount = fields.Monetary(
        "Amount", compute="_compute_promise_amount", store=True, readonly=False
    )
    dispute_amount = fields.Monetary(
        "Disputed Amount", help="When only a part is disputed. Zero: the items as a whole."
    )
    next_date = fields.Date("Call Again On")
    note = fields.Text()

    # === COMPUTE ===#
    @api.depends("activity_id")
    def _compute_partner_id(self):
        """Whom the activity is about; without one it is what the caller says."""
        for wizard in self:
            activity = wizard.activity_id
            wizard.partner_id = activity.res_id or wizard.partner_id
            wizard.company_id = activity.dunning_company_id or wizard.company_id or self.env.company

    @api.depends("activity_id")
    def _compute_notice_id(self):
        for wizard in self:
            activity = wizard.activity_id
            wizard.notice_id = activity.dunning_notice_id or wizard.notice_id
            wizard.move_ids = activity.dunning_move_ids or wizard.move_ids

    @api.depends("partner_id", "activity_id", "notice_id")
    def _compute_contact_id(self):
        for wizard in self:
            wizard.contact_id = wizard.notice_id.contact_id or wizard.partner_id
            wizard.phone = wizard.contact_id.phone or wizard.partner_id.phone
            wizard.script = wizard.activity_id.note

    @api.depends("contact_id")
    def _compute_spoken_to(self):
        """The person whom the number is of; who answers at a company is not known."""
        for wizard in self:
            contact = wizard.contact_id.sudo()
            wizard.spoken_to = False if contact.is_company else contact.name

    @api.depends("partner_id", "company_id", "notice_id", "move_ids")
    def _compute_items(self):
        for wizard in self:
            wizard.move_line_ids = self.env["dunning.contact"]._find_items(
                wizard.company_id, wizard.partner_id, wizard.notice_id, wizard.move_ids
            )

    @api.depends("company_id", "notice_id", "move_line_ids")
    def _compute_currency_id(self):
        for wizard in self:
            wizard.currency_id = self.env["dunning.contact"]._choose_currency(
                wizard.company_id, wizard.move_line_ids, wizard.notice_id
            )

    @api.depends("move_line_ids", "currency_id")
    def _compute_amount_due(self):
        for wizard in self:
            wizard.amount_due = self.env["dunning.contact"]._sum_items(
                wizard.move_line_ids, wizard.currency_id
            )

    @api.depends("amount_due")
    def _compute_promise_amount(self):
        for wizard in self:
            wizard.promise_amount = wizard.amount_due

    @api.depends("company_id")
    def _compute_promise_date(self):
        contacts = self.env["dunning.contact"]
        for wizard in self:
            wizard.promise_date = contacts._get_promise_date(
                wizard.company_id, wizard.company_id._get_dunning_today()
            )

    # === ACTIONS ===#
    def action_log(self):
        """Log the outcome of the button that was pressed, and go on to the next call."""
        self.ensure_one()
        contact = self._log(self.env.context["dunning_outcome"])
        return self._get_next_action(contact)

    # === BUSINESS ===#
    @api.model
    def _get_open_action(self, activity=None, notice=None, partner=None, moves=None):
        """Open the dialog about one of these."""
        if activity:
            values = {
                "default_activity_id": activity.id,
                "default_channel": activity.dunning_channel,
            }
        else:
            values = self.env["dunning.contact"]._get_dialog_defaults(notice, partner, moves)
        if self.env.context.get("dunning_call_list"):
            values["dunning_call_list"] = True
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("What came of it?"),
            "res_model": self._name,
            "view_mode": "form",
            "views": [(False, "form")],
            "target": "new",
            "context": values,
        }

    def _log(self, outcome):
        """Log the contact. Effects need more than salespeople may do: they happen as superuser,
        in the name of the user.

        :return: the new contact
        """
        self.ensure_one()
        contacts = self.env["dunning.contact"]
        contacts.check_access("create")
        self.partner_id.check_access("read")
        if self.company_id not in self.env.companies:
            raise AccessError(
                self.env._("Switch to %s to log this.", self.company_id.sudo().display_name)
            )
        resend = outcome == "not_received" and contacts._can_resend(self._get_invoices())
        return (
            contacts.sudo()
            .with_context(dunning_contact_resend=resend)
            .create(self.sudo()._prepare_contact_values(outcome))
            .sudo(False)
        )

    def _prepare_contact_values(self, outcome):
        self.ensure_one()
        values = {
            "partner_id": self.partner_id.id,
            "company_id": self.company_id.id,
            "activity_id": self.activity_id.id,
            "notice_id": self.notice_id.id,
            "move_line_ids": [Command.set(self.move_line_ids.ids)],
            "channel": self.channel,
            "date": self.company_id._get_dunning_today(),
            "user_id": self.env.uid,
            "outcome": outcome,
            "currency_id": self.currency_id.id,
            "spoken_to": self.spoken_to,
            "next_date": self.next_date,
            "note": self.note,
        }
        if outcome == "promise":
            values |= {"promise_date": self.promise_date, "promise_amount": self.promise_amount}
        elif outcome == "dispute":
            values["dispute_amount"] = self.dispute_amount
        return values

    def _get_invoices(self):
        moves = self.sudo().move_line_ids.move_id
        return moves.filtered(
            lambda move: move.is_sale_document(include_receipts=True) and move.state == "posted"
        )

    def _get_next_action(self, contact):
        """Open what comes next: the invoices to send again, installments to propose, or the next
        call of the list."""
        moves = self._get_invoices().sudo(False)
        if contact.outcome == "not_received" and contact._can_resend(moves):
            return moves.action_send_and_print()
        proposal = contact.outcome == "cannot_pay" and self._get_proposal_action()
        if proposal:
            return proposal
        if self.env.context.get("dunning_call_list"):
            following = self.activity_id._get_next_dunning_contact()
            if following:
                return self._get_open_action(activity=following)
        return {"type": "ir.actions.act_window_close"}

    def _get_proposal_action(self):
        """Work out installments with who cannot pay, while he is on the phone.

        :return: False when the user may not agree on any, or nothing is left to arrange
        """
        proposals = self.env["arrangement.propose"]
        if not proposals.has_access("create"):
            return False
        items = proposals._find_items(self.company_id, self.partner_id) & self.move_line_ids
        in_list = self.env.context.get("dunning_call_list")
        return bool(items) and proposals._get_open_action(
            items=items, origin="contact", activity_id=in_list and self.activity_id.id
        )
