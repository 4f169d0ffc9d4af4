from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

from ..models.groups import MANAGER


class ReceivableChargeWaive(models.TransientModel):
    """Letting debtors off takes a reason."""

    _name = "receivable.charge.waive"
    _description = "Waive Costs and Interest"

    # === FIELDS ===#
    charge_ids = fields.Many2many("receivable.charge", required=True, readonly=True)
    reason = fields.Char("Why", help="Kept with the charge, and on the credit note.")
    is_paid_in_part = fields.Boolean(compute="_compute_facts", compute_sudo=True)
    is_paid = fields.Boolean(compute="_compute_facts", compute_sudo=True)
    is_invoiced = fields.Boolean(compute="_compute_facts", compute_sudo=True)
    scope = fields.Selection(
        [("open", "Only what is still open"), ("all", "All of it")],
        required=True,
        default="open",
        help="Of what was paid in part. When all is waived, what was paid becomes money of the "
        "debtor, to be paid back or allocated.",
    )

    # === COMPUTE ===#
    @api.depends("charge_ids")
    def _compute_facts(self):
        for wizard in self:
            invoiced = wizard.charge_ids.filtered(lambda charge: charge._is_in_books())
            wizard.is_invoiced = bool(invoiced)
            wizard.is_paid_in_part = any(charge._is_paid_in_part() for charge in invoiced)
            wizard.is_paid = any(
                charge.currency_id.is_zero(charge.amount_open) for charge in invoiced
            )

    # === ACTIONS ===#
    def action_waive(self):
        """Waive the charges.

        :raise UserError: without a reason
        """
        self.ensure_one()
        charges = self.charge_ids
        charges._check_right(MANAGER)
        reason = (self.reason or "").strip()
        if not reason:
            raise UserError(self.env._("Say why it is waived."))
        charges._waive(reason, only_open=self.scope == "open")
        return {"type": "ir.actions.act_window_close"}

    # === BUSINESS ===#
    @api.model
    def _get_open_action(self, charges):
        """Open the dialog.

        :raise UserError: when nothing of the charges can be waived
        """
        charges = charges.filtered(lambda charge: charge.state in ("announced", "due", "booked"))
        if not charges:
            raise UserError(self.env._("There is nothing to waive."))
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Waive Costs and Interest"),
            "res_model": self._name,
            "view_mode": "form",
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_charge_ids": [Command.set(charges.ids)]},
        }
