from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .statutory_common import StatutoryCommon

# Sent, and then received, first day, last free day, costs from.
POSTED = [
    ("2026-11-03", "2026-11-05", "2026-11-06", "2026-11-19", "2026-11-20"),
    ("2026-11-05", "2026-11-07", "2026-11-08", "2026-11-21", "2026-11-22"),
    ("2026-11-09", "2026-11-11", "2026-11-12", "2026-11-25", "2026-11-26"),
    ("2026-04-02", "2026-04-07", "2026-04-08", "2026-04-21", "2026-04-22"),
]
PROVEN = [
    ("2026-11-02", "2026-11-03", "2026-11-16", "2026-11-17"),
    ("2026-11-20", "2026-11-21", "2026-12-04", "2026-12-05"),
]
# Sent; first day, last day and costs from by post, when Saturday is no working day, by e-mail.
BELGIAN = [
    (
        "2026-11-02",
        ("2026-11-05", "2026-11-18", "2026-11-19"),
        ("2026-11-05", "2026-11-18", "2026-11-19"),
        ("2026-11-03", "2026-11-16", "2026-11-17"),
    ),
    (
        "2026-11-05",
        ("2026-11-09", "2026-11-22", "2026-11-23"),
        ("2026-11-10", "2026-11-23", "2026-11-24"),
        ("2026-11-06", "2026-11-19", "2026-11-20"),
    ),
    (
        "2026-11-09",
        ("2026-11-13", "2026-11-26", "2026-11-27"),
        ("2026-11-13", "2026-11-26", "2026-11-27"),
        ("2026-11-10", "2026-11-23", "2026-11-24"),
    ),
]


@tagged("post_install", "-at_install")
class TestStatutoryLetterTerm(StatutoryCommon):
    """When the term of a letter runs, and whether it counts at all."""

    # === TERMS ===#
    def test_posted_letters_of_the_netherlands(self):
        for number, (sent, *dates) in enumerate(POSTED):
            with self.subTest(sent):
                consumer = self._new_consumer(f"Posted {number}")
                letter = self._send_letter(sent, channels=("letter",), partner=consumer)
                self.assertEqual(self._dates(letter), tuple(dates))
                self.assertEqual(
                    (letter.law, letter.channel, letter.state), ("nl", "post", "running")
                )
                self.assertFalse(letter.received_proven)
                self.assertEqual(letter.amount_costs, 150)

    def test_proven_receipt(self):
        for number, (day, *dates) in enumerate(PROVEN):
            with self.subTest(day):
                consumer = self._new_consumer(f"Proven {number}")
                sent = fields.Date.subtract(fields.Date.to_date(day), days=number)
                letter = self._send_letter(sent, channels=("letter",), partner=consumer)
                self._prove(letter, day)
                self.assertEqual(self._dates(letter), (day, *dates))
                self.assertTrue(letter.received_proven)
                self.assertIn("Signed for", letter.proof)
                self.assertIn("Signed for", letter.message_ids[0].body)
                self.assertEqual(str(letter.notice_id.line_ids.term_date), dates[1])

    def test_first_reminders_of_belgium(self):
        for number, (sent, by_post, without_saturday, by_email) in enumerate(BELGIAN):
            for channel, saturday, dates in (
                ("letter", True, by_post),
                ("letter", False, without_saturday),
                ("email", False, by_email),
            ):
                with self.subTest((sent, channel, saturday)):
                    self.company.charge_be_saturday = saturday
                    consumer = self._new_consumer(f"Belgian {number} {channel} {saturday}", "be")
                    letter = self._send_letter(sent, channels=(channel,), partner=consumer)
                    self.assertEqual(self._dates(letter)[1:], dates)
                    self.assertEqual((letter.law, letter.state), ("be", "running"))

    def test_term_ends_on_a_working_day_where_the_settings_say_so(self):
        self.company.charge_extend_term = True
        letter = self._send_letter("2026-11-05", channels=("letter",))
        # Saturday 21 November is the fourteenth day.
        self.assertEqual(self._dates(letter)[2:], ("2026-11-23", "2026-11-24"))

    def test_of_e_mail_and_post_the_later_term_holds(self):
        letter = self._send_letter("2026-11-03", channels=("email", "letter"))
        self.assertEqual(letter.channel, "post")
        self.assertEqual(self._dates(letter), POSTED[0][1:])
        other = self._send_letter("2026-11-03", partner=self._new_consumer("By E-mail"))
        self.assertEqual(other.channel, "email")
        self.assertEqual(
            self._dates(other), ("2026-11-03", "2026-11-04", "2026-11-17", "2026-11-18")
        )

    def test_letter_that_still_lies_here_gives_no_term(self):
        self._use_channels("letter")
        self._new_invoice("2026-10-25", self.consumer, 1000)
        notice = self._run_day_for(self.consumer, "2026-11-03")
        letter = notice.statutory_letter_ids
        self._settle("2026-11-09")
        self.assertEqual((str(letter.sent_date), letter.posted_date), ("2026-11-09", False))
        self.assertEqual(self._dates(letter), POSTED[2][1:])
        self.assertEqual(str(notice.line_ids.term_date), "2026-11-25")
        self._print(notice, "2026-11-10")
        self.assertEqual(str(letter.sent_date), "2026-11-10")
        costs_from = letter.costs_from
        self._print(notice, "2026-11-20")
        self.assertEqual(letter.costs_from, costs_from, "a copy for the file is no new letter")

    def test_next_level_never_comes_before_costs_may_be_charged(self):
        letter = self._send_letter("2026-11-03", channels=("letter",))
        invoice = self.invoices[0]
        self.assertEqual(str(letter.costs_from), "2026-11-20")
        for day in ("2026-11-18", "2026-11-19"):
            decision = self._decision(invoice, day)
            self.assertEqual((decision.outcome, str(decision.date)), ("wait", "2026-11-20"))
        self.assertEqual(self._decision(invoice, "2026-11-20").outcome, "remind")
        self._prove(letter, "2026-11-06")
        self.assertEqual(self._decision(invoice, "2026-11-20").outcome, "wait")
        self.assertEqual(self._run_day_for(self.consumer, "2026-11-23").level_id, self.next_level)

    # === WHO ===#
    def test_businesses_and_other_countries_get_no_letter(self):
        german = self._new_consumer("German", "de")
        self.company.country_id = self.env.ref("base.de")
        for partner in (german, self.debtor):
            with self.subTest(partner.name):
                self.assertFalse(self._send_letter("2026-11-03", partner=partner))
        self.company.country_id = self.env.ref("base.nl")
        letter = self._send_letter("2026-11-10", partner=self._new_consumer("German Two", "de"))
        self.assertEqual(letter.law, "nl", "the law of the company, where his own is not known")

    def test_level_without_the_mark_is_no_dutch_letter(self):
        self.letter_level.statutory_letter = False
        self.assertFalse(self._send_letter("2026-11-03"))
        belgian = self._new_consumer("Belgian", "be")
        self.assertTrue(self._send_letter("2026-11-03", partner=belgian))

    def test_only_the_first_reminder_after_due_is_the_belgian_one(self):
        belgian = self._new_consumer("Belgian", "be")
        first = self._send_letter("2026-11-03", partner=belgian)
        second = self._run_day_for(belgian, "2026-11-24")
        self.assertEqual(second.level_id, self.next_level)
        self.assertFalse(second.statutory_letter_ids)
        self.assertTrue(first)

    def test_message_before_due_is_never_the_first_reminder(self):
        for number, (values, day) in enumerate(
            [
                ({"delay_days": -5, "stage": "courtesy"}, "2026-11-16"),
                ({"delay_days": 0, "stage": "firm"}, "2026-11-20"),
            ]
        ):
            belgian = self._new_consumer(f"Belgian {number}", "be")
            self._new_invoice("2026-11-20", belgian, 100)
            self.letter_level.write({"cost_scheme": "none", "statutory_letter": False, **values})
            notice = self._run_day_for(belgian, day)
            self.assertEqual(notice.level_id, self.letter_level)
            self.assertFalse(notice.statutory_letter_ids)
            following = self._run_day_for(belgian, "2026-12-21")
            self.assertEqual(following.level_id, self.next_level)
            self.assertTrue(following.statutory_letter_ids)
            self.letter_level.write({"delay_days": 1, "stage": "firm"})

    def test_dutch_letter_of_the_due_date_does_not_count(self):
        self.letter_level.delay_days = 0
        self._new_invoice("2026-11-03", self.consumer, 1000)
        letter = self._run_day_for(self.consumer, "2026-11-03").statutory_letter_ids
        self._assert_void(letter, "overdue")

    # === VOID ===#
    def _assert_void(self, letter, reason):
        self.assertEqual(letter.state, "void")
        self.assertRegex(letter.void_reason, reason)
        told = letter.notice_id.statutory_fault
        self.assertEqual(told, letter.notice_id.state == "sent" and letter.void_reason)
        activity = letter.sudo().activity_ids
        self.assertIn(letter.void_reason, str(activity.note))
        self.assertEqual(activity.user_id, self.collector)
        self._settle(fields.Date.add(letter.sent_date, days=60))
        self.assertEqual(letter.state, "void")
        self.assertFalse(letter.charge_ids)

    def test_reminder_that_is_no_such_letter_has_nothing_wrong(self):
        self._new_invoice("2026-11-03", self.debtor, 1000)
        notice = self._run_day_for(self.debtor, "2026-12-09")
        self.assertEqual(notice.state, "sent")
        self.assertFalse(notice.statutory_letter_ids)
        self.assertFalse(notice.statutory_fault)

    def test_term_that_is_too_short_does_not_count(self):
        self.letter_level.write({"print_pay_before": True, "payment_days": 14})
        letter = self._send_letter("2026-11-03", channels=("letter",))
        self._assert_void(letter, "asks to pay by .*11/17/2026.* end on .*11/19/2026")
        self.assertEqual(str(letter.notice_id.line_ids.term_date), "2026-11-17")

    def test_date_that_is_later_than_the_law_holds(self):
        self.letter_level.write({"print_pay_before": True, "payment_days": 21})
        letter = self._send_letter("2026-11-03", channels=("letter",))
        self.assertEqual(self._dates(letter)[2:], ("2026-11-24", "2026-11-25"))
        self._prove(letter, "2026-11-12", today="2026-11-12")
        self._assert_void(letter, "end on .*11/26/2026")

    def test_message_without_e_mail_or_letter_does_not_count(self):
        self.consumer.phone = "+31 6 12345678"
        letter = self._send_letter("2026-11-03", channels=("sms",))
        self._assert_void(letter, "by e-mail or by post")

    def test_letter_without_the_amount_does_not_count(self):
        self.letter_level.cost_scheme = "none"
        self._assert_void(self._send_letter("2026-11-03"), "amount of the costs")

    def test_text_without_the_term_does_not_count(self):
        text = self.letter_level.mail_template_id.copy({"body_html": "<p>Please pay.</p>"})
        self.letter_level.mail_template_id = text
        self._assert_void(self._send_letter("2026-11-03"), "text does not give the term")

    def test_receipt_that_is_contested(self):
        letter = self._send_letter("2026-11-03")
        self._contest(letter, "2026-11-10")
        self.assertTrue(letter.message_ids.filtered(lambda one: "Moved out" in one.body))
        self._assert_void(letter, "cannot be proven: Moved out")
        with self.assertRaisesRegex(UserError, "does not count"):
            self._prove(letter, "2026-11-05", today="2026-11-20")

    def test_withdrawn_reminder_does_not_count(self):
        letter = self._send_letter("2026-11-03")
        with self._frozen("2026-11-05"):
            letter.notice_id.run_id.with_user(self.manager).action_undo()
        self.assertEqual((letter.state, letter.notice_id.state), ("void", "corrected"))
        self.assertFalse(letter.sudo().activity_ids, "whoever withdrew it knows")

    def test_bounced_e_mail_does_not_count(self):
        letter = self._send_letter("2026-11-03")
        notice = letter.notice_id
        self.letter_level.use_letter = False
        with self._frozen("2026-11-04"):
            notice.sudo()._get_main_deliveries()._come_back("bounced", "Mailbox unknown")
        self.assertEqual((letter.state, notice.state), ("void", "failed"))
        self._settle("2026-12-15")
        self.assertFalse(letter.charge_ids)

    def test_bounced_e_mail_becomes_a_letter_by_post(self):
        letter = self._send_letter("2026-11-03")
        notice = letter.notice_id
        self.letter_level.use_letter = True
        with self._frozen("2026-11-09"):
            notice.sudo()._get_main_deliveries()._come_back("bounced", "Mailbox unknown")
            self.assertEqual(notice.state, "ready")
            notice._send(fields.Date.to_date("2026-11-09"))
        self._print(notice, "2026-11-09")
        newer = notice.statutory_letter_ids - letter
        self.assertEqual((letter.state, newer.state, newer.channel), ("void", "running", "post"))
        self.assertEqual(self._dates(newer), POSTED[2][1:])

    def test_of_two_channels_the_one_that_arrived_counts(self):
        letter = self._send_letter("2026-11-03", channels=("email", "letter"))
        posted = letter.notice_id._get_main_deliveries().filtered(
            lambda delivery: delivery.channel == "letter"
        )
        with self._frozen("2026-11-10"):
            posted.with_user(self.collector).action_letter_returned()
        self.assertEqual((letter.state, letter.channel), ("running", "email"))
        self.assertEqual(str(letter.costs_from), "2026-11-18")

    def test_new_letter_after_a_void_one(self):
        letter = self._send_letter("2026-11-03")
        with self.assertRaisesRegex(UserError, "counts"):
            letter.with_user(self.collector).action_send_again()
        self._contest(letter, "2026-11-05")
        mails = self.env["mail.mail"].search_count([])
        with self._frozen("2026-11-06"):
            letter.with_user(self.collector).action_send_again()
        self.assertEqual(self.env["mail.mail"].search_count([]), mails, "the debtor hears nothing")
        self.assertFalse(letter.sudo().activity_ids)
        newer = self._run_day_for(self.consumer, "2026-11-09").statutory_letter_ids
        self.assertEqual((newer.state, str(newer.costs_from)), ("running", "2026-11-24"))
        self._settle("2026-11-24")
        self.assertEqual(self._costs(newer), [("due", 150)])
        self.assertFalse(self._costs(letter))

    # === TOLD BEFOREHAND ===#
    def _warnings(self):
        return " ".join(self.policy.with_company(self.company)._get_warnings())

    def test_policy_tells_which_letters_would_not_count(self):
        self.company.country_id = self.env.ref("base.nl")
        self.assertNotIn("count", self._warnings())
        text = self.letter_level.mail_template_id
        bare = text.copy({"body_html": "<p>Please pay.</p>"})
        for values, told in (
            ({"print_pay_before": True, "payment_days": 14}, "Give 21 days"),
            ({"use_letter": False, "payment_days": 13}, "Give 14 days"),
            ({"print_pay_before": False, "use_email": False, "use_sms": True}, "neither as an e-m"),
            ({"use_email": True, "cost_scheme": "none"}, "without their exact amount"),
            ({"cost_scheme": "statutory", "mail_template_id": bare.id}, "no place for the term"),
        ):
            self.letter_level.write(values)
            self.assertIn(told, self._warnings())
        self.letter_level.write({"mail_template_id": text.id, "payment_days": 14})
        self.assertNotIn("count", self._warnings())
        self.policy.name = "Consumers"
        self.letter_level.statutory_letter = False
        self.assertIn("no level is the letter", self._warnings())
        self.company.country_id = self.env.ref("base.be")
        self.assertNotIn("agreed to none", self._warnings())
        self.letter_level.write({"cost_scheme": "fixed", "fee_amount": 10})
        self.assertIn("agreed to none", self._warnings())
        self.policy.consumer_clause = True
        self.assertNotIn("agreed to none", self._warnings())

    def test_invoice_tells_what_the_next_level_waits_for(self):
        self._send_letter("2026-11-03")
        with self._frozen("2026-11-10"):
            text = self.invoices[0].dunning_explanation
        self.assertIn("without costs until", text)
        self.assertIn("17", text)

    # === ROLES ===#
    def test_who_may_what(self):
        letter = self._send_letter("2026-11-03")
        self.assertEqual(letter.with_user(self.collector).state, "running")
        with self.assertRaises(AccessError):
            letter.with_user(self.salesman).read(["state"])
        with self.assertRaises(AccessError):
            letter.with_user(self.collector).write({"state": "in_vain"})
        with self.assertRaises(AccessError):
            self._prove(letter, "2026-11-05", user=self.salesman)
        for day, today in (("2026-11-02", "2026-11-05"), ("2026-11-06", "2026-11-05")):
            with self.assertRaisesRegex(UserError, "from then until today"):
                self._prove(letter, day, today=today)
        self.assertFalse(letter.received_proven)

    def test_other_companies_see_nothing(self):
        letter = self._send_letter("2026-11-03")
        other = self.setup_other_company()["company"]
        stranger = self._new_user("stranger", "account_credit_management.group_collector")
        stranger.write({"company_ids": [Command.set(other.ids)], "company_id": other.id})
        letters = self.env["statutory.letter"].with_user(stranger)
        self.assertFalse(letters.search([]))
        with self.assertRaises(AccessError):
            letters.browse(letter.id).read(["state"])
        with self._frozen("2026-12-10"):
            letters.sudo()._settle_due(other, fields.Date.to_date("2026-12-10"))
        self.assertEqual(letter.state, "running")
