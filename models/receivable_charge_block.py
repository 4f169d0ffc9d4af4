from odoo import api, fields, models

from .groups import COLLECTOR
from .installment_arrangement import HOLDING_STATES


class ReceivableCharge(models.Model):
    """Invoices of costs and interest go with their principal: as long as that is open its
    reminders name them, and they get none of their own."""

    _inherit = "receivable.charge"

    # === FIELDS ===#
    separated = fields.Boolean(
        readonly=True,
        copy=False,
        help="Its invoice is reminded by itself, whether the principal is paid or not.",
    )
    is_held = fields.Boolean(
        "Waits for the Principal", compute="_compute_is_held", compute_sudo=True
    )

    # === COMPUTE ===#
    @api.depends("state", "separated", "amount_open", "item_ids.move_line_id.reconciled")
    def _compute_is_held(self):
        for charge in self:
            charge.is_held = charge._needs_block()

    # === ACTIONS ===#
    def action_separate(self):
        """Have the invoices of these charges reminded by themselves."""
        self._check_right(COLLECTOR)
        self.sudo().move_id.charge_ids.separated = True
        self._sync_blocks()

    # === BUSINESS ===#
    def _is_principal_open(self):
        """Whether something of the items is still to be paid."""
        self.ensure_one()
        return any(
            item.parent_state == "posted" and not item.reconciled and item.amount_residual > 0
            for item in self.item_ids.move_line_id
        )

    def _needs_block(self):
        self.ensure_one()
        return bool(
            self._is_in_books()
            and not self.separated
            and not self.currency_id.is_zero(self.amount_open)
            and self._is_principal_open()
            and not self._is_arranged()
        )

    def _is_arranged(self):
        """Whether its invoice is paid in installments: then it waits for these."""
        self.ensure_one()
        return bool(
            self.env["installment.arrangement"]
            .sudo()
            .search_count(
                [
                    ("state", "in", HOLDING_STATES),
                    "|",
                    ("charge_move_id", "=", self.move_id.id),
                    ("item_ids.move_line_id.move_id", "=", self.move_id.id),
                ],
                limit=1,
            )
        )

    def _sync_blocks(self):
        """Hold the invoices of charges, or let their reminders begin. Doing it twice changes
        nothing."""
        moves = self.sudo().move_id
        items = moves.line_ids.filtered(lambda line: line.account_type == "asset_receivable")
        blocks = self.env["dunning.block"].sudo().with_context(dunning_block_quiet=True)
        found = blocks.search(
            [
                ("kind", "=", "charge"),
                ("move_line_id", "in", items.ids),
                ("lifted_date", "=", False),
            ]
        )
        for item in items:
            own = found.filtered(lambda block, item=item: block.move_line_id == item)
            holding = item.move_id.charge_ids.filtered(lambda charge: charge._needs_block())
            if holding and not own:
                blocks.create(holding[0]._prepare_block_values(item))
            elif not holding:
                own._lift()

    def _prepare_block_values(self, item):
        self.ensure_one()
        return {
            "kind": "charge",
            "company_id": self.company_id.id,
            "partner_id": self.partner_id.id,
            "move_line_id": item.id,
            "date_from": self.company_id._get_dunning_today(),
            "reason": self.env._("Asked together with its principal (%s)", self.name),
            "res_model": self._name,
            "res_id": self.id,
        }

    @api.model
    def _on_reconciled(self, items):
        """Payments of items changed: of a principal, or of an invoice of charges.

        :param items: ``account.move.line``
        """
        charges = self.sudo().search(
            [
                ("state", "in", ("booked", "waived")),
                ("move_id", "!=", False),
                "|",
                ("move_id", "in", items.move_id.ids),
                ("item_ids.move_line_id", "in", items.ids),
            ]
        )
        if charges:
            charges._follow_credit_notes()
            charges._sync_blocks()
        self.sudo().search(
            [("is_final", "=", True), ("item_ids.move_line_id", "in", items.ids)]
        ).is_final = False
