from odoo import api, fields, models
from odoo.exceptions import UserError

from ..models.res_partner_debtor_status import DEBTOR_STATUSES


class DunningDebtorStatus(models.TransientModel):
    """Put a debtor in a legal state such as bankruptcy, with everything that follows from it."""

    _name = "dunning.debtor.status"
    _description = "Set Debtor Status"

    # === FIELDS ===#
    partner_id = fields.Many2one(
        "res.partner", "Debtor", required=True, readonly=True, ondelete="cascade"
    )
    debtor_status = fields.Selection(DEBTOR_STATUSES, "Status", required=True)
    date = fields.Date(
        "Since",
        required=True,
        default=lambda self: self.env.company._get_dunning_today(),
        help="Items invoiced until this day are not reminded any more.",
    )
    contact_id = fields.Many2one(
        "res.partner",
        "Person in Charge",
        ondelete="cascade",
        help="Trustee, administrator or heirs: reminders of later claims are addressed to this "
        "person.",
    )
    reference = fields.Char("Case Reference")
    note = fields.Text(help="Kept in the history of the debtor.")

    # === ACTIONS ===#
    def action_apply(self):
        """Write the status. What follows from it follows from the fields of the debtor."""
        self.ensure_one()
        # Collectors need not be allowed to change contacts for this.
        debtor = self.partner_id.sudo()
        debtor.write(self._prepare_debtor_values())
        if self.note:
            debtor._message_log(body=self.note)
        return {"type": "ir.actions.act_window_close"}

    # === BUSINESS ===#
    @api.model
    def _get_open_action(self, debtor):
        """Open the wizard for a debtor, with the status it has.

        :raise UserError: for a debtor that was not saved yet
        """
        self.check_access("create")
        if not debtor.id:
            raise UserError(self.env._("Save the debtor first."))
        context = {"default_partner_id": debtor.id}
        if debtor.debtor_status:
            context |= {
                "default_debtor_status": debtor.debtor_status,
                "default_date": debtor.debtor_status_date,
                "default_contact_id": debtor.debtor_status_contact_id.id,
                "default_reference": debtor.debtor_status_reference,
            }
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Set Debtor Status"),
            "res_model": self._name,
            "view_mode": "form",
            "target": "new",
            "context": context,
        }

    def _prepare_debtor_values(self):
        return {
            "debtor_status": self.debtor_status,
            "debtor_status_date": self.date,
            "debtor_status_contact_id": self.contact_id.id,
            "debtor_status_reference": self.reference,
        }
