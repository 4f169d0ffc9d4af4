import logging

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.tools import format_date

_logger = logging.getLogger(__name__)

TEMPLATE = "account_credit_management.mail_template_dispute_digest"


class CreditDepartment(models.Model):
    """Heads of departments hear each month what began with them."""

    _inherit = "credit.department"

    # === FIELDS ===#
    digest_month = fields.Char(compute="_compute_digest", compute_sudo=True)
    digest_table = fields.Html(compute="_compute_digest", compute_sudo=True, sanitize=False)

    # === COMPUTE ===#
    @api.depends_context("company", "digest_month", "lang")
    def _compute_digest(self):
        """For the company and month in the context, by default the last month."""
        month = fields.Date.to_date(self.env.context.get("digest_month")) or (
            self.env.company._get_last_month()
        )
        for department in self:
            facts = department._get_digest_facts(self.env.company, month)
            department.digest_month = format_date(self.env, month, date_format="MMMM yyyy")
            department.digest_table = self.env["ir.qweb"]._render(
                "account_credit_management.dispute_digest_table",
                {"facts": facts, "currency": self.env.company.currency_id},
            )

    # === BUSINESS ===#
    def _get_digest_facts(self, company, month):
        """What began in a department in a month, by reason, and what is still open.

        :param datetime.date month: its first day
        :return: dict of ``rows`` (dicts by reason), ``total`` and ``open`` (number, late, amount)
        """
        self.ensure_one()
        own = [("department_id", "=", self.id), ("company_id", "=", company.id)]
        opened = [
            ("date", ">=", month),
            ("date", "<", month + relativedelta(months=1)),
        ]
        names = ("number", "amount", "amount_credited", "days_lost", "settled", "share_rejected")
        aggregates = ["number:sum", "amount:sum", "amount_credited:sum", "days_lost:sum"]
        aggregates += ["share_rejected:count", "share_rejected:avg"]
        analysis = self.env["dispute.analysis"].sudo().with_company(company)
        analysis = analysis.with_context(allowed_company_ids=company.ids)
        rows = [
            {"reason": reason.name, **dict(zip(names, values, strict=True))}
            for reason, *values in analysis._read_group(
                [*own, *opened], ["reason_id"], aggregates, order="number:sum desc"
            )
        ]
        [values] = analysis._read_group([*own, *opened], [], aggregates)
        dossiers = self.env["dispute.dossier"].sudo()
        running = dossiers.search([*own, ("state", "in", ("approval", "open", "investigating"))])
        return {
            "rows": rows,
            "total": dict(zip(names, values, strict=True)),
            "open": {
                "number": len(running),
                "late": len(running.filtered("is_late")),
                "amount": sum(running.mapped("amount_claimed_company")),
            },
        }

    def _send_digest(self, company, month):
        """Send the heads of these departments their digest; those without disputes get none."""
        template = self.env.ref(TEMPLATE)
        for department in self.filtered(lambda one: one.user_id.active and one.user_id.email):
            facts = department._get_digest_facts(company, month)
            if not facts["rows"] and not facts["open"]["number"]:
                continue
            template.with_company(company).with_context(
                allowed_company_ids=company.ids, digest_month=month
            ).send_mail(
                department.id,
                email_values={
                    "recipient_ids": [(6, 0, department.user_id.partner_id.ids)],
                    "auto_delete": False,
                },
            )

    # === CRON ===#
    @api.model
    def _cron_digest(self):
        """Send each company's digest of last month, once."""
        companies = self.env["res.company"].sudo().search([("dispute_digest", "=", True)])
        for done, company in enumerate(companies, 1):
            try:
                with self.env.cr.savepoint():
                    self.sudo()._send_month(company)
            except Exception:
                _logger.exception("The digest of disputes of company %s failed", company.name)
            self.env["ir.cron"]._commit_progress(1, remaining=len(companies) - done)

    @api.model
    def _send_month(self, company):
        """Send the digest of last month, if that was not done yet."""
        month = company._get_last_month()
        if company.dispute_digest_month and company.dispute_digest_month >= month:
            return
        company.dispute_digest_month = month
        domain = self._check_company_domain(company)
        self.search(domain)._send_digest(company, month)
