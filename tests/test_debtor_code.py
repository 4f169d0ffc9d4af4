from unittest.mock import patch

from freezegun import freeze_time
from lxml import etree
from psycopg2 import IntegrityError

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, new_test_user, tagged
from odoo.tools import mute_logger
from odoo.tools.safe_eval import safe_eval

from odoo.addons.account.tests.common import AccountTestInvoicingCommon

from ..calc import reference


class DebtorCodeCommon(AccountTestInvoicingCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.startClassPatcher(freeze_time("2026-11-16"))
        cls.Partner = cls.env["res.partner"]
        cls.sequence = cls.env.ref("account_credit_management.sequence_debtor_code")
        # Far from what other records of the database may have.
        cls.sequence.sudo().write({"prefix": "T", "active": True})
        cls.collector = new_test_user(
            cls.env,
            login="dc_collector",
            groups="base.group_user,account_credit_management.group_collector",
            company_id=cls.env.company.id,
            company_ids=[Command.set(cls.env.company.ids)],
        )
        cls.biller = new_test_user(
            cls.env,
            login="dc_biller",
            groups="base.group_user,account.group_account_invoice",
            company_id=cls.env.company.id,
            company_ids=[Command.set(cls.env.company.ids)],
        )
        cls.salesman = new_test_user(
            cls.env,
            login="dc_salesman",
            groups="base.group_user,base.group_partner_manager,sales_team.group_sale_salesman",
            company_id=cls.env.company.id,
            company_ids=[Command.set(cls.env.company.ids)],
        )
        cls.debtor = cls.Partner.create({"name": "Bakery Jansen", "is_company": True})
        cls.contact = cls.Partner.create({"name": "Els Jansen", "parent_id": cls.debtor.id})
        cls.other = cls.Partner.create({"name": "Garage Peeters", "is_company": True})

    def setUp(self):
        super().setUp()
        # The database does not roll numbers back after a test.
        self.sequence.number_next = 70001

    @classmethod
    def _invoice(cls, partner, move_type="out_invoice", post=True, **values):
        return cls._create_invoice_one_line(
            move_type=move_type,
            partner_id=partner.id,
            price_unit=100.0,
            tax_ids=[],
            post=post,
            **{"invoice_date": "2026-11-16", **values},
        )

    def _logged(self, partner):
        return " ".join(str(body) for body in partner.message_ids.mapped("body"))


@tagged("post_install", "-at_install")
class TestDebtorCodePosting(DebtorCodeCommon):
    def test_first_customer_invoice_gives_the_code_and_the_next_keeps_it(self):
        invoice = self._invoice(self.debtor, post=False)
        self.assertFalse(self.debtor.debtor_code)
        invoice.action_post()
        self.assertEqual(self.debtor.debtor_code, "T70001")
        self.assertEqual(invoice.debtor_code, "T70001")
        self._invoice(self.debtor)
        self.assertEqual(self.debtor.debtor_code, "T70001")
        self._invoice(self.other)
        self.assertEqual(self.other.debtor_code, "T70002")

    def test_invoice_of_a_contact_gives_the_code_to_its_company(self):
        invoice = self._invoice(self.contact)
        self.assertEqual(self.debtor.debtor_code, "T70001")
        self.assertEqual(self.contact.debtor_code, "T70001")
        self.assertEqual(invoice.debtor_code, "T70001")

    def test_refunds_and_receipts_make_a_debtor_too(self):
        self._invoice(self.debtor, move_type="out_refund")
        self.assertEqual(self.debtor.debtor_code, "T70001")
        self._invoice(self.other, move_type="out_receipt")
        self.assertEqual(self.other.debtor_code, "T70002")

    def test_vendor_documents_never_give_a_code(self):
        for move_type in ("in_invoice", "in_refund", "in_receipt"):
            bill = self._invoice(self.debtor, move_type=move_type)
            self.assertEqual(bill.state, "posted")
            self.assertFalse(self.debtor.debtor_code, move_type)

    def test_invoice_of_a_later_date_waits_for_that_date(self):
        invoice = self._invoice(self.debtor, post=False, invoice_date="2026-11-20")
        invoice._post(soft=True)
        self.assertEqual(invoice.state, "draft")
        self.assertFalse(self.debtor.debtor_code)
        with freeze_time("2026-11-20"):
            invoice._post(soft=True)
        self.assertEqual(invoice.state, "posted")
        self.assertEqual(self.debtor.debtor_code, "T70001")

    def test_user_without_rights_on_codes_posts(self):
        invoice = self._invoice(self.debtor, post=False)
        invoice.with_user(self.biller).action_post()
        self.assertEqual(self.debtor.debtor_code, "T70001")

    def test_posting_many_draws_one_number_per_debtor_and_writes_once(self):
        partners = self.Partner.create(
            [{"name": f"Customer {number}", "is_company": True} for number in range(12)]
        )
        invoices = self.env["account.move"].concat(
            *(self._invoice(partner, post=False) for partner in partners for _twice in range(2))
        )
        Sequence = self.env.registry["ir.sequence"]
        drawn, updates = [], []
        next_by_id, write_multi = Sequence.next_by_id, self.env.registry["res.partner"]._write_multi

        def count_draw(sequence, *args, **kwargs):
            if sequence == self.sequence:
                drawn.append(sequence)
            return next_by_id(sequence, *args, **kwargs)

        def count_update(records, vals_list):
            if any("debtor_code" in vals for vals in vals_list):
                updates.append(records)
            return write_multi(records, vals_list)

        with (
            patch.object(Sequence, "next_by_id", count_draw),
            patch.object(self.env.registry["res.partner"], "_write_multi", count_update),
        ):
            invoices._post()
            self.env.flush_all()
        self.assertEqual(len(drawn), 12)
        self.assertEqual(len(updates), 1)
        self.assertEqual(len(set(partners.mapped("debtor_code"))), 12)

    def test_without_active_numbering_invoices_post_without_code(self):
        self.sequence.active = False
        invoice = self._invoice(self.debtor)
        self.assertEqual(invoice.state, "posted")
        self.assertFalse(self.debtor.debtor_code)

    def test_two_companies_number_with_their_own_sequence(self):
        second = self.setup_other_company(name="Second company")["company"]
        self.env["ir.sequence"].create(
            {
                "name": "Debtors of the second company",
                "code": "res.partner.debtor.code",
                "prefix": "SEC",
                "padding": 3,
                "company_id": second.id,
            }
        )
        self._invoice(self.debtor, company_id=second.id)
        self._invoice(self.other)
        self.assertEqual(self.debtor.debtor_code, "SEC001")
        self.assertEqual(self.other.debtor_code, "T70001")
        # One debtor, one code, whichever company sells next.
        invoice = self._invoice(self.other, company_id=second.id)
        self.assertEqual(invoice.debtor_code, "T70001")

    def test_branch_uses_the_numbering_of_the_company_above_it(self):
        branch = self.env["res.company"].create(
            {"name": "Branch", "parent_id": self.env.company.id}
        )
        own = self.sequence.copy(
            {"prefix": "HEAD", "number_next": 1, "company_id": self.env.company.id}
        )
        self.assertEqual(branch._get_debtor_code_sequence(), own)
        stranger = self.env["res.company"].create({"name": "Stranger"})
        self.assertEqual(stranger._get_debtor_code_sequence(), self.sequence)


@tagged("post_install", "-at_install")
class TestDebtorCodeNumbering(DebtorCodeCommon):
    def test_numbers_taken_by_hand_or_import_are_skipped(self):
        self.Partner.create(
            [
                {"name": "Imported 1", "debtor_code": "T70001"},
                {"name": "Imported 2", "debtor_code": "t70002"},
                {"name": "Imported 4", "debtor_code": "T70004", "active": False},
            ]
        )
        (self.debtor | self.other)._assign_debtor_codes()
        self.assertEqual(self.debtor.debtor_code, "T70003")
        self.assertEqual(self.other.debtor_code, "T70005")

    def test_a_ledger_of_taken_numbers_costs_no_query_per_number(self):
        self.Partner.create(
            [{"name": f"Old {n}", "debtor_code": f"T{n}"} for n in range(70001, 70101)]
        )
        self.env.flush_all()
        Partner = self.env.registry["res.partner"]
        calls = []
        owners = Partner._get_debtor_code_owners

        def count(partner, codes=None):
            calls.append(codes)
            return owners(partner, codes)

        with patch.object(Partner, "_get_debtor_code_owners", count):
            self.debtor._assign_debtor_codes()
        self.assertEqual(self.debtor.debtor_code, "T70101")
        self.assertEqual(calls, [["T70001"], None])

    def test_check_digit_is_a_choice_of_the_company(self):
        self.debtor._assign_debtor_codes()
        self.assertEqual(self.debtor.debtor_code, "T70001")
        self.env.company.debtor_code_check_digit = True
        self.other._assign_debtor_codes()
        self.assertEqual(self.other.debtor_code, "T70002" + reference.luhn_digit("70002"))
        self.assertEqual(self.debtor.debtor_code, "T70001", "existing codes stay")

    def test_settings_lead_to_the_numbering(self):
        action = self.env["res.config.settings"].create({}).action_open_debtor_code_sequences()
        self.assertEqual(action["res_id"], self.sequence.id)
        self.sequence.copy({"company_id": self.env.company.id})
        action = self.env["res.config.settings"].create({}).action_open_debtor_code_sequences()
        self.assertEqual(
            self.env["ir.sequence"].search_count(action["domain"]), 2, "both are in the list"
        )
        self.assertNotIn("res_id", action)

    def test_settings_change_the_check_digit_of_the_current_company(self):
        settings = self.env["res.config.settings"].create({"debtor_code_check_digit": True})
        settings.execute()
        self.assertTrue(self.env.company.debtor_code_check_digit)


@tagged("post_install", "-at_install")
class TestDebtorCodeUnique(DebtorCodeCommon):
    @mute_logger("odoo.sql_db")
    def test_the_database_refuses_a_second_owner(self):
        self.debtor.debtor_code = "KEEP-1"
        self.env.flush_all()
        with self.assertRaises(IntegrityError), self.env.cr.savepoint():
            self.env.cr.execute(
                "UPDATE res_partner SET debtor_code = 'keep-1' WHERE id = %s", [self.other.id]
            )
        self.env.cr.execute(
            "UPDATE res_partner SET debtor_code = 'KEEP-2' WHERE id = %s", [self.other.id]
        )

    def test_a_used_code_is_refused_naming_its_owner(self):
        self.debtor.debtor_code = "KEEP-1"
        with self.assertRaisesRegex(ValidationError, "Bakery Jansen"):
            self.other.debtor_code = "keep-1"
        with self.assertRaisesRegex(ValidationError, "Bakery Jansen"):
            self.Partner.create({"name": "Third", "debtor_code": " KEEP-1 "})

    def test_an_archived_debtor_keeps_its_code(self):
        self.debtor.debtor_code = "KEEP-1"
        self.debtor.action_archive()
        with self.assertRaisesRegex(ValidationError, "archived debtor Bakery Jansen"):
            self.other.debtor_code = "KEEP-1"
        self.assertEqual(self.debtor.debtor_code, "KEEP-1")

    def test_the_owner_is_named_also_when_the_user_cannot_see_it(self):
        second = self.env["res.company"].sudo().create({"name": "Second company"})
        hidden = self.Partner.sudo().create(
            {"name": "Hidden NV", "company_id": second.id, "debtor_code": "KEEP-1"}
        )
        manager = new_test_user(
            self.env,
            login="dc_manager",
            groups="base.group_user,base.group_partner_manager,account.group_account_manager",
            company_id=self.env.company.id,
            company_ids=[Command.set(self.env.company.ids)],
        )
        self.assertFalse(self.Partner.with_user(manager).search([("id", "=", hidden.id)]))
        with self.assertRaisesRegex(ValidationError, "Hidden NV"):
            self.other.with_user(manager).debtor_code = "KEEP-1"

    def test_two_new_partners_cannot_bring_the_same_code(self):
        with self.assertRaisesRegex(ValidationError, "Second|First"):
            self.Partner.create(
                [
                    {"name": "First", "debtor_code": "KEEP-9"},
                    {"name": "Second", "debtor_code": "KEEP-9"},
                ]
            )
        with self.assertRaises(ValidationError):
            (self.debtor | self.other).write({"debtor_code": "KEEP-9"})

    def test_import_keeps_codes_and_reports_a_used_one(self):
        self.debtor.debtor_code = "KEEP-1"
        result = self.Partner.load(
            ["name", "debtor_code"], [["Imported A", "OLD-17"], ["Imported B", "OLD-18"]]
        )
        self.assertEqual(
            self.Partner.browse(result["ids"]).mapped("debtor_code"), ["OLD-17", "OLD-18"]
        )
        result = self.Partner.load(["name", "debtor_code"], [["Imported C", "KEEP-1"]])
        self.assertFalse(result["ids"])
        self.assertIn("Bakery Jansen", result["messages"][0]["message"])

    def test_spaces_and_empty_codes(self):
        self.debtor.debtor_code = "  KEEP-1 "
        self.assertEqual(self.debtor.debtor_code, "KEEP-1")
        (self.debtor | self.other).write({"debtor_code": " "})
        self.assertFalse(self.debtor.debtor_code)
        self.assertFalse(self.other.debtor_code)

    def test_only_the_letter_case_of_a_code_can_change(self):
        self.debtor.debtor_code = "keep-1"
        self.debtor.debtor_code = "KEEP-1"
        self.env.flush_all()
        self.assertEqual(self.debtor.debtor_code, "KEEP-1")

    def test_a_copy_starts_without_code(self):
        self.debtor.debtor_code = "KEEP-1"
        self.assertFalse(self.debtor.copy().debtor_code)


@tagged("post_install", "-at_install")
class TestDebtorCodeContacts(DebtorCodeCommon):
    def _stored(self, partner):
        self.env.flush_all()
        self.env.cr.execute("SELECT debtor_code FROM res_partner WHERE id = %s", [partner.id])
        return self.env.cr.fetchone()[0]

    def test_contacts_show_the_code_of_their_company(self):
        grandchild = self.Partner.create(
            {"name": "Address", "type": "delivery", "parent_id": self.contact.id}
        )
        archived = self.Partner.create(
            {"name": "Former", "parent_id": self.debtor.id, "active": False}
        )
        subsidiary = self.Partner.create(
            {"name": "Subsidiary", "is_company": True, "parent_id": self.debtor.id}
        )
        self.debtor.debtor_code = "KEEP-1"
        late = self.Partner.create({"name": "Late", "parent_id": self.debtor.id})
        for partner in (self.contact, grandchild, archived, late):
            self.assertEqual(self._stored(partner), "KEEP-1", partner.name)
        self.assertFalse(subsidiary.debtor_code, "a company is a debtor of its own")
        self.debtor.debtor_code = "KEEP-2"
        self.assertEqual(self._stored(grandchild), "KEEP-2")

    def test_a_contact_cannot_have_another_code(self):
        self.debtor.debtor_code = "KEEP-1"
        with self.assertRaisesRegex(ValidationError, "Bakery Jansen"):
            self.contact.debtor_code = "KEEP-7"
        with self.assertRaisesRegex(ValidationError, "Bakery Jansen"):
            self.Partner.create(
                {"name": "New", "parent_id": self.debtor.id, "debtor_code": "KEEP-7"}
            )
        self.contact.debtor_code = "KEEP-1"
        self.contact.debtor_code = False
        self.assertEqual(self._stored(self.contact), "KEEP-1")

    def test_a_contact_that_leaves_does_not_keep_the_code(self):
        self.debtor.debtor_code = "KEEP-1"
        self.contact.parent_id = False
        self.assertFalse(self._stored(self.contact))
        self.assertEqual(self._stored(self.debtor), "KEEP-1")

    def test_a_contact_that_becomes_a_company_does_not_keep_the_code(self):
        self.debtor.debtor_code = "KEEP-1"
        self.contact.company_type = "company"
        self.assertFalse(self._stored(self.contact))
        self.contact._assign_debtor_codes()
        self.assertEqual(self._stored(self.contact), "T70001")

    def test_a_contact_leaves_with_a_new_code_of_its_own(self):
        self.debtor.debtor_code = "KEEP-1"
        self.contact.write({"parent_id": False, "debtor_code": "KEEP-2"})
        self.assertEqual(self._stored(self.contact), "KEEP-2")

    def test_a_contact_that_outlives_its_company_does_not_keep_the_code(self):
        self.debtor.debtor_code = "KEEP-1"
        below = self.Partner.create({"name": "Below", "parent_id": self.contact.id})
        self.assertEqual(self._stored(below), "KEEP-1")
        self.debtor.unlink()
        self.assertFalse(self._stored(self.contact))
        self.assertFalse(self._stored(below))

    def test_a_contact_moves_to_another_company(self):
        self.debtor.debtor_code = "KEEP-1"
        self.other.debtor_code = "KEEP-2"
        self.contact.parent_id = self.other
        self.assertEqual(self._stored(self.contact), "KEEP-2")
        self.assertNotIn("KEEP-1", self._logged(self.other))

    def test_a_debtor_that_becomes_a_contact_leaves_its_code_in_the_log(self):
        person = self.Partner.create({"name": "Piet <b>", "debtor_code": "KEEP-3"})
        self.debtor.debtor_code = "KEEP-1"
        person.parent_id = self.debtor
        self.assertEqual(self._stored(person), "KEEP-1")
        self.assertEqual(self._stored(self.debtor), "KEEP-1")
        self.assertIn("KEEP-3", self._logged(self.debtor))
        self.assertIn("Piet &lt;b&gt;", self._logged(self.debtor))

    def test_a_company_without_code_takes_over_that_of_its_new_contact(self):
        person = self.Partner.create({"name": "Piet", "debtor_code": "KEEP-3"})
        person.parent_id = self.debtor
        self.assertEqual(self._stored(self.debtor), "KEEP-3")
        self.assertEqual(self._stored(person), "KEEP-3")
        self.assertEqual(self._stored(self.contact), "KEEP-3")

    def test_a_company_below_another_that_becomes_a_person(self):
        self.other.write({"debtor_code": "KEEP-2", "parent_id": self.debtor.id})
        self.assertEqual(self._stored(self.other), "KEEP-2")
        self.debtor.debtor_code = "KEEP-1"
        self.other.write({"company_type": "person"})
        self.assertEqual(self._stored(self.other), "KEEP-1")
        self.assertEqual(self._logged(self.debtor).count("KEEP-2"), 1)

    def test_changes_are_logged_on_the_debtor_and_not_on_every_contact(self):
        # Test environments switch tracking off.
        debtor = self.debtor.with_context(tracking_disable=False, mail_notrack=False)
        self.env.cr.flush()
        debtor.debtor_code = "KEEP-1"
        debtor.env.flush_all()
        self.env.cr.flush()
        values = self.env["mail.tracking.value"].sudo().search([("new_value_char", "=", "KEEP-1")])
        self.assertEqual(values.mail_message_id.mapped("res_id"), self.debtor.ids)

    def test_the_form_shows_what_saving_will_do(self):
        self.debtor.debtor_code = "KEEP-1"
        self.env.flush_all()
        form = Form(self.contact)
        self.assertEqual(form.debtor_code, "KEEP-1")
        form.parent_id = self.Partner
        self.assertFalse(form.debtor_code)
        form.parent_id = self.debtor
        self.assertEqual(form.debtor_code, "KEEP-1")
        form.parent_id = self.Partner
        form.save()
        self.assertFalse(self._stored(self.contact))
        with Form(self.debtor) as form:
            form.phone = "+31 20 000 0000"
            form.debtor_code = "KEEP-2"
        self.assertEqual(self._stored(self.debtor), "KEEP-2")


@tagged("post_install", "-at_install")
class TestDebtorCodeMerge(DebtorCodeCommon):
    def _merge(self, partners, destination):
        form = Form(
            self.env["base.partner.merge.automatic.wizard"].with_context(
                active_model="res.partner", active_ids=partners.ids
            )
        )
        form.dst_partner_id = destination
        with mute_logger("odoo.addons.base.partner.merge"):
            form.save().action_merge()
        self.env.flush_all()
        self.env.invalidate_all()

    def test_merge_keeps_the_code_of_the_destination_and_logs_the_other(self):
        self.debtor.debtor_code = "KEEP-1"
        self.other.debtor_code = "KEEP-2"
        clerk = self.Partner.create({"name": "Clerk", "parent_id": self.other.id})
        self._merge(self.debtor | self.other, self.debtor)
        self.assertFalse(self.other.exists())
        self.assertEqual(self.debtor.debtor_code, "KEEP-1")
        self.assertEqual(clerk.commercial_partner_id, self.debtor)
        self.assertEqual(clerk.debtor_code, "KEEP-1")
        self.assertIn("KEEP-2", self._logged(self.debtor))
        self.assertIn("Garage Peeters", self._logged(self.debtor))

    def test_destination_without_code_takes_the_first_and_logs_the_rest(self):
        third = self.Partner.create({"name": "Third", "is_company": True, "debtor_code": "KEEP-3"})
        self.other.debtor_code = "KEEP-2"
        self._merge(self.debtor | self.other | third, self.debtor)
        self.assertEqual(self.debtor.debtor_code, "KEEP-2")
        self.assertEqual(self.contact.debtor_code, "KEEP-2")
        self.assertIn("KEEP-3", self._logged(self.debtor))

    def test_merge_without_a_chosen_destination(self):
        self.debtor.debtor_code = "KEEP-1"
        self.other.debtor_code = "KEEP-2"
        with mute_logger("odoo.addons.base.partner.merge"):
            self.env["base.partner.merge.automatic.wizard"]._merge((self.debtor | self.other).ids)
        left = (self.debtor | self.other).exists()
        self.assertEqual(len(left), 1)
        self.assertIn(left.debtor_code, ("KEEP-1", "KEEP-2"))
        lost = {"KEEP-1", "KEEP-2"} - {left.debtor_code}
        self.assertIn(lost.pop(), self._logged(left))

    def test_contacts_of_one_company_merge_without_noise(self):
        self.debtor.debtor_code = "KEEP-1"
        double = self.Partner.create({"name": "Els J.", "parent_id": self.debtor.id})
        self._merge(self.contact | double, self.contact)
        self.assertEqual(self.contact.debtor_code, "KEEP-1")
        self.assertEqual(self.debtor.debtor_code, "KEEP-1")
        self.assertNotIn("no longer in use", self._logged(self.contact))

    def test_a_person_merged_into_a_contact_leaves_its_code_to_the_company(self):
        person = self.Partner.create({"name": "Els", "debtor_code": "KEEP-5"})
        self._merge(self.contact | person, self.contact)
        self.assertEqual(self.debtor.debtor_code, "KEEP-5")
        self.assertEqual(self.contact.debtor_code, "KEEP-5")

    def test_invoices_follow_to_the_kept_code(self):
        invoice = self._invoice(self.other)
        self._invoice(self.debtor)
        self._merge(self.debtor | self.other, self.debtor)
        self.assertEqual(invoice.commercial_partner_id, self.debtor)
        self.assertEqual(invoice.debtor_code, self.debtor.debtor_code)


@tagged("post_install", "-at_install")
class TestDebtorCodeByHand(DebtorCodeCommon):
    def test_server_action_gives_every_selected_customer_a_code(self):
        self.other.debtor_code = "KEEP-2"
        action = self.env.ref("account_credit_management.action_server_assign_debtor_code")
        result = action.with_context(
            active_model="res.partner", active_ids=(self.contact | self.debtor | self.other).ids
        ).run()
        self.assertEqual(self.debtor.debtor_code, "T70001")
        self.assertEqual(self.other.debtor_code, "KEEP-2")
        self.assertIn("debtor code: 1.", result["params"]["message"])
        self.assertIn("had one: 1.", result["params"]["message"])

    def test_collector_assigns_without_rights_on_contacts(self):
        debtor = self.debtor.with_user(self.collector)
        self.assertFalse(debtor.has_access("write"))
        debtor.action_assign_debtor_code()
        self.assertEqual(self.debtor.debtor_code, "T70001")

    def test_without_numbering_the_user_is_told_what_to_do(self):
        self.sequence.active = False
        with self.assertRaisesRegex(UserError, "settings of Credit Management"):
            self.debtor.action_assign_debtor_code()

    def test_salesperson_sees_and_finds_but_does_not_change(self):
        self.debtor.debtor_code = "KEEP-1"
        debtor = self.debtor.with_user(self.salesman)
        self.assertEqual(debtor.debtor_code, "KEEP-1")
        with self.assertRaises(AccessError):
            debtor.debtor_code = "KEEP-9"
        with self.assertRaises(AccessError):
            debtor.action_assign_debtor_code()
        with self.assertRaises(AccessError):
            self.Partner.with_user(self.salesman).create({"name": "New", "debtor_code": "KEEP-9"})
        debtor.write({"name": "Bakery Jansen BV", "debtor_code": "KEEP-1"})
        self.assertEqual(self.debtor.name, "Bakery Jansen BV")
        # Leaving and joining a company is contact work, not a change of codes.
        self.contact.with_user(self.salesman).parent_id = False
        self.assertFalse(self.contact.debtor_code)

    def test_form_offers_editing_to_those_who_may(self):
        def code_fields(user):
            arch = etree.fromstring(
                self.Partner.with_user(user).get_view(
                    self.env.ref("base.view_partner_form").id, "form"
                )["arch"]
            )
            # Not inside the field of another module, such as the tax number with its check.
            self.assertEqual(len(arch.xpath("//sheet/group/group/*[@name='debtor_code']")), 1)
            return (
                # Without those that Odoo adds for what it shows or hides by the code.
                arch.xpath("//field[@name='debtor_code'][not(@invisible='True')]"),
                arch.xpath("//button[@name='action_assign_debtor_code']"),
            )

        shown, buttons = code_fields(self.salesman)
        self.assertEqual([node.get("readonly") for node in shown], ["1"])
        self.assertFalse(buttons)
        shown, buttons = code_fields(self.collector)
        self.assertEqual([node.get("readonly") for node in shown], ["parent_id and not is_company"])
        self.assertEqual(len(buttons), 1)


@tagged("post_install", "-at_install")
class TestDebtorCodeSearch(DebtorCodeCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.debtor.debtor_code = "ZQ-4711"

    def _found(self, term, **kwargs):
        return {id_ for id_, _name in self.Partner.name_search(term, **kwargs)}

    def test_name_search_finds_a_debtor_and_its_contacts(self):
        self.assertEqual(self._found("zq-4711"), {self.debtor.id, self.contact.id})
        self.assertEqual(
            self._found("zq-4711", domain=[("is_company", "=", True)]), {self.debtor.id}
        )
        self.assertEqual(self._found("ZQ-4711", operator="="), {self.debtor.id, self.contact.id})
        self.assertNotIn(self.other.id, self._found("4711"))

    def test_names_are_found_as_before(self):
        self.assertIn(self.other.id, self._found("Garage Peeters"))
        self.assertNotIn(self.debtor.id, self._found("Garage Peeters"))

    def test_negative_search_leaves_the_debtor_out(self):
        family = self.debtor | self.contact | self.other
        found = family.search([("id", "in", family.ids), ("display_name", "not ilike", "4711")])
        self.assertEqual(found, self.other)

    def test_salesperson_finds_a_customer_by_code(self):
        found = self.Partner.with_user(self.salesman).name_search("ZQ-4711")
        self.assertIn(self.debtor.id, [id_ for id_, _name in found])

    def test_documents_of_a_debtor_are_found_by_code(self):
        invoice = self._invoice(self.contact)
        stranger = self._invoice(self.other)
        order = self.env["sale.order"].sudo().create({"partner_id": self.contact.id})
        payment = self.env["account.payment"].create(
            {"partner_id": self.debtor.id, "amount": 5.0, "payment_type": "inbound"}
        )
        moves = invoice | stranger
        for domain in (
            [("debtor_code", "=", "ZQ-4711")],
            [("debtor_code", "ilike", "zq-47")],
            self._filter_domain("account.move", "account.view_account_invoice_filter", "name"),
        ):
            found = moves.search([("id", "in", moves.ids), *domain])
            self.assertEqual(found, invoice, domain)
        for model, view, record in (
            ("sale.order", "sale.view_sales_order_filter", order),
            ("account.payment", "account.view_account_payment_search", payment),
            ("account.move.line", "account.view_account_move_line_filter", invoice.line_ids[0]),
            ("res.partner", "base.view_res_partner_filter", self.debtor),
        ):
            domain = self._filter_domain(model, view, "name")
            self.assertIn(record, self.env[model].sudo().search(domain), model)

    def _filter_domain(self, model, view, field):
        arch = etree.fromstring(self.env[model].get_view(self.env.ref(view).id, "search")["arch"])
        expression = arch.xpath(f"//field[@name='{field}'][@filter_domain]")[0]
        return safe_eval(expression.get("filter_domain"), {"self": "ZQ-4711"})

    def test_customers_without_code_are_listed_for_the_bulk_action(self):
        arch = etree.fromstring(
            self.Partner.get_view(self.env.ref("base.view_res_partner_filter").id, "search")["arch"]
        )
        domain = safe_eval(arch.xpath("//filter[@name='without_debtor_code']")[0].get("domain"))
        (self.debtor | self.other).customer_rank = 1
        found = self.Partner.search(domain)
        self.assertIn(self.other, found)
        self.assertNotIn(self.debtor, found)


@tagged("post_install", "-at_install")
class TestDebtorCodeScreens(DebtorCodeCommon):
    def _html(self, invoice):
        html, _type = self.env["ir.actions.report"]._render_qweb_html(
            "account.account_invoices", invoice.ids
        )
        return etree.HTML(html)

    def test_invoice_report_prints_the_code(self):
        invoice = self._invoice(self.contact)
        block = self._html(invoice).xpath("//div[@name='debtor_code']")
        self.assertEqual(len(block), 1)
        self.assertIn("T70001", "".join(block[0].itertext()))

    def test_vendor_bill_report_does_not_print_it(self):
        self._invoice(self.debtor)
        bill = self._invoice(self.debtor, move_type="in_invoice")
        self.assertTrue(bill.debtor_code)
        self.assertFalse(self._html(bill).xpath("//div[@name='debtor_code']"))

    def test_invoice_form_and_list_show_the_code(self):
        invoice = self._invoice(self.debtor)
        with Form(invoice) as form:
            self.assertEqual(form.debtor_code, "T70001")
        bill = self._invoice(self.debtor, move_type="in_invoice")
        with Form(bill) as form:
            self.assertTrue(form._get_modifier("debtor_code", "invisible"))
        for view in ("account.view_invoice_tree", "account.view_out_invoice_tree"):
            arch = etree.fromstring(
                self.env["account.move"].get_view(self.env.ref(view).id, "list")["arch"]
            )
            self.assertEqual(len(arch.xpath("//field[@name='debtor_code']")), 1, view)
