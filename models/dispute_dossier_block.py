import logging

import psycopg2

from odoo import api, models

from .dispute_dossier import HOLDING_STATES

_logger = logging.getLogger(__name__)


class DisputeDossier(models.Model):
    """What is disputed waits instead of being reminded, and the rest goes on.

    The disputed amounts of an invoice are poured over what is open of it, oldest due date and
    oldest dispute first, so that disputes together never hold more than there is. A posted credit
    note counts whether it is allocated or not: it is deducted from what is asked anyway.
    """

    _inherit = "dispute.dossier"

    # === BUSINESS: TRIGGER ===#
    @api.model
    def _on_moves_changed(self, moves):
        """Payments, credit notes or the state of documents changed: hold what is left.

        An error in here never undoes somebody's payment: it is logged, and the scheduled action
        tries again.

        :param account.move moves: any journal entries
        """
        lines = self.env["dispute.dossier.line"].sudo()
        disputed = lines.search([("move_id", "in", moves.ids)]).move_id
        disputed |= moves.sudo().dispute_id.line_ids.move_id
        if not disputed:
            return
        try:
            with self.env.cr.savepoint():
                self._sync_moves(disputed)
        except psycopg2.OperationalError:
            raise
        except Exception:
            _logger.exception("Blocks of the disputes of %s could not be brought up to date", moves)
            self.env.ref("account_credit_management.ir_cron_dispute").sudo()._trigger()

    # === BUSINESS: BLOCKS ===#
    def _get_related_dossiers(self):
        """All disputes of the invoices of these."""
        lines = self.env["dispute.dossier.line"].sudo()
        return self | lines.search([("move_id", "in", self.sudo().line_ids.move_id.ids)]).dossier_id

    def _get_blocks(self):
        """Blocks that these disputes hold now."""
        return (
            self.env["dunning.block"]
            .sudo()
            .search(
                [
                    ("res_model", "=", self._name),
                    ("res_id", "in", self.ids),
                    ("lifted_date", "=", False),
                ]
            )
        )

    def _sync_after_lines(self, moves=None):
        """Hold what was added to disputes that have begun, and nothing of what was taken out."""
        begun = self.filtered("state_log_ids")
        if begun:
            moves = moves if moves is not None else self.env["account.move"]
            self._sync_moves(begun.sudo().line_ids.move_id | moves.sudo())

    def _sync_blocks(self):
        self._sync_moves(self.sudo().line_ids.move_id)

    @api.model
    def _sync_moves(self, moves):
        """Open, change and lift blocks of invoices so that exactly what is disputed is held;
        nothing changes when it is so already.

        :param account.move moves: with superuser rights
        """
        if not moves:
            return
        lines = self.env["dispute.dossier.line"].sudo().search([("move_id", "in", moves.ids)])
        wanted = {}
        for move in moves:
            dossiers = lines.filtered(lambda line, move=move: line.move_id == move).dossier_id
            wanted |= dossiers._pour(move)
        blocks = self.env["dunning.block"].sudo()
        own = blocks.search(
            [
                ("res_model", "=", self._name),
                ("move_line_id.move_id", "in", moves.ids),
                ("lifted_date", "=", False),
            ]
        )
        for block in own:
            values = wanted.pop((block.res_id, block.move_line_id.id, bool(block.date_to)), None)
            if values is None:
                block._lift()
                continue
            changed = {
                name: values[name]
                for name in ("amount", "date_to", "reason")
                if block[name] != values[name]
            }
            if changed:
                block.write(changed)
        blocks.with_context(dunning_block_quiet=True).create(list(wanted.values()))

    def _pour(self, move):
        """Divide what is open of an invoice among its disputes.

        :return: values of blocks by (dispute, item, whether it ends by itself)
        """
        items = self.line_ids.filtered(lambda line: line.move_id == move)._get_items()
        items = items.filtered(
            lambda item: (
                item.parent_state == "posted"
                and not item.reconciled
                and item.amount_residual_currency > 0
            )
        )
        room = {item: item.amount_residual_currency for item in items}
        wanted = {}
        ordered = self.sorted(lambda dossier: (dossier.date, dossier.id))
        for is_term in (False, True):
            for dossier in ordered:
                amount = dossier._get_claim_on(move, is_term, sum(room.values()))
                for item in items:
                    compare = item.currency_id.compare_amounts
                    taken = min(amount, room[item])
                    if compare(taken, 0) <= 0:
                        continue
                    whole = compare(taken, item.amount_residual_currency) >= 0
                    room[item] = item.currency_id.round(room[item] - taken)
                    amount = item.currency_id.round(amount - taken)
                    wanted[dossier.id, item.id, is_term] = dossier._prepare_block(
                        item, 0.0 if whole else taken, is_term
                    )
        return wanted

    def _get_claim_on(self, move, is_term, room):
        """How much of an invoice waits for this dispute.

        :param bool is_term: what waits for the fresh term after the dispute, instead of what is
            disputed
        :param float room: what is open of it and not held by another dispute
        """
        self.ensure_one()
        lines = self.line_ids.filtered(lambda line: line.move_id == move)
        posted = self._get_credit_notes("posted").filtered(
            lambda credit: move in self._get_moves_of_credit(credit)
        )
        is_whole = any(lines.mapped("is_whole"))
        if is_whole:
            unallocated = sum(
                abs(item.amount_residual_currency)
                for item in posted.line_ids
                if item.account_type == "asset_receivable" and not item.reconciled
            )
            left = room - unallocated
        else:
            left = sum(lines.mapped("amount_claimed")) - sum(posted.mapped("amount_total"))
        if self.state in HOLDING_STATES:
            return 0.0 if is_term else self.currency_id.round(max(left, 0.0))
        drafts = self._get_credit_notes("draft").filtered(
            lambda credit: move in self._get_moves_of_credit(credit)
        )
        pending = sum(drafts.mapped("amount_total"))
        if not is_term:
            return pending
        if not self.term_until or self.term_until < self._get_today():
            return 0.0
        # Of a whole invoice what is pending has left the room already.
        return self.currency_id.round(max(left if is_whole else left - pending, 0.0))

    def _prepare_block(self, item, amount, is_term):
        self.ensure_one()
        return {
            "kind": "dispute",
            "company_id": self.company_id.id,
            "partner_id": self.partner_id.id,
            "move_line_id": item.id,
            "amount": amount,
            "date_from": self._get_today(),
            "date_to": self.term_until if is_term else False,
            "reason": self._get_block_reason(is_term),
            "res_model": self._name,
            "res_id": self.id,
        }

    def _get_block_reason(self, is_term):
        self.ensure_one()
        if is_term:
            return self.env._("Fresh term to pay after the dispute (%s)", self.name)
        if self.state not in HOLDING_STATES:
            return self.env._("The credit note is not posted yet (%s)", self.name)
        return self.env._(
            "Disputed (%(dispute)s): %(reason)s", dispute=self.name, reason=self.reason_id.name
        )
