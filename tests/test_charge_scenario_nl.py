from datetime import date
from decimal import Decimal

from odoo.tests import tagged

from .charge_scenario_common import ChargeScenario


@tagged("post_install", "-at_install")
class TestChargeScenarioDutchConsumer(ChargeScenario):
    """A Dutch consumer, two invoices: 412.30 and 200.00, due on Tuesday 31 March 2026.

    The reminder of 7 April gives seven days: interest of 4 % from 15 April. The 14-day letter goes
    out by e-mail on Wednesday 6 May and is posted on the 7th: received on Saturday the 9th, free
    until Saturday the 23rd, which is extended over Whitsun to the 26th. Costs from 27 May, over
    what was not paid by then.
    """

    country = "nl"
    profile = "nl_consumer"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # A fee at the second reminder would be against the law, and must come to nothing.
        cls.levels["firm"].write({"cost_scheme": "fixed", "fee_amount": 15, "charge_mode": "memo"})
        cls.levels["final"].charge_mode = "memo"
        cls.levels["handover"].write({"charge_mode": "memo", "charge_interest": True})

    def _claim_by_law(self, day):
        """Principal, costs and interest of a day."""
        principal = Decimal("612.30")
        payments = [
            (date(2026, 5, 20), 300),
            (date(2026, 5, 26), Decimal("12.30")),
            (date(2026, 5, 27), 60),
            (date(2026, 6, 10), 240),
        ]
        principal -= sum(amount for paid, amount in payments if paid <= day)
        # 15 % of the 300.00 that were not paid by 26 May.
        costs = Decimal("45.00") if day >= date(2026, 5, 27) else Decimal(0)
        first = date(2026, 4, 15)
        bases = [
            ("412.30", first, date(2026, 5, 20)),
            ("112.30", date(2026, 5, 21), date(2026, 5, 26)),
            ("100.00", date(2026, 5, 27), date(2026, 5, 27)),
            ("40.00", date(2026, 5, 28), date(2026, 6, 10)),
            ("200.00", first, date(2026, 6, 10)),
        ]
        interest = self._interest(
            *(
                (base, 4, (min(day, end) - start).days + 1)
                for base, start, end in bases
                if day >= start
            )
        )
        return principal, costs, interest

    def test_from_due_date_to_hand_over(self):
        debtor = self._debtor(consumer=True, lang="nl_NL")
        first = self._new_invoice("2026-03-31", debtor, 412.3)
        second = self._new_invoice("2026-03-31", debtor, 200)
        charges = self.env["receivable.charge"].search([])
        letters = self.env["statutory.letter"].search([])

        def post():
            final = self.env["dunning.notice"].search(
                [("partner_id", "=", debtor.id), ("stage", "=", "final")]
            )
            final.letter_printed = "2026-05-07 08:30:00"

        def pay_the_rest():
            self._pay(first, 40, "2026-06-10")
            self._pay(second, 200, "2026-06-10")

        sent = self._walk(
            "2026-04-01",
            "2026-06-14",
            debtor,
            first | second,
            {
                "2026-05-06": self._release,
                "2026-05-07": post,
                "2026-05-20": lambda: self._pay(first, 300, "2026-05-20"),
                "2026-05-26": lambda: self._pay(first, 12.3, "2026-05-26"),
                "2026-05-27": lambda: self._pay(first, 60, "2026-05-27"),
                "2026-06-02": self._release,
                "2026-06-10": pay_the_rest,
            },
            self._claim_by_law,
        )
        self.assertEqual(
            self._stages(sent),
            {
                "2026-04-07": ["reminder"],
                "2026-04-21": ["firm"],
                "2026-05-06": ["final"],
                "2026-06-02": ["handover"],
            },
        )
        reminder, firm, final, handover = sent.values()
        self.assertEqual(self._amounts(reminder), (612.3, 0, 0, 0, 0))
        self.assertEqual(self._amounts(firm), (612.3, 0, 0, 0, 0))
        self.assertIn("consumer", firm.charge_note)
        # 15 % of 612.30, both invoices together.
        self.assertEqual(self._amounts(final), (612.3, 0, 0, 0, 91.85))
        self.assertEqual(final.amount_total, 612.3)
        # 1.63 + 0.07 + 0.01 + 0.03 on the first invoice, 1.07 on the second.
        self.assertEqual(self._amounts(handover), (240, 2.81, 45, 0, 0))
        self.assertEqual(handover.amount_total, 287.81)
        [letter] = self.env["statutory.letter"].search([]) - letters
        self.assertEqual(letter.notice_id, final)
        self.assertEqual(
            (str(letter.received_date), str(letter.last_free_day), str(letter.costs_from)),
            ("2026-05-09", "2026-05-26", "2026-05-27"),
        )
        self.assertEqual(letter.state, "in_vain")
        # One claim of costs, ever, and what was claimed of interest stays after the payment.
        charges = self.env["receivable.charge"].search([]) - charges
        live = self._filter_owed(charges)
        self.assertEqual(
            self._get_amounts(live),
            [("costs", 45.0), ("interest", 2.81)],
        )
        self.assertEqual(live.filtered(lambda charge: charge.kind == "costs").amount_base, 300)
        self.assertEqual(self._owed_interest(debtor), 2.81)
        self._read_letters(final)

    def _read_letters(self, final):
        with self._frozen("2026-05-06"):
            [dutch] = self._pdf_pages(final)
            [english] = self._pdf_pages(final, "en_US")
        for words in (
            "binnen veertien dagen vanaf de dag nadat deze brief bij u is bezorgd",
            "incassokosten van 91,85 €",
            "berekend over 612,30 €",
            "artikel 6:96",
        ):
            self.assertIn(words, dutch)
        for words in (
            "within fourteen days from the day after this letter was delivered to you",
            "collection costs of 91.85 €",
            "calculated on 612.30 €",
            "article 6:96",
        ):
            self.assertIn(words, english)
        # No day to pay, which could come too early, and nothing of what came later.
        for words in ("uiterlijk", "2 juni 2026", "Incassokosten", "Rente"):
            self.assertNotIn(words, dutch)
        for words in ("Pay by", "June 2, 2026", "Collection costs", "Interest"):
            self.assertNotIn(words, english)
        self.assertIn("Onze laatste herinnering is van 21 april 2026", dutch)

    def test_paid_in_time_costs_nothing(self):
        debtor = self._debtor(consumer=True)
        invoice = self._new_invoice("2026-03-31", debtor, 412.3)

        # The letter is the first reminder here: it gives the term from which interest runs too.
        (self.levels["reminder"] | self.levels["firm"]).active = False

        def claim(day):
            return Decimal(0 if day >= date(2026, 5, 20) else "412.30"), Decimal(0), Decimal(0)

        self._walk(
            "2026-05-05",
            "2026-06-03",
            debtor,
            invoice,
            {
                "2026-05-06": self._release,
                # By e-mail alone the term would end on this day; a letter went out too.
                "2026-05-20": lambda: self._pay(invoice, 412.3, "2026-05-20"),
            },
            claim,
        )
        letter = self.env["statutory.letter"].search([("partner_id", "=", debtor.id)])
        self.assertEqual(letter.state, "in_time")
        charges = self.env["receivable.charge"].search([("partner_id", "=", debtor.id)])
        self.assertFalse(charges.filtered(lambda one: one.state in ("due", "booked")))


@tagged("post_install", "-at_install")
class TestChargeScenarioDutchBusiness(ChargeScenario):
    """A Dutch business, two invoices: 5,000.00 and 1,000.00, due on Monday 15 June 2026.

    Commercial interest from 16 June: 10.15 %, from 1 July 10.40 %. Costs by the scale, over both
    together; the final notice announces them, the hand-over asks.
    """

    country = "nl"
    profile = "nl_business"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.levels["handover"].write(
            {"cost_scheme": "statutory", "charge_mode": "memo", "charge_interest": True}
        )

    def _claim_by_law(self, day):
        payments = [
            (date(2026, 7, 10), 2000),
            (date(2026, 7, 25), 1000),
            (date(2026, 8, 10), 3000),
        ]
        principal = Decimal(6000) - sum(amount for paid, amount in payments if paid <= day)
        # 15 % of 2,500 and 10 % of 500: the 3,000 that are open at the hand-over.
        costs = Decimal("425.00") if day >= date(2026, 8, 3) else Decimal(0)
        bases = [
            (5000, "10.15", date(2026, 6, 16), date(2026, 6, 30)),
            (5000, "10.40", date(2026, 7, 1), date(2026, 7, 10)),
            (3000, "10.40", date(2026, 7, 11), date(2026, 7, 25)),
            (2000, "10.40", date(2026, 7, 26), date(2026, 8, 10)),
            (1000, "10.15", date(2026, 6, 16), date(2026, 6, 30)),
            (1000, "10.40", date(2026, 7, 1), date(2026, 8, 10)),
        ]
        interest = self._interest(
            *(
                (base, rate, (min(day, end) - start).days + 1)
                for base, rate, start, end in bases
                if day >= start
            )
        )
        return principal, costs, interest

    def test_from_due_date_to_hand_over(self):
        debtor = self._debtor(consumer=False, lang="nl_NL")
        first = self._new_invoice("2026-06-15", debtor, 5000)
        second = self._new_invoice("2026-06-15", debtor, 1000)

        def pay_the_rest():
            self._pay(first, 2000, "2026-08-10")
            self._pay(second, 1000, "2026-08-10")

        sent = self._walk(
            "2026-06-12",
            "2026-08-14",
            debtor,
            first | second,
            {
                "2026-07-10": lambda: self._pay(first, 2000, "2026-07-10"),
                "2026-07-16": self._release,
                "2026-07-25": lambda: self._pay(first, 1000, "2026-07-25"),
                "2026-08-03": self._release,
                "2026-08-10": pay_the_rest,
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
            self.assertEqual(self._amounts(notice), (6000, 0, 0, 0, 0))
        # 375 + 10 % of 1,500; interest 20.86 + 14.25 + 5.13 and 4.17 + 4.56.
        self.assertEqual(self._amounts(final), (4000, 0, 0, 48.97, 525))
        self.assertEqual(final.amount_total, 4000, "announced, not asked")
        # Interest 20.86 + 14.25 + 12.82 + 5.13 and 4.17 + 9.69; no 40 per invoice besides.
        self.assertEqual(self._amounts(handover), (3000, 66.92, 425, 0, 0))
        self.assertEqual(handover.amount_total, 3491.92)
        charges = self.env["receivable.charge"].search([("partner_id", "=", debtor.id)])
        live = self._filter_owed(charges)
        self.assertEqual(
            self._get_amounts(live),
            [("costs", 425.0), ("interest", 66.92)],
        )
        self.assertFalse(charges.filtered(lambda charge: charge.state == "announced"))
        self.assertFalse(self.env["statutory.letter"].search([("partner_id", "=", debtor.id)]))
        self._read_letters(final)

    def _read_letters(self, final):
        with self._frozen("2026-07-16"):
            pages = {lang: self._pdf_pages(final, lang) for lang in ("nl_NL", "en_US")}
        for read in pages.values():
            self.assertEqual(len(read), 2, "the letter, and how the interest was calculated")
        dutch, english = (" ".join(pages[lang]) for lang in ("nl_NL", "en_US"))
        for words in (
            "niet uiterlijk op 30 juli 2026 hebben ontvangen",
            "Burgerlijk Wetboek, artikel 6:96",
            "incassokosten van 525,00 €",
            "Tot en met 16 juli 2026",
            "48,97 €",
            "Berekening van de rente",
        ):
            self.assertIn(words, dutch)
        for words in (
            "by July 30, 2026, we will claim collection costs of",
            "525.00",
            "48.97",
            "Calculation of the interest",
        ):
            self.assertIn(words, english)
        for words in ("07/11/2026", "10.15", "10.40", "20.86", "14.25", "5.13", "4.56"):
            self.assertIn(words, english)
        self.assertNotRegex(english, r"Collection costs [€\d]")
