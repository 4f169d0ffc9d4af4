from datetime import date
from decimal import Decimal

from psycopg2.errors import CheckViolation

from odoo import Command
from odoo.exceptions import ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .notice_common import NoticeCommon

DAY = date(2026, 4, 15)


@tagged("post_install", "-at_install")
class TestChargeQuote(NoticeCommon):
    """How much the costs of a level are, for whom and by which law."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.euro = cls.env.ref("base.EUR")
        cls.euro.active = True
        cls.company.currency_id = cls.euro
        cls.level = cls.levels["final"]
        cls.consumers = {
            code: cls._new_debtor(
                f"Consumer {code}",
                is_company=False,
                country_id=cls.env["res.country"].search([("code", "=", code)]).id,
            )
            for code in ("NL", "BE", "DE")
        }
        cls.businesses = {
            code: cls._new_debtor(
                f"Business {code}",
                country_id=cls.env["res.country"].search([("code", "=", code)]).id,
            )
            for code in ("NL", "BE", "DE")
        }

    # === HELPERS ===#
    def _country(self, code):
        self.company.country_id = self.env["res.country"].search([("code", "=", code)])

    def _quote(self, scheme, debtor, *amounts, currency=None, day=DAY, **values):
        """The costs of invoices of these amounts; each of them is one invoice."""
        self.level.write({"cost_scheme": scheme, **values})
        currency = currency or self.euro
        invoices = [
            self._new_invoice("2026-03-01", debtor, float(amount), currency_id=currency.id)
            for amount in amounts
        ]
        self.items = [self._items(invoice) for invoice in invoices]
        principals = {
            item: Decimal(str(amount)) for item, amount in zip(self.items, amounts, strict=True)
        }
        return self._quote_items(debtor, principals, currency, day)

    def _quote_items(self, debtor, principals, currency=None, day=DAY):
        quote = self.env["statutory.cost"]._quote(
            self.level, debtor, self.company, currency or self.euro, principals, day
        )
        if quote.amount:
            self.assertEqual(sum(quote.shares.values()), quote.amount)
            self.assertEqual(set(quote.shares), set(principals))
        else:
            self.assertFalse(quote.shares)
        return quote

    def _assert_quote(self, quote, amount, scheme=None, note=""):
        self.assertEqual(quote.amount, Decimal(amount))
        if scheme:
            self.assertEqual(quote.scheme, scheme)
        if note:
            self.assertIn(note, quote.note)
        else:
            self.assertEqual(quote.note, "")

    # === WHO OWES WHAT BY LAW ===#
    def test_by_law_a_business_owes_what_the_country_of_the_creditor_says(self):
        for country, amount, scheme in (
            ("NL", "61.85", "nl_business"),
            ("BE", "40", "be_business"),
            ("DE", "40", "eu_40"),
        ):
            for code, debtor in self.businesses.items():
                with self.subTest(company=country, debtor=code):
                    self._country(country)
                    self._assert_quote(self._quote("statutory", debtor, "412.30"), amount, scheme)

    def test_by_law_outside_the_union_nothing_is_known(self):
        self._country("US")
        quote = self._quote("statutory", self.businesses["NL"], "412.30")
        self._assert_quote(quote, 0, "none", "No costs: for the country of the company")

    def test_by_law_a_public_body_owes_what_a_business_does(self):
        body = self.businesses["BE"]
        body.debtor_kind = "government"
        self._country("BE")
        self._assert_quote(self._quote("statutory", body, "412.30"), "40", "be_business")

    def test_by_law_a_consumer_owes_what_his_own_country_says(self):
        self.policy.consumer_clause = True
        for country in ("NL", "BE"):
            self._country(country)
            self._assert_quote(
                self._quote("statutory", self.consumers["NL"], "412.30"), "61.85", "nl_consumer"
            )
            self._assert_quote(
                self._quote("statutory", self.consumers["BE"], "234.56"), "38.46", "be_consumer"
            )

    def test_by_law_a_consumer_of_another_country_owes_nothing(self):
        self._country("DE")
        quote = self._quote("statutory", self.consumers["DE"], "412.30")
        self._assert_quote(quote, 0, "none", "a consumer does not owe what this level charges")

    def test_a_consumer_without_country_has_the_law_of_the_company(self):
        consumer = self.consumers["NL"]
        consumer.country_id = False
        self._assert_quote(self._quote("statutory", consumer, "412.30"), "61.85", "nl_consumer")
        self._country("BE")
        self._assert_quote(
            self._quote("statutory", consumer, "412.30"), 0, "none", "only by a clause"
        )

    def test_a_kind_that_was_corrected_by_hand_counts(self):
        trader = self.consumers["BE"]
        trader.debtor_kind = "business"
        self._country("BE")
        self._assert_quote(self._quote("statutory", trader, "412.30"), "40", "be_business")

    def test_schemes_for_businesses_are_not_for_consumers(self):
        self.policy.consumer_clause = True
        for scheme in ("eu_40", "be_business"):
            for code, consumer in self.consumers.items():
                with self.subTest(scheme=scheme, consumer=code):
                    self._assert_quote(
                        self._quote(scheme, consumer, "412.30"), 0, "none", "a consumer"
                    )

    def test_schemes_of_a_country_are_those_of_the_debtor(self):
        """A policy is used for debtors whom nobody thought of when it was made."""
        self.policy.consumer_clause = True
        for scheme, debtor, resolved in (
            ("nl_consumer", self.businesses["NL"], "nl_business"),
            ("be_consumer", self.businesses["NL"], "be_business"),
            ("nl_business", self.consumers["NL"], "nl_consumer"),
            ("be_consumer", self.consumers["NL"], "nl_consumer"),
            ("nl_business", self.consumers["BE"], "be_consumer"),
            ("nl_consumer", self.consumers["BE"], "be_consumer"),
        ):
            with self.subTest(scheme=scheme, debtor=debtor.name):
                self.assertEqual(self._quote(scheme, debtor, "412.30").scheme, resolved)

    # === BELGIAN CONSUMERS ===#
    def test_a_belgian_consumer_without_clause_owes_nothing(self):
        consumer = self.consumers["BE"]
        values = {"fee_amount": 15, "cost_percentage": 10}
        for scheme in ("statutory", "be_consumer", "nl_consumer", "percentage"):
            with self.subTest(scheme=scheme):
                quote = self._quote(scheme, consumer, "412.30", **values)
                self._assert_quote(quote, 0, "none", "only by a clause in the contract")

    def test_a_fee_is_never_charged_to_a_belgian_consumer(self):
        self.policy.consumer_clause = True
        quote = self._quote("fixed", self.consumers["BE"], "412.30", fee_amount=15)
        self._assert_quote(quote, 0, "none", "a consumer does not owe")

    def test_the_cap_holds_for_agreed_percentages_too(self):
        self.policy.consumer_clause = True
        consumer = self.consumers["BE"]
        self._assert_quote(
            self._quote("percentage", consumer, "100", cost_percentage=10), "10", "percentage"
        )
        quote = self._quote("percentage", consumer, "100", "50", cost_percentage=20)
        self._assert_quote(quote, "20", "percentage", "The law limits")

    # === DUTCH SCALE ===#
    def test_principals_of_one_bundle_are_added_together(self):
        quote = self._quote("nl_business", self.debtor, "100", "150", "200")
        self._assert_quote(quote, "67.50", "nl_business")
        self.assertEqual(quote.base, 450)
        self.assertEqual(
            list(quote.shares.values()), [Decimal("15.00"), Decimal("22.50"), Decimal("30.00")]
        )
        self._assert_quote(self._quote("nl_business", self.debtor, "60", "75"), "40")

    def test_a_dutch_consumer_never_owes_more_than_the_scale(self):
        consumer = self.consumers["NL"]
        quote = self._quote("fixed", consumer, "100", fee_amount=75)
        self._assert_quote(quote, "40", "fixed", "The law limits")
        self._assert_quote(self._quote("fixed", consumer, "100", fee_amount=15), "15", "fixed")
        business = self._quote("fixed", self.debtor, "100", fee_amount=75)
        self._assert_quote(business, "75", "fixed")

    def test_vat_is_added_to_dutch_costs_only_by_choice(self):
        quote = self._quote("nl_business", self.debtor, "412.30")
        self.assertEqual((quote.amount, quote.vat), (Decimal("61.85"), 0))
        self.company.charge_vat = True
        quote = self._quote("nl_business", self.debtor, "412.30")
        self.assertEqual((quote.amount, quote.vat), (Decimal("74.84"), Decimal("12.99")))
        quote = self._quote("nl_consumer", self.consumers["NL"], "100")
        self.assertEqual((quote.amount, quote.vat), (Decimal("48.40"), Decimal("8.40")))
        for scheme in ("eu_40", "be_business"):
            quote = self._quote(scheme, self.debtor, "412.30")
            self.assertEqual((quote.amount, quote.vat), (40, 0))

    def test_vat_is_a_percentage_that_exists(self):
        for percentage in (-1, 101):
            with (
                mute_logger("odoo.sql_db"),
                self.assertRaises(CheckViolation),
                self.cr.savepoint(),
            ):
                self.company.charge_vat_percentage = percentage
                self.company.flush_recordset()

    # === 40 PER INVOICE ===#
    def test_each_invoice_counts_once_whatever_its_due_dates(self):
        quote = self._quote("eu_40", self.debtor, "100", "150", "200")
        self._assert_quote(quote, "120")
        self.assertEqual(set(quote.shares.values()), {Decimal(40)})
        term = self.env["account.payment.term"].create(
            {
                "name": "Twice",
                "line_ids": [
                    Command.create({"value": "percent", "value_amount": 25, "nb_days": 0}),
                    Command.create({"value": "percent", "value_amount": 75, "nb_days": 7}),
                ],
            }
        )
        invoice = self._new_invoice("2026-03-01", amount=400.0, invoice_payment_term_id=term.id)
        items = self._items(invoice)
        self.assertEqual(len(items), 2)
        principals = {item: Decimal(str(item.amount_residual_currency)) for item in items}
        quote = self._quote_items(self.debtor, principals)
        self._assert_quote(quote, "40")
        self.assertEqual(sorted(quote.shares.values()), [10, 30])

    def test_each_line_of_an_opening_balance_is_an_invoice(self):
        receivable = self.company_data["default_account_receivable"].id
        entry = self.env["account.move"].create(
            {
                "move_type": "entry",
                "date": "2026-03-01",
                "line_ids": [
                    *(
                        Command.create(
                            {"account_id": receivable, "partner_id": self.debtor.id, "debit": 100}
                        )
                        for _number in range(2)
                    ),
                    Command.create(
                        {
                            "account_id": self.company_data["default_account_revenue"].id,
                            "credit": 200,
                        }
                    ),
                ],
            }
        )
        entry.action_post()
        self.level.cost_scheme = "eu_40"
        quote = self._quote_items(self.debtor, dict.fromkeys(self._items(entry), Decimal(100)))
        self._assert_quote(quote, "80")

    # === AGREED SCHEMES ===#
    def test_a_fee_per_message_or_per_item(self):
        quote = self._quote("fixed", self.debtor, "100", "300", fee_amount=15)
        self._assert_quote(quote, "15", "fixed")
        self.assertEqual(list(quote.shares.values()), [Decimal("3.75"), Decimal("11.25")])
        quote = self._quote("fixed", self.debtor, "100", "300", fee_basis="item")
        self._assert_quote(quote, "30", "fixed")
        self.assertEqual(list(quote.shares.values()), [15, 15])

    def test_a_percentage_with_minimum_and_maximum(self):
        values = {"cost_percentage": 12.5, "cost_minimum": 25, "cost_maximum": 100}
        for amount, costs in (("100", "25"), ("333.33", "41.67"), ("5000", "100")):
            quote = self._quote("percentage", self.debtor, amount, **values)
            self._assert_quote(quote, costs, "percentage")

    def test_tiers_in_any_order(self):
        tiers = [
            Command.create({"up_to": 0, "percentage": 1}),
            Command.create({"up_to": 1000, "percentage": 10}),
            Command.create({"up_to": 5000, "percentage": 5}),
        ]
        quote = self._quote("tiers", self.debtor, "6000", cost_tier_ids=tiers)
        self._assert_quote(quote, "310", "tiers")
        self.level.cost_tier_ids.filtered(lambda tier: not tier.up_to).unlink()
        self._assert_quote(self._quote("tiers", self.debtor, "6000"), "300", "tiers")

    def test_no_costs(self):
        self._assert_quote(self._quote("none", self.debtor, "412.30"), 0, "none")
        self._assert_quote(self._quote("eu_40", self.debtor), 0)
        self.level.cost_scheme = "eu_40"
        item = self._items(self._new_invoice("2026-03-01"))
        quote = self.env["statutory.cost"]._quote(
            self.level, self.debtor, self.company, self.euro, {item: Decimal(0)}, DAY
        )
        self._assert_quote(quote, 0)

    def test_shares_are_exact(self):
        quote = self._quote("nl_business", self.debtor, "10", "10", "10")
        self._assert_quote(quote, "40")
        self.assertEqual(
            list(quote.shares.values()), [Decimal("13.34"), Decimal("13.33"), Decimal("13.33")]
        )

    # === CURRENCIES ===#
    def test_amounts_of_the_law_in_another_currency(self):
        dollar = self.setup_other_currency("CHF", rates=[("2026-01-01", 1.25)])
        self._assert_quote(self._quote("eu_40", self.debtor, "100", currency=dollar), "50")
        quote = self._quote("nl_business", self.debtor, "1250", currency=dollar)
        self._assert_quote(quote, "187.50")
        self.assertEqual(quote.base, 1250)

    def test_a_currency_that_is_not_counted_in_cents(self):
        franc = self.setup_other_currency("CHF", rounding=0.05, rates=[("2026-01-01", 1.0)])
        quote = self._quote("percentage", self.debtor, "33.35", currency=franc, cost_percentage=10)
        self._assert_quote(quote, "3.35")
        yen = self.setup_other_currency("JPY", rounding=1, rates=[("2026-01-01", 160.5)])
        quote = self._quote("eu_40", self.debtor, "10000", currency=yen)
        self._assert_quote(quote, "6420")
        quote = self._quote("nl_business", self.debtor, "70000", currency=yen)
        # 436.14 euro, of which 65.42.
        self._assert_quote(quote, "10500")

    def test_agreed_amounts_are_in_the_currency_of_the_company(self):
        franc = self.setup_other_currency("CHF", rates=[("2026-01-01", 2.0)])
        quote = self._quote("fixed", self.debtor, "100", currency=franc, fee_amount=15)
        self._assert_quote(quote, "30")
        values = {"cost_percentage": 10, "cost_minimum": 25, "cost_maximum": 100}
        for amount, costs in (("100", "50"), ("1000", "100"), ("5000", "200")):
            quote = self._quote("percentage", self.debtor, amount, currency=franc, **values)
            self._assert_quote(quote, costs)

    def test_without_a_rate_there_are_no_costs(self):
        franc = self.setup_other_currency("CHF", rates=[("2026-05-01", 1.25)])
        quote = self._quote("eu_40", self.debtor, "100", currency=franc)
        self._assert_quote(quote, 0, "eu_40", "exchange rate of CHF is not known")
        later = self._quote("eu_40", self.debtor, "100", currency=franc, day=date(2026, 5, 2))
        self._assert_quote(later, "50")
        # An agreed percentage needs no rate, but for its bounds.
        quote = self._quote("percentage", self.debtor, "100", currency=franc, cost_percentage=10)
        self._assert_quote(quote, "10", "percentage")
        quote = self._quote("percentage", self.debtor, "100", currency=franc, cost_minimum=5)
        self._assert_quote(quote, 0, "percentage", "exchange rate of CHF is not known")

    # === LEVELS ===#
    def test_levels_that_cannot_work_are_refused(self):
        tier = Command.create({"up_to": 1000, "percentage": 10})
        for values in (
            {"cost_scheme": "fixed"},
            {"cost_scheme": "fixed", "fee_amount": -1},
            {"cost_scheme": "percentage"},
            {"cost_scheme": "percentage", "cost_percentage": 200, "cost_maximum": -5},
            {
                "cost_scheme": "percentage",
                "cost_percentage": 5,
                "cost_minimum": 50,
                "cost_maximum": 40,
            },
            {"cost_scheme": "tiers"},
            {"cost_scheme": "tiers", "cost_tier_ids": [tier, tier]},
        ):
            with self.subTest(**values), self.assertRaises(ValidationError), self.cr.savepoint():
                self.level.write(values)

    def test_nothing_is_charged_before_the_due_date(self):
        for values in (
            {"cost_scheme": "eu_40"},
            {"charge_interest": True},
            {"statutory_letter": True},
        ):
            with self.assertRaises(ValidationError), self.cr.savepoint():
                self.levels["courtesy"].write(values)
