from odoo import api, fields, models

from . import agreements, charges, credit, disputes, history, plan, setting
from .ledger import Ledger

# Module part of the XML ids. It is no module's name: what the story made is accounting, which
# uninstalling the add-on must leave alone.
XML_ID_PREFIX = "credit_management_demo"
# Nothing is mailed, followed or tracked while the story is told: that is what takes the time.
QUIET = {
    "lang": "en_US",
    "mail_activity_quick_update": True,
    "mail_create_nolog": True,
    "mail_create_nosubscribe": True,
    "mail_notrack": True,
    "no_reset_password": True,
    "tracking_disable": True,
}


class CreditManagementDemo(models.AbstractModel):
    """Tells the demo story: a year of a small Dutch company and the people who owe it money."""

    _name = "credit.management.demo"
    _description = "Credit Management Demo Story"

    @api.model
    def _install(self):
        """Load the demo data once; loading it again changes nothing."""
        if self.env.ref(f"{XML_ID_PREFIX}.company", raise_if_not_found=False):
            return
        env = self.with_context(**QUIET).env
        company = setting.find_company(env)
        company = company.with_context(allowed_company_ids=company.ids)
        setting.furnish_company(company)
        users = setting.create_users(company)
        partners = self._tell(company, fields.Date.today(), users=users)
        portal_user = setting.create_portal_user(company, partners["portal_person"])
        self._name_records(
            {
                "company": company,
                **{f"user_{login}": user for login, user in users.items()},
                **({"user_debtor": portal_user} if portal_user else {}),
                **{f"debtor_{key}": partner for key, partner in partners.items()},
            }
        )

    @api.model
    def _tell(self, company, today, crowd=None, users=None):
        """Let the year before `today` happen in the books of a company.

        :param res.company company: has a chart of accounts with a bank journal
        :param datetime.date today: the last day of the story
        :param int crowd: how many of the unnamed debtors take part; None for all
        :param dict users: staff by login
        :return: the debtors and their contacts by key
        """
        company = company.sudo().with_context(**QUIET, allowed_company_ids=company.ids)
        self.sudo().env["res.lang"]._activate_and_install_lang("nl_NL")
        salesperson = (users or {}).get("salesperson", self.env["res.users"])
        debtors, documents = plan.tell(today, crowd)
        terms = setting.create_terms(company)
        partners = setting.create_debtors(company, debtors, terms, salesperson)
        products = setting.create_products(company)
        ledger = Ledger(
            company,
            partners,
            products,
            terms,
            setting.activate_foreign_currency(company, today),
        )
        setting.shape_policy(company)
        # Nobody waits for the summaries of runs that are long over.
        company.dunning_run_mail = False
        desk = agreements.AgreementDesk(company, partners, ledger, users or {}, today)
        service = disputes.DisputeDesk(company, partners, ledger, users or {}, today)
        run_dates = history.get_run_dates(today)
        biller = charges.ChargeDesk(company, partners, ledger, users or {}, today)
        for period in plan.cut_into_periods(today, run_dates):
            ledger.post_invoices([d for d in documents if d.issued in period])
            # Before the money: what was disputed was paid after it was settled.
            service.play(period)
            ledger.settle(documents, period)
            ledger.book_loose_money(debtors, today, period)
            ledger.return_direct_debits(documents, period)
            history.open_holds(company, debtors, partners, today, period)
            history.open_cases(company, debtors, partners, today, period)
            desk.play(period)
            biller.play(period)
            if period.until in run_dates:
                history.play_run(company, period.until, release_all=period.until != run_dates[-1])
            if period.until == run_dates[-credit.WEEKS_OF_BEHAVIOR]:
                credit.remember_behavior(company, period.until)
        history.bounce(company, debtors, partners)
        ledger.start_payments(
            [d for d in documents if d.bill.pending],
            setting.prepare_payment_provider(company),
        )
        biller.tell()
        desk.tell()
        service.tell()
        credit.CreditDesk(company, partners, products, users or {}, today).tell()
        company.dunning_run_mail = True
        return partners

    def _name_records(self, records):
        """Give records an XML id, so that they can be found again."""
        self.env["ir.model.data"]._update_xmlids(
            [
                {
                    "xml_id": f"{XML_ID_PREFIX}.{name}",
                    "record": record,
                    "noupdate": True,
                }
                for name, record in records.items()
            ]
        )
