from odoo import api, fields, models

from ..models.credit_release import RELEASE_MODES


class CreditReleaseDecide(models.TransientModel):
    """Release or decline, with a note, beside the figures."""

    _name = "credit.release.decide"
    _description = "Decide on a Release"

    # === FIELDS ===#
    release_id = fields.Many2one("credit.release", "Request", required=True, ondelete="cascade")
    partner_id = fields.Many2one(related="release_id.partner_id")
    currency_id = fields.Many2one(related="release_id.currency_id")
    amount = fields.Monetary(related="release_id.amount")
    causes = fields.Text(related="release_id.causes")
    requested_by_id = fields.Many2one(related="release_id.requested_by_id")
    request_reason = fields.Text("Their Reason", related="release_id.reason")
    partner_exposure = fields.Monetary(related="release_id.partner_exposure")
    partner_available = fields.Monetary(related="release_id.partner_available")
    partner_overdue = fields.Monetary(related="release_id.partner_overdue")
    mode = fields.Selection(
        RELEASE_MODES,
        "Release",
        required=True,
        compute="_compute_mode",
        store=True,
        readonly=False,
        precompute=True,
    )
    date_to = fields.Date("Until", help="Last day; for everything this debtor orders.")
    amount_limit = fields.Monetary("Up To", help="For everything this debtor orders, in total.")
    note = fields.Text(
        "Reason", compute="_compute_note", store=True, readonly=False, precompute=True
    )

    # === COMPUTE ===#
    @api.depends("release_id")
    def _compute_mode(self):
        for wizard in self:
            release = wizard.release_id
            wizard.mode = "once" if release.order_id or release.move_id else "amount"

    @api.depends("release_id")
    def _compute_note(self):
        """Who releases what he asked for himself has said why already."""
        for wizard in self:
            is_own = wizard.release_id.requested_by_id == self.env.user
            wizard.note = wizard.release_id.reason if is_own else False

    # === ACTIONS ===#
    def action_release(self):
        """Release, as chosen."""
        self.ensure_one()
        self.release_id._release(self.mode, self.note, self.date_to, self.amount_limit)
        return {"type": "ir.actions.client", "tag": "soft_reload"}

    def action_decline(self):
        """Decline, with the note."""
        self.ensure_one()
        self.release_id._decline(self.note)
        return {"type": "ir.actions.client", "tag": "soft_reload"}
