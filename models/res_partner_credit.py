from operator import ge, gt, le, lt

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from .groups import VIEWER


class ResPartner(models.Model):
    """The credit of a debtor: what is used of it, and what is left. Company currency."""

    _inherit = "res.partner"

    # === FIELDS ===#
    credit_exposure = fields.Monetary(
        "Used",
        compute="_compute_credit_position",
        search="_search_credit_exposure",
        compute_sudo=True,
        groups=VIEWER,
        help="Open invoices, confirmed orders that are not invoiced yet and draft invoices, less "
        "deposits and money that is not allocated. Of the whole commercial entity.",
    )
    credit_limit_in_force = fields.Monetary(
        "Credit Limit in Force",
        compute="_compute_credit_position",
        compute_sudo=True,
        groups=VIEWER,
        help="The limit, temporary increases and cover included. Zero: there is none.",
    )
    credit_available = fields.Monetary(
        "Available",
        compute="_compute_credit_position",
        search="_search_credit_available",
        compute_sudo=True,
        groups=VIEWER,
        help="Negative when the limit is exceeded. Of debtors in a group it is the lower of their "
        "own and what the group has left.",
    )
    credit_usage = fields.Float(
        "Used (%)",
        compute="_compute_credit_position",
        compute_sudo=True,
        groups=VIEWER,
        help="Of the limit in force.",
    )
    credit_hold_manual = fields.Boolean(
        "Held by Hand", company_dependent=True, groups=VIEWER, help="New orders wait."
    )
    credit_hold_manual_reason = fields.Char(company_dependent=True, groups=VIEWER)
    credit_group_ids = fields.Many2many(
        "credit.group",
        "credit_group_partner_rel",
        "partner_id",
        "group_id",
        "Credit Groups",
        groups=VIEWER,
    )
    credit_cover_ids = fields.One2many("credit.cover", "partner_id", "Covers", groups=VIEWER)
    credit_assessment_ids = fields.One2many(
        "credit.assessment", "partner_id", "Credit Checks", groups=VIEWER
    )
    credit_limit_ids = fields.One2many("credit.limit", "partner_id", "Limits", groups=VIEWER)
    credit_release_ids = fields.One2many("credit.release", "partner_id", "Releases", groups=VIEWER)
    credit_serial = fields.Integer(
        copy=False, help="Counts decisions about the credit, to keep two from running at once."
    )

    # === COMPUTE ===#
    @api.depends("commercial_partner_id", "credit_limit")
    @api.depends_context("company")
    def _compute_credit_position(self):
        debtors = self.commercial_partner_id
        positions = self.env["credit.exposure"]._get_positions(self.env.company, debtors)
        for partner in self:
            position = positions.get(partner.commercial_partner_id._origin.id)
            partner.credit_exposure = position.exposure if position else 0.0
            partner.credit_limit_in_force = (position and position.limit) or 0.0
            partner.credit_available = (position and position.available) or 0.0
            partner.credit_usage = position.usage if position else 0.0

    @api.model
    def _search_credit_exposure(self, operator, value):
        return self._search_credit_figure("exposure", operator, value)

    @api.model
    def _search_credit_available(self, operator, value):
        return self._search_credit_figure("available", operator, value)

    @api.model
    def _search_credit_figure(self, figure, operator, value):
        """Partners by a figure of their commercial entity. Who has no position, or no limit, has
        zero, as on the screen."""
        compare = {">": gt, ">=": ge, "<": lt, "<=": le}.get(operator)
        if not compare:
            return NotImplemented
        company = self.env.company
        is_zero_found = compare(0, value)
        debtors = SQL(
            "(%s SELECT partner_id FROM exposure_position"
            " WHERE (ROUND(COALESCE(%s, 0), %s) %s %s) = %s)",
            self.env["credit.exposure"]._get_exposure_sql(company, company._get_dunning_today()),
            SQL.identifier(figure),
            company.currency_id.decimal_places,
            SQL(operator),
            value,
            not is_zero_found,
        )
        return Domain("commercial_partner_id", "not in" if is_zero_found else "in", debtors)

    # === BUSINESS ===#
    def _get_credit_form_action(self):
        """Open this debtor."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "res.partner",
            "res_id": self.id,
            "view_mode": "form",
        }
