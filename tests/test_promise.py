from psycopg2 import IntegrityError

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, HttpCase, new_test_user, tagged
from odoo.tools import mute_logger

from .notice_common import NoticeCommon

# Promises are made on a Friday, for the Friday after; two days of grace follow.
DAY = "2026-04-10"
PROMISED = "2026-04-17"
UNTIL = "2026-04-19"
BROKEN = "2026-04-20"


@tagged("post_install", "-at_install")
class TestPromise(NoticeCommon):
    """Promises to pay: what they hold, and what payments make of them."""

    # === HELPERS ===#
    def _date(self, day):
        return fields.Date.to_date(day)

    def _promise(self, *invoices, day=DAY, **values):
        """A promise about invoices; about everything overdue without any."""
        with self._frozen(day):
            vals = {
                "partner_id": self.debtor.id,
                "company_id": self.company.id,
                "date": PROMISED,
                **values,
            }
            if not invoices:
                return self.env["collection.promise"].create(vals)
            items = self.env["account.move.line"].concat(*map(self._items, invoices))
            currency = self.env["res.currency"].browse(vals.pop("currency_id", False))
            return self.env["collection.promise"]._make(
                self.company,
                self.debtor,
                items,
                currency or self.company.currency_id,
                vals.pop("amount", 0),
                date=vals["date"],
            )

    def _review(self, day):
        """What the daily scheduled action does with promises, without its commits."""
        with self._frozen(day):
            promises = self.env["collection.promise"]
            promises.search(promises._get_review_domain())._review_each()

    def _pay_on(self, invoice, amount, day, booked=None):
        with self._frozen(booked or day):
            return self._pay(invoice, amount, day)

    def _undo(self, invoice, day):
        with self._frozen(day):
            self._items(invoice).remove_move_reconcile()

    def _blocks(self, promise):
        return self.env["dunning.block"].search(
            [("res_model", "=", promise._name), ("res_id", "in", promise.ids)]
        )

    def _held(self, promise):
        """What is held of each invoice, 0 for a whole item."""
        blocks = self._blocks(promise).filtered(lambda block: not block.lifted_date)
        return {block.move_id: block.amount for block in blocks}

    def _calls(self):
        return self.debtor.activity_ids.filtered(
            lambda activity: activity.dunning_channel == "call"
        )

    def _notes(self):
        return " ".join(self.debtor.message_ids.mapped("body"))

    # === DAY BY DAY ===#
    def test_broken_day_by_day(self):
        """Reminders wait through the grace, then a call is asked for once and reminders go on."""
        invoice = self._new_invoice("2026-04-01")
        promise = self._promise(invoice)
        self.assertEqual(promise.date_until, self._date(UNTIL))
        for day in ("2026-04-10", PROMISED, "2026-04-18", UNTIL):
            self._review(day)
            self.assertFalse(self._run_day(day), day)
            self.assertEqual(promise.state, "open", day)
            self.assertFalse(self._calls(), day)
        self.assertEqual(self._reason(invoice, UNTIL), "block")
        self._review(BROKEN)
        self.assertEqual((promise.state, promise.closed_date), ("broken", self._date(BROKEN)))
        self.assertEqual(self._blocks(promise).state, "lifted")
        call = self._calls()
        self.assertEqual((len(call), call.user_id), (1, self.collector))
        self.assertEqual(call.date_deadline, self._date(BROKEN))
        self.assertEqual((call.dunning_move_ids, call.dunning_amount), (invoice, 100))
        self.assertIn("Broken promise", call.summary)
        self.assertIn("broken", self._notes())
        for day in (BROKEN, "2026-04-21"):
            self._review(day)
            self.assertEqual(self._calls(), call)
        self.assertEqual(len(self._run_day(BROKEN).line_ids), 1)

    def test_kept_day_by_day(self):
        invoice = self._new_invoice("2026-04-01")
        promise = self._promise(invoice)
        self._pay_on(invoice, 40, "2026-04-13")
        self.assertEqual((promise.state, promise.amount_received), ("open", 40))
        self.assertFalse(self._run_day("2026-04-16"))
        self._pay_on(invoice, 60, "2026-04-18")
        self.assertEqual((promise.state, promise.closed_date), ("kept", self._date("2026-04-18")))
        self.assertFalse(self._held(promise))
        self._review("2026-05-20")
        self.assertEqual(promise.state, "kept")
        self.assertFalse(self._calls())

    def test_paid_too_late_stays_broken(self):
        invoice = self._new_invoice("2026-04-01")
        promise = self._promise(invoice)
        self._review(BROKEN)
        self._pay_on(invoice, 100, BROKEN)
        self._review("2026-04-22")
        self.assertEqual((promise.state, promise.amount_received), ("broken", 0))

    def test_late_money_does_not_count_before_the_daily_run_either(self):
        invoice = self._new_invoice("2026-04-01")
        promise = self._promise(invoice)
        self._pay_on(invoice, 100, BROKEN)
        self.assertEqual(promise.state, "broken")

    def test_money_in_time_that_was_booked_late_keeps_it(self):
        invoice = self._new_invoice("2026-04-01")
        promise = self._promise(invoice)
        self._review(BROKEN)
        self.assertEqual(promise.state, "broken")
        self._pay_on(invoice, 100, PROMISED, booked="2026-04-22")
        self.assertEqual(promise.state, "kept")
        self.assertFalse(self._calls())

    def test_partly_kept(self):
        invoice = self._new_invoice("2026-04-01")
        promise = self._promise(invoice)
        self._pay_on(invoice, 70, "2026-04-15")
        self._review(BROKEN)
        self.assertEqual((promise.state, promise.amount_received), ("partly", 70))
        self.assertFalse(self._held(promise))
        self.assertEqual(self._calls().dunning_amount, 30)
        self.assertIn("70.00", self._notes())

    def test_credit_note_counts(self):
        invoice = self._new_invoice("2026-04-01")
        promise = self._promise(invoice)
        with self._frozen("2026-04-14"):
            refund = self._new_refund("2026-04-14")
            (self._items(invoice) + self._items(refund)).reconcile()
        self.assertEqual(promise.state, "kept")

    # === PAYMENTS UNDONE ===#
    def test_undone_before_its_day_is_open_again(self):
        invoice = self._new_invoice("2026-04-01")
        promise = self._promise(invoice)
        self._pay_on(invoice, 100, "2026-04-13")
        self.assertEqual(promise.state, "kept")
        self._undo(invoice, "2026-04-14")
        self.assertEqual((promise.state, promise.closed_date), ("open", False))
        self.assertEqual(self._held(promise), {invoice: 0})
        self.assertIn("undone", self._calls().summary)
        self.assertEqual(self._reason(invoice, PROMISED), "block")
        self._review(BROKEN)
        self.assertEqual(promise.state, "broken")
        self.assertEqual(len(self._calls()), 1)

    def test_undone_after_its_day_is_broken(self):
        invoice = self._new_invoice("2026-04-01")
        promise = self._promise(invoice)
        self._pay_on(invoice, 100, "2026-04-13")
        self._undo(invoice, "2026-05-04")
        self.assertEqual(promise.state, "broken")
        self.assertFalse(self._held(promise))
        self.assertEqual(len(self._calls()), 1)

    def test_cancelled_invoice_takes_its_promise_along(self):
        invoice = self._new_invoice("2026-04-01")
        promise = self._promise(invoice)
        with self._frozen("2026-04-13"):
            invoice.button_draft()
            self._review("2026-04-13")
            self.assertEqual(promise.state, "open")
            invoice.button_cancel()
        self._review("2026-04-14")
        self.assertEqual(promise.state, "cancelled")
        self.assertFalse(self._calls())

    # === AMOUNTS AND ITEMS ===#
    def test_part_of_the_items(self):
        """The oldest are held; money for any of them keeps the promise; less is held as it comes
        in, and what a person lifted is left alone."""
        first, second, third = (
            self._new_invoice(due) for due in ("2026-03-01", "2026-03-11", "2026-03-21")
        )
        promise = self._promise(amount=150)
        self.assertEqual(self._held(promise), {first: 0, second: 50})
        self._pay_on(first, 60, "2026-04-13")
        self.assertEqual(self._held(promise), {first: 0, second: 50})
        self._pay_on(third, 30, "2026-04-13")
        self.assertEqual(self._held(promise), {first: 0, second: 20})
        self._blocks(promise).filtered(lambda block: block.move_id == second).action_lift()
        self._pay_on(first, 30, "2026-04-14")
        self.assertEqual(self._held(promise), {first: 0})
        self._pay_on(third, 30, "2026-04-15")
        self.assertEqual(promise.state, "kept")
        self.assertFalse(self._held(promise))

    def test_part_does_not_hold_the_page_of_the_reminder(self):
        """He promised a part and may well pay everything."""
        _invoice, notice = self._send_reminder("2026-03-31")
        self._promise(amount=40)
        with self._frozen(DAY):
            self.assertEqual(notice.amount_due_now, 100)

    def test_newer_promise_replaces_the_older_one(self):
        invoice = self._new_invoice("2026-04-01")
        other = self._new_invoice("2026-04-02")
        promise = self._promise(invoice)
        untouched = self._promise(other)
        newer = self._promise(invoice, day="2026-04-13", date="2026-04-24")
        self.assertEqual((promise.state, promise.replaced_by_id), ("cancelled", newer))
        self.assertEqual(untouched.state, "open")
        self.assertFalse(self._held(promise))
        self.assertEqual(self._blocks(newer).date_to, self._date("2026-04-26"))
        self._review(BROKEN)
        self.assertEqual((promise.state, newer.state), ("cancelled", "open"))
        self.assertEqual(untouched.state, "broken")

    def test_broken_one_is_not_replaced(self):
        """Promising again afterwards does not make up for it, also before the daily run."""
        invoice = self._new_invoice("2026-04-01")
        promise = self._promise(invoice)
        newer = self._promise(invoice, day=BROKEN, date="2026-04-27")
        self.assertEqual((promise.state, newer.state), ("broken", "open"))
        self.assertEqual(self._held(newer), {invoice: 0})

    def test_withdrawn(self):
        invoice = self._new_invoice("2026-04-01")
        promise = self._promise(invoice)
        with self._frozen(DAY):
            promise.with_user(self.collector).action_withdraw()
        self.assertEqual(promise.state, "cancelled")
        self.assertEqual(self._reason(invoice, "2026-04-13"), "remind")
        notes = self._notes()
        promise.with_user(self.collector).action_withdraw()
        self.assertEqual(self._notes(), notes)
        settled = self._promise(invoice)
        self._pay_on(invoice, 100, "2026-04-13")
        with self.assertRaises(UserError):
            settled.with_user(self.collector).action_withdraw()
        self.assertEqual(settled.state, "kept")

    def test_never_held_longer_than_the_company_waits(self):
        self._new_invoice("2026-04-01")
        self.company.write({"promise_max_days": 10, "promise_grace_days": 4})
        promise = self._promise(date="2026-04-18")
        self.assertEqual(promise.date_until, self._date("2026-04-20"))
        with self.assertRaises(ValidationError):
            self._promise(date="2026-04-21")
        with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"):
            self._promise(date="2026-04-09")
        self.company.promise_max_days = 3
        self.assertEqual(self._promise(date=False).date, self._date("2026-04-13"))
        with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"):
            self.company.promise_max_days = 0
            self.env.flush_all()

    def test_states_follow_the_table(self):
        self._new_invoice("2026-04-01")
        promise = self._promise()
        promise._set_state("open")
        promise._set_state("cancelled")
        for state in ("open", "kept", "broken"):
            with self.assertRaises(UserError):
                promise._set_state(state)
        self.assertEqual(promise.state, "cancelled")

    def test_one_that_fails_stops_no_other(self):
        first = self._promise(self._new_invoice("2026-04-01"))
        second = self._promise(self._new_invoice("2026-04-02"))
        judge = self.registry["collection.promise"]._judge

        def poisoned(promise, received, day):
            if promise == first:
                raise ValueError("Poisoned")
            return judge(promise, received, day)

        self.patch(self.registry["collection.promise"], "_judge", poisoned)
        logger = "odoo.addons.account_credit_management.models.collection_promise_life"
        with self.assertLogs(logger, "ERROR"):
            self._review(BROKEN)
        self.assertEqual((first.state, second.state), ("open", "broken"))

    def test_two_currencies_are_two_promises(self):
        dollars = self.setup_other_currency("XAF", rates=[("2020-01-01", 2.0)])
        euros = self._new_invoice("2026-04-01")
        foreign = self._new_invoice("2026-04-02", amount=300, currency_id=dollars.id)
        promises = self._promise(euros, foreign)
        self.assertEqual(
            {promise.currency_id: promise.amount for promise in promises},
            {self.company.currency_id: 100, dollars: 300},
        )
        of_foreign = promises.filtered(lambda promise: promise.currency_id == dollars)
        with self._frozen("2026-04-13"):
            self.env["account.payment.register"].with_context(
                active_model="account.move", active_ids=foreign.ids
            ).create(
                {"amount": 300, "payment_date": "2026-04-13", "currency_id": dollars.id}
            )._create_payments()
        self.assertEqual(of_foreign.state, "kept")
        self.assertEqual((promises - of_foreign).state, "open")
        again = self._promise(euros, amount=60)
        self.assertEqual((again.currency_id, again.amount), (self.company.currency_id, 60))

    # === WHAT PEOPLE SEE ===#
    def test_why_line_tells_the_promise(self):
        invoice = self._new_invoice("2026-04-01")
        self._promise(invoice)
        with self._frozen("2026-04-13"):
            text = invoice.with_user(self.collector).dunning_explanation
        for words in ("Promised", "100.00", "04/17/2026", "reminders wait until 04/19/2026"):
            self.assertIn(words, text)

    def test_kept_rate(self):
        invoices = [self._new_invoice(f"2026-04-0{number}") for number in range(1, 6)]
        self.assertEqual(self.debtor.promise_kept_rate, 0)
        for invoice in invoices:
            self._promise(invoice)
        for invoice, amount in zip(invoices, (100, 100, 100, 50), strict=False):
            self._pay_on(invoice, amount, "2026-04-14")
        self.env.invalidate_all()
        self.assertEqual((self.debtor.promise_count, self.debtor.promise_kept_rate), (5, 100))
        self._review(BROKEN)
        self.env.invalidate_all()
        debtor = self.debtor.with_user(self.salesman)
        self.assertEqual((debtor.promise_settled_count, debtor.promise_kept_rate), (5, 60))
        other = self.setup_other_company()["company"]
        elsewhere = self.debtor.with_company(other)
        self.assertEqual((elsewhere.promise_count, elsewhere.promise_kept_rate), (0, 0))

    def test_kept_rate_of_many_costs_no_more_queries(self):
        debtors = self.debtor
        for number in range(10):
            debtors += self._new_debtor(f"Other {number}")
        self.debtor.mapped("promise_kept_rate")  # warms up
        self.env.invalidate_all()
        with self.assertQueryCount(2):
            debtors.mapped("promise_kept_rate")

    def test_form_is_filled_in(self):
        invoice, notice = self._send_reminder("2026-03-31")
        self._new_invoice("2026-04-02", amount=70)
        for action, amount in (
            (self.debtor.action_promise_to_pay(), 170),
            (invoice.action_promise_to_pay(), 100),
            (notice.action_promise_to_pay(), 100),
        ):
            with self._frozen(DAY):
                forms = self.env["collection.promise.make"].with_user(self.collector)
                form = Form(forms.with_context(**action["context"]))
                self.assertEqual((form.amount, form.date), (amount, self._date(PROMISED)))
                form.promised_by = "Mr. Owner"
                form.save().action_make()
            promise = self.env["collection.promise"].search([("state", "=", "open")])
            self.assertEqual((promise.amount, promise.channel), (amount, "mail"))
            self.assertEqual((promise.user_id, promise.promised_by), (self.collector, "Mr. Owner"))
        self.assertEqual(promise.notice_id, notice)
        self.assertIn("by Mr. Owner", self._notes())

    def test_nothing_open_is_nothing_to_promise(self):
        with self.assertRaises(ValidationError):
            self._promise()

    # === WHO MAY WHAT ===#
    def test_salesperson_reads_and_changes_nothing(self):
        self._new_invoice("2026-04-01")
        promise = self._promise().with_user(self.salesman)
        self.assertEqual((promise.amount, promise.state), (100, "open"))
        self.assertTrue(promise.documents)
        for act in (
            lambda: promise.write({"note": "Never said so"}),
            promise.action_withdraw,
            promise.unlink,
            lambda: promise.create({"partner_id": self.debtor.id}),
        ):
            with self.assertRaises(AccessError):
                act()
        outsider = self._new_user("outsider", "base.group_user")
        with self.assertRaises(AccessError):
            promise.with_user(outsider).read(["amount"])

    def test_collector_cannot_bend_history(self):
        self._new_invoice("2026-04-01")
        with self._frozen(DAY):
            promise = (
                self.env["collection.promise"]
                .with_user(self.collector)
                .create({"partner_id": self.debtor.id, "user_id": self.manager.id})
            )
        self.assertEqual((promise.amount, promise.user_id), (100, self.collector))
        self.assertEqual(promise.date, self._date(PROMISED))
        promise.note = "By e-mail"
        for values in (
            {"state": "kept"},
            {"amount": 1},
            {"date": "2026-05-01"},
            {"date_until": "2027-05-01"},
            {"item_ids": [Command.clear()]},
        ):
            with self.assertRaises(AccessError):
                promise.write(values)
        for values in ({"state": "kept"}, {"date_until": "2027-01-01"}):
            with self.assertRaises(AccessError):
                promise.create({"partner_id": self.debtor.id, **values})
        with self.assertRaises(AccessError):
            promise.item_ids.write({"residual_start": 0})
        with self.assertRaises(AccessError):
            promise.with_user(self.manager).unlink()
        self.assertEqual(promise.state, "open")

    def test_other_companies_see_nothing(self):
        self._new_invoice("2026-04-01")
        promise = self._promise()
        other = self.setup_other_company()["company"]
        stranger = self._new_user("stranger", "account_credit_management.group_collector")
        stranger.write({"company_ids": [Command.set(other.ids)], "company_id": other.id})
        with self.assertRaises(AccessError):
            promise.with_user(stranger).read(["amount"])
        with self.assertRaises(AccessError):
            promise.with_user(stranger).create(
                {"partner_id": self.debtor.id, "company_id": self.company.id}
            )

    def test_items_of_another_debtor_are_refused(self):
        stranger = self._new_debtor("Stranger")
        invoice = self._new_invoice("2026-04-01", partner=stranger)
        with self.assertRaises(ValidationError):
            self._promise(invoice)


@tagged("post_install", "-at_install")
class TestPromiseOnline(NoticeCommon, HttpCase):
    """Promises that a debtor makes on the page of his reminder."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.today = fields.Date.today()
        cls.portal_user = new_test_user(
            cls.env, "acm_portal", groups="base.group_portal", company_id=cls.company.id
        )

    def _remind(self, amount=100.0, partner=None):
        partner = partner or self.debtor
        invoice = self._new_invoice(
            fields.Date.subtract(self.today, days=9), partner=partner, amount=amount
        )
        return invoice, self._run_day_for(partner, self.today)

    def _in_days(self, days):
        return fields.Date.to_string(fields.Date.add(self.today, days=days))

    def _page(self, notice):
        return self.url_open(f"/my/reminders/{notice.id}?access_token={notice.access_token}")

    def _post(self, notice, token=None, csrf=True, **values):
        data = {"date": self._in_days(7), "amount": "100.0", "name": "Owner", **values}
        if csrf:
            page = self._page(notice).text
            data["csrf_token"] = (
                page.split('name="csrf_token"', 1)[-1].split('value="', 1)[-1].split('"', 1)[0]
            )
        token = notice.access_token if token is None else token
        return self.url_open(f"/my/reminders/{notice.id}/promise?access_token={token}", data=data)

    def _promises(self):
        self.env.invalidate_all()
        return self.env["collection.promise"].search([("partner_id", "=", self.debtor.id)])

    def _assert_refused(self, notice, words, **values):
        before = self._promises()
        page = self._post(notice, **values)
        self.assertIn(words, page.text)
        self.assertEqual(self._promises(), before, values)

    def test_promise_on_the_page(self):
        invoice, notice = self._remind()
        self.authenticate(None, None)
        page = self._page(notice).text
        self.assertIn("Pay later?", page)
        self.assertIn('value="100.00"', page)
        page = self._post(notice, name="  The <b>Owner</b> ").text
        promise = self._promises()
        self.assertEqual((promise.amount, promise.channel), (100, "portal"))
        self.assertEqual(str(promise.date), self._in_days(7))
        self.assertEqual(promise.promised_by, "The <b>Owner</b>")
        self.assertEqual((promise.notice_id, promise.user_id), (notice, self.collector))
        self.assertEqual(self._reason(invoice, self._in_days(5)), "block")
        self.assertIn("we do not remind you of this amount", page)
        self.assertIn(invoice.name, page)
        self.assertNotIn("Pay later?", page)
        self.assertNotIn("<b>Owner</b>", " ".join(self.debtor.message_ids.mapped("body")))

    def test_part_in_the_notation_of_the_debtor(self):
        _invoice, notice = self._remind()
        self.authenticate(None, None)
        self._post(notice, amount="60,50")
        self.assertEqual(self._promises().amount, 60.5)

    def test_what_makes_no_sense_is_refused_in_words(self):
        _invoice, notice = self._remind()
        self.authenticate(None, None)
        last = self.company.promise_max_days
        for words, values in (
            ("a day from today on", {"date": self._in_days(-1)}),
            ("choose a day until", {"date": self._in_days(last + 1)}),
            ("On which day", {"date": "tomorrow"}),
            ("On which day", {"date": ""}),
            ("more than what is left", {"amount": "100.01"}),
            ("fill in an amount", {"amount": "0"}),
            ("fill in an amount", {"amount": "-5"}),
            ("fill in an amount", {"amount": "0.001"}),
            ("fill in an amount", {"amount": "nan"}),
            ("fill in an amount", {"amount": "inf"}),
            ("fill in an amount", {"amount": "much"}),
            ("What is your name", {"name": "  "}),
        ):
            self._assert_refused(notice, words, **values)

    def test_one_at_a_time(self):
        _invoice, notice = self._remind()
        self.authenticate(None, None)
        self._post(notice)
        self.assertEqual(len(self._promises()), 1)
        with self.assertRaisesRegex(UserError, "already told us"):
            notice._promise_online(self._in_days(9), "50", "Owner")

    def test_after_a_broken_one_a_person_is_asked_for(self):
        _invoice, notice = self._remind()
        self.authenticate(None, None)
        self._post(notice)
        self._promises()._review(fields.Date.add(self.today, days=12))
        self.assertEqual(self._promises().state, "broken")
        page = self._page(notice).text
        self.assertIn("Please call us", page)
        self.assertNotIn('name="amount"', page)
        with self.assertRaisesRegex(UserError, "Please call us"):
            notice._promise_online(self._in_days(9), "50", "Owner")

    def test_what_is_disputed_cannot_be_promised(self):
        invoice, notice = self._remind()
        self.env["dunning.block"].create(
            {
                "kind": "dispute",
                "company_id": self.company.id,
                "move_line_id": self._items(invoice).id,
                "amount": 30,
                "reason": "Under discussion",
                "date_from": self.today,
            }
        )
        self.authenticate(None, None)
        self._assert_refused(notice, "more than what is left")
        self._post(notice, amount="70")
        self.assertEqual(self._promises().amount, 70)

    def test_without_the_right_token_nothing_happens(self):
        _invoice, notice = self._remind()
        stranger = self._new_debtor("Stranger")
        _other_invoice, other = self._remind(partner=stranger)
        for login in (None, "acm_portal"):
            self.authenticate(login, login)
            for token in (other.access_token, "", "wrong"):
                page = self._post(notice, token=token)
                self.assertNotIn("we do not remind you of this amount", page.text)
        self.assertFalse(self._promises())

    def test_forms_of_other_sites_are_refused(self):
        _invoice, notice = self._remind()
        self.authenticate(None, None)
        with mute_logger("odoo.http"):
            answer = self._post(notice, csrf=False)
        self.assertEqual(answer.status_code, 400)
        self.assertFalse(self._promises())
