from datetime import date
from typing import NamedTuple

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import format_date

# How many records of one kind a story tells about at most: the latest.
STORY_LIMIT = 80


class Event(NamedTuple):
    """One thing that happened between the company and a debtor."""

    day: date
    kind: str
    record: models.BaseModel
    title: str
    text: str = ""
    # What was said or written among colleagues: not for the debtor.
    note: str = ""
    amount: float = 0.0
    currency: models.BaseModel | None = None


class CreditStory(models.AbstractModel):
    """What happened between the company and a debtor, from quotation to payment, in order.

    Read with superuser rights, as salespeople have no rights on invoices and payments; what others
    may not see of their colleagues' customers (orders, disputes) is left out, and nothing is a
    link that the reader cannot open.
    """

    _name = "credit.story"
    _description = "Story of a Debtor"

    # === BUSINESS ===#
    @api.model
    def _get_events(self, company, debtor, moves=None):
        """Tell the story of a debtor, or of some of its invoices only.

        :param res.partner debtor: commercial partner
        :param account.move moves: empty for everything of the debtor
        :return: list of :class:`Event`, the first one first
        """
        story = self.sudo()
        events = []
        for source in self._get_sources():
            events += getattr(story, source)(company, debtor, moves and moves.sudo())
        return sorted(events, key=lambda event: (event.day, self._get_rank(event.kind)))

    @api.model
    def _get_sources(self):
        """Names of the methods that each tell a part."""
        return [
            "_get_order_events",
            "_get_invoice_events",
            "_get_payment_events",
            "_get_notice_events",
            "_get_contact_events",
            "_get_promise_events",
            "_get_arrangement_events",
            "_get_dispute_events",
        ]

    @api.model
    def _get_rank(self, kind):
        """Order of what happened on one day."""
        order = ["quotation", "order", "delivery", "invoice", "sent", "reminder", "contact"]
        return order.index(kind) if kind in order else len(order)

    @api.model
    def _render(self, events, internal=True, latest_first=False):
        """Put a story on a screen, with links and documents that the reader can open.

        :rtype: markupsafe.Markup
        """
        rows = [
            {"event": event, "url": "", "documents": []}
            for event in (reversed(events) if latest_first else events)
        ]
        readable = self._get_readable([event.record for event in events])
        documents = self._get_documents(readable)
        for row in rows:
            record = row["event"].record
            if (record._name, record.id) in readable:
                row["url"] = f"/odoo/{record._name}/{record.id}"
                row["documents"] = documents.pop((record._name, record.id), [])
        return self.env["ir.qweb"]._render(
            "account_credit_management.credit_story",
            {"rows": rows, "internal": internal, "icons": self._get_icons()},
        )

    @api.model
    def _get_icons(self):
        return {
            "quotation": "fa-file-o",
            "order": "fa-shopping-cart",
            "delivery": "fa-truck",
            "invoice": "fa-file-text-o",
            "sent": "fa-paper-plane-o",
            "payment": "fa-money",
            "reminder": "fa-envelope-o",
            "contact": "fa-phone",
            "promise": "fa-handshake-o",
            "arrangement": "fa-calendar-check-o",
            "dispute": "fa-balance-scale",
        }

    @api.model
    def _get_readable(self, records):
        """Which of these records the user himself may open, as pairs of model and id."""
        user_env = self.env(su=False)
        ids = {}
        for record in records:
            ids.setdefault(record._name, set()).add(record.id)
        return {
            (model, record_id)
            for model, own in ids.items()
            for record_id in user_env[model].browse(own)._filtered_access("read").ids
        }

    @api.model
    def _get_documents(self, readable):
        """Files of records that the user may open, by model and id."""
        domain = Domain.OR(
            Domain("res_model", "=", model) & Domain("res_id", "in", ids)
            for model, ids in self._group_ids(readable).items()
        )
        documents = {}
        found = self.env(su=False)["ir.attachment"].search(
            domain & Domain("res_field", "=", False), order="id", limit=STORY_LIMIT
        )
        for attachment in found:
            key = (attachment.res_model, attachment.res_id)
            documents.setdefault(key, []).append(attachment)
        return documents

    @api.model
    def _group_ids(self, pairs):
        ids = {}
        for model, record_id in pairs:
            ids.setdefault(model, []).append(record_id)
        return ids

    # === HELPERS ===#
    @api.model
    def _get_label(self, record, name):
        """What a selection field says, in the language of the reader."""
        return dict(record._fields[name]._description_selection(self.env)).get(record[name], "")

    @api.model
    def _to_day(self, moment):
        """The day of a moment, in the time zone of the reader."""
        if not moment:
            return fields.Date.context_today(self)
        return fields.Datetime.context_timestamp(self, moment).date()

    @api.model
    def _join(self, *parts):
        return ", ".join(str(part) for part in parts if part)

    @api.model
    def _format(self, day):
        return format_date(self.env, day)

    @api.model
    def _filter_own(self, records):
        """Leave out what the user has no right to know of: others' customers."""
        if not records:
            return records
        return records.sudo(False)._filtered_access("read").sudo()
