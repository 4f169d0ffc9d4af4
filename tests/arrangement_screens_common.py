from datetime import date

from odoo.tests import Form

from .common import CreditManagementCommon

# A Monday; the company has no country, so that only weekends are closed.
DAY = date(2026, 3, 16)


class ArrangementScreensCommon(CreditManagementCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.country_id = False
        cls.old = cls._new_invoice("2026-02-16", amount=100)
        cls.late = cls._new_invoice("2026-03-02", amount=200)
        cls.later = cls._new_invoice("2026-04-01", amount=400)

    def setUp(self):
        super().setUp()
        self.enterContext(self._frozen(DAY))

    def _open(self, records=None, user=None):
        """The dialog as it opens from a debtor, invoices or items."""
        records = (self.debtor if records is None else records).with_user(user or self.collector)
        action = records.action_propose_arrangement()
        self.assertEqual(action["res_model"], "arrangement.propose")
        return Form(
            self.env["arrangement.propose"]
            .with_user(user or self.collector)
            .with_context(**action["context"])
        )

    def _schedule(self, form):
        return [(line["date_due"], line["amount"]) for line in form.line_ids._records]

    def _ticked(self, form):
        return {
            self.env["account.move.line"].browse(item["move_line_id"]).move_id: item["amount"]
            for item in form.item_ids._records
            if item["selected"]
        }

    def _press(self, form, button):
        """Press a button of the dialog.

        :return: the arrangement that opens
        """
        action = getattr(form.save(), button)()
        self.assertEqual(action["res_model"], "installment.arrangement")
        return self.env["installment.arrangement"].browse(action["res_id"])

    def _new_arrangement(self, debtor=None, state="active", invoices=None, **values):
        form = self._open(invoices if invoices is not None else debtor)
        for name, value in values.items():
            form[name] = value
        arrangement = self._press(form, "action_save" if state == "draft" else "action_offer")
        if state == "active":
            arrangement.action_activate()
        return arrangement
