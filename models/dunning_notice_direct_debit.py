from odoo import models

from .dunning_decision import SENT_STATES


class DunningNotice(models.Model):
    """A returned direct debit has a text of its own: nothing was overlooked."""

    _inherit = "dunning.notice"

    # === BUSINESS ===#
    def _get_direct_debit_template(self):
        """The text about returned direct debits, when this is the first reminder of them and of
        nothing else. A final notice keeps its own text, as what it announces must stand in it."""
        self.ensure_one()
        template = self.env["mail.template"]
        items = self._get_valid_lines().move_line_id
        returned = items and all(item.move_id.direct_debit_state == "returned" for item in items)
        if not returned or self.stage in ("final", "handover"):
            return template
        reminded = (
            self.env["dunning.notice.line"]
            .sudo()
            .search_count(
                [
                    ("move_line_id", "in", items.ids),
                    ("notice_id", "!=", self._origin.id),
                    ("state", "in", SENT_STATES),
                ],
                limit=1,
            )
        )
        if reminded:
            return template
        name = "account_credit_management.mail_template_direct_debit_returned"
        return self.env.ref(name, raise_if_not_found=False) or template
