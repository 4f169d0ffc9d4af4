from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import tagged

from .notice_text_common import NoticeTextCommon

# No text may threaten, and before the due date nothing may sound like a debt.
NEVER = ("court", "lawsuit", "bailiff", "debtor", "legal action")
NOT_BEFORE_DUE = ("overdue", "reminder", "outstanding", "debt", "late", "collection", "costs")


@tagged("post_install", "-at_install")
class TestNoticeText(NoticeTextCommon):
    def _climb(self, partner, due="2026-03-01"):
        """An invoice and the notice of each stage for it; the final one waits for its release."""
        invoice = self._new_invoice(due, partner=partner, amount=1210, ref="PO-77")
        courtesy = self._run_day("2026-02-26")
        reminder = self._run_day("2026-03-08")
        firm = self._run_day("2026-03-22")
        final = self._propose("2026-04-01")
        notices = {notice.stage: notice for notice in (courtesy, reminder, firm, final)}
        self.assertEqual(list(notices), ["courtesy", "reminder", "firm", "final"])
        return invoice, notices

    # === TEXTS PER STAGE ===#
    def test_each_stage_tells_what_to_pay_where_and_whom_to_call(self):
        invoice, notices = self._climb(self.debtor)
        with self._frozen("2026-04-01"):
            for stage, notice in notices.items():
                with self.subTest(stage=stage):
                    message = notice._render_message()
                    text = self._text(message["body"])
                    self.assertIn(invoice.name, text)
                    self.assertIn("PO-77", text)
                    self.assertIn("03/01/2026", text)
                    self.assertIn("1,210.00", text)
                    self.assertIn("NL91 ABNA 0417 1643 00", text)
                    self.assertIn(f"Reference {invoice.payment_reference}", text)
                    self.assertIn("Carla Collector, +31 20 555 1234", text)
                    self.assertIn("please ignore this message", text)
                    self.assertIn(notice.payment_link, message["body"])
                    self.assertEqual(message["subject"], f"Invoice {invoice.name} – Seller Company")
                    for word in NEVER:
                        self.assertNotIn(word, text.lower())

    def test_text_before_due_is_a_service_without_a_word_of_debt(self):
        _invoice, notices = self._climb(self.debtor)
        message = notices["courtesy"]._render_message()
        text = self._text(message["body"])
        for word in NOT_BEFORE_DUE:
            self.assertNotRegex(text.lower(), rf"\b{word}\b")
            self.assertNotIn(word, message["subject"].lower())
        self.assertIn("Pay by March 1, 2026", text, "before due the due date itself is the term")

    def test_reminder_asks_kindly_and_names_no_consequence(self):
        _invoice, notices = self._climb(self.debtor)
        text = self._mail(notices["reminder"])
        self.assertIn("Perhaps it was overlooked", text)
        self.assertIn("pay $ 1,210.00 by March 15, 2026", text)
        self.assertIn("installments", text)
        for word in ("collection", "costs", "final"):
            self.assertNotIn(word, text.lower())

    def test_earlier_reminder_is_mentioned_only_when_it_was_sent(self):
        _invoice, notices = self._climb(self.debtor)
        self.assertNotIn("sent you a reminder", self._mail(notices["reminder"]))
        self.assertIn("On March 8, 2026 we sent you a reminder", self._mail(notices["firm"]))
        firm = self._new_invoice("2026-03-05", partner=self._new_debtor("Skips the First"))
        self.levels["reminder"].active = False
        notice = self._propose("2026-03-28").filtered(
            lambda notice: notice.partner_id == firm.partner_id
        )
        self.assertEqual(notice.stage, "firm")
        self.assertFalse(notice.previous_sent_date)
        self.assertNotIn("sent you a reminder", self._mail(notice))

    def test_final_notice_announces_collection_after_a_date(self):
        _invoice, notices = self._climb(self.debtor)
        with self._frozen("2026-04-03"):
            text = self._mail(notices["final"])
        self.assertIn("final notice", text)
        self.assertIn("by April 17, 2026 at the latest", text, "14 days from the day of sending")
        self.assertIn("hand over the claim for collection", text)
        self.assertIn("as far as the law allows it", text)
        self.assertIn("ask for installments", text)
        self.assertNotIn("charged by", text.lower())

    def test_texts_are_dutch_for_a_dutch_reader(self):
        debtor = self._new_debtor("Nederlandse Klant", lang="nl_NL")
        invoice, notices = self._climb(debtor)
        with self._frozen("2026-04-01"):
            final = notices["final"]._render_message()
            text = self._text(final["body"])
            self.assertEqual(final["subject"], f"Factuur {invoice.name} – Seller Company")
            self.assertIn("Geachte heer, mevrouw,", text)
            self.assertIn("uiterlijk op 15 april 2026", text)
            self.assertIn("01-03-2026", text)
            self.assertIn("1.210,00", text)
            self.assertNotIn("Dear", text)
            self.assertIn("De betaaldatum", self._mail(notices["courtesy"]))
            layout = self._text(final["body_html"])
            self.assertNotIn("View and pay", layout)

    def test_a_language_without_texts_falls_back_to_english(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        debtor = self._new_debtor("Client", lang="fr_FR")
        _invoice, notice = self._send_reminder("2026-03-01", partner=debtor)
        text = self._mail(notice)
        self.assertIn("Perhaps it was overlooked", text)
        self.assertIn("March 16, 2026", text, "one language throughout, dates included")
        self.assertEqual(
            notice.run_id.activity_ids.mapped("summary"),
            ["Reminders lack a text in French / Français"],
        )
        self.assertEqual(notice.run_id.activity_ids.user_id, self.collector)

    def test_a_text_in_another_language_is_used_once_it_exists(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        template = self.levels["reminder"]._get_mail_template()
        template.with_context(lang="fr_FR").body_html = "<p>Bonjour</p>"
        debtor = self._new_debtor("Client", lang="fr_FR")
        _invoice, notice = self._send_reminder("2026-03-01", partner=debtor)
        self.assertEqual(self._mail(notice), "Bonjour")
        self.assertFalse(notice.run_id.activity_ids)

    def test_a_person_is_greeted_by_name_and_a_department_is_not(self):
        person = self._new_debtor("Pat Person", is_company=False)
        _invoice, notice = self._send_reminder("2026-03-01", partner=person)
        self.assertIn("Dear Pat Person,", self._mail(notice))
        department = self.env["res.partner"].create(
            {
                "name": "Accounts Payable",
                "parent_id": self.debtor.id,
                "type": "invoice",
                "email": "payable@buyer.example",
            }
        )
        _invoice, notice = self._send_reminder("2026-04-01", partner=department)
        self.assertIn("Dear Sir or Madam,", self._mail(notice))
        self.assertNotIn("Accounts Payable", self._mail(notice))

    # === CONTENTS ===#
    def test_subject_names_the_documents_but_no_debt(self):
        invoices = [self._new_invoice(f"2026-03-0{day}") for day in range(1, 6)]
        notice = self._run_day("2026-03-15")
        self.assertEqual(
            notice._render_message()["subject"],
            f"Invoices {invoices[0].name}, {invoices[1].name} and 3 more – Seller Company",
        )

    def test_reference_of_one_invoice_is_its_own_and_of_several_a_checked_one(self):
        invoice, notice = self._send_reminder("2026-03-01")
        self.assertEqual(notice.payment_reference, invoice.payment_reference)
        debtor = self._new_debtor("Two Invoices")
        self._new_invoice("2026-04-01", partner=debtor)
        self._new_invoice("2026-04-02", partner=debtor)
        several = self._run_day_for(debtor, "2026-04-15")
        self.assertRegex(several.payment_reference, rf"^RF\d\d{debtor.debtor_code}{several.name}$")

    def test_money_goes_to_the_account_that_the_invoices_name(self):
        other = self.env["res.partner.bank"].create(
            {
                "acc_number": "NL20 INGB 0001 2345 67",
                "partner_id": self.company.partner_id.id,
                "allow_out_payment": True,
            }
        )
        _invoice, notice = self._send_reminder("2026-03-01", partner_bank_id=other.id)
        self.assertEqual(notice.partner_bank_id, other)
        debtor = self._new_debtor("Two Accounts")
        self._new_invoice("2026-04-01", partner=debtor, partner_bank_id=other.id)
        self._new_invoice("2026-04-02", partner=debtor, partner_bank_id=self.bank.id)
        self.assertEqual(self._run_day_for(debtor, "2026-04-15").partner_bank_id, self.bank)

    def test_person_to_call_is_the_contact_else_the_salesperson_else_the_company(self):
        _invoice, notice = self._send_reminder("2026-03-01")
        self.assertEqual(notice.user_id, self.collector)
        self.company.dunning_user_id = False
        self.debtor.user_id = self.salesman
        notice.invalidate_recordset()
        self.assertEqual(notice.user_id, self.salesman)
        self.debtor.user_id = False
        notice.invalidate_recordset()
        self.assertFalse(notice.user_id)
        self.assertEqual(
            notice.contact_details, "Seller Company, +31 20 555 0000, accounts@seller.example"
        )

    def test_part_payment_shows_what_is_asked_and_of_how_much(self):
        invoice = self._new_invoice("2026-03-01", amount=500)
        self._pay(invoice, 120, "2026-03-02")
        notice = self._run_day("2026-03-15")
        text = self._mail(notice)
        self.assertIn("$ 380.00 of $ 500.00", text)
        self.assertIn("Total $ 380.00", text)

    def test_opening_balance_bears_the_old_number_of_the_debtor(self):
        receivable = self.company_data["default_account_receivable"]
        equity = self.company_data["default_account_revenue"]
        opening = self.env["account.move"].create(
            {
                "move_type": "entry",
                "journal_id": self.company_data["default_journal_misc"].id,
                "date": "2026-01-01",
                "line_ids": [
                    Command.create(
                        {
                            "account_id": receivable.id,
                            "partner_id": self.debtor.id,
                            "name": "OLD-4711",
                            "debit": 75,
                            "credit": 0,
                            "date_maturity": "2026-03-01",
                        }
                    ),
                    Command.create({"account_id": equity.id, "debit": 0, "credit": 75}),
                ],
            }
        )
        opening.action_post()
        notice = self._run_day("2026-03-15")
        self.assertEqual(notice.document_summary, "Invoice OLD-4711")

    def test_level_without_a_text_is_an_error_that_names_the_level(self):
        _invoice, notice = self._send_reminder("2026-03-01")
        level = notice.level_id
        level.mail_template_id = False
        self.env.ref("account_credit_management.mail_template_reminder").unlink()
        with self.assertRaisesRegex(UserError, level.name):
            notice._render_message()

    # === LETTER ===#
    def test_letter_is_complete_on_one_page(self):
        invoice, notice = self._send_reminder("2026-03-01", amount=1210, ref="PO-77")
        (page,) = self._pdf_pages(notice)
        for words in (
            "Debtor One 1 Main Street",
            "Seller Company · 5 Seller Street · 1011 AB Amsterdam",
            f"Reminder – Invoice {invoice.name}",
            notice.name,
            self.debtor.debtor_code,
            "March 9, 2026",
            "03/01/2026",
            "PO-77",
            "NL91 ABNA 0417 1643 00",
            "by March 16, 2026",
            "Carla Collector",
            "Scan to view and pay online",
            "NL123456782B90",
            "24123456",
        ):
            self.assertIn(words, page)
        self.assertRegex(page, r"Total \$ 1,210\.00")
        self.assertNotIn("View and pay online", page.replace("Scan to view and pay online", ""))

    def test_letter_of_many_items_has_a_specification_on_pages_of_its_own(self):
        invoices = [
            self._new_invoice(f"2026-03-{day:02}", amount=10 + day) for day in range(1, 24)
        ] + [self._new_invoice(f"2026-02-{day:02}", amount=50 + day) for day in range(1, 24)]
        notice = self._run_day("2026-04-01")
        self.assertEqual(len(notice.line_ids), 46)
        letter, first, second = self._pdf_pages(notice)
        self.assertIn("46 invoices, see the specification", letter)
        self.assertIn("NL91 ABNA 0417 1643 00", letter)
        self.assertNotIn("Due date", letter)
        for page in (first, second):
            self.assertIn("Invoice Date Due date Days late Amount due", page)
            self.assertIn(f"Specification of {notice.name}", page)
        for invoice in invoices:
            self.assertEqual((first + second).count(invoice.name), 1)
        self.assertNotIn("Total", first)
        self.assertIn("Total", second)

    def test_letter_reads_in_the_language_of_its_reader(self):
        debtor = self._new_debtor("Nederlandse Klant", lang="nl_NL")
        _invoice, notice = self._send_reminder("2026-03-01", partner=debtor, amount=1210)
        (page,) = self._pdf_pages(notice)
        for words in ("9 maart 2026", "01-03-2026", "Debiteurennummer", "1.210,00"):
            self.assertIn(words, page)
        for words in ("Dear", "Amount", "Due date"):
            self.assertNotIn(words, page)

    def test_letter_before_due_has_no_heading_that_speaks_of_a_reminder(self):
        invoice, notices = self._climb(self.debtor)
        (page,) = self._pdf_pages(notices["courtesy"])
        self.assertIn(f"Invoice {invoice.name}", page)
        self.assertNotIn("reminder", page.lower())

    def test_address_goes_to_the_window_and_names_the_country_abroad_only(self):
        self.assertEqual(
            self._address(self.debtor), ["Debtor One", "1 Main Street", "1000 AA Amsterdam"]
        )
        abroad = self._new_debtor("Foreign One", country_id=self.env.ref("base.be").id)
        self.assertEqual(self._address(abroad)[-1], "BELGIUM")

    def _address(self, partner):
        _invoice, notice = self._send_reminder("2026-03-01", partner=partner)
        return notice._get_address_lines()

    def test_window_side_follows_the_setting(self):
        _invoice, notice = self._send_reminder("2026-03-01")
        positions = {}
        for side in ("left", "right"):
            self.company.dunning_letter_window = side
            report = self.env["ir.actions.report"]
            content, _kind = report._render_qweb_html(
                "account_credit_management.report_dunning_notice", notice.ids
            )
            content = content.decode()
            positions[side] = content.index('"acm_window"') < content.index('"acm_facts"')
        self.assertEqual(positions, {"left": True, "right": False})
