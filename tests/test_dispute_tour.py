from odoo import Command, fields
from odoo.tests import HttpCase, new_test_user, tagged

from .dispute_common import DisputeCommon

DISPUTES = "/odoo/action-account_credit_management.action_dispute_dossier"


@tagged("post_install", "-at_install")
class TestDisputeTour(HttpCase, DisputeCommon):
    """A salesperson, an accountant and a debtor at work on a dispute, in a browser."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.today = fields.Date.today()
        cls.salesman.password = cls.salesman.login
        cls.bookkeeper.password = cls.bookkeeper.login
        cls.debtor.user_id = cls.salesman
        cls.employee = cls.env["res.partner"].create(
            {"name": "Emma Employee", "parent_id": cls.debtor.id, "email": "e@buyer.example"}
        )
        cls.buyer = new_test_user(
            cls.env,
            "acm_debtor",
            groups="base.group_portal",
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
            partner_id=cls.employee.id,
        )

    def _tour(self, tour, user, path):
        query = "" if user.share else f"?cids={self.company.id}"
        self.start_tour(f"{path}{query}", tour, login=user.login)
        self.env.invalidate_all()

    def _invoice(self, **values):
        due = fields.Date.add(self.today, days=-8)
        return self._new_invoice(due, invoice_user_id=self.salesman.id, **values)

    def _boxes(self):
        """An invoice of 4 × 25 and 1 × 50."""
        return self._invoice(
            invoice_line_ids=[
                Command.create(
                    {"name": name, "quantity": quantity, "price_unit": price, "tax_ids": []}
                )
                for name, quantity, price in (("Boxes", 4, 25), ("Transport", 1, 50))
            ]
        )

    def test_salesperson_opens_and_follows_without_accounting_rights(self):
        invoice = self._invoice()
        self.assertFalse(self.salesman.has_group("account.group_account_readonly"))
        self.assertFalse(self.salesman.has_group("account.group_account_invoice"))
        self._tour("dispute_salesperson", self.salesman, f"/odoo/res.partner/{self.debtor.id}")
        dossier = invoice.dispute_ids
        self.assertRecordValues(
            dossier,
            [
                {
                    "state": "investigating",
                    "waiting_for": "customer",
                    "amount_claimed": 30,
                    "amount_disputed": 30,
                    "create_uid": self.salesman.id,
                    "salesperson_id": self.salesman.id,
                }
            ],
        )
        self.assertIn("Three boxes were broken", dossier.description)
        self.assertFalse(dossier.credit_move_ids)
        path = f"/odoo/account.move/{invoice.id}"
        self._tour("dispute_salesperson_invoice", self.salesman, path)
        self.assertEqual(invoice.dispute_ids, dossier, "none was opened by looking")

    def test_accountant_settles_a_part_with_a_credit_note(self):
        invoice = self._boxes()
        boxes = invoice.invoice_line_ids[0]
        part = {"move_id": invoice.id, "invoice_line_id": boxes.id, "quantity": 2}
        dossier = self.dossiers._open(invoice, self.reason, [part])
        self._tour("dispute_accountant", self.bookkeeper, DISPUTES)
        self.assertEqual((dossier.state, dossier.outcome), ("resolved", "partly"))
        credit = dossier.credit_move_ids
        self.assertRecordValues(
            credit,
            [{"state": "posted", "amount_total": 25, "reversed_entry_id": invoice.id}],
        )
        self.assertEqual(credit.invoice_line_ids.mapped("quantity"), [1])
        self.assertEqual(invoice.amount_residual, 125)
        self.assertEqual(
            dossier.state_log_ids.mapped("state"), ["open", "investigating", "resolved"]
        )
        mail = self.env["mail.mail"].search(
            [("model", "=", dossier._name), ("res_id", "=", dossier.id)]
        )
        told = mail.filtered(lambda mail: self.debtor in mail.recipient_ids)
        self.assertIn("One box was broken indeed", told.body_html)

    def test_debtor_opens_answers_and_withdraws_on_the_portal(self):
        invoice = self._boxes()
        self._tour("dispute_debtor_open", self.buyer, f"/my/invoices/{invoice.id}")
        dossier = invoice.dispute_ids
        self.assertRecordValues(
            dossier,
            [
                {
                    "state": "open",
                    "origin": "portal",
                    "amount_disputed": 50,
                    "requested_outcome": "credit",
                    "contact_id": self.employee.id,
                }
            ],
        )
        [photo] = dossier._get_portal_messages().attachment_ids
        self.assertEqual((photo.name, photo.mimetype), ("broken.png", "image/png"))
        ours = dossier.with_user(self.collector)
        ours.message_post(body="He always complains", subtype_xmlid="mail.mt_note")
        ours.message_post(
            body="Which boxes were broken?",
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
        )
        ours.action_wait_for_customer()
        self._tour("dispute_debtor_follow", self.buyer, "/my/home")
        self.assertEqual((dossier.state, dossier.waiting_for), ("withdrawn", "us"))
        self.assertEqual(invoice.disputed_amount, 0)
        self.assertIn("The small ones", "".join(dossier.message_ids.mapped("body")))
