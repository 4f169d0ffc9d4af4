from odoo.exceptions import UserError
from odoo.tests import tagged

from .arrangement_screens_common import DAY, ArrangementScreensCommon
from .charge_common import ChargeCommon


@tagged("post_install", "-at_install")
class TestReceivableChargeArrangement(ArrangementScreensCommon, ChargeCommon):
    """Costs and interest of items that are paid in installments: claimed with them, and once."""

    def setUp(self):
        super().setUp()
        self.costs = self._charge(self.old, 40, date=DAY)
        self.interest = self._charge(self.late, 6.5, kind="interest", date=DAY)

    def test_dialog_offers_what_is_owed_of_the_ticked_items(self):
        self._charge(self.later, 75, date=DAY)
        self._charge(self.old, 9, state="announced", date=DAY)
        form = self._open()
        self.assertEqual((form.amount_costs, form.amount_interest), (40, 6.5))
        self.assertEqual(form.amount_total, 346.5)
        self.assertEqual(sum(amount for _day, amount in self._schedule(form)), 346.5)
        self.assertIn("40.00", form.owed_text)

    def test_what_the_user_adds_stays_when_items_change(self):
        form = self._open()
        form.amount_interest = 10
        with form.item_ids.edit(0) as item:
            item.selected = False
        self.assertEqual((form.amount_costs, form.amount_interest), (0, 10))
        with form.item_ids.edit(1) as item:
            item.selected = False
        with form.item_ids.edit(0) as item:
            item.selected = True
        self.assertEqual((form.amount_costs, form.amount_interest), (40, 3.5))

    def test_invoiced_costs_are_ticked_with_their_item(self):
        move = self.costs._book()
        form = self._open()
        self.assertEqual(self._ticked(form), {self.old: 100, self.late: 200, move: 40})
        self.assertEqual(form.amount_costs, 0)
        self.assertNotIn(move, self._ticked(self._open(self.late)))

    def test_less_than_what_is_owed_is_refused(self):
        form = self._open()
        form.amount_costs = 39
        self.assertIn("owed already", form.problem)
        form.take_charges = False
        self.assertEqual((form.amount_costs, form.amount_interest), (0, 0))
        self.assertFalse(form.problem)

    def test_activation_invoices_them_once(self):
        arrangement = self._new_arrangement(amount_interest=16.5)
        move = arrangement.sudo().charge_move_id
        self.assertEqual(move.amount_total, 56.5)
        self.assertEqual(sorted(move.invoice_line_ids.mapped("price_unit")), [6.5, 10, 40])
        self.assertEqual((self.costs.state, self.interest.state), ("booked", "booked"))
        self.assertEqual((self.costs.amount_open, self.interest.amount_open), (40, 6.5))
        self.assertEqual(arrangement.amount_total, 356.5)
        self.assertFalse(self._blocks(move), "it waits for the arrangement alone")
        self.assertFalse((self.costs | self.interest)._book())

    def test_left_out_they_stay_to_be_paid_beside_the_plan(self):
        arrangement = self._new_arrangement(take_charges=False)
        self.assertFalse(arrangement.sudo().charge_move_id)
        self.assertEqual((self.costs.state, self.costs.amount_open), ("due", 40))

    def test_another_plan_cannot_take_them_too(self):
        self._new_arrangement(state="offered")
        later = self._charge(self.old | self.later, 8, date=DAY)
        form = self._open(self.later)
        self.assertEqual(form.amount_costs, 8)
        self.assertEqual(self.costs.state, "due", "offered only")
        self.assertEqual(later.state, "due")

    def test_what_was_waived_after_the_offer_is_planned_again(self):
        arrangement = self._new_arrangement(state="offered")
        self._waive(self.costs)
        with self.assertRaisesRegex(UserError, "plan again"):
            arrangement.action_activate()
        arrangement.action_draft()
        with self.assertRaisesRegex(UserError, "plan again"):
            arrangement.action_offer()

    def test_what_was_paid_after_the_offer_is_planned_again(self):
        arrangement = self._new_arrangement(state="offered")
        self.costs._book()
        with self.assertRaisesRegex(UserError, "plan again"):
            arrangement.action_activate()

    def test_an_offer_that_is_cancelled_changes_nothing(self):
        arrangement = self._new_arrangement(state="offered")
        arrangement.action_cancel()
        self.assertEqual((self.costs.state, self.interest.state), ("due", "due"))
        self.assertEqual(self._open().amount_costs, 40)

    def test_after_the_plan_the_invoice_waits_for_its_principal(self):
        arrangement = self._new_arrangement()
        move = arrangement.sudo().charge_move_id
        arrangement.action_cancel()
        self.assertEqual(self.costs.state, "booked", "it stays invoiced, not claimed again")
        self.assertTrue(self._blocks(move))
        self._pay(self.old | self.late, 300, DAY)
        self.assertFalse(self._blocks(move))

    def test_a_new_version_takes_their_invoice_along(self):
        arrangement = self._new_arrangement()
        move = arrangement.sudo().charge_move_id
        newer = arrangement.action_renegotiate()
        newer = self.env["installment.arrangement"].browse(newer["res_id"])
        self.assertIn(move, newer.item_ids.move_line_id.move_id)
        self.assertFalse(newer.charge_ids)
        self.assertEqual(newer.amount_total, 346.5)

    def test_settling_early_waives_none_of_the_interest_owed_before(self):
        arrangement = self._new_arrangement(amount_interest=6.5)
        amount, waived = arrangement._get_settlement(DAY)
        self.assertEqual((amount, waived), (346.5, 0))

    def test_settling_early_waives_the_interest_of_the_plan(self):
        arrangement = self._new_arrangement(amount_interest=16.5)
        amount, waived = arrangement._get_settlement(DAY)
        self.assertEqual((amount, waived), (346.5, 10))

    def test_payments_of_the_plan_pay_the_charges(self):
        arrangement = self._new_arrangement(amount_interest=16.5)
        move = arrangement.sudo().charge_move_id
        self._pay(move, 45, DAY)
        # The principal rule: interest first, then costs, and what the plan added last.
        self.assertEqual((self.interest.amount_open, self.costs.amount_open), (0, 1.5))
        self._pay(self.old | self.late | move, 311.5, DAY)
        self.assertEqual((arrangement.state, self.costs.amount_open), ("fulfilled", 0))

    def test_cancelling_the_invoice_claims_them_as_before(self):
        arrangement = self._new_arrangement()
        move = arrangement.sudo().charge_move_id
        move.button_draft()
        move.button_cancel()
        self.env.invalidate_all()
        self.assertEqual((self.costs.state, self.costs.amount_open), ("due", 40))
        self.assertEqual(arrangement.state, "active")
