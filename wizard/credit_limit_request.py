from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools.misc import clean_context


class CreditLimitRequest(models.TransientModel):
    """Ask for a limit: whoever sells may, and whoever may grant it does so at once."""

    _name = "credit.limit.request"
    _description = "Ask for a Limit"

    # === FIELDS ===#
    partner_id = fields.Many2one("res.partner", "Debtor", readonly=True, ondelete="cascade")
    group_id = fields.Many2one("credit.group", readonly=True, ondelete="cascade")
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, default=lambda self: self.env.company
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    is_temporary = fields.Boolean("For a Time Only", help="On top of the limit, until a day.")
    amount = fields.Monetary(required=True)
    current_amount = fields.Monetary("Limit Now", compute="_compute_approval", compute_sudo=True)
    date_from = fields.Date(
        "From", required=True, default=lambda self: self.env.company._get_dunning_today()
    )
    date_to = fields.Date("Until")
    date_review = fields.Date("Review On", help="The limit is looked at again on this day.")
    reason = fields.Char(required=True)
    can_grant = fields.Boolean(compute="_compute_approval", compute_sudo=True)
    waits_for = fields.Char(compute="_compute_approval", compute_sudo=True)

    # === COMPUTE ===#
    @api.depends("amount", "date_from", "date_to", "is_temporary", "partner_id", "group_id")
    @api.depends_context("uid")
    def _compute_approval(self):
        for request in self:
            limit = self.env["credit.limit"].new(request._prepare_limit_values())
            request.current_amount = limit._get_current_amount()
            request.waits_for = limit._get_missing_approval() if request.amount > 0 else False
            request.can_grant = request.amount > 0 and not request.waits_for

    # === ACTIONS ===#
    def action_request(self):
        """Ask, and grant at once what the user may grant himself."""
        self.ensure_one()
        # Salespeople may ask for a debtor they can see, and need no right to limits for that.
        (self.partner_id or self.group_id).check_access("read")
        self.company_id.check_access("read")
        if self.currency_id.compare_amounts(self.amount, 0) <= 0:
            raise UserError(self.env._("Fill in an amount."))
        limits = self.env["credit.limit"].sudo().with_context(**clean_context(self.env.context))
        limit = limits.create(self._prepare_limit_values())
        limit._check_not_over()
        limit._request()
        if limit.can_approve and not limit.waits_for:
            limit._approve()
            text = self.env._("The limit is granted.")
        else:
            text = self.env._("The limit was asked for.")
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "message": text,
                "type": "success",
                "next": {"type": "ir.actions.act_window_close"},
            },
        }

    # === BUSINESS ===#
    @api.model
    def _get_open_action(self, partner=None, group=None):
        """Open the wizard for the debtor of a partner, or for a group.

        :raise UserError: for one that was not saved yet
        """
        self.check_access("create")
        owner = partner.commercial_partner_id if partner else group
        if not owner.id:
            raise UserError(self.env._("Save the debtor first."))
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Ask for a Limit"),
            "res_model": self._name,
            "view_mode": "form",
            "target": "new",
            "context": {"default_partner_id" if partner else "default_group_id": owner.id},
        }

    def _prepare_limit_values(self):
        self.ensure_one()
        kind = "group" if self.group_id else "temporary" if self.is_temporary else "own"
        return {
            "kind": kind,
            "partner_id": self.partner_id._origin.commercial_partner_id.id,
            "group_id": self.group_id._origin.id,
            "company_id": self.company_id.id,
            "amount": self.amount,
            "date_from": self.date_from,
            "date_to": self.is_temporary and self.date_to,
            "date_review": not self.is_temporary and self.date_review,
            "reason": self.reason,
        }
