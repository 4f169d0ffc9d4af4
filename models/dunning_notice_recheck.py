from odoo import api, models

from .dunning_level import CHANNEL_BITS


class DunningNotice(models.Model):
    """Notices that wait follow what happens meanwhile: they are decided about again."""

    _inherit = "dunning.notice"

    # === BUSINESS ===#
    def _recheck(self, day):
        """Decide again about every item and drop what no longer holds.

        Paid, paused, disputed or excluded meanwhile, another level by now: the line becomes
        obsolete, and the notice with its last line. Amounts follow the present residual.

        :return: the notices that still stand
        """
        valid = self.browse()
        for company, notices in self.grouped("company_id").items():
            decisions = {
                decision.item_id: decision
                for decision in self.env["dunning.decision"]._decide(
                    company, day, notices.partner_id, exclude_notices=notices
                )
            }
            for notice in notices:
                if notice._apply_decisions(decisions):
                    valid |= notice
        return valid

    def _apply_decisions(self, decisions):
        """Bring one pending notice up to date. Return whether anything is left of it."""
        self.ensure_one()
        kept = {}
        reasons = set()
        for line in self._get_valid_lines():
            decision = decisions.get(line.move_line_id.id)
            if not decision:
                reasons.add(self.env._("Paid"))
            elif decision.outcome != "remind" or decision.level_id != line.level_id.id:
                reasons.add(self.env["dunning.decision"]._get_reason_labels()[decision.reason])
            else:
                kept[line] = decision
                if line.currency_id.compare_amounts(line.amount_residual, decision.amount):
                    line.amount_residual = decision.amount
        dropped = self._get_valid_lines() - self.env["dunning.notice.line"].union(*kept)
        level = self.level_id
        if not self._drop_lines(dropped, "obsolete", ", ".join(sorted(reasons))):
            return False
        self._follow_decisions(kept, self.level_id != level)
        return True

    def _follow_decisions(self, decisions, is_milder):
        """Follow what was decided anew about the lines that are left.

        :param dict decisions: decision by line
        :param bool is_milder: whether the firmest line went, and with it the reason for the
            channels of the notice
        """
        firmest = decisions[max(decisions, key=lambda line: line.severity)]
        unallocated = self.currency_id.round(sum(item.credit for item in decisions.values()))
        values = {}
        if self.contact_id.id != firmest.contact_id:
            values["contact_id"] = firmest.contact_id
        if self.currency_id.compare_amounts(self.amount_unallocated, unallocated):
            values["amount_unallocated"] = unallocated
        if is_milder:
            values |= {
                f"use_{channel}": bool(firmest.channels & bit)
                for channel, bit in CHANNEL_BITS.items()
            }
        if values:
            self.sudo().write(values)

    @api.model
    def _drop_outdated(self, company, day):
        """Take out of older proposals what was paid or paused since, so that they stay true.

        Nor is a debtor called about a reminder that was sent and then paid.
        """
        notices = self.sudo()
        notices.search(
            [
                ("company_id", "=", company.id),
                ("state", "in", ("proposed", "todo")),
                ("date", "<=", day),
            ]
        )._recheck(day)
        notices.search(
            [
                ("company_id", "=", company.id),
                ("state", "=", "sent"),
                ("contact_activity_ids", "!=", False),
            ]
        )._drop_settled_calls()

    def _drop_settled_calls(self):
        for notice in self:
            if all(item.reconciled for item in notice._get_valid_lines().move_line_id):
                notice._close_contact_activities()
                notice.delivery_ids.filtered(
                    lambda delivery: (
                        delivery.channel in ("call", "visit") and delivery.state == "todo"
                    )
                )._transition("cancelled", self.env._("Paid"))
