from odoo.tests import tagged

from .notice_text_common import NoticeTextCommon


@tagged("post_install", "-at_install")
class TestNoticeChargeText(NoticeTextCommon):
    """What a debtor reads about costs and interest, and what he must not read."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.policy.level_ids.write({"cost_scheme": "none", "charge_interest": False})
        cls.final = cls.levels["final"]
        cls.consumer_text = cls.env.ref("account_credit_management.mail_template_final_consumer")

    # === HELPERS ===#
    def _page_text(self, notice):
        block = notice.with_context(dunning_page=True).charge_block
        return self._text(block) if block else ""

    def _consumer(self, country="nl", **values):
        return self._new_debtor(
            "Carl Consumer",
            is_company=False,
            country_id=self.env.ref(f"base.{country}").id,
            **values,
        )

    def _final(self, partner=None, amount=412.3, **values):
        """A final notice that waits for its release, with the amounts that are given."""
        self._new_invoice("2026-03-02", partner=partner, amount=amount)
        self.policy.level_ids.filtered(lambda level: level.stage != "final").active = False
        [notice] = self._propose("2026-05-06")
        self.assertEqual(notice.stage, "final")
        notice.write(values)
        return notice

    # === BUSINESSES ===#
    def test_without_costs_nothing_is_said(self):
        notice = self._final()
        self.assertFalse(notice.charge_block)
        self.assertFalse(notice.charge_block_informal)
        for text in (self._mail(notice), self._letter(notice)):
            self.assertIn("Total $ 412.30", text)
            self.assertNotIn("Principal", text)
            self.assertNotIn("Interest", text)

    def test_what_is_announced_is_not_in_the_total(self):
        notice = self._final(amount_costs_announced=61.85, amount_interest_announced=7.45)
        with self._frozen("2026-05-06"):
            for text in (self._mail(notice), self._letter(notice)):
                self.assertIn(
                    "If we have not received the full amount by May 20, 2026, we will claim "
                    "collection costs of $ 61.85 besides.",
                    text,
                )
                self.assertIn(
                    "Up to and including May 6, 2026 the interest on late payment comes to $ 7.45. "
                    "It is not part of the amount that is asked here.",
                    text,
                )
                self.assertIn("Total $ 412.30", text)
                self.assertNotIn("Principal", text)
                # The amount is named: the sentence that leaves it open would say it again.
                self.assertNotIn("as far as the law allows it", text)

    def test_what_is_asked_stands_between_the_items_and_the_total(self):
        notice = self._final(amount_costs=61.85, amount_interest=7.45)
        with self._frozen("2026-05-06"):
            for text in (self._mail(notice), self._letter(notice)):
                self.assertRegex(
                    text,
                    r"Principal \$ 412\.30 Interest up to 05/06/2026 \$ 7\.45 "
                    r"Collection costs \$ 61\.85 Total \$ 481\.60",
                )
                self.assertIn("We ask you to pay $ 481.60 by May 20, 2026", text)
                self.assertIn("goes on until everything is paid", text)
                # They are charged already: they cannot be threatened with once more.
                self.assertNotIn("may then be charged", text)

    def test_many_items_are_summed_up_with_the_costs_on_the_letter(self):
        self.policy.level_ids.filtered(lambda level: level.stage != "final").active = False
        for day in range(1, 13):
            self._new_invoice(f"2026-03-{day:02}", amount=100)
        [notice] = self._propose("2026-05-06")
        notice.write({"amount_costs": 180, "amount_interest": 20})
        letter, annex = self._pdf_pages(notice)
        self.assertRegex(
            letter,
            r"12 invoices, see the specification on the next page \$ 1,200\.00 Interest up to "
            r"[\d/]+ \$ 20\.00 Collection costs \$ 180\.00 Total \$ 1,400\.00",
        )
        self.assertRegex(annex, r"Principal \$ 1,200\.00 .* Total \$ 1,400\.00")

    def test_costs_by_law_say_which_law(self):
        notice = self._final(amount_costs=40)
        for scheme, law in (
            ("nl_business", "Dutch Civil Code, article 6:96"),
            ("be_business", "Belgian law of 2 August 2002 on late payment, article 6"),
            ("eu_40", "directive 2011/7/EU on late payment, article 6"),
        ):
            self.final.cost_scheme = scheme
            notice.invalidate_recordset()
            self.assertIn(f"The law provides for these costs: {law}.", self._letter(notice))
        self.final.write({"cost_scheme": "fixed", "fee_amount": 40})
        notice.invalidate_recordset()
        self.assertNotIn("The law provides", self._letter(notice), "a fee was agreed")

    def test_vat_is_declared_only_where_it_is_charged(self):
        self.final.cost_scheme = "nl_business"
        notice = self._final(amount_costs_announced=74.84)
        self.assertNotIn("VAT that we are charged", self._letter(notice))
        self.company.write({"charge_vat": True, "charge_vat_percentage": 21})
        notice.invalidate_recordset()
        declaration = (
            "The costs include 21% VAT: we cannot deduct the VAT that we are charged for "
            "collection, and the costs are higher by it for that reason."
        )
        self.assertIn(declaration, self._letter(notice))
        self.final.cost_scheme = "eu_40"
        notice.invalidate_recordset()
        self.assertNotIn("VAT that we are charged", self._letter(notice))

    # === DUTCH CONSUMERS ===#
    def _dutch_letter(self, **values):
        self.final.write(
            {
                "statutory_letter": True,
                "cost_scheme": "nl_consumer",
                "mail_template_id": self.consumer_text.id,
                "print_pay_before": False,
                "payment_days": 21,
            }
        )
        return self._final(self._consumer(**values), amount_costs_announced=61.85)

    def test_dutch_consumer_reads_the_approved_words_and_the_exact_amount(self):
        notice = self._dutch_letter()
        self.assertEqual(notice.statutory_law, "nl")
        letter, mail = self._letter(notice), self._mail(notice)
        self.assertIn(
            "pay $ 412.30 within fourteen days from the day after this letter was delivered to "
            "you. This message is free of charge.",
            letter,
        )
        self.assertIn(
            "pay $ 412.30 within fourteen days from the day after you received this e-mail. This "
            "message is free of charge.",
            mail,
        )
        for text in (letter, mail):
            self.assertIn(
                "If we have not received this amount within that term, collection costs of "
                "$ 61.85 are due besides",
                text,
            )
            self.assertIn("Total $ 412.30", text)
            # One term only, and never a date, which could come too early.
            self.assertEqual(text.count("fourteen days"), 1)
            self.assertNotIn("Pay by", text)
            self.assertNotIn("court", text.lower())
        self.assertNotIn("e-mail was", letter)
        self.assertNotIn("letter was delivered", mail)

    def test_dutch_words_for_a_dutch_consumer(self):
        notice = self._dutch_letter(lang="nl_NL")
        letter, mail = self._letter(notice), self._mail(notice)
        self.assertIn(
            "binnen veertien dagen vanaf de dag nadat deze brief bij u is bezorgd", letter
        )
        self.assertIn("binnen veertien dagen vanaf de dag nadat u deze e-mail hebt ontvangen", mail)
        for text in (letter, mail):
            self.assertRegex(text, r"incassokosten van \$ 61,85")
            self.assertRegex(text, r"berekend over \$ 412,30")
            for words in ("fourteen", "collection", "received", "na heden", "na dagtekening"):
                self.assertNotIn(words, text)
        informal = self.env.ref("account_credit_management.mail_template_final_consumer_informal")
        notice.level_id.mail_template_id = informal
        notice.invalidate_recordset()
        text = self._letter(notice)
        self.assertIn("binnen veertien dagen vanaf de dag nadat deze brief bij je is bezorgd", text)
        self.assertNotRegex(text, r"\b(u|uw)\b")

    def test_longest_letter_to_a_consumer_is_one_page(self):
        self.company.charge_vat = True
        notice = self._dutch_letter(lang="nl_NL")
        notice.amount_interest_announced = 3.5
        [page] = self._pdf_pages(notice)
        for words in ("bezorgd", "21% btw", "bedraagt de rente", "Hoogachtend", "24123456"):
            self.assertIn(words, page)

    def test_text_of_your_own_carries_the_term_as_soon_as_it_has_the_block(self):
        notice = self._dutch_letter()
        notice.level_id.mail_template_id.body_html = '<p>Hello</p><t t-out="object.charge_block"/>'
        text = self._letter(notice)
        self.assertIn("within fourteen days from the day after this letter was delivered", text)
        self.assertIn("$ 61.85", text)

    def test_another_level_gives_a_consumer_no_term_of_the_law(self):
        notice = self._final(self._consumer(), amount_costs_announced=0)
        self.assertFalse(notice.statutory_law)
        self.assertFalse(notice.charge_block)

    def test_page_of_the_letter_knows_no_medium(self):
        text = self._page_text(self._dutch_letter())
        self.assertIn("within fourteen days from the day after our message was delivered", text)

    # === BELGIAN CONSUMERS ===#
    def _belgian_reminder(self, clause=True, costs=56.23, **values):
        self.company.company_registry = "0123.456.749"
        self.policy.consumer_clause = clause
        self.levels["reminder"].write({"payment_days": 21, "charge_interest": True})
        partner = self._consumer("be", **values)
        self._new_invoice("2026-03-02", partner=partner, amount=412.3)
        self.levels["courtesy"].active = False
        [notice] = self._propose("2026-03-10")
        self.assertEqual(notice.stage, "reminder")
        notice.amount_costs_announced = costs
        return notice

    def test_belgian_consumer_reads_what_the_law_wants(self):
        notice = self._belgian_reminder()
        self.assertEqual(notice.statutory_law, "be")
        with self._frozen("2026-03-10"):
            letter, mail = self._letter(notice), self._mail(notice)
        for text in (letter, mail):
            self.assertIn("This reminder is free of charge.", text)
            self.assertIn("The balance of $ 412.30 can be paid without costs up to", text)
            self.assertIn("up to and including March 31, 2026", text)
            self.assertIn("the compensation of $ 56.23 that the contract provides for", text)
            self.assertIn("interest on late payment at 10.5% per year", text)
            self.assertIn("Seller Company, enterprise number 0123.456.749", text)
            self.assertIn("Goods", text, "what was sold")
            self.assertIn("03/02/2026", text, "when it was to be paid")
        self.assertIn("counted from the third working day after this letter was sent", letter)
        self.assertIn("counted from the day after this e-mail was sent", mail)

    def test_belgian_consumer_without_a_clause_is_threatened_with_nothing(self):
        notice = self._belgian_reminder(clause=False, costs=0)
        text = self._letter(notice)
        self.assertIn("This reminder is free of charge.", text)
        self.assertNotIn("compensation", text)
        self.assertNotIn("interest", text.lower())

    def test_dutch_words_for_a_belgian_consumer(self):
        notice = self._belgian_reminder(lang="nl_NL")
        with self._frozen("2026-03-10"):
            text = self._letter(notice)
        for words in (
            "Deze herinnering is kosteloos.",
            "tot en met 31 maart 2026",
            "ten minste veertien kalenderdagen",
            "vanaf de derde werkdag na de verzending van deze brief",
            "ondernemingsnummer 0123.456.749",
            "10,5%",
        ):
            self.assertIn(words, text)
        for words in ("balance", "Creditor", "clause", "free of charge"):
            self.assertNotIn(words, text)

    def test_before_due_nothing_sounds_like_a_debt(self):
        self._new_invoice("2026-03-02", partner=self._consumer("be"))
        [notice] = self._propose("2026-02-27")
        self.assertEqual(notice.stage, "courtesy")
        notice.write({"amount_costs_announced": 20, "amount_interest_announced": 1})
        self.assertFalse(notice.statutory_law)
        self.assertFalse(notice.charge_block)

    # === INTEREST ===#
    def test_letter_with_interest_encloses_its_calculation(self):
        self.final.charge_interest = True
        # 412.30 × 10.15 % × 65/365
        notice = self._final(amount_interest=7.45)
        with self._frozen("2026-05-06"):
            letter, annex = self._pdf_pages(notice)
        self.assertIn("The calculation is enclosed.", letter)
        self.assertIn(f"Calculation of the interest {notice.name}", annex)
        for words in ("03/03/2026", "05/06/2026", "65", "10.15 %", "$ 7.45", "365 days"):
            self.assertIn(words, annex)
        self.assertNotIn("What was claimed or paid", annex)

    def test_letter_without_interest_has_no_calculation(self):
        notice = self._final(amount_costs=61.85)
        self.assertEqual(len(self._pdf_pages(notice)), 1)

    # === EXAMPLES ===#
    def _example(self, level, channel="letter", debtor=None):
        example = self.env["dunning.notice"]._new_example(level, self.company, "en_US", debtor)
        return self._text(example._render_example(channel)[1])

    def test_preview_shows_the_costs_of_the_level(self):
        self.final.write({"cost_scheme": "percentage", "cost_percentage": 10})
        # 1,250.00 and 318.75 are invented.
        self.assertIn("collection costs of $ 156.88 besides", self._example(self.final))
        self.final.charge_mode = "memo"
        text = self._example(self.final)
        self.assertRegex(text, r"Collection costs \$ 156\.88 Total \$ 1,725\.63")

    def test_preview_of_a_letter_to_consumers_has_its_words(self):
        self.setup_other_currency("EUR", rates=[("2020-01-01", 1.0)])
        self.final.write({"statutory_letter": True, "cost_scheme": "statutory"})
        text = self._example(self.final)
        self.assertIn("within fourteen days from the day after this letter was delivered", text)
        self.assertIn("collection costs of $ 235.31 are due besides", text)

    def test_preview_with_the_invoices_of_a_debtor_counts_interest(self):
        self.final.charge_interest = True
        self._new_invoice("2026-03-02", amount=412.3)
        with self._frozen("2026-05-06"):
            text = self._example(self.final, debtor=self.debtor)
        self.assertIn("the interest on late payment comes to $ 7.45", text)
