"""What is held, what came in and nobody allocated, and what is asked after that."""

from decimal import Decimal
from fractions import Fraction

from .facts import round_to_cents


class MoneyRules:
    """The part of a reading that is about amounts."""

    # === MONEY ===#
    def _is_payment_under_way(self, case):
        """Paid, but not in the bank yet; or paid online some days ago, and not come through."""
        if case.document.payment_state == "in_payment":
            return True
        documents = self.debtor.documents
        for payment in self.debtor.payments:
            is_waiting = payment.state in ("pending", "authorized") or (
                payment.state == "done" and not payment.processed
            )
            if not is_waiting or payment.day <= -case.policy.hold_days:
                continue
            if payment.document is not None and documents[payment.document] is case.document:
                return True
            if payment.message is not None:
                asked = self.debtor.messages[payment.message].items
                for number, document, _item in self.debtor.numbered_items():
                    if number in asked and document is case.document:
                        return True
        return False

    def _get_money(self, purse):
        """Money in this currency that nobody allocated; of suppliers: what we owe them."""
        currency, is_payable = purse
        return [
            money
            for money in self.debtor.money
            if money.currency == currency
            and (money.kind == "bill") == is_payable
            and not money.elsewhere
        ]

    def _does_money_hold(self, case):
        """Money that covers all that is overdue holds without end, and any that is new for some
        days: an accountant may be about to allocate it. What settles a dispute is allocated as
        good as, and bills of suppliers are no money that came in: both are only deducted."""
        received = [money for money in self._get_money(case.purse) if money.kind != "settlement"]
        overdue = sum(
            item.amount
            for _number, document, item in self.debtor.numbered_items()
            if self._is_open(document, item)
            and (document.currency, document.kind == "in_refund") == case.purse
            and (document.day if item.due is None else item.due) < 0
        )
        if received and sum(money.amount for money in received) >= max(overdue, case.item.amount):
            return True
        return not case.is_payable and any(money.day > -case.policy.hold_days for money in received)

    def _deduct_money(self):
        """Other money is deducted from what is asked now, by size. It holds all of it when
        nothing would be left. Messages before the due date ask nothing."""
        asked = {}
        for case in self.cases:
            is_courtesy = case.level is not None and case.level.stage == "courtesy"
            if self._is_counted(case) and not is_courtesy:
                asked.setdefault(case.purse, []).append(case)
        for purse, cases in asked.items():
            credit = Fraction(sum(money.amount for money in self._get_money(purse)))
            total = Fraction(sum(self._get_amount(case) for case in cases))
            for case in cases:
                if credit < total:
                    case.share = credit * Fraction(self._get_amount(case)) / total
                    if case.reason == "remind":
                        case.credit = case.share
                elif case.reason == "remind":
                    case.reason = "unallocated"

    def _is_counted(self, case):
        """All messages of a debtor are asked together: those to come, those that wait to be sent
        and those that left today."""
        days, _terms = self._get_last_days(case)
        return case.reason in ("remind", "pending") or 0 in days

    def _apply_minimum(self):
        """Nothing goes out while all that would be asked is less than the minimum, in the
        currency of the company and rounded as it is."""
        total = round_to_cents(
            sum(
                (Fraction(self._get_amount(case)) - case.share)
                * Fraction(case.company_amount)
                / Fraction(case.item.amount)
                for case in self.cases
                if self._is_counted(case) and case.reason != "unallocated"
            )
        )
        for case in self.cases:
            if case.reason == "remind" and total < case.policy.minimum:
                case.reason = "below_minimum"

    # === BLOCKS ===#
    def _get_blocks(self, blocks):
        """Those in force on day 0, of this company or the one above it."""
        return [
            (number, block)
            for number, block in enumerate(blocks)
            if not block.lifted
            and block.company != "other"
            and block.start <= 0
            and (block.end is None or block.end >= 0)
        ]

    def _get_item_blocks(self, case):
        return [
            (number, block)
            for number, block in self._get_blocks(self.debtor.blocks)
            if block.item == case.number
        ]

    def _get_amount(self, case):
        """What is open without the parts that are held."""
        parts = sum(block.amount for _number, block in self._get_item_blocks(case))
        return max(case.item.amount - parts, Decimal(0))

    def _find_block(self, case):
        """The block that holds all of the item: its own, else one of the debtor, else one of the
        company, and of several the one that lasts longest. Parts hold together."""
        own = self._get_item_blocks(case)
        of_debtor = [
            (number, block)
            for number, block in self._get_blocks(self.debtor.blocks)
            if block.item is None
        ]
        of_company = self._get_blocks(self.ledger.blocks)
        whole = [(number, block) for number, block in own if not block.amount]
        if whole:
            return "debtor", find_longest(whole)
        for owner, blocks in (("debtor", of_debtor), ("company", of_company)):
            endless = [(number, block) for number, block in blocks if block.invoiced_until is None]
            if endless:
                return owner, find_longest(endless)
            older = [
                (number, block)
                for number, block in blocks
                if block.invoiced_until is not None and case.document.day <= block.invoiced_until
            ]
            if older:
                newest = max(block.invoiced_until for _number, block in older)
                return owner, next(
                    number for number, block in older if block.invoiced_until == newest
                )
        if self._get_amount(case) <= 0:
            return "debtor", find_longest(own)
        return None


def find_longest(blocks):
    """Number of the block that lasts longest, of those without an end the first."""
    number, _block = max(
        blocks,
        key=lambda each: (each[1].end is None, each[1].end or 0, -each[0]),
    )
    return number
