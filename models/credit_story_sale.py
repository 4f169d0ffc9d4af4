from odoo import api, models

from .credit_story import STORY_LIMIT, Event


class CreditStory(models.AbstractModel):
    """From quotation to payment."""

    _inherit = "credit.story"

    # === BUSINESS: ORDERS ===#
    @api.model
    def _get_order_events(self, company, debtor, moves):
        """Quotations, who signed them, orders and their deliveries."""
        if moves is not None:
            orders = moves.invoice_line_ids.sale_line_ids.order_id
        else:
            orders = self._filter_own(
                self.env["sale.order"].search(
                    [
                        ("company_id", "=", company.id),
                        ("partner_id", "child_of", debtor.id),
                        ("state", "!=", "cancel"),
                    ],
                    order="date_order desc, id desc",
                    limit=STORY_LIMIT,
                )
            )
        events = []
        for order in orders:
            money = {"amount": order.amount_total, "currency": order.currency_id}
            reference = order.client_order_ref
            if order.state != "sale" or moves is not None:
                day = self._to_day(order.create_date)
                title = self.env._("Quotation %s", order.name)
                events.append(Event(day, "quotation", order, title, **money))
            if order.signed_on:
                title = self.env._(
                    "%(order)s signed by %(name)s", order=order.name, name=order.signed_by
                )
                events.append(Event(self._to_day(order.signed_on), "order", order, title))
            if order.state == "sale":
                title = self.env._("Order %s", order.name)
                text = reference and self.env._("their number %s", reference) or ""
                day = self._to_day(order.date_order)
                events.append(Event(day, "order", order, title, text, **money))
        return events + self._get_delivery_events(orders)

    @api.model
    def _get_delivery_events(self, orders):
        """Deliveries, and what came back, where the inventory is installed."""
        if "picking_ids" not in orders._fields:
            return []
        events = []
        for picking in orders.picking_ids.filtered(lambda one: one.state != "cancel"):
            is_done = picking.state == "done"
            if picking.picking_type_code == "incoming":
                title = self.env._("Return %s", picking.name)
            elif is_done:
                title = self.env._("Delivery %s", picking.name)
            else:
                title = self.env._("Delivery %s, planned", picking.name)
            day = self._to_day(picking.date_done if is_done else picking.scheduled_date)
            tracking = "carrier_tracking_ref" in picking._fields and picking.carrier_tracking_ref
            products = self._join(*picking.move_ids.product_id.mapped("display_name")[:3])
            text = self._join(products, tracking, self._get_label(picking, "state"))
            events.append(Event(day, "delivery", picking, title, text))
        return events

    # === BUSINESS: INVOICES ===#
    @api.model
    def _get_invoice_events(self, company, debtor, moves):
        """Invoices and credit notes, and how and when they were sent."""
        if moves is None:
            moves = self.env["account.move"].search(
                [
                    ("company_id", "=", company.id),
                    ("commercial_partner_id", "=", debtor.id),
                    ("move_type", "in", ("out_invoice", "out_refund", "out_receipt")),
                    ("state", "=", "posted"),
                ],
                order="invoice_date desc, id desc",
                limit=STORY_LIMIT,
            )
        events = []
        for move in moves:
            if move.move_type == "out_refund":
                title = self.env._("Credit note %s", move.name)
                text = move.dispute_id.name or ""
            else:
                title = self.env._("Invoice %s", move.name)
                text = self._join(
                    move.ref,
                    self.env._("due %s", self._format(move.invoice_date_due or move.date)),
                    self._get_label(move, "payment_state"),
                    "" if move.is_move_sent else self.env._("not sent"),
                )
            sign = -1 if move.move_type == "out_refund" else 1
            events.append(
                Event(
                    move.invoice_date or move.date,
                    "invoice",
                    move,
                    title,
                    text,
                    amount=sign * move.amount_total,
                    currency=move.currency_id,
                )
            )
        return events + self._get_sent_events(moves)

    @api.model
    def _get_sent_events(self, moves):
        """Messages about invoices that went to people outside the company."""
        notifications = self.env["mail.notification"].search(
            [
                ("mail_message_id.model", "=", "account.move"),
                ("mail_message_id.res_id", "in", moves.ids),
                ("res_partner_id.partner_share", "=", True),
                ("notification_type", "!=", "inbox"),
            ],
            order="id desc",
            limit=STORY_LIMIT,
        )
        by_id = {move.id: move for move in moves}
        events = []
        for message, own in notifications.grouped("mail_message_id").items():
            move = by_id[message.res_id]
            title = self.env._(
                "%(invoice)s sent to %(names)s",
                invoice=move.name,
                names=self._join(*own.res_partner_id.mapped("name")),
            )
            text = self._join(
                self._get_label(own[:1], "notification_type"),
                self._get_label(own[:1], "notification_status"),
            )
            events.append(Event(self._to_day(message.date), "sent", move, title, text))
        return events

    # === BUSINESS: PAYMENTS ===#
    @api.model
    def _get_payment_events(self, company, debtor, moves):
        """What was paid or settled of invoices, one event per payment."""
        domain = [("debit_move_id.account_id.account_type", "=", "asset_receivable")]
        if moves is not None:
            domain.append(("debit_move_id.move_id", "in", moves.ids))
        else:
            domain += [
                ("company_id", "=", company.id),
                ("debit_move_id.partner_id", "child_of", debtor.id),
            ]
        partials = self.env["account.partial.reconcile"].search(
            domain, order="max_date desc, id desc", limit=STORY_LIMIT
        )
        grouped = partials.grouped(
            lambda partial: (partial.credit_move_id.move_id, partial.debit_move_id.currency_id)
        )
        events = []
        for (move, currency), own in grouped.items():
            if move.move_type == "out_refund":
                title = self.env._("Settled with credit note %s", move.name)
            elif move.origin_payment_id or move.statement_line_id:
                title = self.env._("Payment %s", move.name)
            else:
                title = self.env._("Settled with %s", move.name)
            paid = own.debit_move_id.move_id
            events.append(
                Event(
                    max(move.date, *paid.mapped("date"))
                    if move.move_type == "out_refund"
                    else move.date,
                    "payment",
                    move.origin_payment_id or move,
                    title,
                    self._join(*[name for name in paid.mapped("name") if name][:5]),
                    amount=sum(own.mapped("debit_amount_currency")),
                    currency=currency,
                )
            )
        return events
