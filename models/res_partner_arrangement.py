from odoo import api, fields, models

from .dunning_contact_effect import INSTALLMENTS_TASK

VIEWER = "account_credit_management.group_viewer"


class ResPartner(models.Model):
    """The installment arrangements of a debtor."""

    _inherit = "res.partner"

    # === FIELDS ===#
    arrangement_ids = fields.Many2many(
        "installment.arrangement",
        string="Installment Arrangements",
        compute="_compute_arrangement_ids",
        groups=VIEWER,
    )
    arrangement_count = fields.Integer(
        "Arrangements", compute="_compute_arrangement_ids", groups=VIEWER
    )

    # === COMPUTE ===#
    @api.depends("commercial_partner_id")
    def _compute_arrangement_ids(self):
        arrangements = self.env["installment.arrangement"].search(
            [("partner_id", "in", self.commercial_partner_id.ids)]
        )
        by_debtor = arrangements.grouped("partner_id")
        for partner in self:
            found = by_debtor.get(partner.commercial_partner_id._origin, arrangements.browse())
            partner.arrangement_ids = found
            partner.arrangement_count = len(found)

    # === ACTIONS ===#
    def action_open_arrangements(self):
        self.ensure_one()
        return self.arrangement_ids._get_records_action()

    def action_propose_arrangement(self):
        """Propose to pay what this debtor owes in installments."""
        self.ensure_one()
        return self.env["arrangement.propose"]._get_open_action(partner=self)

    # === BUSINESS ===#
    def _close_arrangement_task(self, company):
        """Installments were offered: nobody needs to think of it any more."""
        self.env["mail.activity"].sudo().search(
            [
                ("res_model", "=", self._name),
                ("res_id", "in", self.ids),
                ("dunning_company_id", "=", company.id),
                ("dunning_task", "=", INSTALLMENTS_TASK),
            ]
        ).action_feedback()
