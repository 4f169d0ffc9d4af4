from odoo import api, fields, models

# What the debtor is like now: fields of a request, and of the debtor in the company of the request.
FILE_FIELDS = {
    "partner_exposure": "credit_exposure",
    "partner_available": "credit_available",
    "partner_overdue": "overdue_amount",
    "credit_light": "credit_light",
    "credit_sentence": "credit_sentence",
    "credit_glance": "credit_glance",
    "credit_assessment_id": "credit_assessment_id",
    "credit_risk_class_id": "credit_risk_class_id",
    "credit_risk_reason": "credit_risk_reason",
}


class CreditRelease(models.Model):
    """The file of the debtor beside a request, as it is now and as it was at the decision.

    All of it is of the company of the request, whichever company is active.
    """

    _inherit = "credit.release"

    # === FIELDS ===#
    partner_exposure = fields.Monetary("Used Now", compute="_compute_file", compute_sudo=True)
    partner_available = fields.Monetary("Available Now", compute="_compute_file", compute_sudo=True)
    partner_overdue = fields.Monetary("Overdue Now", compute="_compute_file", compute_sudo=True)
    credit_light = fields.Selection(
        lambda self: (
            self.env["res.partner"]._fields["credit_light"]._description_selection(self.env)
        ),
        "Credit",
        compute="_compute_file",
        compute_sudo=True,
    )
    credit_sentence = fields.Char(compute="_compute_file", compute_sudo=True)
    credit_glance = fields.Html(compute="_compute_file", compute_sudo=True, sanitize=False)
    credit_assessment_id = fields.Many2one(
        "credit.assessment", "Credit Check", compute="_compute_file", compute_sudo=True
    )
    credit_risk_class_id = fields.Many2one(
        "credit.risk.class", "Risk Class", compute="_compute_file", compute_sudo=True
    )
    credit_risk_reason = fields.Char("Why This Class", compute="_compute_file", compute_sudo=True)
    credit_cover_ids = fields.Many2many(
        "credit.cover", string="Covers", compute="_compute_credit_cover_ids", compute_sudo=True
    )
    decision_table = fields.Html(
        "Credit at the Decision",
        compute="_compute_decision_table",
        compute_sudo=True,
        sanitize=False,
    )

    # === COMPUTE ===#
    @api.depends("company_id", "partner_id")
    @api.depends_context("lang")
    def _compute_file(self):
        for company, releases in self.grouped("company_id").items():
            for release in releases:
                debtor = release.partner_id.with_company(company)
                for name, source in FILE_FIELDS.items():
                    release[name] = debtor[source]

    @api.depends("company_id", "partner_id")
    def _compute_credit_cover_ids(self):
        """Those that are valid now."""
        covers = self.env["credit.cover"].search(
            [
                ("company_id", "in", self.company_id.ids),
                ("partner_id", "in", self.partner_id.ids),
                ("valid", "=", True),
            ]
        )
        for release in self:
            release.credit_cover_ids = covers.filtered_domain(
                [
                    ("company_id", "=", release.company_id.id),
                    ("partner_id", "=", release.partner_id.id),
                ]
            )

    @api.depends("company_id", "decision_figures")
    @api.depends_context("lang")
    def _compute_decision_table(self):
        engine = self.env["credit.check"]
        for release in self:
            release.decision_table = engine._render_figures(
                release.decision_figures, release.company_id
            )
