from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

from ..models.dunning_notice_line import REMOVABLE_STATES


class DunningRemoveNotice(models.TransientModel):
    """Take reminders, or single items of one, out of a run, for once or until a day."""

    _name = "dunning.remove.notice"
    _description = "Remove from Dunning Run"

    # === FIELDS ===#
    notice_ids = fields.Many2many("dunning.notice", string="Reminders", readonly=True)
    line_ids = fields.Many2many(
        "dunning.notice.line",
        string="Items",
        readonly=True,
        help="Only these items are taken out. Empty: the whole reminders.",
    )
    item_count = fields.Integer("Number of Items", compute="_compute_counts")
    debtor_count = fields.Integer("Number of Debtors", compute="_compute_counts")
    reason = fields.Char(required=True, help="Kept in the history of the reminder and its debtor.")
    mode = fields.Selection(
        [("once", "Only this run"), ("postpone", "Postpone")],
        "For",
        required=True,
        default="once",
        help="Only this run: the next run proposes again what is still open then.",
    )
    date_to = fields.Date(
        "Postpone Until",
        default=lambda self: self.env.company._get_dunning_today() + timedelta(days=7),
        help="Last day without reminders; they resume by themselves on the next day.",
    )
    scope = fields.Selection(
        [("item", "These items"), ("debtor", "Everything of the debtor")],
        "Hold",
        required=True,
        default="item",
    )

    # === COMPUTE ===#
    @api.depends("notice_ids", "line_ids")
    def _compute_counts(self):
        for wizard in self:
            lines = wizard._get_lines()
            wizard.item_count = len(lines)
            wizard.debtor_count = len(lines.notice_id.partner_id)

    # === ACTIONS ===#
    def action_remove(self):
        """Take the items out, with the reason in the chatter, and postpone what is to wait.

        :raise UserError: when one of them was sent meanwhile; then nothing is changed
        """
        self.ensure_one()
        lines = self._get_lines()
        lines.notice_id.check_access("write")
        if self.mode == "postpone":
            self._postpone(lines)
        for notice, removed in lines.grouped("notice_id").items():
            notice._remove_lines(removed, self.reason)
        return {"type": "ir.actions.act_window_close"}

    # === BUSINESS ===#
    @api.model
    def _get_open_action(self, notices, lines=()):
        """Open the wizard for notices, or for some lines of theirs.

        :raise UserError: when there is nothing that can still be taken out
        """
        removable = notices.filtered(lambda notice: notice.state in REMOVABLE_STATES)
        if not removable:
            raise UserError(self.env._("Only reminders that were not sent yet can be removed."))
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Remove from Run"),
            "res_model": self._name,
            "view_mode": "form",
            "target": "new",
            "context": {
                "default_notice_ids": [Command.set(removable.ids)],
                "default_line_ids": [Command.set(lines.ids if lines else [])],
            },
        }

    def _get_lines(self):
        """The lines that are taken out: those chosen, or all that still stand."""
        return self.line_ids or self.notice_ids._get_valid_lines()

    def _postpone(self, lines):
        today = self.env.company._get_dunning_today()
        if not self.date_to or self.date_to < today:
            raise UserError(self.env._("Reminders can only be postponed to a day to come."))
        self.env["dunning.block"].create(self._prepare_block_values(lines, today))

    def _prepare_block_values(self, lines, today):
        """One pause per item, or per debtor and company; until the end of the day chosen."""
        values = {
            "kind": "pause",
            "date_from": today,
            "date_to": self.date_to,
            "reason": self.reason,
        }
        if self.scope == "debtor":
            debtors = dict.fromkeys((line.company_id, line.partner_id) for line in lines)
            return [
                {**values, "company_id": company.id, "partner_id": debtor.id}
                for company, debtor in debtors
            ]
        return [
            {
                **values,
                "company_id": line.company_id.id,
                "partner_id": line.partner_id.id,
                "move_line_id": line.move_line_id.id,
            }
            for line in lines.filtered("move_line_id")
        ]
