from datetime import date
from decimal import Decimal

from odoo.tests import tagged

from .charge_scenario_common import ChargeScenario


class BelgianScenario(ChargeScenario):
    country = "be"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.write({"vat": "BE0123456749", "company_registry": "0123.456.749"})


@tagged("post_install", "-at_install")
class TestChargeScenarioBelgianConsumer(BelgianScenario):
    """A Belgian consumer: 480.00, due on Thursday 24 September 2026.

    The first reminder, by e-mail on 1 October, gives until 22 October, which is more than the
    fourteen days of the law: they end on the 15th. From the 23rd a compensation may be claimed of
    what was not paid by then, and interest of 10.5 % over it: for a small creditor from 2 October,
    for another from 23 October. Of the 480.00 the consumer paid 180.00 in time, which costs him
    nothing; of the rest it is 30 and 10 % of 150.
    """

    profile = "be_consumer"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.policy.consumer_clause = True
        cls.company.charge_be_small = True
        cls.levels["reminder"].charge_mode = "memo"
        for stage in ("firm", "final", "handover"):
            cls.levels[stage].write({"charge_mode": "memo", "charge_interest": True})

    # === HELPERS ===#
    def _claim_by_law(self, day):
        principal = Decimal(480)
        payments = [(date(2026, 10, 10), 180), (date(2026, 11, 2), 100)]
        principal -= sum(amount for paid, amount in payments if paid <= day)
        if day < date(2026, 10, 23):
            return principal, Decimal(0), Decimal(0)
        bases = [
            ("300", date(2026, 10, 2), date(2026, 11, 2)),
            ("200", date(2026, 11, 3), date(2026, 12, 31)),
        ]
        interest = self._interest(
            *(
                (base, "10.5", (min(day, end) - start).days + 1)
                for base, start, end in bases
                if day >= start
            )
        )
        return principal, Decimal("45.00"), interest

    def _events(self, invoice):
        return {
            "2026-10-10": lambda: self._pay(invoice, 180, "2026-10-10"),
            "2026-11-02": lambda: self._pay(invoice, 100, "2026-11-02"),
            "2026-11-16": self._release,
            "2026-12-09": self._release,
        }

    # === STORIES ===#
    def test_from_due_date_to_hand_over(self):
        debtor = self._debtor(consumer=True, lang="nl_NL")
        invoice = self._new_invoice("2026-09-24", debtor, 480)
        sent = self._walk(
            "2026-09-30",
            "2026-12-10",
            debtor,
            invoice,
            self._events(invoice),
            self._claim_by_law,
        )
        self.assertEqual(
            self._stages(sent),
            {
                "2026-10-01": ["reminder"],
                "2026-10-26": ["firm"],
                "2026-11-16": ["final"],
                "2026-12-09": ["handover"],
            },
        )
        reminder, firm, final, handover = sent.values()
        # 30 and 10 % of 330: announced in the free reminder.
        self.assertEqual(self._amounts(reminder), (480, 0, 0, 0, 63))
        self.assertEqual(reminder.amount_total, 480)
        # 300 over 25 days; later 300 over 32 days and 200 over 14, at last over 37.
        self.assertEqual(self._amounts(firm), (300, 2.16, 45, 0, 0))
        # The cap is for all reminders together: the compensation is asked again, not once more.
        self.assertEqual(self._amounts(final), (200, 3.57, 45, 0, 0))
        self.assertEqual(self._amounts(handover), (200, 4.89, 45, 0, 0))
        self.assertEqual(handover.amount_total, 249.89)
        [letter] = self.env["statutory.letter"].search([("partner_id", "=", debtor.id)])
        self.assertEqual((letter.notice_id, letter.state), (reminder, "in_vain"))
        self.assertEqual(str(letter.first_day), "2026-10-02")
        self.assertEqual(str(letter.last_free_day), "2026-10-22")
        self.assertEqual(str(letter.costs_from), "2026-10-23")
        charges = self.env["receivable.charge"].search([("partner_id", "=", debtor.id)])
        live = self._filter_owed(charges)
        self.assertEqual(
            self._get_amounts(live),
            [("costs", 45.0), ("interest", 4.89)],
        )
        self._read_letters(reminder, firm)

    def _read_letters(self, reminder, firm):
        with self._frozen("2026-10-01"):
            [dutch] = self._pdf_pages(reminder)
            [english] = self._pdf_pages(reminder, "en_US")
        for words in (
            "Deze herinnering is kosteloos",
            "tot en met 22 oktober 2026",
            "ten minste veertien kalenderdagen",
            "schadevergoeding van 63,00 €",
            "verwijlinteresten van 10,5% per jaar",
            "ondernemingsnummer 0123.456.749",
            "Goods",
            "24-09-2026",
        ):
            self.assertIn(words, dutch)
        for words in (
            "This reminder is free of charge",
            "up to and including October 22, 2026",
            "compensation of 63.00 €",
            "10.5% per year",
            "enterprise number 0123.456.749",
        ):
            self.assertIn(words, english)
        for text in (dutch, english):
            self.assertRegex(text, "(Totaal|Total) 480[.,]00")
        with self._frozen("2026-10-26"):
            letter, annex = self._pdf_pages(firm, "en_US")
        text = f"{letter} {annex}"
        for words in (
            "Principal 300.00",
            "Collection costs 45.00",
            "The term of our message of October 1, 2026",
            "10/02/2026",
            "10/26/2026",
        ):
            self.assertIn(words, text)
        self.assertNotIn("free of charge", text, "it was the first one that was")

    def test_without_a_clause_nothing_is_ever_charged(self):
        self.policy.consumer_clause = False
        debtor = self._debtor(consumer=True)
        invoice = self._new_invoice("2026-09-24", debtor, 480)

        def claim(day):
            principal, _costs, _interest = self._claim_by_law(day)
            return principal, Decimal(0), Decimal(0)

        sent = self._walk("2026-09-30", "2026-11-17", debtor, invoice, self._events(invoice), claim)
        self.assertEqual(
            self._stages(sent),
            {
                "2026-10-01": ["reminder"],
                "2026-10-26": ["firm"],
                "2026-11-16": ["final"],
            },
        )
        for notices in sent.values():
            self.assertEqual(self._amounts(notices)[1:], (0, 0, 0, 0))
            self.assertIn("clause", notices.charge_note)
            self.assertNotIn("compensation", self._letter(notices))
        self.assertFalse(self.env["receivable.charge"].search([("partner_id", "=", debtor.id)]))

    def test_interest_of_a_larger_creditor_begins_after_the_term(self):
        self.company.charge_be_small = False
        debtor = self._debtor(consumer=True)
        invoice = self._new_invoice("2026-09-24", debtor, 480)
        self._run_day("2026-10-01")
        with self._frozen("2026-10-26"):
            self.env["statutory.letter"]._settle_due(self.company, date(2026, 10, 26))
            # 480 × 10.5 % × 4/365
            self.assertEqual(
                self._get_claim(debtor, invoice, date(2026, 10, 26)),
                (Decimal(480), Decimal(63), self._interest(("480", "10.5", 4))),
            )
            self.assertEqual(self._get_claim(debtor, invoice, date(2026, 10, 22))[2], 0)


@tagged("post_install", "-at_install")
class TestChargeScenarioBelgianBusiness(BelgianScenario):
    """A Belgian business: 3,630.00 and 605.00, due on Monday 15 June 2026.

    Simple interest of 10.5 % from 16 June, and 40 for each invoice. The final notice announces
    both, the hand-over asks for what is still open.
    """

    profile = "be_business"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.levels["handover"].write(
            {"cost_scheme": "statutory", "charge_mode": "memo", "charge_interest": True}
        )

    def _claim_by_law(self, day):
        payments = [(date(2026, 7, 10), 1630), (date(2026, 7, 20), 605)]
        principal = Decimal(4235) - sum(amount for paid, amount in payments if paid <= day)
        costs = Decimal(40) if day >= date(2026, 8, 3) else Decimal(0)
        bases = [
            ("3630", date(2026, 6, 16), date(2026, 7, 10)),
            ("2000", date(2026, 7, 11), date(2026, 12, 31)),
            ("605", date(2026, 6, 16), date(2026, 7, 20)),
        ]
        interest = self._interest(
            *(
                (base, "10.5", (min(day, end) - start).days + 1)
                for base, start, end in bases
                if day >= start
            )
        )
        return principal, costs, interest

    def test_from_due_date_to_hand_over(self):
        debtor = self._debtor(consumer=False, lang="nl_NL")
        first = self._new_invoice("2026-06-15", debtor, 3630)
        second = self._new_invoice("2026-06-15", debtor, 605)
        sent = self._walk(
            "2026-06-12",
            "2026-08-05",
            debtor,
            first | second,
            {
                "2026-07-10": lambda: self._pay(first, 1630, "2026-07-10"),
                "2026-07-16": self._release,
                "2026-07-20": lambda: self._pay(second, 605, "2026-07-20"),
                "2026-08-03": self._release,
            },
            self._claim_by_law,
        )
        self.assertEqual(
            self._stages(sent),
            {
                "2026-06-12": ["courtesy"],
                "2026-06-22": ["reminder"],
                "2026-07-06": ["firm"],
                "2026-07-16": ["final"],
                "2026-08-03": ["handover"],
            },
        )
        courtesy, reminder, firm, final, handover = sent.values()
        for notice in (courtesy, reminder, firm):
            self.assertEqual(self._amounts(notice)[1:], (0, 0, 0, 0))
        # 26.11 + 3.45 and 5.40; twice 40.
        self.assertEqual(self._amounts(final), (2605, 0, 0, 34.96, 80))
        self.assertEqual(final.amount_total, 2605)
        # 26.11 + 13.81; the invoice that was paid is not asked for any more, nor its 40.
        self.assertEqual(self._amounts(handover), (2000, 39.92, 40, 0, 0))
        charges = self.env["receivable.charge"].search([("partner_id", "=", debtor.id)])
        live = self._filter_owed(charges)
        self.assertEqual(
            self._get_amounts(live),
            [("costs", 40.0), ("interest", 39.92)],
        )
        self.assertFalse(self.env["statutory.letter"].search([("partner_id", "=", debtor.id)]))
        with self._frozen("2026-07-16"):
            dutch, dutch_annex = self._pdf_pages(final)
            english, english_annex = self._pdf_pages(final, "en_US")
        self.assertIn("incassokosten van 80,00 €", dutch)
        self.assertIn("Belgische wet van 2 augustus 2002", dutch)
        self.assertIn("De rente draagt zelf geen rente", dutch_annex)
        self.assertIn("collection costs of 80.00 €", english)
        self.assertIn("The interest bears no interest itself", english_annex)
