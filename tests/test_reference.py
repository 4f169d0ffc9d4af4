from stdnum import iso11649

from odoo.tests import tagged

from odoo.addons.account.tools.structured_reference import is_valid_structured_reference_be

from ..calc import reference
from .test_debtor_code import DebtorCodeCommon

MODELS = ("rf_debtor", "ogm_debtor")


@tagged("post_install", "-at_install")
class TestPaymentReference(DebtorCodeCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.journal = cls.company_data["default_journal_sale"]
        cls.journal.invoice_reference_model = "rf_debtor"

    def _second_journal(self, **values):
        return self.journal.copy(
            {
                "name": "Second",
                "code": "SEC",
                "default_account_id": self.journal.default_account_id.id,
                "invoice_reference_model": "rf_debtor",
                **values,
            }
        )

    def _numbered(self, partner, number, post=True, **values):
        invoice = self._invoice(partner, post=False, **values)
        invoice.name = number
        if post:
            invoice.action_post()
        return invoice

    def test_keys_do_not_become_the_default_of_a_country(self):
        codes = self.env["res.country"].search([]).mapped(lambda c: c.code.lower())
        for model in MODELS:
            self.assertIn(
                model, self.journal._fields["invoice_reference_model"].get_values(self.env)
            )
            self.assertNotIn(model[:2], codes)

    def test_reference_holds_debtor_code_and_invoice_number(self):
        invoice = self._numbered(self.contact, "INV/2026/00042")
        self.assertEqual(self.debtor.debtor_code, "T70001", "assigned before the reference")
        self.assertEqual(invoice.payment_reference, reference.iso11649("T70001INV202600042"))
        self.assertTrue(iso11649.is_valid(invoice.payment_reference))
        receivable = invoice.line_ids.filtered(lambda line: line.account_type == "asset_receivable")
        self.assertIn(invoice.payment_reference, receivable.name)

    def test_reference_of_a_posted_invoice_never_changes(self):
        invoice = self._invoice(self.debtor)
        before = invoice.payment_reference
        self.debtor.debtor_code = "OTHER-1"
        invoice.button_draft()
        invoice.action_post()
        self.assertEqual(invoice.payment_reference, before)

    def test_reference_given_by_hand_stays(self):
        invoice = self._invoice(self.debtor, post=False, payment_reference="as agreed")
        invoice.action_post()
        self.assertEqual(invoice.payment_reference, "as agreed")

    def test_invoices_of_two_journals_with_one_number_differ(self):
        second = self._second_journal()
        one = self._numbered(self.debtor, "INV/2026/00042")
        two = self._numbered(self.debtor, "INV/2026/00042", journal_id=second.id)
        self.assertEqual(one.name, two.name)
        self.assertNotEqual(one.payment_reference, two.payment_reference)
        self.assertEqual(two.payment_reference, reference.iso11649(f"T70001202600042J{second.id}"))

    def test_invoices_of_two_companies_with_one_number_differ(self):
        data = self.setup_other_company(name="Second company")
        data["default_journal_sale"].invoice_reference_model = "rf_debtor"
        one = self._numbered(self.debtor, "INV/2026/00042")
        two = self._numbered(self.debtor, "INV/2026/00042", company_id=data["company"].id)
        self.assertEqual(two.company_id, data["company"])
        self.assertNotEqual(one.payment_reference, two.payment_reference)

    def test_invoices_posted_together_have_references_of_their_own(self):
        second = self._second_journal()
        invoices = self.env["account.move"].concat(
            *(
                self._numbered(self.debtor, "INV/2026/00042", journal_id=journal.id, post=False)
                for journal in (self.journal, second)
            ),
            self._invoice(self.other, post=False),
        )
        invoices._post()
        self.assertEqual(len(set(invoices.mapped("payment_reference"))), 3)

    def test_codes_and_numbers_that_read_alike_have_references_of_their_own(self):
        second = self._second_journal()
        self.debtor.debtor_code = "7"
        self.other.debtor_code = "70"
        one = self._numbered(self.debtor, "002026/1")
        two = self._numbered(self.other, "02026/1", journal_id=second.id)
        self.assertEqual(one.payment_reference, reference.iso11649("70020261"))
        self.assertNotEqual(one.payment_reference, two.payment_reference)

    def test_a_long_number_gives_up_its_letters_and_a_longer_one_the_number(self):
        self.debtor.debtor_code = "CUSTOMER01"
        invoice = self._numbered(self.debtor, "VERKOOP/2026/00001")
        self.assertEqual(invoice.payment_reference, reference.iso11649("CUSTOMER01202600001"))
        self.other.debtor_code = "CUSTOMER0000002"
        invoice = self._numbered(self.other, "VERKOOP/2026/00002")
        self.assertEqual(
            invoice.payment_reference, reference.iso11649(f"CUSTOMER0000002M{invoice.id}")
        )

    def test_without_a_usable_code_the_european_reference_of_odoo_is_used(self):
        self.sequence.active = False
        invoice = self._invoice(self.debtor)
        self.assertFalse(invoice.debtor_code)
        self.assertEqual(invoice.payment_reference, invoice._get_invoice_reference_euro_invoice())
        self.other.debtor_code = "X" * 30
        invoice = self._invoice(self.other)
        self.assertEqual(invoice.payment_reference, invoice._get_invoice_reference_euro_invoice())

    def test_structured_communication_where_both_fit(self):
        self.journal.invoice_reference_model = "ogm_debtor"
        self.debtor.debtor_code = "0010"
        invoice = self._numbered(self.debtor, "F420815")
        self.assertEqual(invoice.payment_reference, "+++001/0420/81508+++")
        self.assertTrue(is_valid_structured_reference_be(invoice.payment_reference))

    def test_structured_communication_falls_back_to_iso_where_they_do_not(self):
        self.journal.invoice_reference_model = "ogm_debtor"
        invoice = self._numbered(self.debtor, "INV/2026/00042")
        self.assertEqual(invoice.payment_reference, reference.iso11649("T70001INV202600042"))

    def test_structured_communication_is_not_given_twice(self):
        self.journal.invoice_reference_model = "ogm_debtor"
        second = self._second_journal(invoice_reference_model="ogm_debtor")
        self.debtor.debtor_code = "0010"
        one = self._numbered(self.debtor, "F420815")
        two = self._numbered(self.debtor, "G420815", journal_id=second.id)
        self.assertEqual(one.payment_reference, "+++001/0420/81508+++")
        self.assertEqual(two.payment_reference, reference.iso11649("0010G420815"))

    def test_reference_based_on_the_customer_is_the_same_on_each_invoice(self):
        self.journal.invoice_reference_type = "partner"
        self.debtor.debtor_code = "D-00104"
        for model, expected in (
            ("rf_debtor", reference.iso11649("D00104")),
            ("ogm_debtor", reference.be_ogm("0000000104")),
        ):
            self.journal.invoice_reference_model = model
            invoices = self._invoice(self.debtor) | self._invoice(self.contact)
            self.assertEqual(invoices.mapped("payment_reference"), [expected] * 2, model)

    def test_reference_based_on_the_customer_falls_back(self):
        self.journal.write(
            {"invoice_reference_type": "partner", "invoice_reference_model": "ogm_debtor"}
        )
        self.debtor.debtor_code = "12345678901"
        invoice = self._invoice(self.debtor)
        self.assertEqual(invoice.payment_reference, reference.iso11649("12345678901"))
        self.debtor.debtor_code = "X" * 30
        invoice = self._invoice(self.debtor)
        self.assertEqual(invoice.payment_reference, invoice._get_invoice_reference_euro_partner())

    def test_removing_the_models_brings_journals_back_to_the_default(self):
        second = self._second_journal(invoice_reference_model="ogm_debtor")
        field = self.journal._fields["invoice_reference_model"]
        for journal in (self.journal, second):
            field.ondelete[journal.invoice_reference_model](journal)
            self.assertEqual(journal.invoice_reference_model, "odoo")
