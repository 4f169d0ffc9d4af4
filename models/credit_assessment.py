from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import format_date


class CreditAssessment(models.Model):
    """A credit check: what is known of a customer or prospect on a day, and until when it holds."""

    _name = "credit.assessment"
    _description = "Credit Check"
    _inherit = ["credit.validity", "mail.thread", "mail.activity.mixin"]
    _order = "date desc, id desc"
    _check_company_auto = True

    _validity_start = "date"
    _renewal_days = 14
    _renewal_activity_type = "account_credit_management.mail_activity_type_assessment_renewal"

    # === FIELDS ===#
    partner_id = fields.Many2one(
        "res.partner", "Debtor", required=True, index=True, ondelete="cascade", tracking=True
    )
    debtor_code = fields.Char(related="partner_id.debtor_code")
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company
    )
    currency_id = fields.Many2one(
        "res.currency", required=True, default=lambda self: self.env.company.currency_id
    )
    date = fields.Date(required=True, default=fields.Date.context_today, tracking=True)
    date_to = fields.Date(
        "Valid Until",
        compute="_compute_date_to",
        store=True,
        readonly=False,
        precompute=True,
        tracking=True,
        help="Empty: it holds until there is a newer one.",
    )
    source = fields.Char(required=True, tracking=True, help="Who says so: an agency, a report.")
    provider = fields.Char(readonly=True, help="Technical name of the service that made it.")
    has_score = fields.Boolean(
        default=True, help="Some checks come without a score; none is not the worst one."
    )
    score = fields.Float(digits=(16, 2), tracking=True)
    score_best = fields.Float("Best Score", digits=(16, 2), default=100)
    score_worst = fields.Float(
        "Worst Score",
        digits=(16, 2),
        help="May be above the best one: some agencies count risk and not reliability.",
    )
    score_percentage = fields.Float(
        "Score (%)",
        compute="_compute_score_percentage",
        store=True,
        digits=(5, 2),
        aggregator="avg",
        help="On a scale from 0, the worst, to 100, so that agencies can be compared.",
    )
    rating = fields.Char(tracking=True, help="In the letters or words of the source.")
    equity = fields.Monetary()
    liquidity = fields.Float("Current Ratio", digits=(16, 2))
    solvency = fields.Float("Solvency (%)", digits=(16, 2))
    advised_limit = fields.Monetary(tracking=True)
    conclusion = fields.Selection(
        [
            ("approve", "On account"),
            ("limited", "On account up to the advised limit"),
            ("prepay", "Prepayment only"),
            ("refuse", "Do not deliver"),
        ],
        tracking=True,
    )
    document_ids = fields.Many2many(
        "ir.attachment",
        "credit_assessment_attachment_rel",
        "assessment_id",
        "attachment_id",
        "Documents",
        bypass_search_access=True,
    )
    note = fields.Html()
    active = fields.Boolean(default=True)

    _scale_has_two_ends = models.Constraint(
        "CHECK (has_score IS NOT TRUE OR score_best IS DISTINCT FROM score_worst)",
        "The best and the worst score of a scale differ.",
    )
    _dates_in_order = models.Constraint(
        "CHECK (date_to IS NULL OR date_to >= date)",
        "A credit check is valid on the day it was made, and cannot end before it.",
    )
    _advised_limit_positive = models.Constraint(
        "CHECK (COALESCE(advised_limit, 0) >= 0)", "The advised limit cannot be negative."
    )

    # === CONSTRAINTS ===#
    @api.constrains("has_score", "score", "score_best", "score_worst")
    def _check_score(self):
        for check in self.filtered("has_score"):
            ends = sorted((check.score_worst, check.score_best))
            if not ends[0] <= check.score <= ends[1]:
                raise ValidationError(
                    self.env._(
                        "A score of %(score)s is not on a scale from %(worst)s (worst) to "
                        "%(best)s (best).",
                        score=f"{check.score:g}",
                        worst=f"{check.score_worst:g}",
                        best=f"{check.score_best:g}",
                    )
                )

    # === COMPUTE ===#
    @api.depends("date", "company_id")
    def _compute_date_to(self):
        for check in self:
            days = check.company_id.sudo().credit_assessment_days
            check.date_to = check.date + timedelta(days=days) if check.date and days > 0 else False

    @api.depends("has_score", "score", "score_best", "score_worst")
    def _compute_score_percentage(self):
        for check in self:
            span = check.score_best - check.score_worst
            usable = check.has_score and span
            percentage = 100 * (check.score - check.score_worst) / span if usable else 0.0
            check.score_percentage = min(max(percentage, 0.0), 100.0)

    @api.depends("partner_id", "source", "date")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for check in self:
            date = check.date and format_date(self.env, check.date)
            parts = (check.partner_id.display_name, check.source, date)
            check.display_name = " · ".join(part for part in parts if part)

    # === CRUD ===#
    @api.model_create_multi
    def create(self, vals_list):
        # A spreadsheet with an empty cell, or a service that gives none, has no score.
        return super().create(
            [
                vals
                if "has_score" in vals
                else {**vals, "has_score": vals.get("score", False) is not False}
                for vals in vals_list
            ]
        )

    @api.model
    def get_import_templates(self):
        return [
            {
                "label": self.env._("Import Template for Credit Checks"),
                "template": "/account_credit_management/static/xls/credit_assessment.xlsx",
            }
        ]

    # === ACTIONS ===#
    def action_propose_limit(self):
        """Ask for a limit as advised, in the currency of the company, and open that request.

        Where a limit was asked for already and is not decided on, that is opened instead.

        :raise UserError: without an advised limit, or when the check is out of date
        """
        self.ensure_one()
        if not self.valid:
            raise UserError(
                self.env._("%s is out of date: check the credit again first.", self.display_name)
            )
        if self.currency_id.compare_amounts(self.advised_limit, 0) <= 0:
            raise UserError(self.env._("%s advises no limit.", self.display_name))
        limits = self.env["credit.limit"].with_company(self.company_id)
        limit = limits.search(
            [
                ("kind", "=", "own"),
                ("partner_id", "=", self.partner_id.id),
                ("company_id", "=", self.company_id.id),
                ("state", "in", ["draft", "requested"]),
            ],
            limit=1,
        )
        if not limit:
            limit = limits.create(self._prepare_limit_values())
            limit.action_request()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Credit Limit"),
            "res_model": "credit.limit",
            "res_id": limit.id,
            "view_mode": "form",
        }

    def action_check_now(self):
        """Choose a service and ask it about the debtors of the chosen checks, or about others."""
        return self.env["credit.check.now"]._get_open_action(self.partner_id)

    # === BUSINESS ===#
    def _prepare_limit_values(self):
        self.ensure_one()
        company = self.company_id
        return {
            "kind": "own",
            "partner_id": self.partner_id.id,
            "company_id": company.id,
            "amount": self.currency_id._convert(
                self.advised_limit, company.currency_id, company, company._get_dunning_today()
            ),
            "reason": self.env._(
                "Advised by %(name)s on %(date)s",
                name=self.source,
                date=format_date(self.env, self.date),
            ),
        }

    @api.model
    def _review_credit(self, company, day):
        """Daily: ask for a new check before one lapses."""
        self._review_renewals(company, day)

    @api.model
    def _request_check(self, provider, partner, company):
        """Ask a service about a debtor or prospect, and keep what it answers as a new check.

        :param str provider: technical name out of :meth:`_credit_check_providers`
        :return: the new check
        :raise UserError: in words for the user when the service has no answer
        """
        self.check_access("create")  # before a question that may cost money
        providers = self._credit_check_providers()
        if provider not in providers:
            raise UserError(self.env._("There is no service “%s” to ask.", provider))
        debtor = partner.commercial_partner_id
        values = getattr(self, f"_request_{provider}")(debtor, company)
        return self.with_company(company).create(
            {
                "partner_id": debtor.id,
                "company_id": company.id,
                "currency_id": company.currency_id.id,
                "date": company._get_dunning_today(),
                "source": providers[provider],
                "provider": provider,
                **values,
            }
        )

    # === HOOKS ===#
    @api.model
    def _credit_check_providers(self):
        """Services that can be asked: label by technical name.

        A module for a paid service adds its name here, and a method
        ``_request_<name>(partner, company)`` that returns the values of a new check (score and
        scale, rating, advised limit, ...) or raises a ``UserError``. Partner is the commercial
        entity.

        :rtype: dict[str, str]
        """
        return {"own_history": self.env._("Own payment history")}

    def _get_renewal_summary(self):
        return self.env._(
            "The credit check of %(debtor)s ends on %(date)s: check again",
            debtor=self.partner_id.display_name,
            date=format_date(self.env, self.date_to),
        )
