from odoo import Command, fields
from odoo.tests import HttpCase
from odoo.tools import mute_logger

from .notice_common import NoticeCommon


class PortalPaymentCommon(NoticeCommon, HttpCase):
    """A company that is paid online, through a provider that asks nobody."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.today = fields.Date.today()
        cls.method = cls.env.ref("payment.payment_method_unknown").sudo()
        form = cls.env["ir.ui.view"].create(
            {"name": "Redirect", "type": "qweb", "arch": "<form action='dummy' method='post'/>"}
        )
        cls.env["payment.provider"].sudo().search([]).state = "disabled"
        cls.provider = (
            cls.env["payment.provider"]
            .sudo()
            .create(
                {
                    "name": "Test Provider",
                    "code": "none",
                    "state": "test",
                    "is_published": True,
                    "company_id": cls.company.id,
                    "payment_method_ids": [Command.set(cls.method.ids)],
                    "redirect_form_view_id": form.id,
                }
            )
        )
        cls.method.active = True
        cls._create_dummy_payment_method_for_provider(
            provider=cls.provider, journal=cls.company_data["default_journal_bank"]
        )
        cls.env["ir.config_parameter"].set_param("account_payment.enable_portal_payment", "True")

    def _days_ago(self, days):
        return fields.Date.subtract(self.today, days=days)

    def _remind(self, *amounts, partner=None, days_late=8, **values):
        """Open invoices of a debtor, the first due first, and the reminder sent today."""
        partner = partner or self.debtor
        invoices = self.env["account.move"]
        for number, amount in enumerate(amounts):
            invoices += self._new_invoice(
                self._days_ago(days_late + len(amounts) - number),
                partner=partner,
                amount=amount,
                **values,
            )
        notice = self._run_day_for(partner.commercial_partner_id, self.today)
        self.assertEqual(len(notice), 1)
        return invoices, notice

    def _get_page(self, notice, token=None):
        token = notice.access_token if token is None else token
        return self.url_open(f"/my/reminders/{notice.id}?access_token={token}")

    def _request_payment(self, notice, **values):
        """Ask for a transaction as the payment form does.

        :return: processing values of the transaction, and the error message
        """
        params = {
            "provider_id": self.provider.id,
            "payment_method_id": self.method.id,
            "token_id": None,
            "amount": notice.amount_due_now,
            "flow": "redirect",
            "tokenization_requested": False,
            "landing_route": "/my",
            "is_validation": False,
            "access_token": notice.access_token,
            **values,
        }
        answer = self.url_open(
            f"/my/reminders/{notice.id}/transaction",
            json={"jsonrpc": "2.0", "method": "call", "params": params},
        ).json()
        return answer.get("result", {}), answer.get("error", {}).get("data", {}).get("message")

    def _pay_online(self, notice, **values):
        """Pay what is due and let the provider confirm it."""
        transaction = self._begin_payment(notice, **values)
        transaction._set_done()
        transaction._post_process()
        return transaction

    def _begin_payment(self, notice, **values):
        result, error = self._request_payment(notice, **values)
        self.assertFalse(error)
        transactions = self.env["payment.transaction"].sudo()
        return transactions.search([("reference", "=", result["reference"])])

    def _block(self, item, kind="dispute", amount=0.0):
        return self.env["dunning.block"].create(
            {
                "kind": kind,
                "company_id": self.company.id,
                "move_line_id": item.id,
                "amount": amount,
                "reason": "Under discussion",
                "date_from": self.today,
            }
        )

    def _assert_refused(self, words, notice, **values):
        before = notice.transaction_ids
        with mute_logger("odoo.http"):
            result, error = self._request_payment(notice, **values)
        self.assertFalse(result)
        self.assertIn(words, error)
        notice.invalidate_recordset()
        self.assertEqual(notice.transaction_ids, before)
