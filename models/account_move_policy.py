from odoo import api, fields, models


class AccountMove(models.Model):
    """Which policy a document is reminded by, and what decided it."""

    _inherit = "account.move"

    # === FIELDS ===#
    dunning_effective_policy_id = fields.Many2one(
        "dunning.policy",
        "Policy in Force",
        compute="_compute_dunning_effective_policy_id",
        compute_sudo=True,
        groups="account_credit_management.group_viewer",
    )
    dunning_policy_source = fields.Char(
        "Decided By",
        compute="_compute_dunning_effective_policy_id",
        compute_sudo=True,
        groups="account_credit_management.group_viewer",
    )

    # === COMPUTE ===#
    @api.depends("commercial_partner_id", "company_id", "dunning_policy_id")
    @api.depends_context("lang")
    def _compute_dunning_effective_policy_id(self):
        """The policy chosen on the document, else that of its debtor in its company."""
        for move in self:
            debtor = move.commercial_partner_id.with_company(move.company_id)
            if move.dunning_policy_id.active:
                move.dunning_effective_policy_id = move.dunning_policy_id
                move.dunning_policy_source = self.env._("chosen on this document")
            else:
                move.dunning_effective_policy_id = debtor.dunning_effective_policy_id
                move.dunning_policy_source = debtor.dunning_policy_source and self.env._(
                    "debtor: %s", debtor.dunning_policy_source
                )
