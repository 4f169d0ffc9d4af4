"""The credit manager: grants, insures, checks and holds, by the ways that people have."""

from datetime import timedelta

from odoo import SUPERUSER_ID
from odoo.fields import Command, Datetime
from odoo.tools import SQL

from . import credit_cast

# How many weeks ago the behavior was written down with which today's is compared.
WEEKS_OF_BEHAVIOR = 10
# When people do what they did, in hours.
OFFICE_HOUR = 10
MODULE = "account_credit_management"


class CreditDesk:
    """Fills the credit screens of one company on the last day of the story."""

    def __init__(self, company, partners, products, users, today):
        self.env = company.env
        self.company = company
        self.partners = partners
        self.products = products
        self.users = users
        self.today = today
        self.groups = {}
        self.orders = {}

    def tell(self):
        """Let everything happen that leaves something on the screens."""
        self._settle_rules()
        self._meet_prospect()
        self._import_limits()
        self._found_group()
        for limit in credit_cast.LIMITS:
            self._grant(limit)
        self._insure()
        self._check()
        key, reason = credit_cast.MANUAL_HOLD
        self._as("collector", self.partners[key])._set_credit_hold(reason)
        self.env["credit.behavior"]._update_behavior(self.company, self.today)
        self._write_orders()
        self.env["credit.cron"]._review_company(self.company)

    # === BUSINESS ===#
    def _get_user(self, login):
        """Someone of the staff; the administrator where a login was taken by somebody else."""
        return self.users.get(login) or self.env.ref("base.user_admin")

    def _get_crowd(self):
        """The businesses among the unnamed debtors."""
        return (
            self.env["res.partner"]
            .union(*(self.partners[key] for key in self.partners if key.startswith("crowd")))
            .filtered("is_company")
        )

    def _as(self, login, records):
        return records.with_user(self._get_user(login))

    def _day(self, days_ago):
        return self.today - timedelta(days=days_ago)

    def _settle_rules(self):
        """Have a rule for prepayment and one for new customers, in this company only."""
        classes = [
            self.env.ref(f"{MODULE}.{name}", raise_if_not_found=False)
            for name in credit_cast.PREPAYING_CLASSES
        ]
        self.company.credit_max_collector = 2_500
        self.env["credit.hold.rule"].create(
            [
                {
                    "company_id": self.company.id,
                    "sequence": 80,
                    "criterion": "prepayment",
                    "action": "approve",
                    "prepayment_percentage": credit_cast.PREPAYMENT_PERCENTAGE,
                    "risk_class_ids": [Command.link(found.id) for found in classes if found],
                },
                {
                    "company_id": self.company.id,
                    "sequence": 90,
                    "criterion": "check",
                    "action": "approve",
                    "new_customers_only": True,
                    "minimum_order": credit_cast.CHECKED_ORDERS_FROM,
                },
            ]
        )

    def _meet_prospect(self):
        key, name, case = credit_cast.PROSPECT
        self.partners[key] = self.env["res.partner"].create(
            {
                "name": name,
                "is_company": True,
                "lang": "nl_NL",
                "country_id": self.env.ref("base.nl").id,
                "city": "Wolkendam",
                "email": "piloot@hoogendroog.example",
                "user_id": self.users.get("salesperson", self.env["res.users"]).id,
                "comment": case,
            }
        )

    # === LIMITS ===#
    def _import_limits(self):
        """Take over the limits of the old system, a year ago."""
        nobody = self.env["res.partner"]
        limits = {
            amount: nobody.union(*(self.partners[key] for key in keys))
            for amount, keys in credit_cast.IMPORTED_LIMITS.items()
        }
        limits[credit_cast.CROWD_LIMIT] |= self._get_crowd()
        for amount, debtors in limits.items():
            debtors = debtors.with_user(SUPERUSER_ID).with_context(import_file=True)
            debtors.credit_limit = amount
        journal = self.env["credit.limit"].search([("company_id", "=", self.company.id)])
        self._move_back(journal, credit_cast.IMPORTED_DAYS_AGO)

    def _found_group(self):
        group = credit_cast.GROUP
        members = [self.partners[key].id for key in group.members]
        self.groups[group.key] = self.env["credit.group"].create(
            {
                "name": group.name,
                "company_id": self.company.id,
                "partner_ids": [Command.set(members)],
            }
        )
        self._grant(group.limit)

    def _grant(self, limit):
        """Ask for a limit, and decide on it, as the people of the story do."""
        until = limit.until is not None and self._day(-limit.until)
        wizard = self._as(limit.asked_by, self.env["credit.limit.request"]).create(
            {
                "company_id": self.company.id,
                "partner_id": not self.groups.get(limit.debtor) and self.partners[limit.debtor].id,
                "group_id": self.groups.get(limit.debtor, self.env["credit.group"]).id,
                "amount": limit.amount,
                "reason": limit.reason,
                "is_temporary": bool(until),
                "date_from": self._day(limit.days_ago),
                "date_to": until,
                "date_review": limit.review is not None and self._day(-limit.review),
            }
        )
        wizard.action_request()
        asked = self.env["credit.limit"].search(
            [("company_id", "=", self.company.id)], order="id desc", limit=1
        )
        manager = self._as("manager", asked)
        if limit.decision == "declined":
            manager.decision_note = limit.note
            manager.action_decline()
        elif limit.decision:
            manager.action_approve()
        self._move_back(asked, limit.days_ago)

    def _move_back(self, limits, days_ago):
        """Date what was done just now on the day on which it happened in the story."""
        moment = Datetime.to_datetime(self._day(days_ago)) + timedelta(hours=OFFICE_HOUR)
        limits = limits._with_gate_open()
        limits.date_from = moment.date()
        limits.filtered("decided_date").decided_date = moment
        limits.message_ids.date = moment

    # === COVERS AND CHECKS ===#
    def _insure(self):
        providers = {
            key: self.env["res.partner"].create({"name": name, "is_company": True})
            for key, name in credit_cast.PROVIDERS.items()
        }
        covers = self.env["credit.cover"].create(
            [
                {
                    "kind": cover.kind,
                    "partner_id": self.partners[cover.debtor].id,
                    "provider_id": providers[cover.provider].id,
                    "policy_number": f"ZL-{2100 + 7 * number}",
                    "company_id": self.company.id,
                    "currency_id": self.company.currency_id.id,
                    "amount": cover.amount,
                    "own_risk_percentage": cover.own_risk,
                    "date_from": self._day(cover.begun),
                    "date_to": cover.ends is not None and self._day(-cover.ends),
                    "report_days": cover.report_days,
                }
                for number, cover in enumerate(credit_cast.COVERS)
            ]
        )
        for told, cover in zip(credit_cast.COVERS, covers, strict=True):
            if told.reported is not None:
                day = self._day(told.reported)
                overdue = cover._get_unreported_items().filtered(
                    lambda item, day=day: item.date_maturity < day
                )
                self._as("collector", self.env["credit.cover.report"]).create(
                    {
                        "cover_id": cover.id,
                        "date": day,
                        "move_line_ids": [Command.set(overdue.ids)],
                        "reference": f"S-{4000 + cover.amount:.0f}",
                    }
                )

    def _check(self):
        """Enter what the agency says, and ask the own books about others."""
        self.env["credit.assessment"].create(
            [
                {
                    "partner_id": self.partners[check.debtor].id,
                    "company_id": self.company.id,
                    "currency_id": self.company.currency_id.id,
                    "date": self._day(check.days_ago),
                    "source": credit_cast.AGENCY,
                    "score": check.score,
                    "score_worst": check.worst_to_best[0],
                    "score_best": check.worst_to_best[1],
                    "rating": check.rating,
                    "advised_limit": check.advised,
                    "conclusion": check.conclusion,
                    **dict(zip(("equity", "liquidity", "solvency"), check.accounts, strict=False)),
                }
                for check in credit_cast.CHECKS
            ]
        )
        known = self._get_crowd().union(*(self.partners[key] for key in credit_cast.OWN_HISTORY))
        wizard = self._as("collector", self.env["credit.check.now"])
        wizard.create({"partner_ids": [Command.set(known.ids)]}).action_check()

    # === ORDERS ===#
    def _write_orders(self):
        salesperson = self._get_user("salesperson")
        orders = self.env["sale.order"].create(
            [
                {
                    "partner_id": self.partners[order.debtor].id,
                    "company_id": self.company.id,
                    "user_id": salesperson.id,
                    "order_line": [
                        Command.create(
                            {"product_id": self.products[key].id, "product_uom_qty": quantity}
                        )
                        for key, quantity in order.lines
                    ],
                }
                for order in credit_cast.ORDERS
            ]
        )
        for told, order in zip(credit_cast.ORDERS, orders, strict=True):
            self.orders[told.key] = order
            if told.sent:
                order.action_quotation_sent()
            if told.reason:
                self._ask_release(told, order)
            if told.confirmed:
                self._confirm(order)

    def _ask_release(self, told, order):
        """The salesperson asks, and the credit manager decides unless it still waits."""
        wizard = self._as("salesperson", self.env["credit.release.ask"])
        wizard.create({"order_id": order.id, "reason": told.reason}).action_ask()
        release = self._as("manager", order.credit_release_ids)
        # The database writes down the moment itself.
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                "UPDATE credit_release SET create_date = %s WHERE id = %s",
                Datetime.to_datetime(self._day(told.asked)) + timedelta(hours=OFFICE_HOUR),
                release.id,
            )
        )
        release.invalidate_recordset(["create_date"])
        if told.declined:
            release._decline(told.declined)
        elif told.released:
            release._release("amount", "Goes on paying as agreed", amount_limit=told.released)

    def _confirm(self, order):
        """Confirm, and ask the hold rules also while modules are loaded and nobody asks them."""
        if not order._is_credit_gated():
            order._gate_confirmation()
        order.action_confirm()


def remember_behavior(company, day):
    """Keep how debtors paid until a day in the past: who has become worse since can be seen."""
    company.env["credit.behavior"]._update_behavior(company, day)
