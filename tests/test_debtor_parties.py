from odoo import Command
from odoo.exceptions import ValidationError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .notice_common import NoticeCommon


@tagged("post_install", "-at_install")
class TestDebtorParties(NoticeCommon):
    """Who a debtor is, who is addressed for him, and debtors that are suppliers as well."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.head_office = cls._new_debtor("Head Office")
        cls.supplier = cls._new_debtor("Supplier One")
        cls.company.dunning_supplier_debits = True

    # === KIND ===#
    def test_the_kind_follows_company_or_person(self):
        partners = self.env["res.partner"]
        person = partners.create({"name": "A Person"})
        self.assertEqual(person.debtor_kind, "consumer")
        self.assertEqual(self.debtor.debtor_kind, "business")
        person.is_company = True
        self.assertEqual(person.debtor_kind, "business")
        person.is_company = False
        self.assertEqual(person.debtor_kind, "consumer")

    def test_a_vat_number_that_only_businesses_get_makes_a_business(self):
        partners = self.env["res.partner"].with_context(no_vat_validation=True)
        belgium, spain = self.env.ref("base.be"), self.env.ref("base.es")
        for vat, country, kind in (
            ("NL123456782B90", belgium, "business"),
            ("0477472701", belgium, "business"),
            ("/", belgium, "consumer"),
            ("ES12345678Z", spain, "consumer"),
            ("12345678Z", spain, "consumer"),
            (False, belgium, "consumer"),
        ):
            with self.subTest(vat=vat, country=country.code):
                person = partners.create({"name": "A", "vat": vat, "country_id": country.id})
                self.assertEqual(person.debtor_kind, kind)
                self._compare_with_installation(person)

    def _compare_with_installation(self, partners):
        """What the installation fills in at once is what the ORM computes."""
        partners.flush_recordset()
        kinds = partners.mapped("debtor_kind")
        self.env["res.partner"]._fill_debtor_kind()
        partners.invalidate_recordset(["debtor_kind"])
        self.assertEqual(partners.mapped("debtor_kind"), kinds)

    def test_a_correction_by_hand_survives_other_changes(self):
        self.debtor.debtor_kind = "government"
        person = self.env["res.partner"].create({"name": "A Person", "debtor_kind": "business"})
        for partner, kind in ((self.debtor, "government"), (person, "business")):
            partner.write({"name": "Renamed", "phone": "+31 20 555 0001", "city": "Utrecht"})
            partner.country_id = self.env.ref("base.be")
            self.assertEqual(partner.debtor_kind, kind)
            partner.is_company = not partner.is_company
            self.assertEqual(partner.debtor_kind, kind)
        person.debtor_kind = "business"
        self.assertFalse(person.debtor_kind_corrected, "it is the usual kind by now")
        person.is_company = False
        self.assertEqual(person.debtor_kind, "consumer")

    def test_a_correction_in_the_form_is_one(self):
        with Form(self.debtor.with_user(self.manager).sudo()) as form:
            form.debtor_kind = "consumer"
        self.assertTrue(self.debtor.debtor_kind_corrected)
        with Form(self.debtor.sudo()) as form:
            form.phone = "+31 20 555 0001"
        self.assertEqual(self.debtor.debtor_kind, "consumer")

    def test_contacts_are_of_the_kind_of_their_company(self):
        contact = self._new_debtor("A Contact", is_company=False, parent_id=self.debtor.id)
        self.assertEqual(contact.debtor_kind, "business")
        self.debtor.debtor_kind = "government"
        self.assertEqual(contact.debtor_kind, "government")
        contact.debtor_kind = "consumer"
        self.assertEqual(contact.debtor_kind, "government")
        self._compare_with_installation(self.head_office | self.supplier)
        contact.parent_id = False
        self.assertEqual(contact.debtor_kind, "consumer")

    # === ADDRESSEE AND JOINT DEBTORS ===#
    def test_a_head_office_gets_the_reminders_of_its_branches(self):
        self._new_invoice("2026-03-10")
        self.debtor.dunning_addressee_id = self.head_office
        [notice] = self._propose("2026-03-20")
        self.assertEqual(notice.partner_id, self.debtor)
        self.assertEqual(notice.contact_id, self.head_office)

    def test_an_archived_addressee_is_ignored(self):
        self._new_invoice("2026-03-10")
        self.debtor.dunning_addressee_id = self.head_office
        self.head_office.active = False
        [notice] = self._propose("2026-03-20")
        self.assertEqual(notice.contact_id, self.debtor)

    def test_who_changes_the_addressee_changes_what_waits(self):
        self._new_invoice("2026-03-10")
        [notice] = self._propose("2026-03-20")
        self.assertEqual(notice.contact_id, self.debtor)
        self.debtor.dunning_addressee_id = self.head_office
        with self._frozen("2026-03-20"):
            notice._recheck(notice.date)
        self.assertEqual(notice.contact_id, self.head_office)

    def test_bad_parties_are_refused_in_words(self):
        contact = self._new_debtor("A Contact", is_company=False, parent_id=self.head_office.id)
        for message, values in (
            ("choose another", {"dunning_addressee_id": self.debtor.id}),
            ("joint debtor of itself", {"joint_debtor_ids": [Command.link(self.debtor.id)]}),
            ("is a contact of Head Office", {"joint_debtor_ids": [Command.link(contact.id)]}),
        ):
            with self.subTest(message):
                with self.assertRaises(ValidationError) as caught:
                    self.debtor.write(values)
                self.assertIn(message, str(caught.exception))
        self.debtor.dunning_addressee_id = contact
        self.debtor.joint_debtor_ids = self.head_office
        self.head_office.joint_debtor_ids = self.debtor

    def test_a_merge_makes_nobody_its_own_addressee(self):
        other = self._new_debtor("Debtor Two")
        third = self._new_debtor("Debtor Three")
        self.debtor.write(
            {
                "dunning_addressee_id": other.id,
                "joint_debtor_ids": [Command.set((other | third).ids)],
            }
        )
        self.head_office.write(
            {
                "dunning_addressee_id": self.debtor.id,
                "joint_debtor_ids": [Command.set((other | self.debtor).ids)],
            }
        )
        with mute_logger("odoo.addons.base.partner.merge"):
            self.env["base.partner.merge.automatic.wizard"]._merge((self.debtor | other).ids, other)
        self.assertFalse(other.dunning_addressee_id)
        self.assertEqual(other.joint_debtor_ids, third)
        self.assertEqual(self.head_office.dunning_addressee_id, other)
        self.assertEqual(self.head_office.joint_debtor_ids, other)

    # === CONTACTS FOR REMINDERS ===#
    def test_a_contact_for_reminders_is_an_address_of_its_own(self):
        contact = self.env["res.partner"].create(
            {
                "type": "reminder",
                "parent_id": self.debtor.id,
                "email": "bookkeeping@buyer.example",
                "street": "2 Side Street",
                "city": "Utrecht",
            }
        )
        self.assertEqual(contact.display_name, "Debtor One, Contact for Reminders")
        self.assertEqual(contact.type_address_label, "Address for Reminders")
        self.assertEqual(contact.street, "2 Side Street", "not that of the company")
        self.assertIn("bill", contact._avatar_get_placeholder_path())
        addresses = self.debtor.address_get(["invoice", "delivery", "contact", "reminder"])
        self.assertEqual(addresses["reminder"], contact.id)
        for kind in ("invoice", "delivery", "contact"):
            self.assertEqual(addresses[kind], self.debtor.id)
        order = self.env["sale.order"].sudo().create({"partner_id": self.debtor.id})
        self.assertEqual(order.partner_invoice_id, self.debtor)
        invoice = self._new_invoice("2026-03-10")
        self.assertEqual(invoice.partner_id, self.debtor)

    def test_a_level_for_the_contact_for_reminders_goes_there(self):
        contact = self._new_debtor(
            "Bookkeeping", type="reminder", is_company=False, parent_id=self.debtor.id
        )
        self._new_invoice("2026-03-10")
        self.policy.level_ids.contact_role = "reminder"
        [notice] = self._propose("2026-03-20")
        self.assertEqual(notice.contact_id, contact)
        notice._transition("cancelled")
        contact.active = False
        [notice] = self._propose("2026-03-23")
        self.assertEqual(notice.contact_id, self.debtor)

    # === SUPPLIERS WHO OWE US ===#
    def _new_vendor_document(self, move_type, day, amount, partner=None, ref="CN-2026-7"):
        document = self.env["account.move"].create(
            {
                "move_type": move_type,
                "partner_id": (partner or self.supplier).id,
                "invoice_date": day,
                "date": day,
                "invoice_date_due": day,
                "invoice_payment_term_id": False,
                "ref": ref,
                "company_id": self.company.id,
                "invoice_line_ids": [
                    Command.create({"name": "Goods", "price_unit": amount, "tax_ids": []})
                ],
            }
        )
        document.action_post()
        return document

    def _get_payable_item(self, document):
        return document.line_ids.filtered(lambda line: line.account_type == "liability_payable")

    def test_a_supplier_is_asked_about_his_credit_note(self):
        credit_note = self._new_vendor_document("in_refund", "2026-03-01", 80)
        [notice] = self._propose("2026-03-20")
        self.assertEqual(notice.partner_id, self.supplier)
        self.assertEqual(notice.line_ids.move_line_id, self._get_payable_item(credit_note))
        self.assertEqual(notice.amount_total, 80)
        self.assertTrue(notice._is_of_supplier())
        self.assertEqual(notice.document_summary, "Your credit note CN-2026-7")
        self.assertEqual(notice.payment_reference, notice.name)
        self.assertEqual(notice.partner_bank_id, self.bank)
        table = str(notice.items_table)
        self.assertIn("CN-2026-7", table)
        self.assertNotIn(">Invoice<", table)
        self.assertNotIn("Your reference", table)

    def test_a_supplier_has_no_link_to_pay_online(self):
        self.env["ir.config_parameter"].sudo().set_param(
            "account_payment.enable_portal_payment", "True"
        )
        self._new_vendor_document("in_refund", "2026-03-01", 80)
        self._new_invoice("2026-03-10")
        notices = self._propose("2026-03-20").grouped("partner_id")
        of_supplier, of_debtor = notices[self.supplier], notices[self.debtor]
        self.assertFalse(of_supplier._is_online_payment_enabled())
        self.assertTrue(of_debtor._is_online_payment_enabled())
        for paper in (False, True):
            blocks = [
                str(notice.with_context(dunning_paper=paper).payment_block)
                for notice in (of_supplier, of_debtor)
            ]
            self.assertNotIn("pay online", blocks[0])
            self.assertIn("pay online", blocks[1])
            self.assertIn(self.bank.acc_number, blocks[0])

    def test_several_credit_notes_in_a_subject(self):
        for number in range(4):
            self._new_vendor_document("in_refund", "2026-03-01", 80, ref=f"CN{number}")
        [notice] = self._propose("2026-03-20")
        self.assertEqual(notice.document_summary, "Your credit notes CN0, CN1 and 2 more")

    def test_suppliers_to_whom_we_owe_more_are_not_reminded(self):
        self._new_vendor_document("in_refund", "2026-03-01", 80)
        self._new_vendor_document("in_invoice", "2026-01-01", 100, ref="B1")
        self.assertFalse(self._propose("2026-03-20"))

    def test_without_the_setting_suppliers_are_left_alone(self):
        self.company.dunning_supplier_debits = False
        credit_note = self._new_vendor_document("in_refund", "2026-03-01", 80)
        self.assertFalse(self._propose("2026-03-20"))
        self.assertFalse(credit_note.has_dunning)
        self.assertFalse(credit_note.dunning_explanation)

    def test_the_credit_note_tells_why(self):
        credit_note = self._new_vendor_document("in_refund", "2026-03-01", 80)
        bill = self._new_vendor_document("in_invoice", "2026-03-02", 10, ref="B1")
        with self._frozen("2026-03-03"):
            self.assertTrue(credit_note.has_dunning)
            self.assertTrue(credit_note.dunning_explanation)
            self.assertFalse(bill.has_dunning)
            self.assertFalse(bill.dunning_explanation)
            self.assertEqual(credit_note._get_dunning_items(), self._get_payable_item(credit_note))
            self.assertFalse(self.supplier.overdue_amount)

    # === WHAT WE OWE ===#
    def test_what_we_owe_is_the_balance_of_the_whole_debtor_in_this_company(self):
        contact = self._new_debtor("A Contact", is_company=False, parent_id=self.debtor.id)
        self._new_invoice("2026-03-10", amount=500)
        self._new_vendor_document("in_invoice", "2026-03-01", 100, contact, "B1")
        self._new_vendor_document("in_invoice", "2026-03-01", 50, self.debtor, "B2")
        self._new_vendor_document("in_refund", "2026-03-01", 30, self.debtor, "B3")
        other_company = self.setup_other_company(name="Seller Two")["company"]
        for partner in (self.debtor, contact):
            partner = partner.with_user(self.collector).with_company(self.company)
            self.assertEqual(partner.payable_amount, 120)
            self.assertEqual(partner.sudo().with_company(other_company).payable_amount, 0)
        notice = self._propose("2026-03-20").filtered(
            lambda notice: notice.partner_id == self.debtor
        )
        self.assertEqual(notice.with_company(other_company).payable_amount, 120)
        self.assertEqual(self.supplier.payable_amount, 0)

    def test_a_supplier_who_owes_us_is_owed_nothing(self):
        self._new_vendor_document("in_refund", "2026-03-01", 30)
        self.assertEqual(self.supplier.payable_amount, 0)
