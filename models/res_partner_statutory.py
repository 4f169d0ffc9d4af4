from odoo import api, fields, models

from .groups import COLLECTOR


class ResPartner(models.Model):
    """Letters of a debtor after which costs may be charged."""

    _inherit = "res.partner"

    # === FIELDS ===#
    statutory_letter_count = fields.Integer(
        compute="_compute_statutory_letter_count", groups=COLLECTOR
    )

    # === COMPUTE ===#
    @api.depends_context("allowed_company_ids")
    def _compute_statutory_letter_count(self):
        groups = dict(
            self.env["statutory.letter"]._read_group(
                [("partner_id", "in", self.commercial_partner_id.ids)],
                ["partner_id"],
                ["__count"],
            )
        )
        for partner in self:
            partner.statutory_letter_count = groups.get(partner.commercial_partner_id._origin, 0)

    # === ACTIONS ===#
    def action_open_statutory_letters(self):
        self.ensure_one()
        return self.env["statutory.letter"]._get_list_action(
            [("partner_id", "=", self.commercial_partner_id.id)]
        )
