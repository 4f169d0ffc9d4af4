import base64
import hashlib
import io

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools.pdf import PdfFileReader

from ..calc import reference
from .arrangement_common import ArrangementCommon
from .mail_server_common import MailServerMixin


@tagged("post_install", "-at_install")
class TestArrangementAgreement(MailServerMixin, ArrangementCommon):
    """The agreement as a document: printed, e-mailed, signed on paper."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.today = fields.Date.today()
        cls.classPatch(
            cls.env.registry["res.company"], "_is_dunning_working_day", lambda _company, _day: True
        )
        cls.company.write({"name": "Seller Company", "city": "Amsterdam"})
        cls.bank = cls.env["res.partner.bank"].create(
            {
                "acc_number": "NL91 ABNA 0417 1643 00",
                "partner_id": cls.company.partner_id.id,
                "allow_out_payment": True,
            }
        )
        cls.env["ir.config_parameter"].set_param("report.url", "http://127.0.0.1:9")

    def _new_arrangement(self, *amounts, partner=None, **values):
        invoices = self.env["account.move"]
        for number, amount in enumerate(amounts or (300,)):
            due = fields.Date.subtract(self.today, days=20 - number)
            invoices |= self._new_invoice(due, partner=partner, amount=amount)
        first = fields.Date.add(self.today, days=10)
        return self._arrange(invoices, **{"first_due": first, "state": "offered", **values})

    def _send(self):
        """Let the mail queue do its work."""
        self.env.flush_all()
        mails = self.env["mail.mail"].search([("state", "=", "outgoing")])
        mails.send()

    def _read(self, content):
        pages = PdfFileReader(io.BytesIO(content)).pages
        text = "\n".join(page.extract_text() for page in pages)
        return len(pages), " ".join(text.split())

    # === DOCUMENT ===#
    def test_document_says_who_pays_what_when_and_what_follows(self):
        arrangement = self._new_arrangement(
            200, 100, amount_interest=2.5, amount_costs=40, note="Agreed on the phone"
        )
        rows = arrangement._get_agreed_rows()
        self.assertAlmostEqual(sum(row["amount"] for row in rows), 342.5)
        self.assertFalse(rows[-1]["rest"])
        arrangement = arrangement.with_context(force_report_rendering=True)
        pages, text = self._read(arrangement._render_agreement())
        self.assertEqual(pages, 2)
        for words in (
            "Debtor One",
            "Seller Company",
            *arrangement.move_ids.mapped("name"),
            "Interest",
            "40.00",
            "342.50",
            arrangement.payment_reference,
            "NL91 ABNA 0417 1643 00",
            "Agreed on the phone",
            "5 working days",
            "Signature of the debtor",
            "ends sooner",
        ):
            self.assertIn(words, text)
        for row in rows:
            self.assertIn(arrangement._format_text_date(row["date"], date_format="long"), text)

    def test_long_plans_go_on_for_pages_and_lose_nothing(self):
        arrangement = self._new_arrangement(*([100] * 9), count=24)
        self.assertEqual([len(page) for page in arrangement._get_schedule_pages()], [11, 11, 2])
        self.assertEqual(len(arrangement._get_item_pages()), 1)
        arrangement = arrangement.with_context(force_report_rendering=True)
        pages, text = self._read(arrangement._render_agreement())
        self.assertEqual(pages, 5)
        for name in arrangement.move_ids.mapped("name"):
            self.assertIn(name, text)
        last = arrangement._get_ordered_lines()[-1].date_due
        self.assertIn(arrangement._format_text_date(last, date_format="long"), text)

    def test_agreement_tells_what_was_agreed_whatever_was_paid_since(self):
        arrangement = self._new_arrangement(state="active")
        self._pay(arrangement.move_ids, 150, self.today)
        self.env.invalidate_all()
        self.assertNotEqual(self._amounts(arrangement), [100, 100, 100])
        agreed = [row["amount"] for row in arrangement._get_agreed_rows()]
        self.assertEqual(agreed, [100, 100, 100])

    def test_codes_are_transfers_in_euro_to_sepa_accounts_only(self):
        arrangement = self._new_arrangement()
        self.assertFalse(arrangement._get_transfer_payload(100.0), "dollars")
        self.assertTrue(arrangement._get_qr_code(100.0), "the link instead")
        euro = self.env.ref("base.EUR")
        euro.active = True
        partner = self._new_debtor("Debtor Euro")
        invoice = self._new_invoice(
            fields.Date.subtract(self.today, days=9), partner=partner, currency_id=euro.id
        )
        arrangement = self._arrange(
            invoice, first_due=fields.Date.add(self.today, days=10), state="offered"
        )
        payload = arrangement._get_transfer_payload(33.34).split("\n")
        self.assertEqual(payload[:4], ["BCD", "002", "1", "SCT"])
        self.assertIn("EUR33.34", payload)
        self.assertIn("NL91ABNA0417164300", payload)
        self.assertIn(arrangement.payment_reference, payload)
        self.assertTrue(reference.iso11649_is_valid(arrangement.payment_reference))
        self.bank.allow_out_payment = False
        self.bank.acc_number = "123456"
        self.assertFalse(arrangement._get_transfer_payload(33.34))

    # === SENDING ===#
    def test_offer_and_confirmation_arrive_with_the_document(self):
        with self._mail_server() as inbox:
            arrangement = self._new_arrangement()
            self.assertTrue(arrangement.emailed_date)
            self.assertFalse(arrangement.to_print)
            self._send()
            arrangement.with_user(self.manager).action_activate()
            self._send()
        mails = [message for to, message in inbox.messages if to == ["debtor.one@buyer.example"]]
        self.assertEqual(len(mails), 2)
        for message in mails:
            self.assertIn(arrangement.name, message["Subject"])
            body = message.get_body(("html",)).get_content()
            self.assertIn(f"/my/arrangements/{arrangement.id}?", body)
            (attachment,) = message.iter_attachments()
            self.assertEqual(attachment.get_content_type(), "application/pdf")
            _pages, text = self._read(attachment.get_content())
            self.assertIn(arrangement.payment_reference, text)
        self.assertIn("Proposal", next(mails[0].iter_attachments()).get_filename())
        self.assertIn("Agreement", next(mails[1].iter_attachments()).get_filename())

    def test_without_an_address_the_offer_is_printed(self):
        partner = self._new_debtor("Debtor Paper", email=False)
        arrangement = self._new_arrangement(partner=partner)
        self.assertTrue(arrangement.to_print)
        self.assertFalse(arrangement.emailed_date)
        self.assertIn("got no e-mail", "".join(arrangement.message_ids.mapped("body")))
        action = arrangement.with_user(self.collector).action_print_agreement()
        self.assertIn(f"ids={arrangement.id}", action["url"])
        partner.email = "paper@buyer.example"
        arrangement.with_user(self.collector).action_send_offer()
        self.assertFalse(arrangement.to_print)

    def test_every_event_has_its_text(self):
        arrangement = self._new_arrangement(state="active")
        for message in ("offer", "confirmation", "notice", "missed", "broken", "fulfilled"):
            before = self._mails(arrangement)
            self.assertTrue(arrangement._tell_debtor(message), message)
            mail = self._mails(arrangement) - before
            self.assertIn("Questions?", mail.body_html)
            self.assertNotIn("False", mail.body_html)

    def test_in_test_mode_nothing_is_sent(self):
        self.company.dunning_test_mode = True
        arrangement = self._new_arrangement()
        self.assertFalse(self._mails(arrangement))
        self.assertTrue(arrangement.to_print)

    # === ON PAPER ===#
    def _sign_on_paper(self, arrangement, content=b"%PDF-1.4 scanned", **values):
        wizard = (
            self.env["arrangement.sign"]
            .with_user(self.collector)
            .create(
                {
                    "arrangement_id": arrangement.id,
                    "signed_by": "Bea Buyer",
                    "date": self.today,
                    "scan": base64.b64encode(content),
                    "scan_name": "scan.pdf",
                    **values,
                }
            )
        )
        return wizard.action_sign()

    def test_scanned_copy_is_kept_and_the_arrangement_holds(self):
        arrangement = self._new_arrangement()
        self._sign_on_paper(arrangement)
        self.assertEqual(arrangement.state, "active")
        self.assertEqual(arrangement.signed_by, "Bea Buyer")
        self.assertFalse(arrangement.signed_ip)
        document = arrangement.agreement_id
        self.assertEqual((document.name, document.raw), ("scan.pdf", b"%PDF-1.4 scanned"))
        self.assertEqual(arrangement.agreement_hash, hashlib.sha256(document.raw).hexdigest())
        self.assertEqual(arrangement._get_agreement_content(), document.raw)
        with self.assertRaises(UserError):
            self._sign_on_paper(arrangement)

    def test_signed_document_cannot_be_changed_or_deleted(self):
        arrangement = self._new_arrangement()
        self._sign_on_paper(arrangement)
        document = arrangement.agreement_id
        other = document.copy({"name": "draft.pdf"})
        for user in (self.collector, self.manager):
            own = document.with_user(user)
            for values in ({"raw": b"other"}, {"datas": b"b3RoZXI="}, {"res_id": 0}):
                with self.assertRaisesRegex(UserError, "stays as it is"):
                    own.write(values)
            with self.assertRaisesRegex(UserError, "stays as it is"):
                own.unlink()
        with self.assertRaisesRegex(UserError, "stays as it is"):
            # As the button below a message does.
            (document | other).sudo().unlink()
        self.assertEqual(document.raw, b"%PDF-1.4 scanned")
        self.assertEqual(arrangement.agreement_hash, hashlib.sha256(document.raw).hexdigest())
        other.with_user(self.collector).unlink()

    def test_agreed_on_the_phone_and_signed_later(self):
        arrangement = self._new_arrangement(state="active", amount_costs=40)
        charge = arrangement.charge_move_id
        self.assertFalse(arrangement.agreement_id)
        with self.assertRaises(UserError):
            self._sign_on_paper(arrangement, date=fields.Date.add(self.today, days=1))
        self._sign_on_paper(arrangement)
        self.assertTrue(arrangement.agreement_hash)
        self.assertEqual((arrangement.state, arrangement.charge_move_id), ("active", charge))
