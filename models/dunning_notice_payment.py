from collections import defaultdict

from odoo import api, fields, models
from odoo.exceptions import UserError

# Someone else decides about items under these blocks: the debtor is not asked to pay them here.
# Under other blocks, such as a pause or a promise, he is not reminded but may well pay.
NOT_PAYABLE_KINDS = ("dispute", "arrangement", "collection", "factoring", "status")
# States in which a notice has left the house, or may have.
PUBLIC_STATES = ("sending", "todo", "sent")
# Its page stays, as the debtor has the link, also when it tells that the notice was withdrawn.
VISIBLE_STATES = (*PUBLIC_STATES, "corrected")


class DunningNotice(models.Model):
    """Payment: what the debtor may pay for a notice, now. All amounts in its currency."""

    _name = "dunning.notice"
    _inherit = ["dunning.notice", "portal.payable"]

    # === FIELDS ===#
    amount_due_now = fields.Monetary(
        compute="_compute_amount_due_now",
        compute_sudo=True,
        help="What is still open of the items, without what is disputed or being paid, and less "
        "the older money of the debtor that this notice deducted and nobody allocated since.",
    )
    transaction_ids = fields.One2many(
        "payment.transaction",
        "dunning_notice_id",
        "Transactions",
        readonly=True,
        groups="account.group_account_readonly",
    )

    # === COMPUTE ===#
    @api.depends(
        "state",
        "line_ids.state",
        "line_ids.move_line_id.amount_residual_currency",
        "line_ids.move_line_id.move_id.payment_state",
        "transaction_ids.state",
    )
    def _compute_amount_due_now(self):
        for notice in self:
            payable = notice._get_payable_total()
            notice.amount_due_now = notice.currency_id.round(
                max(payable - notice._get_unallocated_amount(), 0.0)
            )

    # === BUSINESS ===#
    def _get_asked_items(self):
        """The items that this notice asks to pay."""
        self.ensure_one()
        return self._get_valid_lines().move_line_id

    def _get_payment_rank(self, item):
        """Where an item comes among those of a notice when a payment is less than all of them:
        within a rank the oldest due date comes first."""
        return 0

    def _get_payable_total(self):
        """What can be paid now, before older money of the debtor is deducted."""
        self.ensure_one()
        return sum(self._get_payable_amounts().values())

    def _get_item_amount_due(self):
        """The part of what is due now that is of items: what can be promised or arranged."""
        return min(self.amount_due_now, sum(self._get_payable_amounts().values()))

    def _get_open_amounts(self):
        """Return what is open and undisputed of each item, in the order in which it is paid.

        :return: amount by ``account.move.line``, without items of which nothing is to be paid
        :rtype: dict
        """
        self.ensure_one()
        items = self._get_asked_items().filtered(
            lambda item: item.parent_state == "posted" and not item.reconciled
        )
        held = items.browse()
        held_parts = defaultdict(float)
        blocks = self._get_active_blocks(items)
        for block in blocks.filtered(
            lambda block: block.kind in NOT_PAYABLE_KINDS and not block._is_fresh_term()
        ):
            covered = (block.move_line_id or items).filtered(block._covers)
            if block.amount:
                for item in covered:
                    held_parts[item] += block.amount
            else:
                held |= covered
        amounts = {
            item: item.currency_id.round(item.amount_residual_currency - held_parts[item])
            for item in (items - held).sorted(
                lambda item: (
                    self._get_payment_rank(item),
                    item.date_maturity or item.date,
                    item.id,
                )
            )
        }
        return {
            item: amount
            for item, amount in amounts.items()
            if item.currency_id.compare_amounts(amount, 0) > 0
        }

    def _get_payable_amounts(self):
        """Return the part of the open amounts for which no payment is under way.

        Nothing for a notice that was withdrawn; a payment that was begun before still settles.
        """
        if self.state == "corrected":
            return {}
        amounts = self._get_open_amounts()
        busy = self._get_transactions_under_way().invoice_ids
        return {
            item: amount
            for item, amount in amounts.items()
            if item.move_id not in busy and item.move_id.payment_state not in ("in_payment", "paid")
        }

    def _get_unallocated_amount(self):
        """Return what this notice deducted, as far as nobody has allocated it since.

        Money that came in after the notice was written is not deducted: it may well be what the
        notice asked for, and its reminder waits for it to be allocated.
        """
        self.ensure_one()
        if self.currency_id.is_zero(self.amount_unallocated):
            return 0.0
        account_type = "liability_payable" if self._is_of_supplier() else "asset_receivable"
        return min(self.amount_unallocated, self._sum_unallocated(account_type, self.date))

    def _get_active_blocks(self, items):
        return (
            self.env["dunning.block"]
            .sudo()
            .search(
                [
                    ("company_id", "parent_of", self.company_id.ids),
                    ("state", "=", "active"),
                    "|",
                    ("move_line_id", "in", items.ids),
                    "&",
                    ("move_line_id", "=", False),
                    ("partner_id", "in", [False, self.partner_id.id]),
                ]
            )
        )

    def _check_payable(self):
        """Refuse a payment that is not due, in words for the debtor.

        :raise UserError: when there is nothing to pay now
        """
        self.ensure_one()
        if self.state not in PUBLIC_STATES or not self._is_online_payment_enabled():
            raise UserError(self.env._("This cannot be paid online."))
        match self._get_payment_status():
            case "settled":
                raise UserError(self.env._("Everything has been paid. Thank you."))
            case "under_way":
                raise UserError(
                    self.env._("A payment is already under way. You need not pay again.")
                )
            case "held":
                raise UserError(
                    self.env._("There is nothing to pay now. Please contact us with any question.")
                )

    def _get_payment_status(self):
        """Return ``due``, or why not: ``withdrawn``, ``settled``, ``under_way`` or ``held``."""
        self.ensure_one()
        if self.state == "corrected":
            return "withdrawn"
        if not self.currency_id.is_zero(self.amount_due_now):
            return "due"
        states = {row["status"] for row in self._get_portal_rows()}
        if "under_way" in states:
            return "under_way"
        return "settled" if states <= {"paid"} else "held"

    def _get_portal_rows(self):
        """Return the items for the page of the debtor: what was asked and where it stands now.

        ``open`` is what is left to pay and ``held`` what someone looks into; ``status`` is
        ``paid``, ``under_way``, ``held``, ``part`` (paid in part since) or ``open``.

        :rtype: list[dict]
        """
        self.ensure_one()
        open_amounts = self._get_open_amounts()
        payable = self._get_payable_amounts()
        rows = []
        for row in self._get_item_rows():
            item = row["line"].move_line_id
            compare = self.currency_id.compare_amounts
            residual = 0.0 if item.reconciled else item.amount_residual_currency
            is_open = item.parent_state == "posted" and compare(residual, 0) > 0
            left = open_amounts.get(item, 0.0)
            if not is_open:
                status = "paid"
            elif item not in open_amounts:
                status = "held"
            elif item not in payable:
                status = "under_way"
            else:
                status = "part" if compare(residual, row["amount"]) < 0 else "open"
            rows.append(
                row
                | {
                    "move": item.move_id,
                    "open": left,
                    "held": self.currency_id.round(residual - left),
                    "status": status,
                }
            )
        return rows

    def _get_payable_moves(self):
        # EXTENDS
        return self._get_asked_items().move_id

    def _get_settled_amounts(self, transaction):
        # EXTENDS: only what was to be paid with this transaction
        invoices = (transaction | transaction.source_transaction_id).invoice_ids
        return {
            item: amount
            for item, amount in self._get_open_amounts().items()
            if item.move_id in invoices
        }
