import logging

from odoo import api, models

_logger = logging.getLogger(__name__)


class CreditCron(models.AbstractModel):
    """The daily round of credit: who has to be reminded of what before it is too late."""

    _name = "credit.cron"
    _description = "Daily Credit Reviews"

    # === CRON ===#
    @api.model
    def _cron_credit_reviews(self):
        """Review every company, each on its own day; a company that fails does not stop others."""
        companies = self.env["res.company"].sudo().search([])
        for done, company in enumerate(companies, 1):
            try:
                with self.env.cr.savepoint():
                    self._review_company(company)
            except Exception:
                _logger.exception("Credit reviews of company %s failed", company.name)
            self.env["ir.cron"]._commit_progress(1, remaining=len(companies) - done)

    # === BUSINESS ===#
    @api.model
    def _review_company(self, company):
        """Do what is due on the day it is for this company; doing it twice changes nothing."""
        day = company._get_dunning_today()
        for model in self._get_reviewed_models():
            self.env[model].sudo().with_company(company)._review_credit(company, day)

    # === HOOKS ===#
    @api.model
    def _get_reviewed_models(self):
        """Models with a method ``_review_credit(company, day)``, in order."""
        return ["credit.limit", "credit.cover", "credit.assessment", "credit.signal"]
