from odoo import api, fields, models
from odoo.fields import Domain

from .installment_arrangement import HOLDING_STATES

VIEWER = "account_credit_management.group_viewer"


class AccountMove(models.Model):
    """The arrangements in which an invoice is paid in installments."""

    _inherit = "account.move"

    # === FIELDS ===#
    arrangement_ids = fields.Many2many(
        "installment.arrangement",
        string="Installment Arrangements",
        compute="_compute_arrangement_ids",
        search="_search_arrangement_ids",
        groups=VIEWER,
    )
    arrangement_count = fields.Integer(
        "Arrangements", compute="_compute_arrangement_ids", groups=VIEWER
    )
    can_arrange = fields.Boolean(
        compute="_compute_can_arrange",
        compute_sudo=True,
        help="Something is open that is in no arrangement yet.",
    )

    # === COMPUTE ===#
    def _compute_arrangement_ids(self):
        items = self.env["installment.arrangement.item"].search(
            [("move_line_id.move_id", "in", self.ids)]
        )
        by_move = items.grouped("move_id")
        for move in self:
            arrangements = by_move.get(move._origin, items.browse()).arrangement_id
            move.arrangement_ids = arrangements
            move.arrangement_count = len(arrangements)

    @api.model
    def _search_arrangement_ids(self, operator, value):
        """Search by arrangement; ``= False`` finds the invoices that are in none."""
        if operator not in ("in", "any"):
            return NotImplemented
        items = self.env["installment.arrangement.item"]
        wanted = value
        if operator == "in":
            wanted = [arrangement for arrangement in value if arrangement]
        found = items._search([("arrangement_id", operator, wanted)])
        domain = Domain("line_ids", "in", found.subselect("move_line_id"))
        if operator == "in" and len(wanted) < len(list(value)):
            domain |= Domain("line_ids", "not in", items._search([]).subselect("move_line_id"))
        return domain

    @api.depends("state", "move_type", "payment_state")
    def _compute_can_arrange(self):
        arranged = (
            self.env["installment.arrangement.item"]
            .search(
                [
                    ("move_line_id.move_id", "in", self.ids),
                    ("arrangement_id.state", "in", HOLDING_STATES),
                ]
            )
            .move_line_id
        )
        for move in self:
            move.can_arrange = (
                move.state == "posted"
                and move.move_type in ("out_invoice", "out_receipt")
                and move.payment_state in ("not_paid", "partial")
                and bool(move._get_dunning_items()._origin - arranged)
            )

    # === ACTIONS ===#
    def action_open_arrangements(self):
        self.ensure_one()
        return self.arrangement_ids._get_records_action()

    def action_propose_arrangement(self):
        """Propose to pay what is open of these invoices in installments."""
        return self.env["arrangement.propose"]._get_open_action(
            items=self.filtered("can_arrange")._get_dunning_items()
        )
