from odoo import Command, fields
from odoo.tests import HttpCase

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
