from odoo import api, fields, models

from .dunning_decision import SENT_STATES


class DunningNotice(models.Model):
    """Reminders to consumers after which costs may be charged are remembered as such."""

    _inherit = "dunning.notice"

    # === FIELDS ===#
    statutory_fault = fields.Char(
        compute="_compute_statutory_fault",
        compute_sudo=True,
        help="Why no costs can be charged because of this reminder.",
    )

    # === COMPUTE ===#
    @api.depends("state", "statutory_letter_ids.state", "statutory_letter_ids.void_reason")
    def _compute_statutory_fault(self):
        for notice in self:
            letters = notice.statutory_letter_ids if notice.state == "sent" else []
            newest = max(letters, key=lambda letter: letter.id, default=None)
            notice.statutory_fault = newest and newest.void_reason

    # === CRUD ===#
    def write(self, vals):
        # EXTENDS: a letter that is posted by hand is not sent before it is printed
        res = super().write(vals)
        if vals.get("letter_printed"):
            self._post_statutory_letters()
        return res

    # === BUSINESS ===#
    def _remember_sent(self, day):
        # EXTENDS: the law of a consumer counts from it too
        res = super()._remember_sent(day)
        letters = self.env["statutory.letter"]
        law = letters._get_law(self.partner_id, self.company_id)
        if law and self._is_statutory_for(law):
            letters._remember(self, law, day)
        return res

    def _is_statutory_for(self, law):
        """Whether a notice of this level is meant as what the law demands: of the Netherlands
        where the level says so, of Belgium every message that could be the first reminder."""
        self.ensure_one()
        if law == "nl":
            return self.level_id.statutory_letter and self.stage != "handover"
        return self.stage not in ("courtesy", "handover")

    def _get_statutory_lines(self, day):
        """The items of this notice that are overdue, and those of them whose term begins with it:
        a letter that counts is not repeated."""
        self.ensure_one()
        overdue = self._get_valid_lines().filtered(
            lambda line: line.move_line_id and line.date_maturity < day
        )
        known = self.env["statutory.letter"]._get_by_item(overdue.move_line_id)
        return overdue, overdue.filtered(lambda line: line.move_line_id not in known)

    def _tells_term(self):
        """Whether the text has the part with what the law demands."""
        self.ensure_one()
        template = self.with_context(lang=self._get_text_language())._find_text_template()
        return template._tells_term()

    def _post_statutory_letters(self):
        """The letters of these notices were printed: their terms count from the first time."""
        for notice in self.sudo():
            letters = notice.statutory_letter_ids.filtered(
                lambda letter: not letter.posted_date and "post" in letter._get_sent_by_channel()
            )
            if letters:
                letters.posted_date = notice.company_id._get_dunning_day(notice.letter_printed)
                letters._follow_reminder()

    def _transition(self, state, line_values=None, **values):
        # EXTENDS: what was withdrawn or came back does not count
        was_sent = self.filtered(lambda notice: notice.state in SENT_STATES)
        res = super()._transition(state, line_values=line_values, **values)
        if state not in SENT_STATES:
            reason = (
                self.env._("The reminder was withdrawn.")
                if state == "corrected"
                else self.env._("The message did not arrive.")
            )
            was_sent.sudo()._undo_sent(state, reason)
        return res

    def _undo_sent(self, state, reason):
        """What goes with reminders that were withdrawn or came back.

        A letter that goes out again by another channel is a new one then.
        """
        letters = self.statutory_letter_ids.filtered(lambda letter: letter.state != "void")
        letters._void(reason, ask=state == "failed")
