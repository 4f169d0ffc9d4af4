from odoo.exceptions import UserError
from odoo.tests import tagged

from .arrangement_common import ArrangementCommon


@tagged("post_install", "-at_install")
class TestArrangementChange(ArrangementCommon):
    """Arrangements that change: their invoices, by agreement, and offers. Three payments of 100,
    on Wednesday 1 April, Friday 1 May and Monday 1 June 2026."""

    def setUp(self):
        super().setUp()
        self.invoice = self._new_invoice("2026-02-02", amount=300.0)
        with self._frozen("2026-03-02"):
            self.arrangement = self._arrange(self.invoice)
        self.before = self._mails(self.arrangement)

    def _blocks(self, arrangement=None):
        return (arrangement or self.arrangement)._get_blocks()

    # === INVOICES THAT CHANGE ===#
    def test_a_credit_note_midway_counts_as_paid(self):
        with self._frozen("2026-04-01"):
            self._pay(self.invoice, 100.0, "2026-04-01")
        with self._frozen("2026-04-10"):
            refund = self._new_refund("2026-04-10", amount=150.0)
            (self._items(refund) | self._items(self.invoice)).reconcile()
        self.assertEqual(self._amounts(self.arrangement), [100.0, 150.0, 50.0])
        self.assertEqual(self.arrangement.amount_left, 50.0)
        with self._frozen("2026-06-01"):
            self._pay(self.invoice, 50.0, "2026-06-01")
        self.assertEqual(self.arrangement.state, "fulfilled")

    def test_an_invoice_in_draft_holds_the_plan_and_cancelling_takes_it_out(self):
        other = self._new_invoice("2026-02-02", amount=90.0)
        with self._frozen("2026-03-02"):
            arrangement = self._arrange(other | self._new_invoice("2026-02-02", amount=60.0))
        self.assertEqual(self._amounts(arrangement), [50.0, 50.0, 50.0])
        with self._frozen("2026-04-06"):
            other.button_draft()
        self._day("2026-04-30")
        self.assertEqual(arrangement.state, "active")
        with self._frozen("2026-04-30"), self.assertRaises(UserError):
            other.unlink()
        with self._frozen("2026-04-30"):
            other.button_cancel()
        self.assertEqual(self._amounts(arrangement), [50.0, 10.0, 0.0])
        self.assertEqual(arrangement.amount_total, 60.0)
        self.assertEqual(len(arrangement.item_ids), 1)

    def test_an_invoice_that_comes_back_goes_on_in_the_plan(self):
        with self._frozen("2026-04-01"):
            self._pay(self.invoice, 100.0, "2026-04-01")
            self.invoice.button_draft()
            self.invoice.action_post()
        self.assertEqual(self.arrangement.amount_paid, 100.0)
        self.assertEqual(self._amounts(self.arrangement), [100.0] * 3)

    def test_cancelling_the_only_invoice_ends_it(self):
        with self._frozen("2026-03-09"):
            self.invoice.button_draft()
            self.invoice.button_cancel()
        self.assertEqual(self.arrangement.state, "cancelled")

    def test_an_offer_about_an_invoice_that_is_reset_goes_back_to_draft(self):
        invoice = self._new_invoice("2026-02-02", amount=90.0)
        with self._frozen("2026-03-02"):
            offer = self._arrange(invoice, state="offered")
            invoice.button_draft()
        self.assertEqual(offer.state, "draft")
        self.assertFalse(self._blocks(offer))

    # === CHANGES BY AGREEMENT ===#
    def test_postponing_one_installment_moves_that_one_only(self):
        line = self.arrangement.line_ids[0]
        self._day("2026-04-02")
        self.assertTrue(self._calls())
        with self._frozen("2026-04-03"):
            line.with_user(self.collector)._postpone(
                self.arrangement.line_ids[0].date_due.replace(day=11), "Salary comes later"
            )
        # The 11th is a Saturday.
        self.assertEqual(line.date_due.isoformat(), "2026-04-13")
        self.assertEqual(line.date_agreed.isoformat(), "2026-04-01")
        self.assertFalse(self._calls())
        self._day("2026-04-13")
        self.assertFalse(self._calls())
        self._day("2026-04-14")
        self.assertTrue(self._calls())
        self._day("2026-04-21")
        self.assertEqual(self.arrangement.state, "broken")

    def test_renegotiating_leaves_the_old_one_until_the_new_one_holds(self):
        old = self.arrangement
        with self._frozen("2026-04-01"):
            self._pay(self.invoice, 100.0, "2026-04-01")
        with self._frozen("2026-04-15"):
            new = old.with_user(self.collector)._renegotiate()
            self.assertEqual((new.version, new.name), (2, f"{old.name}-2"))
            self.assertEqual(new.amount_total, 200.0)
            new._plan(count=4, first_due=old.line_ids[1].date_due)
            new.action_offer()
            self.assertEqual((old.state, new.state), ("active", "offered"))
            # Held once, by the old one.
            self.assertEqual(len(self._blocks(old) | self._blocks(new.sudo())), 1)
            self._pay(self.invoice, 50.0, "2026-04-15")
            new.action_activate()
        self.assertEqual((old.state, new.state), ("cancelled", "active"))
        self.assertIn(new.name, old.closed_reason)
        self.assertEqual(old.line_ids.mapped("amount"), [100.0] * 3)
        self.assertEqual(self._paid(new.sudo()), [50.0, 0.0, 0.0, 0.0])
        self.assertFalse(self._blocks(old))
        self.assertEqual(len(self._blocks(new)), 1)
        with self._frozen("2026-04-16"), self.assertRaises(UserError):
            old._renegotiate()

    def test_an_offer_to_renegotiate_ends_with_what_it_was_about(self):
        with self._frozen("2026-03-09"):
            new = self.arrangement._renegotiate()
            new._plan(count=4, first_due=self.arrangement.line_ids[0].date_due)
            new.action_offer()
        self._day("2026-04-09")
        self.assertEqual((self.arrangement.state, new.state), ("broken", "cancelled"))
        self.assertEqual(self._reason(self.invoice, "2026-04-09"), "remind")

    def test_a_block_is_lifted_by_ending_the_arrangement_only(self):
        [block] = self._blocks()
        with self.assertRaises(UserError):
            block.with_user(self.collector).action_lift()
        self.company.dunning_block_review_days = 30
        with self._frozen("2026-05-30"):
            self.assertFalse(block.needs_review)
            self.assertNotIn(block, block.search([("needs_review", "=", True)]))
            self.arrangement.with_user(self.collector).action_cancel("Pays at once")
        self.assertTrue(block.lifted_date)

    def test_cancelling_lets_reminders_go_on(self):
        with self._frozen("2026-03-09"):
            self.arrangement.with_user(self.collector).action_cancel("Pays at once")
        self.assertEqual(self.arrangement.closed_reason, "Pays at once")
        self.assertEqual(self._reason(self.invoice, "2026-03-09"), "remind")
        with self.assertRaises(UserError):
            self.arrangement.action_draft()

    # === OFFER ===#
    def test_an_offer_holds_until_its_day_and_then_ends(self):
        invoice = self._new_invoice("2026-02-02", amount=90.0)
        with self._frozen("2026-03-02"):
            offer = self._arrange(invoice, state="offered")
        self.assertEqual(offer.offer_valid_until.isoformat(), "2026-03-16")
        self._day("2026-03-16")
        self.assertEqual(self._reason(invoice, "2026-03-16"), "block")
        self.assertEqual(offer.state, "offered")
        self.assertEqual(self._reason(invoice, "2026-03-17"), "remind")
        with self._frozen("2026-03-17"), self.assertRaises(UserError):
            offer._sign("Ann Debtor", False, "192.0.2.1")
        self._day("2026-03-17")
        self.assertEqual(offer.state, "cancelled")
        with self._frozen("2026-03-18"):
            offer.with_user(self.collector).action_draft()
            offer.with_user(self.collector).action_offer()
        self.assertEqual(offer.offer_valid_until.isoformat(), "2026-04-01")

    def test_signing_makes_it_hold(self):
        invoice = self._new_invoice("2026-02-02", amount=90.0)
        with self._frozen("2026-03-02"):
            offer = self._arrange(invoice, state="offered")
            offer._sign("Ann Debtor", False, "192.0.2.1")
        self.assertEqual((offer.state, offer.signed_by), ("active", "Ann Debtor"))
        self.assertFalse(self._blocks(offer).date_to)

    def test_paying_everything_instead_ends_the_offer(self):
        invoice = self._new_invoice("2026-02-02", amount=90.0)
        with self._frozen("2026-03-02"):
            offer = self._arrange(invoice, state="offered")
            self._pay(invoice, 90.0, "2026-03-02")
        self.assertEqual(offer.state, "cancelled")

    def test_a_part_of_an_item_is_held_and_the_rest_reminded(self):
        invoice = self._new_invoice("2026-02-02", amount=500.0)
        with self._frozen("2026-03-02"):
            arrangement = self._arrange(invoice, parts={invoice: 200.0}, count=2)
        self.assertEqual(self._blocks(arrangement).amount, 200.0)
        self.assertEqual(self._decision(invoice, "2026-03-02").amount, 300.0)
        with self._frozen("2026-04-01"):
            self._pay(invoice, 120.0, "2026-04-01")
        self.assertEqual(self._blocks(arrangement).amount, 80.0)
        self.assertEqual(self._decision(invoice, "2026-04-01").amount, 300.0)
        with self._frozen("2026-05-01"):
            self._pay(invoice, 180.0, "2026-05-01")
        self.assertEqual(arrangement.state, "fulfilled")
        self.assertFalse(self._blocks(arrangement))
        self.assertEqual(self._decision(invoice, "2026-05-01").amount, 200.0)
        with self._frozen("2026-05-02"):
            self._undo(invoice)
        self.assertEqual(self._blocks(arrangement).amount, 200.0)
