import base64
import hashlib
from datetime import timedelta
from unittest.mock import patch

from odoo import Command, fields, http
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from .portal_payment_common import PortalPaymentCommon
from .test_credit_hold import SIGNATURE


@tagged("post_install", "-at_install")
class TestArrangementPortal(PortalPaymentCommon):
    """What a debtor sees of his arrangement, signs, declines, pays and asks for online."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.arrangements = cls.env["installment.arrangement"]
        cls.stranger = new_test_user(
            cls.env, "acm_portal", groups="base.group_portal", company_id=cls.company.id
        )

    @classmethod
    def _days(cls, days):
        return fields.Date.add(cls.today, days=days)

    def _arrange(self, *amounts, state="offered", partner=None, count=2, **values):
        """Overdue invoices of a debtor and their arrangement, in equal monthly installments."""
        partner = partner or self.debtor
        invoices = self.env["account.move"]
        for number, amount in enumerate(amounts):
            invoices |= self._new_invoice(
                self._days(number - len(amounts) - 8), partner=partner, amount=amount
            )
        arrangement = self.arrangements.with_user(self.manager).create(
            {
                "partner_id": partner.id,
                "company_id": self.company.id,
                "currency_id": invoices.currency_id.id,
                "item_ids": [
                    Command.create({"move_line_id": item.id}) for item in self._items(invoices)
                ],
                **values,
            }
        )
        first = self.company._get_next_dunning_working_day(self._days(10))
        arrangement._plan(count=count, first_due=first)
        arrangement.action_offer()
        if state == "active":
            arrangement.action_activate()
        arrangement = arrangement.sudo()
        arrangement._portal_ensure_token()
        return invoices, arrangement

    def _login_debtor(self):
        new_test_user(
            self.env,
            "acm_debtor",
            groups="base.group_portal",
            company_id=self.company.id,
            partner_id=self.env["res.partner"]
            .create({"name": "Employee", "parent_id": self.debtor.id, "email": "e@buyer.example"})
            .id,
        )
        self.authenticate("acm_debtor", "acm_debtor")

    def _get_page(self, arrangement, token=None):
        self.env.flush_all()
        token = arrangement.access_token if token is None else token
        return self.url_open(f"/my/arrangements/{arrangement.id}?access_token={token}")

    def _accept(self, arrangement, token=None, name="Bea Buyer", signature=None):
        self.env.flush_all()
        answer = self.make_jsonrpc_request(
            f"/my/arrangements/{arrangement.id}/accept",
            {
                "access_token": arrangement.access_token if token is None else token,
                "name": name,
                "signature": SIGNATURE.decode() if signature is None else signature,
            },
        )
        self.env.invalidate_all()
        return answer

    def _post(self, url, token="", **values):
        self.env.flush_all()
        page = self.url_open(
            f"{url}?access_token={token}" if token else url,
            data={"csrf_token": http.Request.csrf_token(self), **values},
        )
        self.env.invalidate_all()
        return page

    def _request_payment(self, url, **values):
        """Ask for a transaction as the payment form does.

        :return: processing values of the transaction, and the error message
        """
        self.env.flush_all()
        params = {
            "provider_id": self.provider.id,
            "payment_method_id": self.method.id,
            "token_id": None,
            "amount": 1.0,
            "flow": "redirect",
            "tokenization_requested": False,
            "landing_route": "https://elsewhere.example",
            "is_validation": False,
            **values,
        }
        answer = self.url_open(
            url, json={"jsonrpc": "2.0", "method": "call", "params": params}
        ).json()
        self.env.invalidate_all()
        return answer.get("result", {}), answer.get("error", {}).get("data", {}).get("message")

    def _begin_payment(self, arrangement, **values):
        result, error = self._request_payment(
            f"/my/arrangements/{arrangement.id}/transaction",
            **{"access_token": arrangement.access_token, **values},
        )
        self.assertFalse(error)
        transactions = self.env["payment.transaction"].sudo()
        return transactions.search([("reference", "=", result["reference"])])

    def _confirm(self, transaction):
        transaction._set_done()
        transaction._post_process()
        self.env.invalidate_all()

    def _assert_refused(self, words, arrangement, **values):
        with mute_logger("odoo.http"):
            result, error = self._request_payment(
                f"/my/arrangements/{arrangement.id}/transaction",
                **{"access_token": arrangement.access_token, **values},
            )
        self.assertFalse(result)
        self.assertIn(words, error)

    # === WHO MAY SEE IT ===#
    def test_without_the_right_token_nothing_is_shown_or_done(self):
        _invoices, arrangement = self._arrange(300)
        _others, other = self._arrange(200, partner=self._new_debtor("Debtor Two"))
        for login in (None, "acm_portal"):
            self.authenticate(login, login)
            for token in ("", "wrong", other.access_token):
                page = self._get_page(arrangement, token=token)
                self.assertNotIn(arrangement.name, page.text)
                self.assertIn("not valid", self._accept(arrangement, token=token)["error"])
                self._assert_refused("not valid", arrangement, access_token=token)
                self._post(f"/my/arrangements/{arrangement.id}/decline", token, reason="No")
                pdf = self.url_open(
                    f"/my/arrangements/{arrangement.id}?report_type=pdf&access_token={token}"
                )
                self.assertNotIn(arrangement.name, pdf.text)
        self.assertEqual(arrangement.state, "offered")

    def test_a_link_that_was_replaced_opens_nothing(self):
        _invoices, arrangement = self._arrange(300, state="active")
        old = arrangement.access_token
        self.authenticate(None, None)
        self.assertIn(arrangement.name, self._get_page(arrangement).text)
        arrangement.access_token = False
        new = arrangement._portal_ensure_token()
        self.assertNotEqual(old, new)
        self.assertNotIn(arrangement.name, self._get_page(arrangement, token=old).text)
        self._assert_refused("not valid", arrangement, access_token=old)
        self.assertIn(arrangement.name, self._get_page(arrangement, token=new).text)

    def test_debtor_finds_his_arrangement_and_nobody_elses(self):
        _invoices, arrangement = self._arrange(300)
        _others, other = self._arrange(200, partner=self._new_debtor("Debtor Two"))
        self._login_debtor()
        listing = self.url_open("/my/arrangements").text
        self.assertIn(arrangement.name, listing)
        self.assertNotIn(other.name, listing)
        self.assertIn(arrangement.name, self._get_page(arrangement, token="").text)
        self.assertNotIn(other.name, self._get_page(other, token="").text)
        counters = self.make_jsonrpc_request("/my/counters", {"counters": ["arrangement_count"]})
        self.assertEqual(counters["arrangement_count"], 1)
        self.assertFalse(
            self.arrangements.with_user(self.stranger).has_access("read"),
            "the record itself is no business of debtors",
        )

    def test_drafts_and_internal_reasons_stay_inside(self):
        _invoices, arrangement = self._arrange(300)
        arrangement.with_user(self.manager).action_draft()
        self.authenticate(None, None)
        self.assertNotIn(arrangement.name, self._get_page(arrangement).text)
        arrangement.with_user(self.manager).action_offer()
        arrangement._cancel("He cannot be trusted")
        page = self._get_page(arrangement).text
        self.assertIn("has ended", page)
        self.assertNotIn("trusted", page)

    def test_expired_offer_says_so_and_cannot_be_signed(self):
        _invoices, arrangement = self._arrange(300)
        arrangement._get_blocks().write({"date_from": self._days(-5), "date_to": self._days(-1)})
        arrangement._with_gate_open().offer_valid_until = self._days(-1)
        self.authenticate(None, None)
        page = self._get_page(arrangement).text
        self.assertIn("This offer has ended", page)
        self.assertNotIn("arrangement_sign", page)
        self.assertIn("was valid until", self._accept(arrangement)["error"])
        self.assertEqual(arrangement.state, "offered")
        arrangement._review(self.today)
        self.assertEqual(arrangement.state, "cancelled")
        self.assertIn("This offer has ended", self._get_page(arrangement).text)

    # === SIGNING ===#
    def test_debtor_signs_and_the_document_is_kept(self):
        _invoices, arrangement = self._arrange(300)
        self.authenticate(None, None)
        page = self._get_page(arrangement).text
        self.assertIn("portal.signature_form", page)
        self.assertNotIn("o_payment_form", page)
        answer = self._accept(arrangement)
        self.assertTrue(answer["force_refresh"])
        self.assertEqual(arrangement.state, "active")
        self.assertEqual(arrangement.signed_by, "Bea Buyer")
        self.assertEqual(arrangement.signed_ip, "127.0.0.1")
        self.assertTrue(arrangement.signature)
        self.assertTrue(arrangement.signed_on)
        document = arrangement.agreement_id
        self.assertEqual(arrangement.agreement_hash, hashlib.sha256(document.raw).hexdigest())
        served = self.url_open(arrangement.get_portal_url(report_type="pdf", download=True))
        self.assertEqual(served.content, document.raw)
        self.assertIn("You have signed", self.url_open(answer["redirect_url"]).text)

    def test_signing_twice_is_once(self):
        _invoices, arrangement = self._arrange(300, amount_costs=40)
        self.authenticate(None, None)
        self._accept(arrangement)
        kept = arrangement.agreement_id, arrangement.signed_on, arrangement.charge_move_id
        answer = self._accept(arrangement, name="Somebody Else")
        self.assertTrue(answer["force_refresh"])
        self.assertEqual(arrangement.signed_by, "Bea Buyer")
        self.assertEqual(
            (arrangement.agreement_id, arrangement.signed_on, arrangement.charge_move_id), kept
        )
        self.assertEqual(len(arrangement.item_ids.filtered("is_charge")), 1)

    def test_name_and_signature_are_required(self):
        _invoices, arrangement = self._arrange(300)
        self.authenticate(None, None)
        self.assertIn("name", self._accept(arrangement, name="  ")["error"])
        self.assertIn("signature", self._accept(arrangement, signature="")["error"])
        garbage = base64.b64encode(b"no picture").decode()
        self.assertTrue(self._accept(arrangement, signature=garbage)["error"])
        self.assertEqual(arrangement.state, "offered")
        self.assertFalse(arrangement.signed_by)

    def test_debtor_declines_and_somebody_is_told(self):
        invoices, arrangement = self._arrange(300)
        self.authenticate(None, None)
        url = f"/my/arrangements/{arrangement.id}/decline"
        page = self._post(url, arrangement.access_token, reason=" ")
        self.assertIn("what does not suit you", page.text)
        self.assertEqual(arrangement.state, "offered")
        page = self._post(url, arrangement.access_token, reason="Half a year, please")
        self.assertIn("You have declined", page.text)
        self.assertEqual(arrangement.state, "cancelled")
        self.assertIn("Half a year", arrangement.closed_reason)
        self.assertIn("was declined", "".join(self.debtor.activity_ids.mapped("summary")))
        self.assertFalse(arrangement._get_blocks())
        self.assertTrue(self._accept(arrangement)["error"])
        self.assertEqual(invoices.amount_residual, 300)

    # === PAYMENT ===#
    def test_installment_due_is_paid_on_its_items_oldest_first(self):
        other = self._new_invoice(self._days(-30), amount=70)
        invoices, arrangement = self._arrange(100, 300, state="active")
        self.authenticate(None, None)
        page = self._get_page(arrangement).text
        self.assertIn('data-amount="200.0"', page)
        self.assertIn(arrangement.payment_reference, page)
        transaction = self._begin_payment(arrangement, amount=0.01)
        self.assertEqual(transaction.amount, 200, "the browser does not decide")
        self.assertEqual(transaction.arrangement_id, arrangement)
        self.assertEqual(transaction.landing_route, arrangement.get_portal_url())
        self.assertEqual(transaction.reference, arrangement.name)
        self._confirm(transaction)
        self.assertEqual(invoices.mapped("amount_residual"), [0, 200])
        self.assertEqual(other.amount_residual, 70)
        self.assertEqual(arrangement._get_ordered_lines().mapped("state"), ["paid", "planned"])
        self._confirm(self._begin_payment(arrangement))
        self.assertEqual(arrangement.state, "fulfilled")
        self.assertIn("Everything has been paid", self._get_page(arrangement).text)
        self._assert_refused("cannot be paid", arrangement)

    def test_second_payment_waits_for_the_first_and_both_count(self):
        invoices, arrangement = self._arrange(300, state="active", count=3)
        self.authenticate(None, None)
        transactions = [self._begin_payment(arrangement)]
        self._assert_refused("begun just now", arrangement)
        # Somebody who comes back later without having paid.
        transactions[0].last_state_change -= timedelta(minutes=1)
        transactions.append(self._begin_payment(arrangement))
        transactions[0]._set_pending()
        self.env.invalidate_all()
        self.assertIn("A payment is under way", self._get_page(arrangement).text)
        self._assert_refused("already under way", arrangement)
        for transaction in transactions:
            self._confirm(transaction)
        self.assertEqual(arrangement.amount_paid, 200)
        self.assertEqual(invoices.amount_residual, 100)

    def test_item_paid_otherwise_meanwhile_lets_the_money_go_on(self):
        invoices, arrangement = self._arrange(100, 300, state="active")
        self.authenticate(None, None)
        transaction = self._begin_payment(arrangement)
        self._pay(invoices[0], 100, self.today)
        self._confirm(transaction)
        self.assertEqual(invoices.mapped("amount_residual"), [0, 100])

    def test_offer_and_other_ways_to_pay_are_refused(self):
        _invoices, arrangement = self._arrange(300)
        self.authenticate(None, None)
        self._assert_refused("cannot be paid", arrangement)
        arrangement._activate()
        other = self.provider.copy(
            {"company_id": self.setup_other_company()["company"].id, "state": "test"}
        )
        self._assert_refused("not available", arrangement, provider_id=other.id)
        self._assert_refused("not whitelisted", arrangement, partner_id=self.partner_a.id)

    # === INVOICE AND REMINDER ===#
    def test_invoice_asks_for_the_installment_never_for_the_whole(self):
        invoices, arrangement = self._arrange(300, state="active", count=3)
        values = invoices._get_invoice_next_payment_values(custom_amount=300)
        self.assertEqual((values["next_amount_to_pay"], values["amount_due"]), (100, 100))
        self.assertEqual(values["next_payment_reference"], arrangement.payment_reference)
        link = self.env["payment.link.wizard"].with_context(
            active_model="account.move", active_id=invoices.id
        )
        self.assertEqual(link.create({}).amount, 100)
        self.assertEqual(link.create({}).link, arrangement.payment_link)
        self.assertEqual(invoices._get_portal_payment_link(), arrangement.payment_link)
        self.company.qr_code = True
        with patch.object(
            self.env.registry["res.partner.bank"], "build_qr_code_base64", autospec=True
        ) as code:
            invoices._generate_qr_code()
        self.assertEqual(
            code.call_args.args[1:4],
            (100, arrangement.payment_reference, arrangement.payment_reference),
        )
        self.authenticate(None, None)
        page = self.url_open(invoices.get_portal_url()).text
        self.assertIn('data-amount="100.0"', page)
        self.assertNotIn('data-amount="300.0"', page)
        self.assertIn(f"/my/arrangements/{arrangement.id}", page)
        result, error = self._request_payment(
            f"/invoice/transaction/{invoices.id}",
            access_token=invoices._portal_ensure_token(),
            amount=300.0,
        )
        self.assertFalse(error)
        transactions = self.env["payment.transaction"].sudo()
        transaction = transactions.search([("reference", "=", result["reference"])])
        self.assertEqual((transaction.amount, transaction.arrangement_id), (100, arrangement))
        arrangement._cancel("Over")
        self.env.invalidate_all()
        values = invoices._get_invoice_next_payment_values()
        self.assertEqual(values["next_amount_to_pay"], 300)

    def test_reminder_leads_to_the_arrangement_instead_of_asking(self):
        invoice = self._new_invoice(self._days(-9), amount=300)
        notice = self._run_day_for(self.debtor, self.today)
        arrangement = self.arrangements.create(
            {
                "partner_id": self.debtor.id,
                "company_id": self.company.id,
                "currency_id": invoice.currency_id.id,
                "item_ids": [Command.create({"move_line_id": self._items(invoice).id})],
            }
        )
        arrangement._plan(count=3, first_due=self._days(10))
        arrangement._offer()
        self.authenticate(None, None)
        self.env.flush_all()
        self.env.invalidate_all()
        page = self.url_open(notice.get_portal_url()).text
        self.assertIn("In installments", page)
        self.assertIn(f"/my/arrangements/{arrangement.id}", page)
        self.assertNotIn("o_payment_form", page)
        self.assertNotIn("Being looked into", page)

    # === ASKING ===#
    def _ask(self, notice, **values):
        return self._post(
            f"/my/reminders/{notice.id}/installments",
            notice.access_token,
            **{"count": "3", "interval": "month", "first_due": str(self._days(7)), **values},
        )

    def _remind(self, amount=300, **values):
        self._new_invoice(self._days(-9), amount=amount, **values)
        return self._run_day_for(self.debtor, self.today)

    def _asked(self):
        return self.arrangements.search([("partner_id", "=", self.debtor.id)])

    def test_within_the_rules_he_signs_at_once(self):
        self.company.arrangement_portal = "auto"
        notice = self._remind()
        self.authenticate(None, None)
        page = self._ask(notice)
        arrangement = self._asked()
        self.assertEqual(arrangement.state, "offered")
        self.assertEqual((len(arrangement.line_ids), arrangement.amount_total), (3, 300))
        self.assertIn("Accept and sign", page.text)
        self._accept(arrangement)
        self.assertEqual(arrangement.state, "active")

    def test_outside_the_rules_a_person_answers(self):
        self.company.write({"arrangement_portal": "auto", "arrangement_max_months": 2})
        notice = self._remind()
        self.authenticate(None, None)
        page = self._ask(notice, count="12", message="After the summer, please")
        self.assertIn("You have asked to pay in installments", page.text)
        self.assertNotIn("takes longer", page.text)
        arrangement = self._asked()
        self.assertEqual((arrangement.state, arrangement.origin), ("draft", "portal"))
        activity = arrangement.activity_ids
        self.assertEqual(activity.user_id, self.collector)
        self.assertIn("After the summer", activity.note)
        self._ask(notice)
        self.assertEqual(self._asked(), arrangement, "asking twice is once")
        self.assertNotIn(arrangement.name, self._get_page(arrangement, "").text)

    def test_ask_means_that_a_person_answers_and_off_that_nobody_can(self):
        notice = self._remind()
        self.authenticate(None, None)
        self.company.arrangement_portal = "off"
        self.env.flush_all()
        self.assertNotIn("/installments", self.url_open(notice.get_portal_url()).text)
        self._ask(notice)
        self.assertFalse(self._asked())
        self.company.arrangement_portal = "ask"
        self._ask(notice)
        self.assertEqual(self._asked().state, "draft")

    def test_nonsense_is_refused_in_words(self):
        self.company.arrangement_portal = "auto"
        notice = self._remind()
        self.authenticate(None, None)
        for wrong in (
            {"count": "1"},
            {"count": "x"},
            {"count": "1000"},
            {"first_due": "soon"},
            {"first_due": str(self._days(-1))},
            {"first_due": str(self._days(400))},
        ):
            self.assertIn("Please choose", self._ask(notice, **wrong).text, wrong)
        self.assertFalse(self._asked())

    def test_customer_asks_from_his_own_pages_for_his_own_invoices(self):
        self.company.arrangement_portal = "auto"
        invoice = self._new_invoice(self._days(-9), amount=300)
        later = self._new_invoice(self._days(20), amount=50)
        other = self._new_invoice(self._days(-9), amount=90, partner=self._new_debtor("Debtor Two"))
        self._login_debtor()
        page = self.url_open("/my/arrangements").text
        self.assertIn(invoice.name, page)
        self.assertNotIn(other.name, page)
        values = {
            "company_id": str(self.company.id),
            "currency_id": str(invoice.currency_id.id),
            "count": "3",
            "interval": "week",
            "first_due": str(self._days(7)),
        }
        page = self._post("/my/arrangements/request", **{**values, "company_id": "0"})
        self.assertIn("cannot be asked for", page.text)
        page = self._post("/my/arrangements/request", **values)
        self.assertIn("Accept and sign", page.text)
        arrangement = self._asked()
        self.assertEqual(arrangement.move_ids, invoice)
        self.assertNotIn(later, arrangement.move_ids)
        last = arrangement._get_ordered_lines()[-1].date_due
        self.assertLess(last - self._days(7), timedelta(days=22))

    def test_companies_are_asked_each_for_their_own(self):
        other = self.setup_other_company()
        other["company"].arrangement_portal = "off"
        invoice = self._new_invoice(self._days(-9), amount=300)
        foreign = self.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": self.debtor.id,
                "company_id": other["company"].id,
                "journal_id": other["default_journal_sale"].id,
                "invoice_date": self._days(-40),
                "invoice_date_due": self._days(-10),
                "invoice_payment_term_id": False,
                "invoice_line_ids": [
                    Command.create({"name": "Goods", "price_unit": 80, "tax_ids": []})
                ],
            }
        )
        foreign.action_post()
        amounts = self.arrangements._get_askable_amounts(self.debtor)
        self.assertEqual([company for company, _currency in amounts], [self.company])
        other["company"].arrangement_portal = "ask"
        amounts = self.arrangements._get_askable_amounts(self.debtor)
        self.assertEqual(
            {company: [item.move_id for item in group] for (company, _), group in amounts.items()},
            {self.company: [invoice], other["company"]: [foreign]},
        )
