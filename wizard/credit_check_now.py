from odoo import api, fields, models
from odoo.exceptions import UserError


class CreditCheckNow(models.TransientModel):
    """Ask a service about debtors or prospects, now."""

    _name = "credit.check.now"
    _description = "Check Credit Now"

    # === FIELDS ===#
    partner_ids = fields.Many2many(
        "res.partner", string="Debtors", required=True, domain=[("parent_id", "=", False)]
    )
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, default=lambda self: self.env.company
    )
    provider = fields.Selection(
        selection="_get_providers",
        string="Ask",
        required=True,
        default=lambda self: self._get_providers()[0][0],
    )
    failures = fields.Text("Without an Answer", readonly=True)
    assessment_ids = fields.Many2many("credit.assessment", string="New Checks", readonly=True)

    # === ACTIONS ===#
    def action_check(self):
        """Ask about each debtor. One without an answer is named and does not stop the others.

        :raise UserError: when no debtor has an answer
        """
        self.ensure_one()
        checks = self.env["credit.assessment"].with_company(self.company_id)
        failures = []
        for partner in self.partner_ids.commercial_partner_id:
            try:
                with self.env.cr.savepoint():
                    checks |= checks._request_check(self.provider, partner, self.company_id)
            except UserError as error:
                failures.append(str(error))
        if not checks:
            raise UserError("\n".join(failures))
        self.assessment_ids = checks
        self.failures = "\n".join(failures)
        return self._get_self_action() if failures else self.action_open_checks()

    def action_open_checks(self):
        self.ensure_one()
        action = {
            "type": "ir.actions.act_window",
            "name": self.env._("Credit Checks"),
            "res_model": "credit.assessment",
            "view_mode": "list,form",
            "domain": [("id", "in", self.assessment_ids.ids)],
        }
        if len(self.assessment_ids) == 1:
            action |= {"view_mode": "form", "res_id": self.assessment_ids.id}
        return action

    # === BUSINESS ===#
    @api.model
    def _get_providers(self):
        return list(self.env["credit.assessment"]._credit_check_providers().items())

    @api.model
    def _get_open_action(self, partners):
        """Open the wizard for some debtors; for nobody yet when there is none."""
        self.check_access("create")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Check Credit Now"),
            "res_model": self._name,
            "view_mode": "form",
            "target": "new",
            "context": {"default_partner_ids": partners.commercial_partner_id.ids},
        }

    def _get_self_action(self):
        return self._get_open_action(self.partner_ids) | {"res_id": self.id, "context": {}}
