from odoo import fields, models

from .dunning_decision import SENT_STATES
from .installment_arrangement import HOLDING_STATES


class InstallmentArrangement(models.Model):
    """What is arranged waits for the arrangement instead of being reminded."""

    _inherit = "installment.arrangement"

    # === BUSINESS ===#
    def _get_blocks(self):
        """Blocks that these arrangements hold now."""
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

    def _sync_blocks(self):
        """Open, change and lift blocks so that exactly what is left is held; nothing changes when
        it is so already."""
        blocks = self._get_blocks()
        for arrangement in self.sudo():
            own = blocks.filtered(lambda block, record=arrangement: block.res_id == record.id)
            wanted = arrangement._prepare_blocks()
            for block in own:
                values = wanted.pop(block.move_line_id, None)
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
            if not wanted:
                continue
            self.env["dunning.block"].sudo().with_context(dunning_block_quiet=True).create(
                list(wanted.values())
            )
            if not own:
                arrangement.partner_id._message_log(
                    body=self.env._("Reminders held: %s", arrangement._get_block_reason())
                )

    def _prepare_blocks(self):
        """Values of the blocks that are wanted, by item.

        Of an item that is arranged in part only what is left of that part is held. What the
        arrangement holds that an offer is to replace need not be held twice.
        """
        self.ensure_one()
        if self.state not in HOLDING_STATES or self._is_expired():
            return {}
        values = {
            "kind": "arrangement",
            "company_id": self.company_id.id,
            "partner_id": self.partner_id.id,
            "date_from": self._get_today(),
            "date_to": self.offer_valid_until if self.state == "offered" else False,
            "reason": self._get_block_reason(),
            "res_model": self._name,
            "res_id": self.id,
        }
        wanted = {}
        replaced = self.previous_id.filtered(lambda record: record.state == "active")
        held = replaced._get_blocks().move_line_id
        for item in self.item_ids.filtered(lambda item: item.move_line_id not in held):
            compare = item.currency_id.compare_amounts
            line = item.move_line_id
            if compare(item.amount_left, 0) <= 0:
                continue
            part = compare(line.amount_residual_currency, item.amount_left) > 0
            wanted[line] = {
                **values,
                "move_line_id": line.id,
                "amount": item.amount_left if part else 0.0,
            }
        return wanted

    def _get_block_reason(self):
        self.ensure_one()
        if self.state == "offered":
            return self.env._("Installments were offered (%s)", self.name)
        return self.env._("Paid in installments (%s)", self.name)

    # === BUSINESS: GOING ON ===#
    def _go_on_with(self, level):
        """Let reminders of the items go on with a level instead of the next one.

        What they skip is remembered as a notice that was taken over, of the day of the agreement:
        an item never becomes milder, and one that is further already stays where it is.
        """
        self.ensure_one()
        steps = level.policy_id.level_ids.filtered(
            lambda step: step.severity < level.severity and step.stage != "courtesy"
        )
        before = steps.sorted("severity")[-1:]
        history = self.env["dunning.notice.line"].sudo()
        behind = self._get_open_items().move_line_id.filtered(
            lambda item: (
                not history.search_count(
                    [
                        ("move_line_id", "=", item.id),
                        ("state", "in", SENT_STATES),
                        ("severity", ">=", before.severity),
                    ],
                    limit=1,
                )
            )
        )
        if not before or not behind:
            return
        day = self.active_date or self.offered_date or self._get_today()
        self.env["dunning.notice"].sudo().create(self._prepare_memory(before, behind, day))

    def _prepare_memory(self, level, items, day):
        """Values of a notice that counts as sent."""
        self.ensure_one()
        return {
            "name": self.name,
            "company_id": self.company_id.id,
            "partner_id": self.partner_id.id,
            "contact_id": (self.contact_id or self.partner_id).id,
            "currency_id": self.currency_id.id,
            "level_id": level.id,
            "date": day,
            "state": "imported",
            "sent_date": day,
            "amount_residual": sum(items.mapped("amount_residual_currency")),
            "line_ids": [
                fields.Command.create(
                    {
                        "move_line_id": item.id,
                        "level_id": level.id,
                        "severity": level.severity,
                        "company_id": self.company_id.id,
                        "state": "imported",
                        "sent_date": day,
                        "move_name": item.move_id.name,
                        "invoice_date": item.move_id.invoice_date,
                        "date_maturity": item.date_maturity or item.date,
                        "amount_residual": item.amount_residual_currency,
                    }
                )
                for item in items
            ],
        }
