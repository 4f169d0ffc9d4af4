import base64
import io
import struct
import zlib

from PIL import Image

from odoo import Command, fields, http
from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tools import mute_logger

from .notice_common import NoticeCommon


def _picture(kind="PNG"):
    stream = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(stream, kind)
    return stream.getvalue()


@tagged("post_install", "-at_install")
class TestDisputePortal(NoticeCommon, HttpCase):
    """What a debtor disputes online, sees of it, answers and withdraws; and what he never sees."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.today = fields.Date.today()
        cls.dossiers = cls.env["dispute.dossier"]
        cls.reason = cls.env.ref("account_credit_management.dispute_reason_quality")
        cls.company.dispute_window_days = 60
        cls.company.dispute_user_id = cls.collector
        cls.debtor.user_id = cls.salesman
        cls.other = cls._new_debtor("Debtor Two")
        cls.stranger = new_test_user(
            cls.env,
            "acm_stranger",
            groups="base.group_portal",
            company_id=cls.company.id,
            partner_id=cls.env["res.partner"]
            .create({"name": "Stranger", "parent_id": cls.other.id, "email": "s@two.example"})
            .id,
        )

    def _days(self, days):
        return fields.Date.add(self.today, days=days)

    def _invoice(self, days=-8, **values):
        invoice = self._new_invoice(self._days(days), **values)
        invoice._portal_ensure_token()
        return invoice

    def _two_lines(self):
        """An invoice of 4 × 25 and 1 × 50."""
        return self._invoice(
            invoice_line_ids=[
                Command.create(
                    {"name": name, "quantity": quantity, "price_unit": price, "tax_ids": []}
                )
                for name, quantity, price in (("Boxes", 4, 25), ("Transport", 1, 50))
            ]
        )

    def _dispute(self, *invoices, **values):
        values.setdefault("origin", "portal")
        moves = self.env["account.move"].union(*invoices)
        dossier = self.dossiers._open(moves, self.reason, **values)
        dossier._portal_ensure_token()
        return dossier

    def _login_debtor(self):
        employee = self.env["res.partner"].create(
            {"name": "Emma Employee", "parent_id": self.debtor.id, "email": "e@buyer.example"}
        )
        new_test_user(
            self.env,
            "acm_debtor",
            groups="base.group_portal",
            company_id=self.company.id,
            partner_id=employee.id,
        )
        self.authenticate("acm_debtor", "acm_debtor")
        return employee

    def _open_page(self, record, suffix="", token=None, **values):
        self.env.flush_all()
        token = record.access_token if token is None else token
        query = "".join(f"&{name}={value}" for name, value in values.items())
        return self.url_open(f"{record.access_url}{suffix}?access_token={token}{query}")

    def _post(self, record, suffix, token=None, files=(), csrf=True, **values):
        self.env.flush_all()
        token = record.access_token if token is None else token
        values["csrf_token"] = http.Request.csrf_token(self) if csrf else "wrong"
        page = self.url_open(
            f"{record.access_url}{suffix}?access_token={token}",
            data=values,
            files=[("files", (name, content)) for name, content in files] or None,
        )
        self.env.invalidate_all()
        return page

    def _open_online(self, record, **values):
        """Send the form of the page of an invoice or a reminder.

        :return: the page, and the disputes of the debtor
        """
        values = {
            "reason": str(self.reason.id),
            "text": "Half of it <b>was</b> broken",
            "name": "Bea Buyer",
            **values,
        }
        page = self._post(record, "/dispute", **values)
        return page, self.dossiers.search([("partner_id", "=", self.debtor.id)])

    def _answer(self, dossier, text="Here it is", **values):
        values.setdefault("name", "Bea Buyer")
        return self._post(dossier, "/answer", text=text, **values)

    def _messages(self, dossier):
        return dossier._get_portal_messages()

    # === OPENING ===#
    def test_debtor_disputes_an_invoice_from_its_page(self):
        invoice = self._invoice()
        self.authenticate(None, None)
        self.assertIn(f"{invoice.access_url}/dispute", self._open_page(invoice).text)
        self.assertIn("Quality", self._open_page(invoice, "/dispute").text)
        page, dossier = self._open_online(invoice, requested_outcome="credit")
        self.assertEqual(len(dossier), 1)
        self.assertRecordValues(
            dossier,
            [
                {
                    "state": "open",
                    "origin": "portal",
                    "reason_id": self.reason.id,
                    "requested_outcome": "credit",
                    "amount_claimed": 100,
                    "amount_disputed": 100,
                    "user_id": self.collector.id,
                }
            ],
        )
        self.assertTrue(dossier.line_ids.is_whole)
        self.assertIn("Bea Buyer", dossier.description)
        self.assertIn("&lt;b&gt;was&lt;/b&gt;", dossier.description, "text stays text")
        self.assertIn("Thank you for telling us", page.text)
        self.assertIn(dossier.name, page.text)
        self.assertIn(dossier.name, self._open_page(invoice).text)
        self.assertNotIn(f"{invoice.access_url}/dispute", self._open_page(invoice).text)

    def test_debtor_and_colleagues_hear_of_it(self):
        invoice = self._invoice(invoice_user_id=self.salesman.id)
        self.authenticate(None, None)
        _page, dossier = self._open_online(invoice)
        mail = self.env["mail.mail"].search(
            [("model", "=", dossier._name), ("res_id", "=", dossier.id)]
        )
        mail = mail.filtered(lambda mail: self.debtor in mail.recipient_ids)
        self.assertEqual(len(mail), 1)
        self.assertIn(dossier.name, mail.subject)
        self.assertIn(f"/my/disputes/{dossier.id}?access_token=", mail.body_html)
        followers = dossier.message_partner_ids
        self.assertIn(self.salesman.partner_id, followers)
        self.assertIn(self.collector.partner_id, followers)
        self.assertNotIn(self.debtor, followers)
        told = dossier.message_ids.notified_partner_ids
        self.assertIn(self.salesman.partner_id, told)

    def test_sending_twice_opens_one(self):
        invoice = self._invoice()
        self.authenticate(None, None)
        self._open_online(invoice)
        page, dossiers = self._open_online(invoice)
        self.assertEqual(len(dossiers), 1)
        self.assertIn(dossiers.name, page.text)
        self.assertIn("You told us already", self._open_page(invoice, "/dispute").text)

    def test_lines_quantities_and_amounts(self):
        invoice = self._two_lines()
        boxes, transport = invoice.invoice_line_ids
        self.authenticate(None, None)
        refusals = (
            ({"scope": "lines"}, "Which lines"),
            ({"scope": "lines", f"line_{boxes.id}": "on", f"quantity_{boxes.id}": "5"}, "at most"),
            ({"scope": "lines", f"line_{boxes.id}": "on", f"quantity_{boxes.id}": "-1"}, "at most"),
            ({"scope": "amount", "amount": "0"}, "Which amount"),
            ({"scope": "amount", "amount": "nan"}, "Which amount"),
            ({"scope": "amount", "amount": "inf"}, "Which amount"),
            ({"scope": "amount", "amount": "151"}, "no more than"),
            ({"reason": "0"}, "choose a reason"),
            ({"text": "  "}, "tell us what is not right"),
            ({"name": " "}, "your name"),
        )
        for values, words in refusals:
            page, dossiers = self._open_online(invoice, **values)
            self.assertIn(words, page.text)
            self.assertFalse(dossiers, values)
        _page, dossier = self._open_online(
            invoice,
            **{"scope": "lines", f"line_{boxes.id}": "on", f"quantity_{boxes.id}": "1"},
        )
        self.assertEqual(dossier.line_ids.invoice_line_id, boxes)
        self.assertEqual(dossier.amount_claimed, 25)
        self.assertEqual(invoice.disputed_amount, 25)
        self.assertNotIn(transport, dossier.line_ids.invoice_line_id)
        dossier._withdraw()
        _page, dossiers = self._open_online(invoice, scope="amount", amount="12,5")
        self.assertEqual((dossiers - dossier).amount_claimed, 12.5)

    def test_lines_of_another_invoice_are_not_taken(self):
        invoice, other = self._invoice(), self._invoice()
        line = other.invoice_line_ids
        self.authenticate(None, None)
        page, dossiers = self._open_online(
            invoice, scope="lines", **{f"line_{line.id}": "on", "invoice": str(other.id)}
        )
        self.assertIn("Which lines", page.text)
        self.assertFalse(dossiers)

    def test_reasons_for_colleagues_are_not_offered(self):
        hidden = self.env["dispute.reason"].create({"name": "Debtor is lying", "portal": False})
        invoice = self._invoice()
        self.authenticate(None, None)
        self.assertNotIn("Debtor is lying", self._open_page(invoice, "/dispute").text)
        page, dossiers = self._open_online(invoice, reason=str(hidden.id))
        self.assertIn("choose a reason", page.text)
        self.assertFalse(dossiers)

    def test_late_dispute_says_that_it_is_looked_at(self):
        invoice = self._invoice(days=-80)
        self.authenticate(None, None)
        page, dossier = self._open_online(invoice)
        self.assertEqual(dossier.state, "approval")
        self.assertIn("whether we can still take it up", page.text)

    def test_debtor_disputes_one_of_several_from_a_reminder(self):
        first, second = self._invoice(-9), self._invoice(-8)
        notice = self._run_day_for(self.debtor, self.today)
        notice._portal_ensure_token()
        self.authenticate(None, None)
        self.assertIn(f"{notice.access_url}/dispute", self._open_page(notice).text)
        choice = self._open_page(notice, "/dispute").text
        self.assertIn(first.name, choice)
        self.assertIn(second.name, choice)
        foreign = self._invoice(partner=self.other)
        page, dossiers = self._open_online(notice, invoice=str(foreign.id))
        self.assertFalse(dossiers)
        self.assertNotIn(foreign.name, page.text)
        _page, dossier = self._open_online(notice, invoice=str(second.id))
        self.assertEqual(dossier.move_ids, second)
        page = self._open_page(notice).text
        self.assertIn(dossier.name, page)
        self.assertIn(f"{notice.access_url}/dispute", page, "the first one is not disputed")
        self.assertEqual(notice.amount_due_now, 100)

    def test_only_own_posted_invoices(self):
        invoice = self._invoice()
        refund = self._new_refund(self.today)
        refund._portal_ensure_token()
        self.authenticate(None, None)
        for token in ("", "wrong", refund.access_token):
            page, dossiers = self._open_online(invoice, token=token)
            self.assertNotIn(invoice.name, page.text)
        _page, dossiers = self._open_online(refund)
        self.assertFalse(dossiers)
        self.authenticate("acm_stranger", "acm_stranger")
        _page, dossiers = self._open_online(invoice, token="")
        self.assertFalse(dossiers)
        self.authenticate(None, None)
        invoice.button_draft()
        _page, dossiers = self._open_online(invoice)
        self.assertFalse(dossiers)

    def test_forms_need_the_token_of_the_session(self):
        invoice = self._invoice()
        dossier = self._dispute(self._invoice())
        self.authenticate(None, None)
        with mute_logger("odoo.http"):
            self.assertEqual(self._post(invoice, "/dispute", csrf=False).status_code, 400)
            self.assertEqual(self._post(dossier, "/withdraw", csrf=False).status_code, 400)
            self.assertEqual(self._post(dossier, "/answer", csrf=False).status_code, 400)
        self.assertEqual(dossier.state, "open")
        self.assertFalse(self.dossiers._get_disputes_of(invoice, self.debtor))

    # === FILES ===#
    def test_files_come_with_it_and_can_be_read_again(self):
        invoice = self._invoice()
        self.authenticate(None, None)
        files = [
            ("../../photo of it.png", _picture()),
            ("scan.jpg", _picture("JPEG")),
            ("small.webp", b"RIFF\x1a\x00\x00\x00WEBPVP8L" + bytes(10)),
            ("phone.HEIC", b"\x00\x00\x00\x18ftypheic" + bytes(20)),
            ("order.pdf", b"%PDF-1.4 order"),
        ]
        page, dossier = self._open_online(invoice, files=files)
        attachments = self._messages(dossier).attachment_ids
        self.assertEqual(
            set(attachments.mapped("name")),
            {"photo of it.png", "scan.jpg", "small.webp", "phone.HEIC", "order.pdf"},
        )
        self.assertEqual(
            set(attachments.mapped("mimetype")),
            {"image/png", "image/jpeg", "image/webp", "image/heic", "application/pdf"},
        )
        self.assertFalse(attachments.filtered("public"))
        self.assertIn("photo of it.png", page.text)
        picture = attachments.filtered(lambda one: one.mimetype == "image/png")
        answer = self._open_page(dossier, f"/files/{picture.id}")
        self.assertEqual(answer.content, _picture())
        self.assertTrue(answer.headers["Content-Disposition"].startswith("attachment"))
        self.assertEqual(answer.headers["X-Content-Type-Options"], "nosniff")
        refused = self._open_page(dossier, f"/files/{picture.id}", token="wrong")
        self.assertEqual(refused.status_code, 404)

    def test_other_files_are_refused_in_words(self):
        self.company.dispute_file_size = 1
        invoice = self._invoice()
        self.authenticate(None, None)
        page_of = b"<html><script>alert(1)</script></html>"
        refusals = (
            ([("evil.exe", b"MZ" + bytes(100))], "no file that we can read"),
            ([("page.html", page_of)], "no file that we can read"),
            ([("page.png", page_of)], "no file that we can read"),
            ([("drawing.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>")], "no file that we"),
            ([("scan.pdf", _picture())], "no file that we can read"),
            ([("photo.png.pdf", b"GIF89a" + bytes(20))], "no file that we can read"),
            ([("no end", b"%PDF-1.4")], "no file that we can read"),
            ([("huge.pdf", b"%PDF-" + bytes(1 << 20))], "at most 1 MB"),
            ([(f"{number}.pdf", b"%PDF-1") for number in range(11)], "no more than 10 files"),
        )
        for files, words in refusals:
            page, dossiers = self._open_online(invoice, files=files)
            self.assertIn(words, page.text)
            self.assertIn("Half of it", page.text, "what was written is still there")
            self.assertFalse(dossiers)
        header = struct.pack(">4sII", b"IHDR", 30000, 30000) + b"\x08\x02\x00\x00\x00"
        bomb = _picture()[:12] + header + struct.pack(">I", zlib.crc32(header)) + _picture()[33:]
        self.assertEqual(self.dossiers._recognize_file(_picture()), "image/png")
        self.assertFalse(self.dossiers._recognize_file(bomb), "too many pixels to be opened")

    def test_names_of_files_are_harmless(self):
        clean = self.dossiers._clean_file_name
        self.assertEqual(clean("..\\..\\win.ini"), "win.ini")
        self.assertEqual(clean("/etc/passwd"), "passwd")
        self.assertEqual(clean("a\r\nSet-Cookie: x=1.pdf"), "aSet-Cookie_ x=1.pdf")
        self.assertEqual(clean("invoice\u202efdp.exe"), "invoicefdp.exe")
        self.assertNotIn("<", clean("<img src=x onerror=alert(1)>.png"))
        self.assertEqual(len(clean("x" * 400 + ".pdf")), 100)
        self.assertTrue(clean("x" * 400 + ".pdf").endswith(".pdf"))
        self.assertTrue(clean(""))
        self.assertTrue(clean("..."))

    def test_files_of_colleagues_are_not_sent(self):
        dossier = self._dispute(self._invoice())
        secret = self.env["ir.attachment"].create(
            {
                "name": "secret.pdf",
                "datas": base64.b64encode(b"%PDF-1.4 secret"),
                "res_model": dossier._name,
                "res_id": dossier.id,
            }
        )
        noted = dossier.message_post(
            body="See", attachments=[("memo.pdf", b"%PDF-1.4 memo")], subtype_xmlid="mail.mt_note"
        )
        self.authenticate(None, None)
        for attachment in secret | noted.attachment_ids:
            answer = self._open_page(dossier, f"/files/{attachment.id}")
            self.assertEqual(answer.status_code, 404)
        self.assertNotIn("memo.pdf", self._open_page(dossier).text)

    # === FOLLOWING ===#
    def test_nothing_internal_is_on_the_page(self):
        analyst = self._new_user("analyst", "account_credit_management.group_collector")
        analyst.name = "Ann Analyst"
        mine, other = self._invoice(), self._invoice(amount=987.65, partner=self.other)
        foreign = self._dispute(other, description="About somebody else")
        dossier = self._dispute(mine, internal_note="He disputes everything")
        dossier.with_user(analyst).message_post(
            body="Do not believe him", subtype_xmlid="mail.mt_note"
        )
        dossier.with_user(analyst).message_post(
            body="Marked as internal",
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
            is_internal=True,
        )
        dossier.with_user(analyst).activity_schedule(
            "mail.mail_activity_data_todo", summary="Ask the boss", user_id=analyst.id
        ).action_feedback("The boss says no")
        dossier.with_user(analyst).write({"priority": "1", "waiting_for": "customer"})
        self._login_debtor()
        pages = [
            self._open_page(dossier).text,
            self._open_page(dossier, token="").text,
            self._open_page(mine).text,
            self._open_page(mine, "/dispute").text,
            self.url_open("/my/disputes").text,
        ]
        for page in pages:
            self.assertIn(dossier.name, page)
            for words in (
                "He disputes everything",
                "Do not believe him",
                "Marked as internal",
                "Ann Analyst",
                "The boss says no",
                "Ask the boss",
                "987.65",
                foreign.name,
                other.name,
                "About somebody else",
                "Reminders of what was disputed",
            ):
                self.assertNotIn(words, page)

    def test_note_of_a_talk_stays_inside(self):
        dossier = self._dispute(
            self._invoice(), origin="contact", description="He sounded like a liar"
        )
        self.authenticate(None, None)
        page = self._open_page(dossier).text
        self.assertIn(dossier.name, page)
        self.assertNotIn("liar", page)

    def test_debtor_finds_his_disputes_and_nobody_elses(self):
        dossier = self._dispute(self._invoice())
        foreign = self._dispute(self._invoice(partner=self.other))
        self._login_debtor()
        listing = self.url_open("/my/disputes").text
        self.assertIn(dossier.name, listing)
        self.assertNotIn(foreign.name, listing)
        counters = self.make_jsonrpc_request("/my/counters", {"counters": ["dispute_count"]})
        self.assertEqual(counters["dispute_count"], 1)
        for token in ("", "wrong", dossier.access_token):
            self.assertNotIn(foreign.name, self._open_page(foreign, token=token).text)
            self._post(foreign, "/withdraw", token=token)
            self._answer(foreign, token=token)
        self.assertEqual(foreign.state, "open")
        self.assertFalse(self._messages(foreign))
        portal_user = self.stranger
        self.assertFalse(
            self.dossiers.with_user(portal_user).has_access("read"),
            "the record itself is no business of debtors",
        )
        self.assertIn(dossier.name, self._open_page(dossier, token="").text)

    def test_status_in_plain_words(self):
        dossier = self._dispute(self._invoice())
        self.authenticate(None, None)
        self.assertIn("We are looking into it", self._open_page(dossier).text)
        dossier.deadline = self._days(-1)
        self.assertIn("longer than we thought", self._open_page(dossier).text)
        dossier.action_wait_for_customer()
        self.assertIn("waiting for your answer", self._open_page(dossier).text)
        dossier._resolve("rejected", reason="Signed for on Monday")
        page = self._open_page(dossier).text
        self.assertIn("We do not agree", page)
        self.assertIn("Signed for on Monday", page)
        self.assertNotIn("/withdraw", page)
        dossier._reopen()
        dossier._resolve("accepted", post=True)
        page = self._open_page(dossier).text
        self.assertIn("You were right", page)
        self.assertIn(dossier.credit_move_ids.name, page)

    def test_settled_disputes_are_told_with_the_link(self):
        for outcome, values in (("rejected", {"reason": "Signed for"}), ("replaced", {})):
            dossier = self._dispute(self._invoice())
            dossier._resolve(outcome, **values)
            mails = self.env["mail.mail"].search(
                [("model", "=", dossier._name), ("res_id", "=", dossier.id)], order="id"
            )
            last = mails.filtered(lambda mail: self.debtor in mail.recipient_ids)[-1:]
            self.assertIn(f"/my/disputes/{dossier.id}?access_token=", last.body_html)

    # === ANSWERING ===#
    def test_answer_of_whoever_has_the_link(self):
        dossier = self._dispute(self._invoice())
        dossier.action_wait_for_customer()
        self.authenticate(None, None)
        page = self._answer(dossier, "It is <i>on</i> the photo", files=[("a.png", _picture())])
        message = self._messages(dossier)
        self.assertEqual(len(message), 1)
        self.assertEqual(message.author_id, self.debtor)
        self.assertIn("&lt;i&gt;on&lt;/i&gt;", message.body)
        self.assertIn("Bea Buyer", message.body)
        self.assertEqual(message.attachment_ids.name, "a.png")
        self.assertEqual(message.attachment_ids.raw, _picture())
        self.assertIn("on&lt;/i&gt; the photo", page.text)
        self.assertEqual(dossier.waiting_for, "us")
        self.assertIn(self.collector.partner_id, message.notified_partner_ids)
        self.assertNotIn(self.debtor, message.notified_partner_ids)

    def test_answer_of_who_is_logged_in(self):
        dossier = self._dispute(self._invoice())
        employee = self._login_debtor()
        self._answer(dossier, token="", name="Somebody Else")
        message = self._messages(dossier)
        self.assertEqual(message.author_id, employee)
        self.assertNotIn("Somebody Else", message.body)

    def test_answering_twice_and_without_words(self):
        dossier = self._dispute(self._invoice())
        self.authenticate(None, None)
        self.assertIn("Please write something", self._answer(dossier, " ").text)
        self.assertIn("your name", self._answer(dossier, "Hello", name="").text)
        refused = self._answer(dossier, "Look", files=[("evil.exe", b"MZ")])
        self.assertIn("no file that we can read", refused.text)
        self.assertFalse(self._messages(dossier))
        for _time in range(2):
            self._answer(dossier, "Hello", files=[("a.png", _picture())])
        self.assertEqual(len(self._messages(dossier)), 1)
        self._answer(dossier, "Hello again")
        self.assertEqual(len(self._messages(dossier)), 2)

    def test_answers_have_a_limit(self):
        dossier = self._dispute(self._invoice())
        self.authenticate(None, None)
        for number in range(20):
            dossier._answer_online(f"Number {number}", [], person="Bea")
        page = self._answer(dossier, "One more")
        self.assertIn("please call us", page.text)
        self.assertEqual(len(self._messages(dossier)), 20)

    def test_we_write_and_the_debtor_reads(self):
        dossier = self._dispute(self._invoice())
        dossier.with_user(self.collector).message_post(
            body="Could you send us a photo?",
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
            partner_ids=dossier._get_recipient().ids,
        )
        mails = self.env["mail.mail"].search([("model", "=", dossier._name)], order="id")
        mail = mails.filtered(lambda mail: self.debtor in mail.recipient_ids)[-1:]
        self.assertIn("Could you send us a photo?", mail.body_html)
        self.assertIn("access_token", mail.body_html, "the button leads to the page")
        self.authenticate(None, None)
        page = self._open_page(dossier).text
        self.assertIn("Could you send us a photo?", page)
        self.assertIn("Carla Collector", page)

    def test_the_link_opens_no_other_way_to_write(self):
        """The widget for correspondence of Odoo would take any file."""
        dossier = self._dispute(self._invoice())
        token, pid = dossier.access_token, self.debtor.id
        signed = dossier._sign_token(pid)
        public = self.dossiers.with_user(self.env.ref("base.public_user"))
        self.assertFalse(public._get_thread_with_access(dossier.id, token=token))
        self.assertFalse(public._get_thread_with_access(dossier.id, hash=signed, pid=pid))

    # === WITHDRAWING ===#
    def test_debtor_withdraws(self):
        invoice = self._invoice()
        dossier = self._dispute(invoice)
        self.authenticate(None, None)
        for _time in range(2):
            page = self._post(dossier, "/withdraw")
            self.assertIn("This was withdrawn", page.text)
        self.assertEqual(dossier.state, "withdrawn")
        self.assertFalse(invoice.disputed_amount)
        self.assertIn(f"{invoice.access_url}/dispute", self._open_page(invoice).text)
        settled = self._dispute(self._invoice())
        settled._resolve("rejected", reason="No")
        self.assertIn("nothing to withdraw", self._post(settled, "/withdraw").text)
        self.assertEqual(settled.state, "resolved")
