import threading
import time
from contextlib import contextmanager
from datetime import timedelta
from types import SimpleNamespace

import requests

from odoo import SUPERUSER_ID, Command, api, http
from odoo.modules.registry import Registry
from odoo.tests import HOST, BaseCase, get_db_name, tagged
from odoo.tools import config, mute_logger

from .test_credit_hold import SIGNATURE


@tagged("post_install", "-at_install")
class TestArrangementSubmits(BaseCase):
    """Two browsers submit at the same moment: real requests, each with its own connection.

    The data is really committed, and taken away again at the end.
    """

    def setUp(self):
        super().setUp()
        self.registry = Registry(get_db_name())
        self.addCleanup(self._remove)
        with self._environment() as env:
            today = env.company._get_dunning_today()
            self.debtor_id = (
                env["res.partner"].create({"name": "Submits", "email": "two@buyer.example"}).id
            )
            invoice = env["account.move"].create(
                {
                    "move_type": "out_invoice",
                    "partner_id": self.debtor_id,
                    "invoice_date": today - timedelta(days=40),
                    "invoice_date_due": today - timedelta(days=10),
                    "invoice_payment_term_id": False,
                    "invoice_line_ids": [
                        Command.create({"name": "Goods", "price_unit": 300.0, "tax_ids": []})
                    ],
                }
            )
            invoice.action_post()
            item = invoice.line_ids.filtered(lambda line: line.account_type == "asset_receivable")
            arrangement = env["installment.arrangement"].create(
                {
                    "partner_id": self.debtor_id,
                    "currency_id": invoice.currency_id.id,
                    "amount_costs": 30.0,
                    "item_ids": [Command.create({"move_line_id": item.id})],
                }
            )
            arrangement._plan(count=3, first_due=today + timedelta(days=20))
            arrangement.action_offer()
            self.arrangement_id = arrangement.id
            self.token = arrangement._portal_ensure_token()
            self.url = f"http://{HOST}:{config['http_port']}/my/arrangements/{arrangement.id}"
            self._provide_payments(env)

    @contextmanager
    def _environment(self):
        with self.registry.cursor() as cr:
            yield api.Environment(cr, SUPERUSER_ID, {})

    def _provide_payments(self, env):
        parameters = env["ir.config_parameter"]
        name = "account_payment.enable_portal_payment"
        self.portal_payment = parameters.get_param(name)
        parameters.set_param(name, "True")
        method = env.ref("payment.payment_method_unknown")
        self.method_id, self.method_active = method.id, method.active
        provider = env["payment.provider"].create(
            {
                "name": "Submits",
                "code": "none",
                "state": "test",
                "is_published": True,
                "company_id": env.company.id,
                "payment_method_ids": [Command.set(method.ids)],
            }
        )
        self.provider_id = provider.id
        method.active = True

    def _remove(self):
        with self._environment() as env:
            parameters = env["ir.config_parameter"]
            parameters.set_param("account_payment.enable_portal_payment", self.portal_payment)
            env["payment.transaction"].search([("partner_id", "=", self.debtor_id)]).unlink()
            provider = env["payment.provider"].browse(self.provider_id)
            provider.state = "disabled"
            provider.unlink()
            env["payment.method"].browse(self.method_id).active = self.method_active
            debtor = env["res.partner"].browse(self.debtor_id)
            arrangement = env["installment.arrangement"].browse(self.arrangement_id)
            arrangement.message_ids.unlink()
            documents = env["ir.attachment"].search(
                [("res_model", "=", arrangement._name), ("res_id", "=", arrangement.id)]
            )
            env.cr.execute("DELETE FROM installment_arrangement WHERE id = %s", [arrangement.id])
            env.invalidate_all()
            documents.unlink()
            moves = env["account.move.line"].search([("partner_id", "=", debtor.id)]).move_id
            moves.button_draft()
            moves.with_context(force_delete=True).unlink()
            env["mail.mail"].search([("recipient_ids", "in", debtor.ids)]).unlink()
            debtor.unlink()

    # === TWO AT ONCE ===#
    def _new_visitor(self):
        """A browser of somebody who is not logged in."""
        session = http.root.session_store.new()
        session.update(http.get_default_session(), db=get_db_name(), _trace_disable=True)
        session.context["lang"] = http.DEFAULT_LANG
        http.root.session_store.save(session)
        self.addCleanup(http.root.session_store.delete, session)
        browser = requests.Session()
        browser.cookies["session_id"] = session.sid
        with self._environment() as env:
            token = http.Request.csrf_token(SimpleNamespace(env=env, session=session))
        return browser, token

    def _submit_together(self, *submits):
        """Let requests begin, and go on only when all of them have read what there is.

        Somebody else holds the debtor until each of them waits for him.

        :param submits: functions that are called with a browser and its CSRF token
        :return: their responses
        """
        answers = [None] * len(submits)
        visitors = [self._new_visitor() for _submit in submits]

        def run(index):
            answers[index] = submits[index](*visitors[index])

        threads = [threading.Thread(target=run, args=[index]) for index in range(len(submits))]
        with mute_logger("odoo.sql_db", "odoo.http"):
            with self.registry.cursor() as holder:
                holder.execute("SELECT FROM res_partner WHERE id = %s FOR UPDATE", [self.debtor_id])
                for thread in threads:
                    thread.start()
                self._wait_for_waiting(len(threads))
                holder.rollback()
            for thread in threads:
                thread.join(timeout=60)
        self.assertNotIn(None, answers)
        return answers

    def _wait_for_waiting(self, number):
        with self.registry.cursor() as cr:
            for _attempt in range(300):
                cr.execute(
                    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
                    "AND wait_event_type = 'Lock' AND query LIKE %s",
                    ["%UPDATE res_partner SET credit_serial%"],
                )
                if cr.fetchone()[0] == number:
                    return
                cr.rollback()
                time.sleep(0.1)
        self.fail("The requests did not meet")

    def _call(self, browser, path, **params):
        return browser.post(
            f"{self.url}/{path}",
            json={"jsonrpc": "2.0", "params": {"access_token": self.token, **params}},
            timeout=60,
        ).json()

    def _sign(self, name):
        def submit(browser, _csrf_token):
            return self._call(browser, "accept", name=name, signature=SIGNATURE.decode())

        return submit

    def _decline(self, browser, csrf_token):
        return browser.post(
            f"{self.url}/decline?access_token={self.token}",
            data={"csrf_token": csrf_token, "reason": "Too much"},
            timeout=60,
        )

    def _pay(self, browser, _csrf_token):
        return self._call(
            browser,
            "transaction",
            provider_id=self.provider_id,
            payment_method_id=self.method_id,
            token_id=None,
            amount=1.0,
            flow="direct",
            tokenization_requested=False,
            landing_route="/my",
            is_validation=False,
        )

    def _charges(self, env):
        name = env["installment.arrangement"].browse(self.arrangement_id).name
        return env["account.move"].search_count([("invoice_origin", "=", name)])

    # === TESTS ===#
    def test_two_who_sign_at_once_sign_once(self):
        answers = self._submit_together(self._sign("Ann Buyer"), self._sign("Bea Buyer"))
        for answer in answers:
            self.assertIn("message=signed", answer["result"]["redirect_url"])
        with self._environment() as env:
            arrangement = env["installment.arrangement"].browse(self.arrangement_id)
            self.assertEqual(arrangement.state, "active")
            self.assertIn(arrangement.signed_by, ("Ann Buyer", "Bea Buyer"))
            self.assertEqual(self._charges(env), 1)
            self.assertEqual(len(arrangement.item_ids), 2, "the invoice and its charges")
            self.assertEqual(len(arrangement._get_blocks()), 2)
            bodies = "".join(arrangement.message_ids.mapped("body"))
            self.assertEqual(bodies.count("Signed online by"), 1)
            self.assertIn(f"Signed online by {arrangement.signed_by}", bodies)
            documents = env["ir.attachment"].search_count(
                [
                    ("res_model", "=", arrangement._name),
                    ("res_id", "=", arrangement.id),
                    ("res_field", "=", False),
                    ("id", "=", arrangement.agreement_id.id),
                ]
            )
            self.assertEqual(documents, 1)

    def test_one_signs_and_one_declines(self):
        signed, declined = self._submit_together(self._sign("Ann Buyer"), self._decline)
        self.assertEqual(declined.status_code, 200)
        with self._environment() as env:
            arrangement = env["installment.arrangement"].browse(self.arrangement_id)
            if arrangement.state == "active":
                self.assertIn("message=signed", signed["result"]["redirect_url"])
                self.assertIn("is not open any more", declined.text)
                self.assertEqual(self._charges(env), 1)
                self.assertEqual(len(arrangement._get_blocks()), 2)
                self.assertFalse(arrangement.partner_id.activity_ids)
            else:
                self.assertEqual(arrangement.state, "cancelled")
                self.assertIn("cannot be signed any more", signed["result"]["error"])
                self.assertIn("You have declined", declined.text)
                self.assertFalse(arrangement.signed_by)
                self.assertEqual(self._charges(env), 0)
                self.assertFalse(arrangement._get_blocks())
                self.assertEqual(len(arrangement.partner_id.activity_ids), 1)

    def test_two_who_decline_at_once_raise_one_task(self):
        pages = self._submit_together(self._decline, self._decline)
        self.assertEqual([page.status_code for page in pages], [200, 200])
        self.assertEqual(sum("You have declined" in page.text for page in pages), 1)
        self.assertEqual(sum("is not open any more" in page.text for page in pages), 1)
        with self._environment() as env:
            arrangement = env["installment.arrangement"].browse(self.arrangement_id)
            self.assertEqual(arrangement.state, "cancelled")
            self.assertEqual(len(arrangement.partner_id.activity_ids), 1)

    def test_two_who_pay_at_once_begin_one_payment(self):
        with self._environment() as env:
            env["installment.arrangement"].browse(self.arrangement_id).action_activate()
        answers = self._submit_together(self._pay, self._pay)
        (begun,) = [answer["result"] for answer in answers if "result" in answer]
        (refused,) = [answer["error"] for answer in answers if "error" in answer]
        self.assertEqual(refused["data"]["name"], "odoo.exceptions.UserError")
        self.assertIn("A payment was begun just now", refused["data"]["message"])
        with self._environment() as env:
            arrangement = env["installment.arrangement"].browse(self.arrangement_id)
            transaction = arrangement.transaction_ids
            self.assertEqual(transaction.reference, begun["reference"])
            self.assertEqual((transaction.amount, transaction.state), (110.0, "draft"))
            self.assertEqual(arrangement.amount_paid, 0.0)
