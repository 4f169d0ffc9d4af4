"""Rows of documents, money, reminders, blocks and online payments of a ledger."""

from .facts import INVOICES, SENT, round_to_cents

# Items, documents and reminders have ids that nothing else reaches: theirs plus this.
FIRST_ID = 1_500_000_000
PER_DEBTOR = 1000


class Documents:
    """The part of the world that is written anew for every ledger."""

    # === DOCUMENTS AND MONEY ===#
    def _add_documents(self, rows, number, debtor, first):
        ids = self.partners[number]
        item_id = first
        for position, document in enumerate(debtor.documents):
            partner_id = ids["invoice" if document.to_contact else "debtor"]
            has_date = document.kind in (*INVOICES, "in_refund")
            rows["account_move"].append(
                self._prepare_move(
                    first + position,
                    document,
                    move_type="entry" if document.kind == "bank" else document.kind,
                    partner_id=partner_id,
                    state="posted" if document.posted else "draft",
                    invoice_date=self._date(document.day) if has_date else None,
                    payment_state=document.payment_state,
                    is_move_sent=document.delivered,
                    direct_debit_state=document.direct_debit,
                    dunning_policy_id=None
                    if document.policy is None
                    else self.policies[document.policy].id,
                )
            )
            for item in document.items:
                rows["account_move_line"].append(
                    self._prepare_line(
                        item_id,
                        first + position,
                        document,
                        partner_id=partner_id,
                        is_payable=document.kind == "in_refund",
                        parent_state="posted" if document.posted else "draft",
                        date_maturity=self._date(item.due),
                        amount_residual=round_to_cents(item.amount * document.rate),
                        amount_residual_currency=item.amount,
                        no_followup=item.no_followup,
                        reconciled=item.reconciled,
                    )
                )
                item_id += 1

    def _add_money(self, rows, number, debtor, first):
        types = {"credit_note": "out_refund", "settlement": "out_refund", "bill": "in_invoice"}
        for position, money in enumerate(debtor.money, start=PER_DEBTOR // 2):
            partner_id = self.partners[number]["debtor"]
            rows["account_move"].append(
                self._prepare_move(
                    first + position,
                    money,
                    move_type=types.get(money.kind, "entry"),
                    partner_id=partner_id,
                    dispute_id=self.dispute if money.kind == "settlement" else None,
                )
            )
            rows["account_move_line"].append(
                self._prepare_line(
                    first + position,
                    first + position,
                    money,
                    partner_id=partner_id,
                    is_payable=money.kind == "bill",
                    date_maturity=self._date(money.day),
                    amount_residual=-money.amount,
                    amount_residual_currency=-money.amount,
                )
            )

    def _prepare_move(self, move_id, facts, **values):
        return {
            "id": move_id,
            "name": f"ORACLE{move_id}",
            "journal_id": self.journals[facts.kind],
            "company_id": (self.other if facts.elsewhere else self.company).id,
            "currency_id": self.currencies[facts.currency],
            "date": self._date(facts.day),
            "auto_post": "no",
            "state": "posted",
            "invoice_date": None,
            "payment_state": "not_paid",
            "is_move_sent": True,
            "direct_debit_state": None,
            "dunning_policy_id": None,
            "dispute_id": None,
            **values,
        }

    def _prepare_line(self, line_id, move_id, facts, is_payable, **values):
        return {
            "id": line_id,
            "move_id": move_id,
            "account_id": self.accounts[is_payable],
            "company_id": (self.other if facts.elsewhere else self.company).id,
            "currency_id": self.currencies[facts.currency],
            "display_type": "payment_term",
            "date": self._date(facts.day),
            "parent_state": "posted",
            "balance": 0,
            "amount_currency": 0,
            "no_followup": False,
            "reconciled": False,
            **values,
        }

    # === MESSAGES, BLOCKS, PAYMENTS ===#
    def _add_messages(self, rows, number, debtor, first):
        stages = self.env["dunning.level"]
        dues = {
            item_number: document.day if item.due is None else item.due
            for item_number, document, item in debtor.numbered_items()
        }
        for position, message in enumerate(debtor.messages):
            is_sent = message.state in (*SENT, "corrected")
            level = self.levels[message.policy][message.level]
            shared = {
                "company_id": (self.other if message.elsewhere else self.company).id,
                "level_id": level.id,
                "sent_date": self._date(message.day) if is_sent else None,
            }
            notice_id = first + position
            if message.is_rechecked:
                self.rechecked.append(notice_id)
            rows["dunning_notice"].append(
                {
                    **shared,
                    "id": notice_id,
                    "name": f"ORACLE{notice_id}",
                    "partner_id": self.partners[number]["debtor"],
                    "contact_id": self.partners[number]["debtor"],
                    "currency_id": self.currencies["own"],
                    "state": message.state,
                    "date": self._date(message.day),
                }
            )
            for item in (*message.items, *message.dropped):
                has_term = is_sent and message.days_to_pay is not None
                rows["dunning_notice_line"].append(
                    {
                        **shared,
                        "notice_id": notice_id,
                        "move_line_id": first + item,
                        "severity": stages._get_stage_severity(message.stage_then)
                        + message.place_then,
                        "state": "cancelled" if item in message.dropped else message.state,
                        "term_date": self._date(message.day + message.days_to_pay)
                        if has_term
                        else None,
                        "move_name": "Oracle",
                        "date_maturity": self._date(dues[item]),
                    }
                )

    def _add_blocks(self, rows, blocks, first, partner_id):
        companies = {
            "own": self.company,
            "parent": self.root,
            "other": self.other if self.ledger.is_branch else self.branch,
        }
        for position, block in enumerate(blocks):
            rows["dunning_block"].append(
                {
                    "id": first + position,
                    "kind": block.kind,
                    "company_id": companies[block.company].id,
                    "partner_id": partner_id,
                    "move_line_id": None if block.item is None else first + block.item,
                    "reason": "Oracle",
                    "date_from": self._date(block.start),
                    "date_to": self._date(block.end),
                    "items_until": self._date(block.invoiced_until),
                    "amount": block.amount,
                    "lifted_date": self._date(-1) if block.lifted else None,
                }
            )

    def _add_payments(self, rows, number, debtor, first):
        for position, payment in enumerate(debtor.payments):
            rows["payment_transaction"].append(
                {
                    "id": first + position,
                    "provider_id": self.provider.id,
                    "payment_method_id": self.method.id,
                    "currency_id": self.currencies["own"],
                    "partner_id": self.partners[number]["debtor"],
                    "reference": f"ORACLE{first + position}",
                    "amount": 1,
                    "state": payment.state,
                    "is_post_processed": payment.processed,
                    "last_state_change": self._date(payment.day),
                    "dunning_notice_id": None
                    if payment.message is None
                    else first + payment.message,
                }
            )
            if payment.document is not None:
                rows["account_invoice_transaction_rel"].append(
                    {
                        "transaction_id": first + position,
                        "invoice_id": first + payment.document,
                    }
                )
