from odoo import fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import format_date


class AccountMove(models.Model):
    """Invoices that are collected by direct debit: silent until the bank returns one."""

    _inherit = "account.move"

    # === FIELDS ===#
    direct_debit_state = fields.Selection(
        [("collected", "Collected by direct debit"), ("returned", "Returned")],
        "Direct Debit",
        copy=False,
        readonly=True,
        tracking=True,
        help="What is collected by direct debit is not reminded, unless the bank returns it.",
    )
    direct_debit_return_date = fields.Date("Returned On", copy=False, readonly=True)
    direct_debit_return_reason = fields.Char("Reason of the Return", copy=False, readonly=True)

    # === ACTIONS ===#
    def action_direct_debit_collected(self):
        """These are collected by direct debit, or collected again after a return."""
        self._check_direct_debit("out_invoice", "out_receipt")
        for move in self.filtered(lambda move: move.direct_debit_state == "returned"):
            move._forget_direct_debit_return()
        self.sudo().direct_debit_state = "collected"

    def action_direct_debit_clear(self):
        """These are not collected by direct debit: the debtor pays them himself."""
        self._check_direct_debit("out_invoice", "out_receipt")
        self.sudo().direct_debit_state = False

    def action_direct_debit_returned(self):
        """Ask when and why the bank returned them."""
        return self.env["dunning.return.debit"]._get_open_action(self)

    def action_log_dunning_contact(self):
        """Log a talk with the debtor about this invoice."""
        self.ensure_one()
        return self.env["dunning.log.contact"]._get_open_action(moves=self)

    # === BUSINESS ===#
    def _post(self, soft=True):
        # EXTENDS 'account'
        posted = super()._post(soft)
        posted.filtered(
            lambda move: (
                move.move_type in ("out_invoice", "out_receipt")
                and not move.direct_debit_state
                and move.commercial_partner_id.dunning_direct_debit
            )
        ).sudo().direct_debit_state = "collected"
        return posted

    def _check_direct_debit(self, *move_types):
        """Collectors may do this without being allowed to edit invoices."""
        self.check_access("read")
        if not self.env.user.has_group("account_credit_management.group_collector"):
            raise AccessError(self.env._("Only collectors keep track of direct debits."))
        if any(move.move_type not in move_types or move.state != "posted" for move in self):
            raise UserError(self.env._("Only posted customer invoices are collected."))

    def _return_direct_debit(self, day, reason):
        """The bank returned the direct debit of these invoices.

        They are reminded from now on by their due date, which stays. Nothing is sent by itself,
        but each debtor is called at once.
        """
        for move in self.sudo():
            move.write(
                {
                    "direct_debit_state": "returned",
                    "direct_debit_return_date": day,
                    "direct_debit_return_reason": reason,
                }
            )
            move._message_log(
                body=self.env._(
                    "The bank returned the direct debit on %(date)s: %(reason)s",
                    date=format_date(self.env, day),
                    reason=reason,
                )
            )
        for (company, debtor), moves in self.grouped(
            lambda move: (move.company_id, move.commercial_partner_id)
        ).items():
            debtor._schedule_direct_debit_call(company, moves)

    def _forget_direct_debit_return(self):
        """Collected again: nobody has to call about it any more."""
        self.ensure_one()
        move = self.sudo()
        move.write({"direct_debit_return_date": False, "direct_debit_return_reason": False})
        debtor = move.commercial_partner_id
        calls = debtor._get_direct_debit_calls(move.company_id)
        others = calls.dunning_move_ids - move
        calls.unlink()
        if others:
            debtor._schedule_direct_debit_call(move.company_id, others)
