from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from .groups import VIEWER


class ResPartner(models.Model):
    """The credit check of a debtor that counts: the newest one that is valid."""

    _inherit = "res.partner"

    # === FIELDS ===#
    credit_assessment_id = fields.Many2one(
        "credit.assessment",
        "Credit Check",
        compute="_compute_credit_assessment",
        compute_sudo=True,
        groups=VIEWER,
        help="The newest valid one of the commercial entity, in the current company.",
    )
    credit_assessment_valid = fields.Boolean(
        "Valid Credit Check",
        compute="_compute_credit_assessment",
        search="_search_credit_assessment_valid",
        compute_sudo=True,
        groups=VIEWER,
    )

    # === COMPUTE ===#
    @api.depends(
        "commercial_partner_id",
        "credit_assessment_ids.active",
        "credit_assessment_ids.date",
        "credit_assessment_ids.date_to",
    )
    @api.depends_context("company")
    def _compute_credit_assessment(self):
        query = self._get_credit_assessment_sql(self.env.company, self.commercial_partner_id.ids)
        checks = dict(self.env.execute_query(query))
        for partner in self:
            check_id = checks.get(partner.commercial_partner_id._origin.id, False)
            partner.credit_assessment_id = check_id
            partner.credit_assessment_valid = bool(check_id)

    @api.model
    def _search_credit_assessment_valid(self, operator, value):
        if operator != "in":
            return NotImplemented
        query = self._get_credit_assessment_sql(self.env.company)
        checked = Domain(
            "commercial_partner_id", "in", SQL("(SELECT partner_id FROM (%s) AS checked)", query)
        )
        return Domain.OR(checked if wanted else ~checked for wanted in value)

    # === ACTIONS ===#
    def action_open_credit_covers(self):
        self.ensure_one()
        return self._get_credit_file_action("action_credit_cover")

    def action_open_credit_assessments(self):
        self.ensure_one()
        return self._get_credit_file_action("action_credit_assessment")

    def action_check_credit_now(self):
        """Choose a service and ask it about these debtors."""
        return self.env["credit.check.now"]._get_open_action(self)

    # === BUSINESS ===#
    def _get_credit_file_action(self, name):
        """Open the covers or checks of this debtor, lapsed ones too."""
        debtor = self.commercial_partner_id
        action = self.env["ir.actions.actions"]._for_xml_id(f"account_credit_management.{name}")
        return action | {
            "domain": [("partner_id", "=", debtor.id)],
            "context": {"default_partner_id": debtor.id},
        }

    @api.model
    def _get_credit_assessment_sql(self, company, partner_ids=None):
        """The newest valid credit check per commercial partner: partner_id, id.

        :param list partner_ids: commercial partners to restrict to, None for all
        """
        fields_read = self.env["credit.assessment"]._fields
        return SQL(
            """
            SELECT DISTINCT ON (partner_id) partner_id, id
              FROM credit_assessment
             WHERE active
               AND company_id = %(company_id)s
               AND date <= %(day)s
               AND (date_to IS NULL OR date_to >= %(day)s)
               %(partners)s
             ORDER BY partner_id, date DESC, id DESC""",
            company_id=company.id,
            day=company._get_dunning_today(),
            partners=SQL("AND partner_id IN %s", tuple(partner_ids) or (0,))
            if partner_ids is not None
            else SQL(),
            to_flush=[
                fields_read[name]
                for name in ("active", "company_id", "date", "date_to", "partner_id")
            ],
        )
