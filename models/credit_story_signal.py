from odoo import api, models

from .credit_story import STORY_LIMIT, Event


class CreditStory(models.AbstractModel):
    """Since when something was overdue, and orders waited."""

    _inherit = "credit.story"

    # === BUSINESS ===#
    @api.model
    def _get_sources(self):
        # EXTENDS: of the customer as a whole
        return [*super()._get_sources(), "_get_signal_events"]

    @api.model
    def _get_icons(self):
        # EXTENDS
        return {**super()._get_icons(), "overdue": "fa-clock-o", "hold": "fa-hand-paper-o"}

    @api.model
    def _get_signal_events(self, company, debtor, moves):
        """What salespeople were told; of some invoices only it says nothing."""
        if moves is not None:
            return []
        signals = self.env["credit.signal"].search(
            [("company_id", "=", company.id), ("partner_id", "=", debtor.id)], limit=STORY_LIMIT
        )
        titles = {
            "overdue": (self.env._("Overdue"), self.env._("Nothing is overdue any more")),
            "hold": (self.env._("New orders wait"), self.env._("New orders need not wait")),
        }
        events = []
        for signal in signals:
            begun, over = titles[signal.kind]
            events.append(Event(signal.date_from, signal.kind, debtor, begun))
            if signal.date_to:
                events.append(Event(signal.date_to, signal.kind, debtor, over))
        return events
