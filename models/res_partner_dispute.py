from odoo import api, fields, models
from odoo.tools import SQL

from .dispute_dossier import HOLDING_STATES

VIEWER = "account_credit_management.group_viewer"


class ResPartner(models.Model):
    """What a debtor disputes, by the company that looks at it."""

    _inherit = "res.partner"

    # === FIELDS ===#
    dispute_count = fields.Integer(
        "Disputes", compute="_compute_dispute_count", compute_sudo=True, groups=VIEWER
    )
    dispute_open_count = fields.Integer(
        "Open Disputes", compute="_compute_dispute_count", compute_sudo=True, groups=VIEWER
    )
    disputed_amount = fields.Monetary(
        compute="_compute_disputed_amount",
        compute_sudo=True,
        groups=VIEWER,
        help="What is open and disputed now, in the currency of the company.",
    )

    # === COMPUTE ===#
    @api.depends("commercial_partner_id")
    @api.depends_context("company")
    def _compute_dispute_count(self):
        counts = {}
        for debtor, state, count in self.env["dispute.dossier"]._read_group(
            [
                ("company_id", "=", self.env.company.id),
                ("partner_id", "in", self.commercial_partner_id._origin.ids),
            ],
            ["partner_id", "state"],
            ["__count"],
        ):
            counts.setdefault(debtor.id, {})[state] = count
        for partner in self:
            by_state = counts.get(partner.commercial_partner_id._origin.id, {})
            partner.dispute_count = sum(by_state.values())
            partner.dispute_open_count = sum(by_state.get(state, 0) for state in HOLDING_STATES)

    @api.depends("commercial_partner_id")
    @api.depends_context("company")
    def _compute_disputed_amount(self):
        self.disputed_amount = 0.0
        debtors = self.commercial_partner_id._origin
        if not debtors:
            return
        condition = SQL(
            "line.company_id = %s AND line.partner_id IN ("
            "SELECT id FROM res_partner WHERE commercial_partner_id IN %s)",
            self.env.company.id,
            tuple(debtors.ids),
        )
        amounts = dict(
            self.env.execute_query(
                SQL(
                    "SELECT person.commercial_partner_id, SUM(held.amount_company) FROM %s AS held "
                    "JOIN res_partner person ON person.id = held.partner_id GROUP BY 1",
                    self.env["dunning.block"]._get_disputed_sql(condition),
                )
            )
        )
        currency = self.env.company.currency_id
        for partner in self:
            amount = amounts.get(partner.commercial_partner_id._origin.id, 0.0)
            partner.disputed_amount = currency.round(float(amount))
