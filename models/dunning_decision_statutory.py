from odoo import models
from odoo.tools import format_date


class DunningDecision(models.AbstractModel):
    """Why a next level waits for the term of a letter to a consumer, in words."""

    _inherit = "dunning.decision"

    # === BUSINESS ===#
    def _fetch_for_explanations(self, decisions):
        # EXTENDS: lists explain every row
        res = super()._fetch_for_explanations(decisions)
        waiting = [decision for decision in decisions if self._may_wait_for_letter(decision)]
        debtors = self.env["res.partner"].browse({decision.partner_id for decision in waiting})
        debtors.sudo().fetch(["commercial_partner_id", "country_id", "debtor_kind"])
        items = self.env["account.move.line"].browse({decision.item_id for decision in waiting})
        items.sudo().fetch(["company_id", "statutory_item_ids"])
        rows = items.sudo().statutory_item_ids
        rows.fetch(["letter_id"])
        rows.letter_id.fetch(["last_free_day", "state"])
        return res

    def _explain_reason(self, decision):
        # EXTENDS
        text = super()._explain_reason(decision)
        if not self._may_wait_for_letter(decision):
            return text
        item = self.env["account.move.line"].sudo().browse(decision.item_id)
        debtor = self.env["res.partner"].browse(decision.partner_id)
        if not self.env["statutory.letter"]._get_law(debtor, item.company_id):
            return text
        letters = item.statutory_item_ids.letter_id
        letter = letters.filtered(lambda letter: letter.state != "void").sorted("id")[-1:]
        if letter.state != "running":
            return text
        return self.env._(
            "%(text)s The consumer can pay without costs until %(day)s.",
            text=text,
            day=format_date(self.env, letter.last_free_day),
        )

    def _may_wait_for_letter(self, decision):
        return decision.reason == "not_yet" and decision.last_level_id
