import base64
import io

from PIL import Image

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tests import Form, new_test_user, tagged
from odoo.tools.pdf import PdfFileReader, PdfFileWriter

from .dispute_common import DAY, DisputeCommon


@tagged("post_install", "-at_install")
class TestDisputeScreens(DisputeCommon):
    """Dialogs, trail, timeline, mirror, digest and dossier of disputes."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.seller = cls._new_user(
            "seller",
            "sales_team.group_sale_salesman,account_credit_management.group_viewer",
        )
        cls.debtor.user_id = cls.seller
        cls.analysis = cls.env["dispute.analysis"]

    def _own_invoice(self, due="2026-03-31", amount=100.0, **values):
        return self._new_invoice(due, amount=amount, invoice_user_id=self.seller.id, **values)

    def _dialog(self, source, user=None):
        """The dialog to open a dispute, as it opens from an invoice or a debtor."""
        action = source.with_user(user or self.collector).action_dispute()
        model = self.env["dispute.open"].with_user(user or self.collector)
        return Form(model.with_context(**action["context"]))

    def _pick(self, form, index, **values):
        with form.line_ids.edit(index) as row:
            row.selected = True
            for name, value in values.items():
                setattr(row, name, value)

    def _open(self, form):
        form.reason_id = self.reason
        action = form.save().action_open()
        return self.dossiers.browse(action["res_id"])

    def _settle(self, dossier, user=None, **values):
        user = user or self.bookkeeper
        action = dossier.with_user(user).action_resolve()
        model = self.env["dispute.resolve"].with_user(user).with_context(**action["context"])
        form = Form(model)
        for name, value in values.items():
            setattr(form, name, value)
        return form

    def _rows(self, domain=()):
        return self.analysis.with_user(self.manager).search(
            Domain("partner_id", "=", self.debtor.id) & Domain(list(domain))
        )

    # === OPENING ===#
    def test_invoice_is_disputed_as_a_whole(self):
        invoice = self._own_invoice()
        with self._frozen(DAY):
            form = self._dialog(invoice)
            self.assertEqual(form.what, "whole")
            self.assertEqual(form.amount, 100)
            self.assertFalse(form.notice)
            dossier = self._open(form)
        self.assertEqual(dossier.move_ids, invoice)
        self.assertTrue(dossier.line_ids.is_whole)
        self.assertEqual(dossier.amount_disputed, 100)

    def test_debtor_chooses_among_what_is_open(self):
        one, other = self._own_invoice(), self._own_invoice(amount=60)
        paid = self._own_invoice(amount=20)
        self._pay(paid, 20, DAY)
        with self._frozen(DAY):
            form = self._dialog(self.debtor)
            rows = [form.line_ids.edit(index) for index in range(len(form.line_ids))]
            self.assertEqual([row.move_id for row in rows], [one, other])
            with self.assertRaisesRegex(UserError, "Choose"):
                self._open(form)
            form = self._dialog(self.debtor)
            form.what = "amount"
            self._pick(form, 1, amount=25)
            self.assertEqual(form.amount, 25)
            dossier = self._open(form)
        self.assertEqual(dossier.move_ids, other)
        self.assertEqual(dossier.amount_disputed, 25)
        self.assertEqual(one.disputed_amount, 0)

    def test_lines_and_quantities_are_disputed(self):
        invoice = self._own_invoice(
            invoice_line_ids=[
                Command.create({"name": name, "price_unit": 10, "quantity": 4, "tax_ids": []})
                for name in ("Bolts", "Nuts")
            ]
        )
        with self._frozen(DAY):
            form = self._dialog(invoice)
            form.what = "lines"
            self._pick(form, 1, quantity=3)
            self.assertEqual(form.amount, 30)
            dossier = self._open(form)
        self.assertEqual(dossier.line_ids.invoice_line_id.name, "Nuts")
        self.assertEqual(dossier.line_ids.quantity, 3)
        self.assertEqual(dossier.amount_disputed, 30)

    def test_nothing_typed_is_not_the_whole_invoice(self):
        invoice = self._own_invoice()
        with self._frozen(DAY):
            form = self._dialog(invoice)
            form.what = "amount"
            with self.assertRaisesRegex(UserError, "how much"):
                self._open(form)
        self.assertFalse(invoice.dispute_ids)

    def test_dialog_tells_of_other_disputes_and_of_the_term(self):
        self.company.dispute_window_days = 20
        invoice = self._own_invoice()
        other = self._dispute(invoice, 30)
        with self._frozen(DAY):
            form = self._dialog(invoice)
        self.assertIn(other.name, form.notice)
        self.assertIn("credit manager", form.notice)

    def test_several_debtors_are_refused(self):
        foreign = self._new_invoice("2026-03-31", self._new_debtor("Debtor Two"))
        with self.assertRaisesRegex(UserError, "one debtor"):
            (self._own_invoice() | foreign).with_user(self.collector).action_dispute()
        draft = self._own_invoice()
        draft.button_draft()
        with self.assertRaisesRegex(UserError, "posted"):
            draft.with_user(self.collector).action_dispute()

    def test_salesperson_opens_disputes_of_own_customers_only(self):
        invoice = self._own_invoice()
        other_seller = self._new_user(
            "other_seller",
            "sales_team.group_sale_salesman,account_credit_management.group_viewer",
        )
        hidden = self._new_invoice("2026-03-31", amount=77, invoice_user_id=other_seller.id)
        with self._frozen(DAY):
            form = self._dialog(self.debtor, self.seller)
            rows = [form.line_ids.edit(index) for index in range(len(form.line_ids))]
            self.assertEqual([row.move_id.id for row in rows], invoice.ids)
            self._pick(form, 0)
            dossier = self._open(form)
        self.assertEqual(dossier.create_uid, self.seller)
        # A forged row tells nothing of an invoice that is not for these eyes.
        wizard = (
            self.env["dispute.open"]
            .with_user(self.seller)
            .create(
                {
                    "partner_id": self.debtor.id,
                    "company_id": self.company.id,
                    "reason_id": self.reason.id,
                    "line_ids": [Command.create({"move_id": hidden.id, "selected": True})],
                }
            )
        )
        self.assertEqual(wizard.line_ids.amount_total, 0)
        with self.assertRaises(AccessError), self.cr.savepoint():
            wizard.action_open()

    def test_files_come_with_it(self):
        attachments = self.env["ir.attachment"].with_user(self.collector)
        file = attachments.create({"name": "photo.png", "raw": b"x", "res_model": "dispute.open"})
        with self._frozen(DAY):
            form = self._dialog(self._own_invoice())
            form.reason_id = self.reason
            form.attachment_ids.add(file)
            dossier = self.dossiers.browse(form.save().action_open()["res_id"])
        self.assertEqual(dossier.message_ids.attachment_ids, file)
        self.assertEqual((file.res_model, file.res_id), (dossier._name, dossier.id))

    # === SETTLING ===#
    def test_settle_accepted(self):
        invoice = self._own_invoice()
        dossier = self._dispute(invoice, 30)
        with self._frozen(DAY):
            form = self._settle(dossier, post=True)
            self.assertEqual((form.outcome, form.credit), ("accepted", "all"))
            form.save().action_resolve()
        self.assertEqual((dossier.state, dossier.outcome), ("resolved", "accepted"))
        self.assertEqual(dossier.credit_move_ids.amount_total, 30)
        self.assertEqual(dossier.credit_move_ids.state, "posted")

    def test_settle_partly_by_amount_and_by_line(self):
        dossier = self._dispute(self._own_invoice(), 30)
        with self._frozen(DAY):
            form = self._settle(dossier, outcome="partly")
            self.assertEqual(form.credit, "amount")
            form.amount = 10
            action = form.save().action_resolve()
        self.assertEqual(dossier.outcome, "partly")
        self.assertEqual(dossier.credit_move_ids.amount_total, 10)
        self.assertEqual(action["res_id"], dossier.credit_move_ids.id, "the draft is shown")
        dossier = self._dispute(self._own_invoice())
        with self._frozen(DAY):
            form = self._settle(dossier, outcome="partly", credit="lines", post=True)
            with form.line_ids.edit(0) as row:
                row.quantity = 1
            form.save().action_resolve()
        self.assertEqual(dossier.credit_move_ids.amount_total, 100)

    def test_settle_rejected_needs_an_answer(self):
        dossier = self._dispute(self._own_invoice())
        with self._frozen(DAY):
            form = self._settle(dossier, outcome="rejected", reason="As ordered")
            form.due_date = "2026-05-01"
            form.save().action_resolve()
        self.assertEqual(dossier.outcome_reason, "As ordered")
        self.assertEqual(dossier.term_until, self._date("2026-05-01"))

    def test_settle_withdrawn(self):
        dossier = self._dispute(self._own_invoice())
        with self._frozen(DAY):
            self._settle(dossier, outcome="withdrawn").save().action_resolve()
        self.assertEqual(dossier.state, "withdrawn")

    def test_settle_with_installments(self):
        dossier = self._dispute(self._own_invoice())
        with self._frozen(DAY):
            wizard = self._settle(dossier, outcome="arranged").save()
            action = wizard.action_resolve()
        self.assertEqual(action["res_model"], "arrangement.propose")
        self.assertEqual(dossier.outcome, "arranged")
        other = self._dispute(self._own_invoice())
        with self._frozen(DAY), self.assertRaisesRegex(UserError, "collectors"):
            self._settle(other, self.seller, outcome="arranged").save().action_resolve()
        self.assertEqual(other.state, "open")

    def test_salesperson_rejects_but_does_not_credit(self):
        dossier = self._dispute(self._own_invoice())
        with self._frozen(DAY):
            form = self._settle(dossier, self.seller)
            self.assertEqual(form.outcome, "rejected")
            self.assertFalse(form.can_credit)
            form.outcome = "accepted"
            with self.assertRaises(AccessError), self.cr.savepoint():
                form.save().action_resolve()
            form = self._settle(dossier, self.seller, reason="As ordered")
            form.save().action_resolve()
        self.assertEqual(dossier.outcome, "rejected")

    def test_dialog_left_open_while_another_settles(self):
        dossier = self._dispute(self._own_invoice(), 30)
        with self._frozen(DAY):
            late = self._settle(dossier, post=True).save()
            self._settle(dossier, self.seller, reason="As ordered").save().action_resolve()
            with self.assertRaisesRegex(UserError, "settled: reopen"), self.cr.savepoint():
                late.action_resolve()
        self.assertEqual((dossier.outcome, dossier.outcome_reason), ("rejected", "As ordered"))
        self.assertFalse(dossier.credit_move_ids)

    def test_disputes_of_others_are_not_seen_or_settled(self):
        dossier = self._dispute(self._new_invoice("2026-03-31", self._new_debtor("Debtor Two")))
        other = self.setup_other_company(name="Elsewhere")["company"]
        away = new_test_user(
            self.env,
            "acm_away",
            groups="account_credit_management.group_manager,account.group_account_invoice",
            company_id=other.id,
            company_ids=[Command.set(other.ids)],
        )
        nobody = new_test_user(self.env, "acm_nobody", groups="base.group_user")
        portal = new_test_user(self.env, "acm_portal", groups="base.group_portal")
        for user in (self.seller, away, nobody, portal):
            with self.subTest(user=user.login):
                own = dossier.with_user(user)
                for action in ("action_resolve", "action_withdraw", "action_investigate"):
                    with self.assertRaises(AccessError), self.cr.savepoint():
                        getattr(own, action)()
                wizards = self.env["dispute.resolve"].with_user(user)
                with self.assertRaises(AccessError), self.cr.savepoint():
                    wizard = wizards.create({"dossier_id": dossier.id, "outcome": "withdrawn"})
                    wizard.action_resolve()
                with self.assertRaises(AccessError), self.cr.savepoint():
                    wizards.new({"dossier_id": dossier.id}).mapped("amount_claimed")
                with self.assertRaises(AccessError), self.cr.savepoint():
                    wizard = wizards.new({"dossier_id": dossier.id, "credit": "lines"})
                    wizard.mapped("line_ids.label")
        self.assertEqual(dossier.state, "open")

    # === LISTS AND FORM ===#
    def test_late_and_waiting(self):
        late = self._dispute(self._own_invoice(), day="2026-03-16")
        late.deadline = "2026-03-20"
        fresh = self._dispute(self._own_invoice())
        with self._frozen(DAY):
            self.assertEqual((late | fresh).filtered("is_late"), late)
            both = [("id", "in", (late | fresh).ids)]
            self.assertEqual(self.dossiers.search([*both, ("is_late", "=", True)]), late)
            self.assertEqual(self.dossiers.search([*both, ("is_late", "=", False)]), fresh)
        with self._frozen("2026-04-13"):
            fresh.action_wait_for_customer()
        with self._frozen("2026-04-15"):
            fresh.invalidate_recordset()
            self.assertAlmostEqual(fresh.days_with_us, 3, 1)
            self.assertAlmostEqual(fresh.days_with_customer, 2, 1)

    def test_department_is_asked(self):
        dossier = self._dispute(self._own_invoice())
        with self.assertRaisesRegex(UserError, "head"):
            dossier.with_user(self.collector).action_ask_department()
        head = self._new_head()
        dossier.department_id.user_id = head
        action = dossier.with_user(self.collector).action_ask_department()
        self.assertEqual(action["context"]["default_partner_ids"], head.partner_id.ids)
        self.assertIn(head.partner_id, dossier.message_partner_ids)

    def test_open_items_and_why_name_the_dispute(self):
        invoice = self._own_invoice()
        dossier = self._dispute(invoice)
        part = self._own_invoice()
        self._dispute(part, 30)
        with self._frozen(DAY):
            items = self.env["dunning.item"].with_user(self.collector)
            item, other = (items.browse(self._items(move).id) for move in (invoice, part))
            self.assertEqual((item.disputed_amount, other.disputed_amount), (100, 30))
            self.assertIn(dossier.name, item.explanation)
            self.assertIn(dossier.name, invoice.dunning_explanation)
            found = items.search([("move_id.disputed_amount", "=", 0)])
            self.assertFalse(found & (item | other))

    def test_credit_and_overdue_show_it_apart(self):
        """What is disputed can be looked at or left out, of what is overdue and of all."""
        late, future = self._own_invoice(), self._own_invoice("2026-06-30", amount=60)
        other = self._new_debtor("Debtor Two")
        self._new_invoice("2026-03-31", other, amount=25)
        self._dispute(late, 30)
        self._dispute(future)
        positions = self.env["debtor.position"].with_company(self.company).with_user(self.seller)
        with self._frozen(DAY):
            row = positions.search([("partner_id", "=", self.debtor.id)])
            self.assertEqual((row.open_amount, row.disputed), (160, 90))
            self.assertEqual((row.overdue, row.overdue_undisputed), (100, 70))
            both = Domain("partner_id", "in", (self.debtor | other).ids)
            found = positions.search(both & Domain("disputed", ">", 0))
            self.assertEqual(found.partner_id, self.debtor)
            found = positions.search(both & Domain("overdue_undisputed", ">", 69))
            self.assertEqual(found.partner_id, self.debtor)
            self._dispute(late)
            self.env.invalidate_all()
            found = positions.search(both & Domain("overdue_undisputed", ">", 0))
            self.assertEqual(found.partner_id, other)
            partner = self.debtor.with_user(self.seller).with_company(self.company)
            self.assertIn("Open and disputed", partner.credit_glance)
            self.assertRegex(partner.credit_sentence, r"Of that .*100\.00 is disputed")
            partner = other.with_user(self.collector).with_company(self.company)
            self.assertNotIn("disputed", partner.credit_glance + partner.credit_sentence)

    # === TRAIL AND TIMELINE ===#
    def _order(self, user):
        product = self.env["product.product"].create(
            {"name": "Pump", "list_price": 100, "taxes_id": [], "invoice_policy": "order"}
        )
        order = (
            self.env["sale.order"]
            .sudo()
            .create(
                {
                    "partner_id": self.debtor.id,
                    "user_id": user.id,
                    "client_order_ref": "PO-77",
                    "order_line": [Command.create({"product_id": product.id})],
                }
            )
        )
        order.write({"signed_by": "Mrs. Signer", "signed_on": "2026-02-20 10:00:00"})
        order.action_confirm()
        invoice = order._create_invoices()
        invoice.write({"invoice_date": "2026-03-01", "invoice_date_due": "2026-03-31"})
        invoice.action_post()
        invoice.is_move_sent = True
        return order, invoice

    def test_trail_runs_from_quotation_to_payment(self):
        order, invoice = self._order(self.seller)
        unrelated = self._own_invoice()
        self._pay(invoice, 40, "2026-04-01")
        with self._frozen("2026-04-02"):
            self.env["dunning.contact"].create(
                {
                    "partner_id": self.debtor.id,
                    "company_id": self.company.id,
                    "outcome": "other",
                    "note": "Secret remark",
                    "move_line_ids": [Command.set(self._items(invoice).ids)],
                }
            )
        dossier = self._dispute(invoice, 30)
        trail = dossier.with_user(self.collector).trail
        for text in (order.name, "Mrs. Signer", "PO-77", invoice.name, dossier.name, "Payment"):
            self.assertIn(text, trail)
        self.assertIn("Secret remark", trail)
        self.assertIn(f"/odoo/account.move/{invoice.id}", trail)
        self.assertNotIn(unrelated.name, trail)

    def test_timeline_is_for_salespeople_and_hides_others_orders(self):
        order, invoice = self._order(self.seller)
        hidden, _hidden_invoice = self._order(self.manager)
        self._pay(invoice, 40, "2026-04-01")
        dossier = self._dispute(invoice, 30)
        partner = self.debtor.with_user(self.seller).with_company(self.company)
        timeline = partner.credit_timeline
        for text in (order.name, invoice.name, dossier.name, "Payment"):
            self.assertIn(text, timeline)
        self.assertNotIn(f">Order {hidden.name}<", timeline)
        self.assertNotIn("/odoo/account.payment", timeline, "he may not open payments")
        outsider = new_test_user(self.env, "acm_outsider", groups="base.group_user")
        with self.assertRaises(AccessError):
            self.debtor.with_user(outsider).read(["credit_timeline"])
        # Another company has another story.
        other = self._new_company()
        self.assertNotIn(invoice.name, self.debtor.with_company(other).credit_timeline)

    def _new_company(self):
        return self.env["res.company"].create({"name": "Elsewhere"})

    def test_names_are_escaped(self):
        invoice = self._own_invoice(ref="<script>alert(1)</script>")
        dossier = self._dispute(invoice)
        self.assertNotIn("<script>", dossier.trail)
        self.assertNotIn("<script>", self.debtor.with_company(self.company).credit_timeline)

    # === MIRROR ===#
    def test_mirror_equals_the_records(self):
        product = self.env["product.product"].create({"name": "Pump", "taxes_id": []})
        invoice = self._own_invoice(
            invoice_line_ids=[
                Command.create({"product_id": product.id, "price_unit": 100, "tax_ids": []}),
                Command.create({"name": "Freight", "price_unit": 20, "tax_ids": []}),
            ]
        )
        rejected = self._dispute(invoice, day="2026-04-01")
        self._resolve(rejected, "rejected", reason="As ordered", tell=False)
        accepted = self._dispute(self._own_invoice(), 30, day="2026-04-03")
        self._resolve(accepted, "accepted", post=True, tell=False)
        running = self._dispute(self._own_invoice("2026-04-05"), 50, day="2026-04-03")
        dossiers = rejected | accepted | running
        with self._frozen("2026-04-20"):
            dossiers.invalidate_recordset()
            rows = self._rows().grouped("dossier_id")
            self.assertEqual(set(rows), set(dossiers))
            for dossier, row in rows.items():
                self.assertEqual(row.amount, dossier.amount_claimed_company)
                self.assertEqual(row.amount_credited, dossier.amount_credited_company)
                self.assertEqual(row.days_lost, dossier.days_lost)
                self.assertEqual(row.amount_days, dossier.amount_days)
                self.assertEqual(row.root_cause, dossier.root_cause)
                self.assertEqual(row.department_id, dossier.department_id)
                self.assertEqual(row.salesperson_id, dossier.salesperson_id)
            self.assertEqual(rows[rejected].product_id, product)
            self.assertEqual(rows[running].days_lost, 15)
            [[number, share, credited]] = self.analysis.with_user(self.manager)._read_group(
                [("partner_id", "=", self.debtor.id)],
                [],
                ["number:sum", "share_rejected:avg", "amount_credited:sum"],
            )
        self.assertEqual((number, share, credited), (3, 50, 30))

    def test_mirror_follows_at_once(self):
        dossier = self._dispute(self._own_invoice(), 30)
        with self._frozen(DAY):
            self.assertEqual(self._rows().root_cause, dossier.root_cause)
            dossier.root_cause = "price"
            self.assertEqual(self._rows([("root_cause", "=", "price")]).dossier_id, dossier)

    def test_mirror_has_other_reasons_for_being_late(self):
        with self._frozen(DAY):
            talk = self.env["dunning.contact"].create(
                {
                    "partner_id": self.debtor.id,
                    "company_id": self.company.id,
                    "outcome": "cannot_pay",
                }
            )
            row = self._rows()
            self.assertEqual((row.kind, row.root_cause, row.contact_id), ("talk", "customer", talk))
            self.assertEqual(row.action_open_source()["res_model"], "dunning.contact")

    def test_mirror_shows_each_what_is_for_him(self):
        self._dispute(self._own_invoice())
        head = self._new_head()
        mine = self.analysis.with_user(self.seller).search([("partner_id", "=", self.debtor.id)])
        self.assertEqual(len(mine), 1)
        empty = self.analysis.with_user(head).search([("partner_id", "=", self.debtor.id)])
        self.assertFalse(empty)
        mine.department_id.sudo().user_id = head
        self.assertTrue(self.analysis.with_user(head).search([("partner_id", "=", self.debtor.id)]))
        outsider = new_test_user(self.env, "acm_outsider", groups="base.group_user")
        with self.assertRaises(AccessError):
            self.analysis.with_user(outsider).search([])

    def test_queries_do_not_grow(self):
        def look():
            self.env.flush_all()
            self.env.invalidate_all()
            with self._frozen(DAY):
                return self._count(
                    lambda: [
                        self._rows().mapped("display_name"),
                        self.debtor.with_user(self.seller)
                        .with_company(self.company)
                        .credit_timeline,
                    ]
                )

        self._dispute(self._own_invoice(), 30)
        look()
        few = look()
        for _number in range(8):
            self._dispute(self._own_invoice(), 30)
        self.assertLessEqual(look(), few + 2)

    def _count(self, work):
        before = self.cr.sql_log_count
        work()
        return self.cr.sql_log_count - before

    # === DIGEST ===#
    def test_digest_goes_to_heads_once_a_month(self):
        head = self._new_head()
        department = self.reason.department_id
        department.user_id = head
        self._dispute(self._own_invoice(), 30, day="2026-03-20")
        other = self.env.ref("account_credit_management.credit_department_sales")
        other.user_id = self._new_head("idle")
        mails = self.env["mail.mail"].sudo()

        def send(day):
            known = mails.search([])
            with self._frozen(day):
                self.env["credit.department"]._send_month(self.company)
            return mails.search([]) - known

        [mail] = send("2026-04-01")
        self.assertEqual(mail.recipient_ids, head.partner_id)
        self.assertIn(self.reason.name, mail.body_html)
        self.assertIn("–", mail.body_html, "nothing was settled: no share of rejections")
        self.assertIn("March 2026", mail.subject)
        self.assertFalse(send("2026-04-02"), "once a month")
        [mail] = send("2026-05-01")
        self.assertIn("April 2026", mail.subject)
        self.assertIn("No dispute began", mail.body_html)

    def test_digest_is_only_for_companies_that_want_it(self):
        self.reason.department_id.user_id = self._new_head()
        self._dispute(self._own_invoice(), day="2026-03-20")
        self.env["res.company"].search([]).dispute_digest = False
        cron = self.env.ref("account_credit_management.ir_cron_dispute_digest")
        with self._frozen("2026-04-01"), self.enter_registry_test_mode():
            cron.method_direct_trigger()
            self.assertFalse(self.company.dispute_digest_month)
            self.company.dispute_digest = True
            cron.method_direct_trigger()
        self.assertEqual(self.company.dispute_digest_month, self._date("2026-03-01"))

    # === DOSSIER IN PDF ===#
    def _blank_pdf(self):
        writer = PdfFileWriter()
        writer.addBlankPage(200, 200)
        with io.BytesIO() as buffer:
            writer.write(buffer)
            return buffer.getvalue()

    def _html(self, dossier, internal=False):
        suffix = "_internal" if internal else ""
        html, _type = (
            self.env["ir.actions.report"]
            .with_user(self.collector)
            ._render_qweb_html(
                f"account_credit_management.report_dispute_dossier{suffix}", dossier.ids
            )
        )
        return html.decode()

    def test_internal_notes_are_on_paper_only_for_colleagues(self):
        dossier = self._dispute(self._own_invoice(), description="<p>It rattles</p>")
        dossier.internal_note = "<p>We knew</p>"
        dossier.message_post(
            body="Look",
            message_type="comment",
            attachments=[("secret.pdf", self._blank_pdf())],
            subtype_xmlid="mail.mt_note",
        )
        dossier.message_post(
            body="Left or right?",
            message_type="comment",
            attachments=[("photo.pdf", self._blank_pdf())],
            subtype_xmlid="mail.mt_comment",
        )
        html, internal = self._html(dossier), self._html(dossier, internal=True)
        for text in ("It rattles", "Left or right?", "photo.pdf", dossier.name):
            self.assertIn(text, html)
            self.assertIn(text, internal)
        for text in ("We knew", "secret.pdf"):
            self.assertNotIn(text, html)
            self.assertIn(text, internal)
        self.assertNotIn("Look</p>", internal)
        # The note of a talk is ours.
        dossier.origin = "contact"
        self.assertNotIn("It rattles", self._html(dossier))
        self.assertIn("It rattles", self._html(dossier, internal=True))

    def test_paper_tells_how_it_ended_in_the_language_of_the_debtor(self):
        dossier = self._dispute(self._own_invoice())
        self._resolve(dossier, "rejected", reason="It was signed for")
        self.assertEqual(dossier._get_paper_state(), "Resolved: Rejected, April 10, 2026")
        self.env["res.lang"]._activate_lang("nl_NL")
        dutch = dossier.with_context(lang="nl_NL")._get_paper_state()
        self.assertIn("10 april 2026", dutch)

    def _photo(self):
        with io.BytesIO() as buffer:
            Image.new("RGB", (60, 40), "red").save(buffer, "PNG")
            return buffer.getvalue()

    def test_files_are_merged_and_what_cannot_be_printed_is_told(self):
        dossier = self._dispute(self._own_invoice())
        files = {
            "one.pdf": ("application/pdf", self._blank_pdf()),
            "photo.png": ("image/png", self._photo()),
            "broken.pdf": ("application/pdf", b"%PDF-1.4 nonsense"),
            "broken.png": ("image/png", self._photo()[:40]),
            "unread.heic": ("image/heic", b"0000ftypheic"),
            "table.ods": ("application/zip", b"PK"),
        }
        for name, (mimetype, raw) in files.items():
            self.env["ir.attachment"].create(
                {
                    "name": name,
                    "datas": base64.b64encode(raw),
                    "mimetype": mimetype,
                    "res_model": dossier._name,
                    "res_id": dossier.id,
                }
            )
        pages = PdfFileReader(io.BytesIO(dossier._merge_files(self._blank_pdf())))
        self.assertEqual(pages.getNumPages(), 3)
        width, height = pages.getPage(2).mediaBox[2:]
        self.assertEqual((round(float(width)), round(float(height))), (595, 842))
        html = self._html(dossier)
        rows = html[html.index('acm_files"') :].split("</li>")
        for name in files:
            [row] = [row for row in rows if name in row]
            self.assertEqual("not printed here" in row, name not in ("one.pdf", "photo.png"), name)
        report = self.env["ir.actions.report"].with_context(force_report_rendering=True)
        content, kind = report._render_qweb_pdf(
            "account_credit_management.report_dispute_dossier", dossier.ids
        )
        self.assertEqual(kind, "pdf")
        self.assertGreaterEqual(PdfFileReader(io.BytesIO(content)).getNumPages(), 4)

    # === CONFIGURATION ===#
    def test_head_without_rights_is_warned_of(self):
        departments = self.env["credit.department"].with_user(self.manager)
        plain = new_test_user(self.env, "acm_plain_head", groups="base.group_user")
        for user, is_warned in ((plain, True), (self.seller, False)):
            answer = departments.new({"user_id": user.id})._onchange_user_id()
            self.assertEqual(bool(answer), is_warned, user.login)

    def test_settings_and_rules_are_for_managers(self):
        rule = self.env["dispute.deadline.rule"]
        with self.assertRaises(AccessError):
            rule.with_user(self.collector).create({"name": "Fast", "days": 2})
        form = Form(rule.with_user(self.manager))
        form.name = "Fast"
        form.days = 2
        self.assertTrue(form.save())
        settings = self.env["res.config.settings"].with_company(self.company)
        settings.create({"dispute_term_days": 21}).execute()
        self.assertEqual(self.company.dispute_term_days, 21)
