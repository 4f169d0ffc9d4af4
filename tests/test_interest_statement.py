from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from unittest.mock import patch

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, tagged

from .charge_common import ChargeCommon
from .notice_common import NoticeCommon

# Worked examples: principal, due, paid, interest, and the interest of each line.
EXAMPLES = {
    "NL": [
        (10000, "2025-01-31", "2025-03-31", "180.23", ["180.23"]),
        (5000, "2025-06-15", "2025-08-15", "86.87", ["22.91", "63.96"]),
        (8400, "2026-05-30", "2026-06-21", "51.39", ["51.39"]),
        (2420, "2022-12-15", "2023-01-31", "30.07", ["8.49", "21.58"]),
        (1000, "2025-03-01", "2025-03-02", "0.31", ["0.31"]),
    ],
    "BE": [
        (2500, "2024-05-31", "2024-08-31", "78.77", ["78.77"]),
        (3630, "2026-06-15", "2026-07-31", "48.04", ["48.04"]),
        (605, "2026-10-31", "2026-11-21", "3.65", ["3.65"]),
    ],
    "DE": [(1500, "2025-06-10", "2025-08-10", "26.56", ["9.26", "17.30"])],
    "FR": [
        (5200, "2026-03-01", "2026-04-15", "77.89", ["77.89"]),
        (2400, "2024-12-10", "2025-01-31", "46.48", ["19.68", "26.80"]),
    ],
}
CONSUMER_EXAMPLES = {
    "NL": [
        (820, "2026-05-21", "2026-06-21", "2.79", ["2.79"]),
        (10000, "2025-12-16", "2026-01-15", "41.10", ["24.66", "16.44"]),
        (249.95, "2025-10-31", "2026-02-28", "4.13", ["2.51", "1.62"]),
    ],
    "DE": [(1500, "2025-06-10", "2025-08-10", "16.54", ["5.98", "10.56"])],
}


class InterestCase(NoticeCommon):
    """What the books say, and the interest that follows from it."""

    # === HELPERS ===#
    def _country(self, code):
        self.company.country_id = self.env["res.country"].search([("code", "=", code)])

    def _consumer(self, **values):
        return self._new_debtor("Consumer", is_company=False, **values)

    def _claims(self, *invoices, until, kind=None):
        items = self.env["account.move.line"].concat(*map(self._items, invoices))
        return self.env["statutory.interest"]._accrue(items, fields.Date.to_date(until), kind)

    def _claim(self, invoice, until, kind=None):
        [claim] = self._claims(invoice, until=until, kind=kind)
        return claim

    def _assert_interest(self, invoice, until, total, lines=None, kind=None):
        claim = self._claim(invoice, until, kind)
        self.assertEqual(claim.total, Decimal(total))
        if lines is not None:
            self.assertEqual([str(line.amount) for line in claim.lines], lines)
        return claim


@tagged("post_install", "-at_install")
class TestStatutoryInterest(InterestCase):
    """The amounts, to the cent."""

    def _assert_examples(self, examples, partner):
        for code, cases in examples.items():
            self._country(code)
            partner.country_id = self.company.country_id
            for principal, due, paid, total, lines in cases:
                with self.subTest(country=code, principal=principal, due=due):
                    invoice = self._new_invoice(due, partner, principal)
                    # Open, up to that day, and paid on that day, long afterwards.
                    self._assert_interest(invoice, paid, total, lines)
                    self._pay(invoice, principal, paid)
                    claim = self._assert_interest(invoice, "2026-11-22", total, lines)
                    self.assertEqual(str(claim.until), paid)

    def test_worked_examples_of_businesses(self):
        self._assert_examples(EXAMPLES, self.debtor)

    def test_worked_examples_of_consumers(self):
        self.company.interest_consumer_start = "due"
        self._assert_examples(CONSUMER_EXAMPLES, self._consumer())

    def test_paid_in_time_bears_nothing(self):
        invoice = self._new_invoice("2026-03-01", amount=1000)
        self._assert_interest(invoice, "2026-03-01", "0", [])
        self._pay(invoice, 1000, "2026-03-01")
        self._assert_interest(invoice, "2026-11-22", "0", [])

    def test_part_payments(self):
        invoice = self._new_invoice("2025-06-15", amount=5000)
        self._pay(invoice, 1000, "2025-06-10")  # in time
        self._pay(invoice, 1500, "2025-06-25")
        self._pay(invoice, 500, "2025-07-20")
        claim = self._claim(invoice, "2025-08-15")
        self.assertEqual(
            [(str(line.date_from), line.days, str(line.base)) for line in claim.lines],
            [
                ("2025-06-16", 10, "4000.00"),
                ("2025-06-26", 5, "2500.00"),
                ("2025-07-01", 20, "2500.00"),
                ("2025-07-21", 26, "2000.00"),
            ],
        )
        # 4,000 × 11.15 % × 10/365, 2,500 × 11.15 % × 5/365, 2,500 × 10.15 % × 20/365, ...
        self.assertEqual(
            [str(line.amount) for line in claim.lines], ["12.22", "3.82", "13.90", "14.46"]
        )
        # What came later is not known on an earlier day.
        self._assert_interest(invoice, "2025-06-30", "16.04")
        # Undone, it never happened.
        self._items(invoice).remove_move_reconcile()
        self._assert_interest(invoice, "2025-08-15", "86.87")

    def test_interest_stays_claimable_and_grows_no_further(self):
        """Interest of a past year was added to the base; it bears none itself once the principal
        was paid."""
        invoice = self._new_invoice("2024-01-31", amount=10000)
        self._pay(invoice, 10000, "2025-03-31")
        claim = self._claim(invoice, "2025-03-31")
        self.assertGreater(claim.total, Decimal("1200"))
        self.assertEqual(
            claim.lines[-1].base,
            Decimal("10000.00")
            + sum(line.amount for line in claim.lines if line.date_to < date(2025, 2, 1)),
        )
        self._assert_interest(invoice, "2026-11-22", claim.total)

    def test_yearly_compounding_on_the_anniversary_in_the_netherlands_only(self):
        dutch = self._new_invoice("2024-01-31", amount=10000)
        claim = self._claim(dutch, "2025-06-30")
        bases = [(str(line.date_from), line.base) for line in claim.lines]
        year = sum(line.amount for line in claim.lines if line.date_to < date(2025, 2, 1))
        self.assertEqual(bases[-1], ("2025-02-01", Decimal("10000.00") + year))
        self.assertEqual({base for _day, base in bases[:-1]}, {Decimal("10000.00")})
        for code in ("BE", "DE"):
            self._country(code)
            lines = self._claim(dutch, "2025-06-30").lines
            self.assertEqual({line.base for line in lines}, {Decimal("10000.00")})

    def test_credit_note_reduces_from_its_date(self):
        invoice = self._new_invoice("2025-06-15", amount=5000)
        refund = self._new_refund("2025-07-25", amount=2000)  # dated thirty days earlier
        self.assertEqual(refund.invoice_date, date(2025, 6, 25))
        (self._items(invoice) | self._items(refund)).reconcile()
        claim = self._claim(invoice, "2025-08-15")
        self.assertEqual(claim.payments, [(date(2025, 6, 25), Decimal("2000.00"))])
        self.assertEqual(
            [(line.days, str(line.base)) for line in claim.lines],
            [(10, "5000.00"), (5, "3000.00"), (46, "3000.00")],
        )

    def test_days_in_a_year(self):
        self._country("BE")
        invoice = self._new_invoice("2024-05-31", amount=2500)
        self._assert_interest(invoice, "2024-08-31", "78.77")
        self.company.interest_days = "actual"
        self._assert_interest(invoice, "2024-08-31", "78.55")

    def test_unknown_rate(self):
        invoice = self._new_invoice("2026-12-15")
        self._assert_interest(invoice, "2026-12-31", "0.46")
        with self.assertRaisesRegex(UserError, "01/01/2027"):
            self._claim(invoice, "2027-01-01")
        # Paid before that day it needs no later rate.
        self._pay(invoice, 100, "2026-12-31")
        self._assert_interest(invoice, "2027-03-01", "0.46")

    # === KINDS ===#
    def test_kind_follows_from_the_debtor_and_the_company(self):
        service = self.env["statutory.interest"]
        consumer = self._consumer()
        government = self._new_debtor("Town", debtor_kind="government")
        kinds = {
            "NL": ("nl_commercial", "nl_consumer", "nl_commercial"),
            "BE": ("be_commercial", "be_commercial", "be_commercial"),
            "DE": ("de_commercial", "de_consumer", "de_commercial"),
            "FR": ("fr_default", "", ""),
            "US": ("", "", ""),
        }
        for code, expected in kinds.items():
            self._country(code)
            found = tuple(
                service._get_basis(self.company, debtor).kind
                for debtor in (self.debtor, consumer, government)
            )
            self.assertEqual(found, expected, code)
        self._country("NL")
        consumer.debtor_kind = "business"  # corrected by hand
        self.assertEqual(service._get_basis(self.company, consumer).kind, "nl_commercial")

    def test_another_kind_of_a_company(self):
        invoice = self._new_invoice("2026-05-30", amount=8400)
        self.company.interest_kind_business = "nl_consumer"
        self._assert_interest(invoice, "2026-06-21", "20.25")
        self._assert_interest(invoice, "2026-06-21", "51.39", kind="nl_commercial")
        self._assert_interest(
            self._new_invoice(
                "2026-05-30", self._new_debtor("Town", debtor_kind="government"), 8400
            ),
            "2026-06-21",
            "51.39",
        )

    def test_agreed_rate(self):
        with self.assertRaises(ValidationError):
            self.company.interest_kind_business = "contract"
        self.company.write({"interest_kind_business": "contract", "interest_percentage": 12})
        invoice = self._new_invoice("2030-12-31", amount=1000)
        # It needs no published rate, and bears interest itself only if that was agreed.
        self._assert_interest(invoice, "2032-12-31", "240.33", ["240.33"])
        self.company.interest_compound = True
        self._assert_interest(invoice, "2032-12-31", "254.77", ["120.00", "134.77"])

    def test_no_kind_no_claim(self):
        self._country("US")
        claim = self._claim(self._new_invoice("2026-05-30"), "2026-06-30")
        self.assertIn("choose one by hand", claim.omitted)
        self.assertFalse(claim.lines)

    # === CONSUMERS ===#
    def test_consumers_owe_interest_after_the_term_of_a_reminder(self):
        consumer = self._consumer()
        invoice = self._new_invoice("2026-03-02", consumer, 1000)
        claim = self._claim(invoice, "2026-06-30")
        self.assertIn("No reminder", claim.omitted)
        notice = self._run_day_for(consumer, "2026-03-10")
        term = date(2026, 3, 10).toordinal() + notice.level_id.payment_days
        self.assertGreater(notice.level_id.payment_days, 0)
        claim = self._claim(invoice, "2026-06-30")
        self.assertFalse(claim.omitted)
        self.assertEqual(claim.lines[0].date_from.toordinal(), term + 1)
        # A business needs no reminder at all.
        business = self._new_invoice("2026-03-02", amount=1000)
        self.assertEqual(str(self._claim(business, "2026-06-30").lines[0].date_from), "2026-03-03")

    def test_belgian_consumers_owe_nothing_yet(self):
        self.company.interest_consumer_start = "due"
        consumer = self._consumer(country_id=self.env.ref("base.be").id)
        invoice = self._new_invoice("2026-03-02", consumer, 1000)
        for code, kind in (("NL", None), ("BE", None), ("BE", "be_commercial")):
            self._country(code)
            claim = self._claim(invoice, "2026-06-30", kind)
            self.assertIn("Belgian consumer", claim.omitted)
            self.assertEqual(claim.total, 0)
        consumer.country_id = self.env.ref("base.nl")
        self.assertIn("Belgian consumer", self._claim(invoice, "2026-06-30").omitted)

    # === DISPUTES ===#
    def _dispute(self, invoice, amount=0, **values):
        return self.env["dunning.block"].create(
            {
                "kind": "dispute",
                "company_id": self.company.id,
                "move_line_id": self._items(invoice).id,
                "amount": amount,
                "date_from": "2026-01-01",
                "reason": "Wrong goods",
                **values,
            }
        )

    def test_disputed_parts_are_apart(self):
        with self._frozen("2026-07-01"):
            invoice = self._new_invoice("2026-05-30", amount=8400)
            self._pay(invoice, 4000, "2026-06-09")
            block = self._dispute(invoice, 2400)
            claim = self._claim(invoice, "2026-06-21")
            # 6,000 × 10.15 % × 10/365, 2,000 × 10.15 % × 12/365, and 2,400 × 10.15 % × 22/365
            self.assertEqual(claim.total, Decimal("16.68") + Decimal("6.67"))
            self.assertEqual(claim.total_disputed, Decimal("14.68"))
            self.assertEqual(len(claim.lines), 3)
            block.action_lift()
            claim = self._claim(invoice, "2026-06-21")
            self.assertFalse(claim.interest_disputed)
            self.assertEqual(claim.total, Decimal("23.36") + Decimal("14.68"))

    def test_whole_item_disputed(self):
        with self._frozen("2026-07-01"):
            invoice = self._new_invoice("2026-05-30", amount=8400)
            block = self._dispute(invoice)
            claim = self._claim(invoice, "2026-06-21")
            self.assertEqual((claim.total, claim.total_disputed), (0, Decimal("51.39")))
            # What is paid of it is not disputed any more; its interest is due.
            self._pay(invoice, 8400, "2026-06-09")
            claim = self._claim(invoice, "2026-06-21")
            self.assertEqual((claim.total, claim.total_disputed), (Decimal("23.36"), 0))
            block.unlink()
            other = self._new_invoice("2026-05-30", amount=8400)
            self._dispute(other, move_line_id=False, partner_id=self.debtor.id)
            self.assertEqual(self._claim(other, "2026-06-21").total_disputed, Decimal("51.39"))
            # Other reasons to wait do not stop interest.
            third = self._new_invoice("2026-05-30", self._new_debtor("Debtor Two"), 8400)
            self._dispute(third, kind="promise")
            self._assert_interest(third, "2026-06-21", "51.39")

    # === CURRENCIES ===#
    def test_foreign_currency_with_rates_that_change(self):
        currency = self.setup_other_currency(
            "GBP", rates=[("2020-01-01", 0.5), ("2026-06-01", 0.8)]
        )
        invoice = self._new_invoice("2026-05-30", amount=8400, currency_id=currency.id)
        with self._frozen("2026-06-21"):
            self.env["account.payment.register"].with_context(
                active_model="account.move", active_ids=invoice.ids
            ).create(
                {"amount": 4200, "payment_date": "2026-06-09", "currency_id": currency.id}
            )._create_payments()
        claim = self._claim(invoice, "2026-06-21")
        self.assertEqual(claim.currency, currency)
        self.assertEqual(claim.payments, [(date(2026, 6, 9), Decimal("4200.00"))])
        # 8,400 × 10.15 % × 10/365 and 4,200 × 10.15 % × 12/365
        self.assertEqual([str(line.amount) for line in claim.lines], ["23.36", "14.02"])

    def test_currency_without_cents(self):
        yen = self.setup_other_currency("JPY", rounding=1.0, rates=[("2020-01-01", 100.0)])
        invoice = self._new_invoice("2026-05-30", amount=840000, currency_id=yen.id)
        self._assert_interest(invoice, "2026-06-21", "5139", ["5139"])


@tagged("post_install", "-at_install")
class TestInterestStatement(InterestCase, ChargeCommon):
    """The statement: what it holds, what it keeps, who may make it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["statutory.rate"].search([("used_on", "!=", False)]).used_on = False

    # === HELPERS ===#
    def _statement(self, source=None, day="2026-06-21", user=None, **values):
        with self._frozen(day):
            action = (
                (source or self.debtor)
                .with_user(user or self.collector)
                .action_interest_statement()
            )
            model = self.env[action["res_model"]].with_user(user or self.collector)
            with Form(model.with_context(**action["context"])) as form:
                for name, value in values.items():
                    setattr(form, name, value)
            return form.record

    @contextmanager
    def _printing(self):
        """Keep what would become the PDF."""
        texts = []

        def render(report, ref, ids):
            html, kind = report._render_qweb_html(ref, ids)
            texts.append(html.decode())
            return b"%PDF-1.4 statement", kind

        model = type(self.env["ir.actions.report"])
        with patch.object(model, "_render_qweb_pdf", render):
            yield texts

    def _print(self, statement, day="2026-06-21"):
        with self._frozen(day), self._printing() as texts:
            statement.action_print()
        return " ".join(texts[0].split())

    # === CONTENTS ===#
    def test_open_overdue_items_by_default(self):
        overdue = self._new_invoice("2026-05-30", amount=8400)
        self._new_invoice("2026-07-30")  # not due
        self._new_invoice("2026-05-30", self._new_debtor("Debtor Two"))
        paid = self._new_invoice("2026-04-30", amount=1000)
        self._pay(paid, 1000, "2026-05-10")
        in_time = self._new_invoice("2026-04-30", amount=1000)
        self._pay(in_time, 1000, "2026-04-30")
        statement = self._statement()
        self.assertEqual(statement.item_ids, self._items(overdue))
        self.assertEqual(statement.kind, "nl_commercial")
        self.assertFalse(statement.problem)
        self.assertIn("51.39", statement.preview)
        with_paid = self._statement(include_paid=True)
        self.assertEqual(with_paid.item_ids, self._items(overdue) | self._items(paid))
        # 1,000 × 10.15 % × 10/365
        self.assertIn("2.78", with_paid.preview)

    def test_letter(self):
        invoice = self._new_invoice("2025-06-15", amount=5000)
        self._pay(invoice, 1500, "2025-06-25")
        statement = self._statement(day="2025-08-15")
        text = self._print(statement, "2025-08-15")
        for part in (
            "Seller Company",
            "Debtor One",
            invoice.name,
            "06/16/2025",
            "11.15",
            "10.15",
            "365 days, also a leap year",
            "interest of that year is added to the base",
            "art. 6:119a jo. 6:120 lid 2 BW (ECB 2.15 + 8)",
            "Received or credited on",
        ):
            self.assertIn(part, text)
        self.assertNotIn("to be confirmed", text)
        # 5,000 × 11.15 % × 10/365 + 3,500 × 11.15 % × 5/365 + 3,500 × 10.15 % × 46/365
        self.assertIn("65.39", text)
        rates = self.env["statutory.rate"].search([("used_on", "!=", False)])
        self.assertEqual(
            {(rate.kind, str(rate.valid_from)) for rate in rates},
            {("nl_commercial", "2025-01-01"), ("nl_commercial", "2025-07-01")},
        )

    def test_letter_is_kept_with_the_debtor(self):
        self._new_invoice("2026-05-30", amount=8400)
        statement = self._statement()
        self._print(statement)
        message = self.debtor.message_ids[0]
        self.assertIn("51.39", message.body)
        self.assertEqual(message.attachment_ids.res_id, self.debtor.id)
        self.assertEqual(message.attachment_ids.raw, b"%PDF-1.4 statement")
        self.assertEqual(message.author_id, self.collector.partner_id)

    def test_letter_of_many_claims_and_currencies(self):
        currency = self.setup_other_currency("GBP", rates=[("2020-01-01", 0.5)])
        for number in range(13):
            self._new_invoice("2026-05-30", amount=100 + number)
        self._new_invoice("2026-05-30", amount=8400, currency_id=currency.id)
        statement = self._statement()
        totals = statement._get_totals(statement._get_claims())
        self.assertEqual(len(totals), 2, "currencies are never added up")
        sums = dict(totals)[currency]
        self.assertEqual((sums["principal"], sums["open"], sums["disputed"]), (8400, 8400, 0))
        self.assertEqual((sums["interest"], sums["claimed"]), (Decimal("51.39"), Decimal("51.39")))
        text = self._print(statement)
        self.assertIn("On the following pages", text)
        self.assertEqual(text.count("acm_items acm_claim"), 14)

    def test_disputed_part_in_the_letter(self):
        invoice = self._new_invoice("2026-05-30", amount=8400)
        with self._frozen("2026-06-21"):
            self.env["dunning.block"].create(
                {
                    "kind": "dispute",
                    "move_line_id": self._items(invoice).id,
                    "company_id": self.company.id,
                    "amount": 2400,
                    "date_from": "2026-06-01",
                    "reason": "Wrong goods",
                }
            )
        statement = self._statement()
        self.assertEqual(statement.preview.count("Disputed"), 1)
        text = self._print(statement)
        self.assertIn("14.68", text)
        self.assertIn("36.71", text)  # 6,000 × 10.15 % × 22/365
        self.assertIn("decided with the dispute", text)

    def test_another_kind_needs_a_reason(self):
        self._new_invoice("2026-05-30", amount=8400)
        statement = self._statement()
        statement.kind = "nl_consumer"
        self.assertIn("20.25", statement.preview)
        with self.assertRaisesRegex(UserError, "why"):
            self._print(statement)
        statement.kind_reason = "Settled in our letter of May"
        self._print(statement)
        self.assertIn("Settled in our letter of May", self.debtor.message_ids[0].body)

    def test_unknown_rate_is_told(self):
        self._new_invoice("2026-12-15")
        statement = self._statement(day="2027-01-15")
        self.assertIn("01/01/2027", statement.problem)
        self.assertFalse(statement.preview)
        with self.assertRaisesRegex(UserError, "01/01/2027"):
            self._print(statement, "2027-01-15")
        statement.date_until = "2026-12-31"
        self.assertFalse(statement.problem)
        self._print(statement, "2027-01-15")

    def test_what_to_look_at_first(self):
        self._country("BE")
        self._new_invoice("2026-07-05")
        statement = self._statement(day="2026-08-15")
        self.assertIn("To be confirmed: Belgium: commercial", statement.caution)
        self.assertNotIn("allocated", statement.caution)
        self.assertIn("to be confirmed", self._print(statement, "2026-08-15"))
        self._receive(10, "2026-07-10")
        self.assertIn("allocated", self._statement(day="2026-08-15").caution)

    def test_nothing_to_claim(self):
        self._country("BE")
        consumer = self._consumer()
        self._new_invoice("2026-05-30", consumer, 1000)
        statement = self._statement(consumer)
        self.assertIn("Belgian consumer", statement.preview)
        with self.assertRaisesRegex(UserError, "No interest"):
            self._print(statement)
        self.assertFalse(self.env["statutory.rate"].search([("used_on", "!=", False)]))

    def test_interest_on_interest_is_left_out(self):
        product = self.company.arrangement_charge_product_id or self.env["product.product"].create(
            {"name": "Interest and costs"}
        )
        self.company.arrangement_charge_product_id = product
        self._new_invoice(
            "2026-05-30",
            invoice_line_ids=[
                Command.create({"product_id": product.id, "price_unit": 50, "tax_ids": []})
            ],
        )
        self.assertFalse(self._statement().item_ids)

    def test_invoices_of_charges_bear_no_interest(self):
        invoice = self._new_invoice("2026-05-30", amount=8400)
        with self._frozen("2026-06-01"):
            move = self._charge(invoice, 40, date="2026-06-01")._book()
        self.assertEqual(move.invoice_date_due, fields.Date.to_date("2026-06-15"))
        statement = self._statement()
        self.assertEqual(statement.item_ids, self._items(invoice))
        self.assertFalse(move._get_interest_items())

    def test_whole_claim_with_costs_and_a_payment(self):
        """The example of Dutch Civil Code art. 6:44, with a payment of 500."""
        invoice = self._new_invoice("2026-05-30", amount=1000)
        self._charge(invoice, 150, date="2026-06-01")
        self._pay(invoice, 500, "2026-05-30")
        statement = self._statement()
        [whole] = statement._get_whole_claims(statement._get_claims())
        # 22 days at 10.15 percent over 500.
        left = {row["name"]: row["left"] for row in whole["rows"]}
        interest = Decimal("3.06")
        self.assertEqual(
            left,
            {"Principal": Decimal(500), "Interest": interest, "Costs of collecting": Decimal(150)},
        )
        self.assertIn("653.06", statement.preview)
        self.company.payment_allocation = "law"
        [whole] = statement._get_whole_claims(statement._get_claims())
        left = {row["name"]: row["left"] for row in whole["rows"]}
        self.assertEqual(
            left,
            {
                "Principal": Decimal("653.06"),
                "Interest": Decimal(0),
                "Costs of collecting": Decimal(0),
            },
        )
        text = self._print(statement)
        self.assertIn("The whole claim", text)
        self.assertIn("653.06", text)
        self.assertIn("counts for the costs first", text)

    def test_what_was_invoiced_or_waived_is_told_and_not_claimed_twice(self):
        invoice = self._new_invoice("2026-05-30", amount=8400)
        day = "2026-06-10"
        with self._frozen(day):
            booked = self._charge(invoice, 20, kind="interest", date=day)
            move = booked._book()
            waived = self._charge(invoice, 5, kind="interest", date=day)
            self._waive(waived)
            self._charge(invoice, 3, kind="interest", date=day)._withdraw("Undone")
            self._pay(move, 12, day)
        statement = self._statement()
        [whole] = statement._get_whole_claims(statement._get_claims())
        # 51.39 in all, of which 5 was waived and 12 paid.
        self.assertEqual(whole["left"], Decimal("8434.39"))
        text = self._print(statement)
        self.assertIn("46.39", text)
        self.assertIn("5.00 was waived", text.replace("\xa0", " ").replace("$ ", ""))
        self.assertIn(move.name, text)

    def test_without_charges_the_letter_is_about_interest_alone(self):
        self._new_invoice("2026-05-30", amount=8400)
        self.assertNotIn("The whole claim", self._print(self._statement()))

    def test_of_chosen_invoices(self):
        first = self._new_invoice("2026-05-30", amount=8400)
        self._new_invoice("2026-05-30", amount=100)
        self.assertEqual(self._statement(first).item_ids, self._items(first))
        self._pay(first, 8400, "2026-06-21")
        self.assertIn("51.39", self._statement(first, "2026-08-01").preview)
        other = self._new_invoice("2026-05-30", self._new_debtor("Debtor Two"))
        with self.assertRaisesRegex(UserError, "one debtor"):
            (first | other).action_interest_statement()
        draft = first.copy()
        with self.assertRaisesRegex(UserError, "posted"):
            draft.action_interest_statement()

    # === RIGHTS ===#
    def test_roles(self):
        self._new_invoice("2026-05-30")
        with self.assertRaises(AccessError):
            self._statement(user=self.salesman)
        self.assertTrue(self._statement(user=self.collector).preview)

    def test_companies(self):
        other = self.setup_other_company(name="Other Seller")["company"]
        invoice = self._new_invoice("2026-05-30", amount=8400)
        foreign = self.env["interest.statement"].with_user(self.collector)
        with self.assertRaises(AccessError):
            foreign.create(
                {
                    "partner_id": self.debtor.id,
                    "company_id": other.id,
                    "date_until": "2026-06-21",
                    "given_item_ids": [Command.set(self._items(invoice).ids)],
                }
            ).action_print()
        statement = self._statement()
        stranger = self._new_invoice("2026-05-30", self._new_debtor("Debtor Two"))
        statement.item_ids |= self._items(stranger)
        with self.assertRaisesRegex(UserError, "is not of"):
            self._print(statement)
