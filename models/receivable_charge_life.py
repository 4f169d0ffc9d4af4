from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL

from .groups import COLLECTOR, MANAGER
from .receivable_charge import CHARGE_STATES, OWED_STATES, TRANSITIONS
from .state_machine import check_transition


class ReceivableCharge(models.Model):
    """From announcement to payment: one gate between the states, and what follows from each.

    Nobody writes these records by hand: the methods do, as superuser, after they checked who asks.
    """

    _inherit = "receivable.charge"

    # === FIELDS ===#
    state_before = fields.Selection(
        CHARGE_STATES, readonly=True, copy=False, help="What it goes back to when that is undone."
    )
    replaced_by_id = fields.Many2one(
        "receivable.charge", readonly=True, copy=False, index="btree_not_null"
    )
    withdrawn = fields.Boolean(
        readonly=True,
        copy=False,
        help="The reminder that claimed it was undone: it was never owed, rather than waived.",
    )
    can_waive = fields.Boolean(compute="_compute_can_waive")

    # === COMPUTE ===#
    @api.depends("name", "kind")
    def _compute_display_name(self):
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        for charge in self:
            charge.display_name = f"{charge.name} {kinds.get(charge.kind, '')}".strip()

    @api.depends_context("uid")
    def _compute_can_waive(self):
        self.can_waive = self.env.user.has_group(MANAGER)

    # === CRUD ===#
    @api.model_create_multi
    def create(self, vals_list):
        """Number every charge, in the order in which they arose."""
        for vals in vals_list:
            sequence = self.env["ir.sequence"].sudo().with_company(vals.get("company_id"))
            number = sequence.next_by_code(self._name, fields.Date.to_date(vals.get("date")))
            vals["name"] = number or "/"
        return super().create(vals_list)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("Costs and interest are kept as history. Waive them instead."))

    # === ACTIONS ===#
    def action_claim(self):
        """Let the debtor owe from today what was only announced to him."""
        self._check_right(COLLECTOR)
        self._claim()

    def action_waive(self):
        """Ask why, and let the debtor off."""
        self._check_right(MANAGER)
        return self.env["receivable.charge.waive"]._get_open_action(self)

    def action_unwaive(self):
        """Let the debtor owe again what was waived."""
        self._check_right(MANAGER)
        self._unwaive()

    # === BUSINESS: GATE ===#
    def _check_right(self, group):
        """Buttons write what the user may not write by hand: the right is checked here.

        :raise AccessError: without the group, or for charges of another company
        """
        self.check_access("read")
        if not self.env.su and not self.env.user.has_group(group):
            raise AccessError(self.env._("You may not decide about costs and interest."))

    def _lock(self):
        """Let a second decision about the same charges wait, and start over when the first one
        changed them."""
        if self.ids:
            self.flush_recordset()
            self.env.cr.execute(
                SQL(
                    "SELECT id FROM receivable_charge WHERE id IN %s ORDER BY id FOR UPDATE",
                    tuple(self.ids),
                )
            )
            self.invalidate_recordset(["state", "move_id"])

    def _transition(self, state, **values):
        """Change the state: the only gate. Charges that are there already are skipped.

        :return: those that went, as superuser
        :raise UserError: when the table of transitions does not allow it
        """
        todo = self.sudo().filtered(lambda charge: charge.state != state)
        todo._lock()
        check_transition(todo, state, TRANSITIONS)
        for before, charges in todo.grouped("state").items():
            charges.write({"state": state, "state_before": before, **values})
        todo._sync_blocks()
        return todo

    # === BUSINESS: CLAIM ===#
    def _claim(self):
        """Claim what was announced, from today. Claiming twice is harmless."""
        for company, charges in self.sudo().grouped("company_id").items():
            announced = charges.filtered(lambda charge: charge.state == "announced")
            announced._transition("due", date=company._get_dunning_today())

    def _replace(self, newer):
        """Let a newer charge take the place of these, which are not invoiced."""
        (self - newer)._transition("replaced", replaced_by_id=newer.id)

    def _get_successor(self):
        """What took the place of this charge in the end, or the charge itself."""
        self.ensure_one()
        charge = self
        while charge.state == "replaced" and charge.replaced_by_id:
            charge = charge.replaced_by_id
        return charge

    # === BUSINESS: WAIVING ===#
    def _waive(self, reason, only_open=False):
        """Let debtors off, with a credit note for what was invoiced.

        :param str reason: in a sentence
        :param bool only_open: of what was invoiced and paid in part, only the rest; the paid part
            stays. Otherwise what was paid becomes money of the debtor.
        """
        today = fields.Date.context_today(self)
        told = {"waive_reason": reason, "waived_by_id": self.env.uid, "waived_date": today}
        self.sudo()._lock()
        for charge in self.sudo().filtered(lambda charge: charge.state != "waived"):
            paid_in_part = charge.state == "booked" and charge._is_paid_in_part()
            if only_open and paid_in_part:
                charge._credit(reason, charge.amount_open)
                charge.write(told)
                continue
            was_booked = charge.state == "booked"
            charge._transition("waived", **told)
            if was_booked:
                charge._take_out_of_books(reason)

    def _withdraw(self, reason):
        """Undo what a reminder claimed that should not have gone out: it was never owed, and what
        it had replaced is owed again.

        :param str reason: in a sentence
        """
        charges = self.sudo().filtered(lambda charge: not charge.withdrawn)
        charges.filtered(lambda charge: charge.state in ("announced", *OWED_STATES))._waive(reason)
        charges.withdrawn = True
        older = self.sudo().search(
            [("replaced_by_id", "in", charges.ids), ("state", "=", "replaced")]
        )
        for before, restored in older.grouped("state_before").items():
            restored._transition(before, replaced_by_id=False)

    def _unwaive(self):
        """Take waiving back. What was credited is owed again, and can be invoiced anew: the old
        invoice and its credit note stay as they are."""
        for charge in self.sudo().filtered(lambda charge: charge.state == "waived"):
            if charge.withdrawn:
                raise UserError(
                    self.env._(
                        "%s was withdrawn together with its reminder: it was never owed.",
                        charge.display_name,
                    )
                )
            before = charge.state_before
            charge._transition(
                "due" if before == "booked" else before,
                waive_reason=False,
                waived_by_id=False,
                waived_date=False,
                move_id=False,
                invoice_line_id=False,
                credit_move_id=False,
            )
