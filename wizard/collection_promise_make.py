from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ..models.collection_promise import PROMISE_CHANNELS


class CollectionPromiseMake(models.TransientModel):
    """The small form in which a promise is noted that did not come up in a call: everything is
    filled in already."""

    _name = "collection.promise.make"
    _description = "Note a Promise to Pay"

    # === FIELDS ===#
    partner_id = fields.Many2one("res.partner", "Debtor", required=True, readonly=True)
    company_id = fields.Many2one("res.company", required=True, readonly=True)
    notice_id = fields.Many2one("dunning.notice", "Reminder", readonly=True)
    move_ids = fields.Many2many("account.move", string="Invoices", readonly=True)
    move_line_ids = fields.Many2many(
        "account.move.line",
        string="Items",
        compute="_compute_move_line_ids",
        store=True,
        readonly=False,
    )
    channel = fields.Selection(
        [channel for channel in PROMISE_CHANNELS if channel[0] != "portal"],
        "Came By",
        required=True,
        default="mail",
    )
    promised_by = fields.Char()
    currency_id = fields.Many2one("res.currency", compute="_compute_amounts", store=True)
    amount_due = fields.Monetary("Open", compute="_compute_amounts", store=True)
    amount = fields.Monetary(compute="_compute_amount", store=True, readonly=False)
    date = fields.Date("Pays On", compute="_compute_date", store=True, readonly=False)
    date_last = fields.Date(compute="_compute_date_last")
    note = fields.Text()

    # === COMPUTE ===#
    @api.depends("partner_id", "company_id", "notice_id", "move_ids")
    def _compute_move_line_ids(self):
        for wizard in self:
            wizard.move_line_ids = self.env["dunning.contact"]._find_items(
                wizard.company_id, wizard.partner_id, wizard.notice_id, wizard.move_ids
            )

    @api.depends("company_id", "notice_id", "move_line_ids")
    def _compute_amounts(self):
        contacts = self.env["dunning.contact"]
        for wizard in self:
            wizard.currency_id = contacts._choose_currency(
                wizard.company_id, wizard.move_line_ids, wizard.notice_id
            )
            wizard.amount_due = contacts._sum_items(wizard.move_line_ids, wizard.currency_id)

    @api.depends("amount_due")
    def _compute_amount(self):
        for wizard in self:
            wizard.amount = wizard.amount_due

    @api.depends("company_id")
    def _compute_date(self):
        for wizard in self:
            wizard.date = self.env["dunning.contact"]._get_promise_date(
                wizard.company_id, wizard.company_id._get_dunning_today()
            )

    @api.depends("company_id")
    def _compute_date_last(self):
        for wizard in self:
            wizard.date_last = wizard.company_id._get_last_promise_date(
                wizard.company_id._get_dunning_today()
            )

    # === ACTIONS ===#
    def action_make(self):
        """Note the promise; reminders wait from now on."""
        self.ensure_one()
        promises = self.env["collection.promise"]
        promises.check_access("create")
        self.partner_id.check_access("read")
        if self.company_id not in self.env.companies:
            raise AccessError(
                self.env._("Switch to %s to log this.", self.company_id.sudo().display_name)
            )
        made = promises._make(
            self.company_id,
            self.partner_id,
            self.move_line_ids,
            self.currency_id,
            self.amount,
            date=self.date,
            channel=self.channel,
            promised_by=self.promised_by,
            note=self.note,
            notice_id=self.notice_id.id,
            user_id=self.env.uid,
        )
        if not made:
            raise UserError(
                self.env._("%s has nothing open to promise.", self.partner_id.display_name)
            )
        return {"type": "ir.actions.act_window_close"}

    # === BUSINESS ===#
    @api.model
    def _get_open_action(self, notice=None, partner=None, moves=None):
        """Open the form about one of these."""
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Promise to Pay"),
            "res_model": self._name,
            "view_mode": "form",
            "views": [(False, "form")],
            "target": "new",
            "context": self.env["dunning.contact"]._get_dialog_defaults(notice, partner, moves),
        }
