from email.message import EmailMessage

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .dispute_common import DisputeCommon

HOSTILE = (
    "<p>Half of INV was <b>broken</b></p>"
    "<script>alert('script')</script>"
    "<img src='x' onerror='alert(1)'>"
    "<a href='javascript:alert(2)'>click</a>"
    "<iframe src='https://evil.example'></iframe>"
    "<form action='https://evil.example'><input name='password'></form>"
)


@tagged("post_install", "-at_install")
class TestDisputeMail(DisputeCommon):
    """What debtors send to the address for disputes of a company."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.domain = cls.env["mail.alias.domain"].create({"name": "seller.example"})
        cls.company.alias_domain_id = cls.domain
        cls.company.dispute_alias_name = "disputes"
        cls.company.dunning_user_id = cls.collector
        cls.debtor.user_id = cls.salesman
        cls.sender = cls.env["res.partner"].create(
            {"name": "Bea Buyer", "parent_id": cls.debtor.id, "email": "bea@buyer.example"}
        )
        cls.number = 0

    def _message(self, subject="A question", text="", sender="Bea <bea@buyer.example>", **values):
        type(self).number += 1
        message = EmailMessage()
        message["Message-Id"] = f"<{self.number}.acm@buyer.example>"
        message["From"] = sender
        message["To"] = values.get("to", "disputes@seller.example")
        message["Subject"] = subject
        if values.get("reply_to"):
            message["In-Reply-To"] = message["References"] = values["reply_to"]
        message.set_content(text or "Hello")
        if values.get("html"):
            message.add_alternative(values["html"], subtype="html")
        for name, content, kind in values.get("files", ()):
            main, sub = kind.split("/")
            message.add_attachment(content, maintype=main, subtype=sub, filename=name)
        return message

    def _receive(self, *args, **values):
        """Process an incoming mail.

        :return: what it was posted on: a dispute or a contact
        """
        message = self._message(*args, **values)
        with mute_logger("odoo.addons.mail.models.mail_thread"):
            self.env["mail.thread"].message_process(False, message.as_bytes())
        posted = self.env["mail.message"].search([("message_id", "=", message["Message-Id"])])
        return self.env[posted.model].browse(posted.res_id) if posted else None

    def _posted(self, record):
        return record.message_ids.filtered(lambda message: message.message_type == "email")

    def _invoice(self, **values):
        return self._new_invoice(fields.Date.add(fields.Date.today(), days=-8), **values)

    # === ADDRESS ===#
    def test_address_of_a_company(self):
        alias = self.company.dispute_alias_id
        self.assertEqual(self.company.dispute_email, "disputes@seller.example")
        self.assertEqual(alias.alias_model_id.model, "dispute.dossier")
        self.company.dispute_alias_name = "wrong-invoice"
        self.assertEqual(self.company.dispute_alias_id, alias)
        self.assertEqual(self.company.dispute_email, "wrong-invoice@seller.example")
        second = self.setup_other_company(name="Second Seller")["company"]
        second.alias_domain_id = self.domain
        with self.assertRaises(UserError):
            second.dispute_alias_name = "wrong-invoice"
        self.assertFalse(self.company.dispute_alias_id == second.dispute_alias_id)
        self.company.dispute_alias_name = False
        self.assertFalse(alias.exists())
        self.assertFalse(self.company.dispute_email)
        settings = self.env["res.config.settings"].create({"dispute_alias_name": "disputes"})
        settings.execute()
        self.assertEqual(self.company.dispute_email, "disputes@seller.example")

    # === OPENING ===#
    def test_mail_opens_a_dispute_about_the_invoice_it_names(self):
        invoice, quiet = self._invoice(), self._invoice()
        for subject, text in (
            (f"Invoice {invoice.name}", "It is broken"),
            ("Your invoice", f"About {invoice.name.lower()}, it is broken."),
            ("Your invoice", f"About ({invoice.name.replace('/', '-')}): it is broken"),
            ("Your invoice", f"Reference {invoice.name.replace('/', '')} it is broken"),
        ):
            dossier = self._receive(subject, text)
            self.assertEqual(dossier._name, "dispute.dossier", text)
            self.assertEqual(dossier.move_ids, invoice)
            self.assertEqual(dossier.origin, "mail")
            self.assertEqual(dossier.company_id, self.company)
            self.assertEqual(dossier.partner_id, self.debtor)
            self.assertEqual(dossier.contact_id, self.sender)
            self.assertIn("it is broken", dossier.description.lower())
            self.assertEqual(self._posted(dossier).author_id, self.sender)
            self.assertFalse(quiet.disputed_amount)
            self.assertEqual(invoice.disputed_amount, 100)
            dossier._withdraw()

    def test_references_name_an_invoice_too(self):
        invoice = self._invoice(ref="PO 4711-A")
        other = self._invoice(ref="12")
        dossier = self._receive("Order po4711a", "12 boxes were broken")
        self.assertEqual(dossier.move_ids, invoice, "a short reference is in any text")
        self.assertFalse(other.dispute_ids)
        second = self._receive("Paid", f"We paid it with {other.payment_reference}.")
        self.assertEqual(second.move_ids, other)

    def test_debtor_gets_one_confirmation_and_colleagues_hear_of_it(self):
        invoice = self._invoice(invoice_user_id=self.salesman.id)
        dossier = self._receive(f"Invoice {invoice.name}", "Broken")
        mails = self.env["mail.mail"].search(
            [("model", "=", dossier._name), ("res_id", "=", dossier.id)]
        )
        mail = mails.filtered(lambda mail: self.sender in mail.recipient_ids)
        self.assertEqual(len(mail), 1)
        self.assertIn(dossier.name, mail.body_html)
        self.assertIn(f"/my/disputes/{dossier.id}?access_token=", mail.body_html)
        followers = dossier.message_partner_ids
        self.assertIn(self.salesman.partner_id, followers)
        self.assertIn(self.salesman.partner_id, dossier.message_ids.notified_partner_ids)
        self.assertNotIn(self.sender, followers)
        count = len(mails)
        self._receive(f"Invoice {invoice.name}", "An automatic answer: I am not here.")
        mails = self.env["mail.mail"].search(
            [("model", "=", dossier._name), ("res_id", "=", dossier.id)]
        )
        to_sender = mails.filtered(lambda mail: self.sender in mail.recipient_ids)
        self.assertEqual(len(to_sender), 1)
        self.assertGreaterEqual(len(mails), count)

    def test_several_invoices_and_currencies(self):
        first, second = self._invoice(), self._invoice()
        dollars = self.setup_other_currency("GBP")
        foreign = self._invoice(currency_id=dollars.id)
        self._receive("Broken", f"{first.name}, {second.name} and {foreign.name}")
        self.assertEqual(first.dispute_ids, second.dispute_ids)
        self.assertEqual(len(foreign.dispute_ids), 1)
        self.assertNotEqual(first.dispute_ids, foreign.dispute_ids)
        self.assertEqual(foreign.dispute_ids.currency_id, dollars)

    def test_what_is_disputed_goes_on_in_its_dispute(self):
        invoice, second = self._invoice(), self._invoice()
        dossier = self._receive(f"Invoice {invoice.name}", "Broken")
        dossier.action_wait_for_customer()
        self.assertEqual(self._receive("More", f"On {invoice.name}: a photo"), dossier)
        self.assertEqual(dossier.waiting_for, "us")
        dossier.action_wait_for_customer()
        self.assertEqual(self._receive(f"Re: {dossier.name}", "And more"), dossier)
        self.assertEqual(dossier.waiting_for, "us")
        self.assertEqual(len(self._posted(dossier)), 3)
        other = self._receive("Both", f"{invoice.name} and {second.name}")
        self.assertEqual(other.move_ids, second)
        self.assertEqual(len(invoice.dispute_ids), 1)

    def test_answers_find_their_dispute(self):
        invoice = self._invoice()
        dossier = self._receive(f"Invoice {invoice.name}", "Broken")
        question = dossier.with_user(self.collector).message_post(
            body="Could you send us a photo?",
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
        )
        dossier.action_wait_for_customer()
        answer = self._receive(
            "Re: photo", "Here it is", reply_to=question.message_id, to="catchall@seller.example"
        )
        self.assertEqual(answer, dossier)
        self.assertEqual(dossier.waiting_for, "us")
        self.assertEqual(len(self.dossiers.search([("partner_id", "=", self.debtor.id)])), 1)
        posted = self._posted(dossier)[:1]
        self.assertIn(posted, dossier._get_portal_messages())
        self.assertIn(self.collector.partner_id, posted.notified_partner_ids)
        dossier.action_wait_for_customer()
        self._receive(
            "Re: photo",
            "I asked them again",
            reply_to=question.message_id,
            sender=self.collector.email_formatted,
        )
        self.assertEqual(dossier.waiting_for, "customer", "a colleague wrote, not the debtor")

    def test_an_answer_to_a_note_is_not_for_the_debtor(self):
        dossier = self._dispute(self._invoice(), day=fields.Date.today())
        note = dossier.message_post(body="What do you think?", subtype_xmlid="mail.mt_note")
        self._receive(
            "Re: note",
            "He is a liar",
            reply_to=note.message_id,
            sender=self.collector.email_formatted,
        )
        self.assertEqual(len(self._posted(dossier)), 1)
        self.assertNotIn("liar", "".join(dossier._get_portal_messages().mapped("body")))

    # === A PERSON READS IT ===#
    def _assert_read(self, record, partner, user):
        self.assertEqual(record, partner)
        activity = record.activity_ids.filtered(lambda one: one.user_id == user)
        self.assertEqual(len(activity), 1)
        self.assertIn("which invoice", activity.summary)
        return activity

    def test_known_sender_without_an_invoice(self):
        self._invoice()
        record = self._receive("Everything is wrong", "Call me")
        self._assert_read(record, self.debtor, self.collector)
        self.assertIn("Call me", self._posted(record).body)
        self.company.dispute_user_id = self.manager
        self._receive("Still wrong", "Call me now")
        record = self._receive("Still wrong", "I wait")
        self._assert_read(record, self.debtor, self.manager)
        self.assertFalse(self.dossiers.search([("partner_id", "=", self.debtor.id)]))

    def test_nobody_disputes_for_another(self):
        invoice = self._invoice()
        self._new_debtor("Debtor Two", email="two@buyer.example")
        for sender in ("two@buyer.example", "nobody@elsewhere.example", "bea@buyer.example.evil"):
            record = self._receive(f"Invoice {invoice.name}", "Not right", sender=sender)
            self.assertEqual(record._name, "res.partner")
            self.assertNotEqual(record, self.debtor)
        self.assertFalse(invoice.dispute_ids)
        self.assertEqual(invoice.disputed_amount, 0)
        self._assert_read(record, self.company.partner_id, self.collector)

    def test_drafts_and_invoices_of_other_companies_are_not_found(self):
        draft = self._invoice()
        name = draft.name
        draft.button_draft()
        other = self.setup_other_company(name="Second Seller")["company"]
        foreign = self._new_invoice(
            fields.Date.today(),
            company_id=other.id,
            journal_id=self.env["account.journal"]
            .search([("company_id", "=", other.id), ("type", "=", "sale")], limit=1)
            .id,
            payment_reference="FOREIGN-12345",
        )
        record = self._receive("Wrong", f"{name} and FOREIGN-12345")
        self._assert_read(record, self.debtor, self.collector)
        self.assertFalse((draft | foreign).dispute_ids)

    def test_two_contacts_with_one_address(self):
        """Whose invoice it is tells who writes."""
        two = self._new_debtor("Debtor Two", email="bea@buyer.example")
        invoice = self._invoice(partner=two)
        dossier = self._receive(f"Invoice {invoice.name}", "Broken")
        self.assertEqual(dossier.partner_id, two)
        record = self._receive("Everything is wrong")
        self._assert_read(record, self.company.partner_id, self.collector)

    def test_long_lists_are_read_by_a_person(self):
        invoices = [self._invoice() for _number in range(11)]
        names = " ".join(invoice.name for invoice in invoices)
        self._assert_read(self._receive("All of it", names), self.debtor, self.collector)

    # === HOSTILE CONTENT ===#
    def test_hostile_html_is_harmless(self):
        invoice = self._invoice()
        dossier = self._receive(f"Invoice {invoice.name} <script>", html=HOSTILE)
        self.assertEqual(dossier._name, "dispute.dossier")
        for html in (dossier.description, self._posted(dossier).body):
            self.assertIn("broken", html)
            for danger in ("<script", "onerror", "javascript:", "<iframe", "<form", "<input"):
                self.assertNotIn(danger, html)

    def test_hostile_names_and_kinds_of_attachments(self):
        invoice = self._invoice()
        dossier = self._receive(
            f"Invoice {invoice.name}",
            "Look",
            files=[
                ("../../../etc/passwd", b"root", "application/octet-stream"),
                ("..\\..\\run.exe", b"MZ", "application/octet-stream"),
                ("<img src=x onerror=alert(1)>.png", b"x", "image/png"),
                ("photo\u202egpj.exe", b"MZ", "application/octet-stream"),
                ("page.html", b"<html><script>alert(1)</script></html>", "text/html"),
                ("x.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "image/svg+xml"),
                ("a" * 500 + ".pdf", b"%PDF-1.4", "application/pdf"),
            ],
        )
        attachments = self._posted(dossier).attachment_ids
        self.assertEqual(len(attachments), 7)
        for attachment in attachments:
            self.assertNotRegex(attachment.name, r'[\\/<>"\u202e]')
            self.assertLessEqual(len(attachment.name), 100)
            self.assertFalse(attachment.public)
            self.assertNotIn(attachment.mimetype, ("text/html", "image/svg+xml"))
        names = attachments.mapped("name")
        self.assertIn("passwd", names)
        self.assertIn("run.exe", names)
        self.assertIn("photogpj.exe", names)

    def test_a_flood_of_one_sender_stops(self):
        self.env["ir.config_parameter"].set_param("mail.gateway.loop.threshold", "3")
        invoices = [self._invoice() for _number in range(5)]
        for invoice in invoices:
            self._receive(f"Invoice {invoice.name}")
        opened = self.dossiers.search([("partner_id", "=", self.debtor.id)])
        self.assertEqual(len(opened), 3)
