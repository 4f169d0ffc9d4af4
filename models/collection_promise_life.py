import logging
from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL
from odoo.tools.misc import clean_context

from .state_machine import check_transition

_logger = logging.getLogger(__name__)

# A broken promise can only become kept by money that came in time and was booked later.
TRANSITIONS = {
    "open": ("kept", "partly", "broken", "cancelled"),
    "kept": ("open", "partly", "broken"),
    "partly": ("kept", "broken"),
    "broken": ("kept", "partly"),
    "cancelled": (),
}
# States of promises that were not kept.
BROKEN_STATES = ("partly", "broken")
# How many promises a scheduled run looks at before it commits.
REVIEW_BATCH = 100
# So long the daily run makes sure that a kept promise still is.
KEPT_REVIEW_DAYS = 90


class CollectionPromise(models.Model):
    """The life of a promise: it holds reminders, and payments decide what becomes of it.

    All of it happens with superuser rights: payments are not registered by collectors only. Nothing
    is stored of payments: what was received is what was open of the items when it was promised,
    less what is open now, less what came in after the last day that counts.
    """

    _inherit = "collection.promise"

    # === BUSINESS: BEGIN AND END ===#
    def _begin(self):
        """Let a new promise hold its items, instead of older ones about the same items."""
        self.ensure_one()
        older = self.search(
            [
                ("company_id", "=", self.company_id.id),
                ("partner_id", "=", self.partner_id.id),
                ("state", "=", "open"),
                ("id", "!=", self.id),
                ("item_ids.move_line_id", "in", self.item_ids.move_line_id.ids),
            ]
        )
        # One that was broken before this talk stays so.
        older._review(self.date_made)
        older.filtered(lambda promise: promise.state == "open")._withdraw(replaced_by=self)
        self._hold()
        if not self.contact_id:
            self._tell(self._get_hold_text())
        self._review()

    def _withdraw(self, replaced_by=None):
        """Take open promises back; ``replaced_by`` is the promise that holds from now on.

        :raise UserError: when one was settled already
        """
        for promise in self.sudo().filtered(lambda promise: promise.state != "cancelled"):
            promise._set_state("cancelled")
            promise.write(
                {
                    "closed_date": promise.company_id._get_dunning_today(),
                    "replaced_by_id": replaced_by.id if replaced_by else False,
                }
            )
            promise._get_blocks()._lift()
            if not replaced_by:
                promise._tell(self.env._("%s: withdrawn.", promise._get_text()))

    @api.model
    def _withdraw_about(self, items):
        """Take back the open promises about these items: something else was agreed on.

        :param account.move.line items: open receivable lines
        """
        self.sudo().search(
            [("state", "=", "open"), ("item_ids.move_line_id", "in", items.ids)]
        )._withdraw()

    def _set_state(self, state):
        """The one gate between states; going where a promise is already changes nothing.

        :raise UserError: when the table of transitions does not allow it
        """
        promises = self.sudo().filtered(lambda promise: promise.state != state)
        check_transition(promises, state, TRANSITIONS)
        promises.state = state

    # === BUSINESS: REVIEW ===#
    def _review(self, day=None):
        """Bring promises in the state that payments put them in.

        :param datetime.date day: empty for today, by the company
        """
        received = self._get_received()
        for promise in self.sudo():
            today = day or promise.company_id._get_dunning_today()
            amount = received.get(promise.id, 0.0)
            state = promise._judge(amount, today)
            if state != promise.state:
                promise._settle(state, amount, today)
            elif state == "open":
                promise._fit_blocks(amount)

    def _get_received(self):
        """What came in for the items of promises, from the talk until the last day that counts.

        However it was reconciled: by a payment, a credit note or a write-off. It counts by its own
        date, so money that was booked late is not late.

        :rtype: dict[int, float]
        """
        if not self.ids:
            return {}
        rows = self.env.execute_query(
            SQL(
                """
                SELECT promise.id,
                       SUM(LEAST(GREATEST(
                           item.residual_start - line.amount_residual_currency
                           - COALESCE(late.amount, 0), 0), item.residual_start))
                  FROM collection_promise promise
                  JOIN collection_promise_item item ON item.promise_id = promise.id
                  JOIN account_move_line line ON line.id = item.move_line_id
                  LEFT JOIN LATERAL (
                      SELECT SUM(partial.debit_amount_currency) AS amount
                        FROM account_partial_reconcile partial
                        JOIN account_move_line credit ON credit.id = partial.credit_move_id
                       WHERE partial.debit_move_id = line.id
                         AND credit.date > promise.date_until
                  ) AS late ON TRUE
                 WHERE promise.id IN %(ids)s AND line.parent_state = 'posted'
                 GROUP BY promise.id""",
                ids=tuple(self.ids),
                to_flush=[
                    self.env[model]._fields[name]
                    for model, names in {
                        "account.move.line": ("amount_residual_currency", "date", "parent_state"),
                        "account.partial.reconcile": (
                            "credit_move_id",
                            "debit_amount_currency",
                            "debit_move_id",
                        ),
                        "collection.promise": ("date_until",),
                        "collection.promise.item": (
                            "move_line_id",
                            "promise_id",
                            "residual_start",
                        ),
                    }.items()
                    for name in names
                ],
            )
        )
        currencies = {promise.id: promise.currency_id for promise in self}
        return {
            promise_id: currencies[promise_id].round(float(amount)) for promise_id, amount in rows
        }

    def _judge(self, received, day):
        """The state in which what was received by a day puts a promise."""
        self.ensure_one()
        states = set(self.item_ids.move_line_id.mapped("parent_state"))
        if self.state == "cancelled" or "draft" in states:
            # While an invoice is being corrected nothing can be said.
            return self.state
        items = self.item_ids.filtered(lambda item: item.move_line_id.parent_state == "posted")
        if not items:
            return "cancelled" if self.state == "open" else self.state
        compare = self.currency_id.compare_amounts
        asked = min(self.amount, sum(items.mapped("residual_start")))
        if compare(received, asked) >= 0:
            return "kept"
        if day <= self.date_until:
            return "open"
        return "partly" if compare(received, 0) > 0 else "broken"

    def _settle(self, state, received, day):
        """Change the state of a promise, with all that follows from it."""
        self.ensure_one()
        # Whoever registers a payment reads another language than whoever looks after the debtor.
        self = self._in_language_of_responsible()
        before = self.state
        if state == "open" and before in BROKEN_STATES:
            return
        if state == "cancelled":
            self._withdraw()
            return
        self._set_state(state)
        self.closed_date = {
            "open": False,
            "kept": day,
        }.get(state, self.date_until + timedelta(days=1))
        if state == "open":
            self._hold()
        else:
            self._get_blocks()._lift()
        if before == "kept":
            self._tell_undone(received)
        elif state == "kept":
            self._get_activities().unlink()
            self._tell(self.env._("%s: kept.", self._get_text()))
        elif before == "open":
            self._tell_broken(received)

    # === BUSINESS: BLOCKS ===#
    def _get_blocks(self):
        """The blocks of promises that were not lifted yet."""
        return self.env["dunning.block"].search(
            [
                ("res_model", "=", self._name),
                ("res_id", "in", self.ids),
                ("lifted_date", "=", False),
            ]
        )

    def _get_parts(self, received):
        """Pour what is still to come over the open items, oldest first.

        :return: the part of each item that is held; 0 for a whole item
        :rtype: dict[account.move.line, float]
        """
        self.ensure_one()
        compare = self.currency_id.compare_amounts
        left = self.currency_id.round(self.amount - received)
        parts = {}
        for line in self._get_lines():
            residual = line.amount_residual_currency
            if compare(left, 0) > 0 and compare(residual, 0) > 0:
                parts[line] = 0.0 if compare(left, residual) >= 0 else left
                left = self.currency_id.round(left - residual)
        return parts

    def _hold(self):
        """Let reminders of the items wait until the promise is kept or broken."""
        self.ensure_one()
        today = self.company_id._get_dunning_today()
        if self.date_until < today:
            return
        values = {
            "kind": "promise",
            "company_id": self.company_id.id,
            "partner_id": self.partner_id.id,
            "date_from": today,
            "date_to": self.date_until,
            "reason": self._get_text(),
            "res_model": self._name,
            "res_id": self.id,
        }
        parts = self._get_parts(self._get_received().get(self.id, 0.0))
        self.env["dunning.block"].with_context(dunning_block_quiet=True).create(
            [{**values, "move_line_id": line.id, "amount": part} for line, part in parts.items()]
        )

    def _fit_blocks(self, received):
        """Hold no more than what is still to come. What a person lifted stays lifted."""
        self.ensure_one()
        parts = self._get_parts(received)
        for block in self._get_blocks():
            if block.move_line_id not in parts:
                block._lift()
            elif block.currency_id.compare_amounts(block.amount, parts[block.move_line_id]):
                block.amount = parts[block.move_line_id]

    # === BUSINESS: TELLING ===#
    def _tell(self, text):
        """Note it on the debtor's timeline."""
        self.ensure_one()
        self.partner_id._message_log(body=text)

    def _tell_broken(self, received):
        """Somebody calls the debtor at once."""
        text = self.env._("%s: broken.", self._get_text())
        if self.state == "partly":
            text = self.env._(
                "%(promise)s: only %(amount)s came in.",
                promise=self._get_text(),
                amount=self.currency_id.format(received),
            )
        self._tell(text)
        self._schedule_call(self.env._("Broken promise: %s", self._get_short_text()))

    def _tell_undone(self, received):
        """A payment that kept the promise was taken back: somebody looks into it."""
        text = self.env._(
            "%(promise)s: a payment was undone, %(amount)s of it is left.",
            promise=self._get_text(),
            amount=self.currency_id.format(received),
        )
        self._tell(text)
        self._schedule_call(self.env._("Payment undone: %s", self._get_short_text()), note=text)

    def _in_language_of_responsible(self):
        user = self.partner_id._get_dunning_assignee(self.company_id)
        return self.with_context(lang=user.lang)

    def _schedule_call(self, summary, note=False):
        """Ask for a call about what is open of the items; one at a time per promise."""
        self.ensure_one()
        if self._get_activities():
            return
        lines = self._get_lines().filtered(lambda line: not line.reconciled)
        self.partner_id._schedule_dunning_activity(
            self.company_id,
            "mail.mail_activity_data_call",
            summary=summary,
            note=note or self.note,
            dunning_channel="call",
            dunning_task=self._get_task(),
            dunning_move_ids=[(6, 0, lines.move_id.ids)],
            dunning_amount=self.company_id.currency_id.round(sum(lines.mapped("amount_residual"))),
        )

    def _get_task(self):
        return f"{self._name}_{self.id}"

    def _get_activities(self):
        """The call that is still to be made because of a promise."""
        return (
            self.env["mail.activity"]
            .with_context(dunning_contact_closed=True)
            .search(
                [
                    ("res_model", "=", "res.partner"),
                    ("res_id", "in", self.partner_id.ids),
                    ("dunning_task", "in", [promise._get_task() for promise in self]),
                ]
            )
        )

    # === CRON ===#
    @api.model
    def _trigger_review(self, lines):
        """Payments of these lines changed: look at the promises about them at once."""
        if not lines:
            return
        promises = self.sudo().with_env(self.env(su=True, context=clean_context(self.env.context)))
        promises.search(
            [("state", "!=", "cancelled"), ("item_ids.move_line_id", "in", lines.ids)]
        )._review_each()

    @api.model
    def _cron_review(self):
        """Settle the promises whose day has passed, a batch at a time."""
        promises = self.search(self._get_review_domain(), order="id")
        progress = self.env["ir.cron"]._commit_progress
        progress(remaining=len(promises))
        for start in range(0, len(promises), REVIEW_BATCH):
            batch = promises[start : start + REVIEW_BATCH].exists()
            batch._review_each()
            if not progress(len(batch)):
                break

    def _review_each(self):
        """Review promises one by one: one that fails is left as it is and stops no other."""
        for promise in self:
            try:
                with self.env.cr.savepoint():
                    promise._review()
            except Exception:
                _logger.exception("Promise %s cannot be reviewed", promise.id)

    # === HOOKS ===#
    @api.model
    def _get_review_domain(self):
        """What the daily run looks at: open promises, and kept ones that may be undone."""
        recent = fields.Date.context_today(self) - timedelta(days=KEPT_REVIEW_DAYS)
        return fields.Domain("state", "=", "open") | fields.Domain(
            [("state", "=", "kept"), ("closed_date", ">=", recent)]
        )
