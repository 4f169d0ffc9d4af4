import logging

from odoo import api, fields, models
from odoo.tools import SQL, format_amount

_logger = logging.getLogger(__name__)


class CreditSignal(models.Model):
    """What salespeople have to know of their customers: since when something is overdue, or new
    orders wait. Kept so that each is told once, and to be read on the timeline of the customer.

    What is disputed is not overdue here, nor what money that is not allocated yet may be for.
    """

    _name = "credit.signal"
    _description = "Signal to a Salesperson"
    _order = "date_from desc, id desc"

    # === FIELDS ===#
    company_id = fields.Many2one("res.company", required=True, readonly=True)
    partner_id = fields.Many2one(
        "res.partner", "Customer", required=True, readonly=True, index=True, ondelete="cascade"
    )
    kind = fields.Selection(
        [("overdue", "Overdue"), ("hold", "Orders wait")], required=True, readonly=True
    )
    date_from = fields.Date("Since", required=True, readonly=True)
    date_to = fields.Date("Until", readonly=True, help="Empty: it is so now.")
    user_id = fields.Many2one("res.users", "Told To", readonly=True, ondelete="set null")

    # At most one per customer and kind, which the review sees to: a unique index on a partner
    # would stop the merge of two contacts.
    _open = models.Index("(company_id, kind, partner_id) WHERE date_to IS NULL")

    # === BUSINESS ===#
    @api.model
    def _review_credit(self, company, day):
        """Daily: tell salespeople what is new. The first time nothing is told: all of it would be.

        Doing it twice on a day changes nothing.
        """
        if not company.credit_tell_salespeople:
            company.credit_signal_date = False
            return
        is_first = not company.credit_signal_date
        facts = {
            "overdue": self._find_overdue(company, day),
            "hold": self._find_held(company),
        }
        self._take(company, day, facts, is_quiet=is_first)
        company.credit_signal_date = day

    @api.model
    def _review_holds(self, company, debtors):
        """At once, when somebody held the orders of debtors by hand, or ended that."""
        if company.credit_tell_salespeople:
            facts = {"hold": set(debtors._get_credit_holds(company, debtors))}
            self._take(company, company._get_dunning_today(), facts, debtors)

    @api.model
    def _take(self, company, day, facts, debtors=None, is_quiet=False):
        """Note what is so now and what no longer is, and tell it.

        :param dict facts: ids of debtors by kind
        :param res.partner debtors: only these were looked at; empty for all
        :param bool is_quiet: tell nobody
        """
        domain = fields.Domain("company_id", "=", company.id) & fields.Domain("date_to", "=", False)
        domain &= fields.Domain("kind", "in", list(facts))
        if debtors is not None:
            domain &= fields.Domain("partner_id", "in", debtors.ids)
        present = self.search(domain)
        ended = present.filtered(lambda one: one.partner_id.id not in facts[one.kind])
        known = {(one.kind, one.partner_id.id) for one in present}
        partners = self.env["res.partner"].with_company(company)
        news = {}
        for kind, ids in facts.items():
            for partner in partners.browse(sorted(ids)):
                if (kind, partner.id) not in known:
                    news.setdefault(self._get_listener(company, partner), []).append(
                        {"kind": kind, "partner_id": partner.id}
                    )
        over = ended.grouped(lambda one: self._get_listener(company, one.partner_id))
        for user in {**news, **over}:
            try:
                with self.env.cr.savepoint():
                    gone = over.get(user, self)
                    gone.date_to = day
                    begun = self.create(
                        [
                            {**row, "company_id": company.id, "date_from": day, "user_id": user.id}
                            for row in news.get(user, ())
                        ]
                    )
                    if user and user != self.env.user and not is_quiet:
                        self._tell(company, user, begun, gone)
            except Exception:
                # Who cannot be told today is told tomorrow, and does not keep it from others.
                _logger.exception("%s could not be told of customers", user.name)

    @api.model
    def _get_listener(self, company, partner):
        """The salesperson of a customer, as far as he works in the company."""
        user = partner.sudo().user_id
        return user.filtered(
            lambda user: user.active and not user.share and company in user.company_ids
        )

    @api.model
    def _find_overdue(self, company, day):
        query = SQL(
            """
            %s
            SELECT partner_id FROM exposure_position
             WHERE ROUND(overdue - overdue_disputed - unallocated, %s) > 0""",
            self.env["credit.exposure"]._get_exposure_sql(company, day),
            company.currency_id.decimal_places,
        )
        return {partner_id for (partner_id,) in self.env.execute_query(query)}

    @api.model
    def _find_held(self, company):
        partners = self.env["res.partner"].with_company(company)
        candidates = partners.browse(partners._find_hold_candidates(company))
        return set(partners._get_credit_holds(company, candidates))

    # === BUSINESS: TELLING ===#
    def _tell(self, company, user, begun, gone):
        """Send a salesperson one message about all his customers of whom something is new."""
        told = self.with_company(company).with_context(
            lang=user.lang, allowed_company_ids=company.ids
        )
        overdue = begun.filtered(lambda one: one.kind == "overdue").partner_id
        positions = told.env["credit.exposure"]._get_positions(company, overdue)
        rows = [(one.partner_id, one._describe(positions)) for one in begun.with_env(told.env)]
        rows += [
            (one.partner_id, told.env._("New orders need not wait any more."))
            for one in gone.with_env(told.env)
            if one.kind == "hold"
        ]
        if not rows:
            return
        body = told.env["ir.qweb"]._render(
            "account_credit_management.credit_signal_message",
            {"rows": rows, "base_url": company.get_base_url(), "company": company},
        )
        told.env["mail.thread"].message_notify(
            partner_ids=user.partner_id.ids,
            author_id=company.partner_id.id,
            subject=told.env._("Your customers: what is overdue or waits"),
            body=body,
        )

    def _describe(self, positions):
        """What is so now, in a sentence, in the language and company of the context.

        :param dict positions: of ``credit.exposure``, by id of the customers who are overdue
        """
        self.ensure_one()
        if self.kind == "hold":
            return self.env._("New orders wait. %s", self.partner_id.credit_hold_reason or "")
        company = self.company_id
        position = positions[self.partner_id.id]
        return self.env._(
            "%(amount)s is overdue, the oldest %(days)s days.",
            amount=format_amount(
                self.env, position.overdue - position.overdue_disputed, company.currency_id
            ),
            days=position.oldest_days,
        )
