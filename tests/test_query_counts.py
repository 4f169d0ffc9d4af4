from datetime import date
from unittest.mock import patch

from lxml import etree

from odoo.tests import tagged

from .common import CreditManagementCommon

DAY = date(2026, 3, 20)
FEW = 5
MANY = 50
PART = "odoo.addons.account_credit_management.models.dunning_run.PART"


class QueryCountCommon(CreditManagementCommon):
    @classmethod
    def _new_invoices(cls, count, **values):
        """Overdue invoices of a debtor each."""
        invoices = cls.env["account.move"]
        for number in range(count):
            debtor = cls._new_debtor(f"Debtor {len(invoices)} of {count}")
            invoices |= cls._new_invoice("2026-03-01", debtor, 100 + number, **values)
        return invoices

    def _count_queries(self, work):
        """Queries of some work, writes included, that starts with an empty cache."""
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        work()
        self.env.flush_all()
        return self.env.cr.sql_log_count - before


@tagged("post_install", "-at_install")
class TestProposalQueryCounts(QueryCountCommon):
    """Proposing is set-based: ten times the items, the same queries."""

    def _count_proposal(self, items):
        run = self.env["dunning.run"].create({"company_id": self.company.id, "date": DAY})
        queries = self._count_queries(run._propose)
        self.assertEqual(len(run.notice_ids.line_ids), items)
        return queries

    def test_queries_of_a_proposal_do_not_grow_with_the_items(self):
        self._new_invoices(1)
        self._count_proposal(1)  # fills the caches of the registry
        self._new_invoices(FEW)
        few = self._count_proposal(FEW)
        self._new_invoices(10 * FEW)
        self.assertEqual(self._count_proposal(10 * FEW), few)


@tagged("post_install", "-at_install")
class TestDeliveryQueryCounts(QueryCountCommon):
    """Releasing and cancelling are set-based; what is sent together is prepared together."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._new_invoices(1 + 1 + 20 + 100)
        cls.dunning_run = cls.env["dunning.run"].create({"company_id": cls.company.id, "date": DAY})
        cls.dunning_run._propose()
        cls.notices = cls.dunning_run.notice_ids.sorted("id")

    def _take(self, *counts):
        """Notices that no other group has, so many in each."""
        ends = [sum(counts[: number + 1]) for number in range(len(counts))]
        return [self.notices[end - count : end] for count, end in zip(counts, ends, strict=True)]

    def test_queries_of_a_release_do_not_grow_with_the_notices(self):
        _first, few, many = self._take(1, FEW, 10 * FEW)
        notices = self.notices.with_user(self.collector)
        notices[0].action_release()  # fills the caches of the registry
        queries = [self._count_queries(notices.browse(some.ids)._release) for some in (few, many)]
        self.assertEqual(queries[0], queries[1])
        released = few | many
        self.assertEqual(set(released.mapped("state")), {"ready"})
        self.assertEqual(set(released.line_ids.mapped("state")), {"ready"})
        self.assertEqual(set((self.notices - released)[1:].line_ids.mapped("state")), {"proposed"})
        for notice in released:
            self.assertIn("Ready to send", notice.message_ids[0].body)
            self.assertEqual(notice.message_ids[0].author_id, self.collector.partner_id)
            self.assertEqual(notice.message_ids[0].res_id, notice.id)
            self.assertEqual(len(notice.message_ids), 1)
            self.assertEqual(notice.write_uid, self.collector)
        self.assertEqual(self.dunning_run.ready_count, 1 + len(released))

    def test_queries_of_a_cancellation_do_not_grow_with_the_notices(self):
        _first, few, many = self._take(1, FEW, 10 * FEW)
        self.notices[0].action_cancel()
        queries = [self._count_queries(some.action_cancel) for some in (few, many)]
        self.assertEqual(queries[0], queries[1])
        cancelled = few | many
        self.assertEqual(set(cancelled.mapped("state")), {"cancelled"})
        self.assertEqual(set(cancelled.line_ids.mapped("state")), {"cancelled"})
        self.assertEqual(self.dunning_run.to_release_count, len(self.notices) - 1 - len(cancelled))
        self.assertEqual(self.dunning_run.state, "proposed")

    def test_run_is_released_and_cancelled_part_by_part(self):
        with patch(PART, FEW):
            self.dunning_run._release()
            self.assertEqual(set(self.notices.mapped("state")), {"ready"})
            for notice in self.notices:
                self.assertEqual(len(notice.message_ids), 1, "each is released once")
            self.dunning_run._cancel()
        self.assertEqual(set(self.notices.mapped("state")), {"cancelled"})
        self.assertEqual(set(self.notices.line_ids.mapped("state")), {"cancelled"})
        self.assertEqual(self.dunning_run.state, "cancelled")

    def test_lines_that_were_dropped_stay_so(self):
        notice = self.notices[0]
        second = self._new_invoice("2026-03-02", notice.partner_id)
        run = self.env["dunning.run"].create({"company_id": self.company.id, "date": DAY})
        notice.action_cancel()
        run._propose()
        both = run.notice_ids
        self.assertEqual(len(both.line_ids), 2)
        dropped = both.line_ids.filtered(lambda line: line.move_line_id.move_id == second)
        both._remove_lines(dropped, "Not this one")
        both._release()
        self.assertEqual(dropped.state, "cancelled")
        self.assertEqual((both.line_ids - dropped).state, "ready")

    def test_queries_of_sending_fall_with_the_number_sent_together(self):
        counts = (1, 1, 20, 100)
        groups = self._take(*counts)
        queries = []
        for notices in groups:
            notices._release()
            with self._frozen(DAY):
                queries.append(self._count_queries(lambda some=notices: some._send(DAY)))
            self.assertEqual(set(notices.mapped("state")), {"sent"})
            self.assertEqual(len(notices.mail_message_id), len(notices))
            self.assertEqual(len(notices.delivery_ids), len(notices))
            for notice in notices:
                self.assertEqual(notice.delivery_ids.mail_message_id, notice.mail_message_id)
                self.assertEqual(notice.delivery_ids.state, "sent")
                self.assertEqual(notice.mail_message_id.res_id, notice.partner_id.id)
                self.assertEqual(notice.letter_id.res_id, notice.id)
        _first, one, twenty, hundred = (
            count / number for count, number in zip(queries, counts, strict=True)
        )
        self.assertLess(twenty, one / 4)
        self.assertLessEqual(hundred, twenty)
        # Two of them are the savepoint that saves a commit.
        self.assertLess(hundred, 14, "Odoo sends nothing while tests run: its own are not in it")

    def _send_compiling(self, notices):
        """Send notices, and collect the texts that were compiled for that, in order."""
        qweb_class = self.env.registry["ir.qweb"]
        generate = qweb_class._generate_code
        compiled = []

        def generate_and_note(qweb, template):
            if isinstance(template, etree._Element):
                compiled.append(etree.tostring(template))
            return generate(qweb, template)

        notices._release()
        with self._frozen(DAY), patch.object(qweb_class, "_generate_code", generate_and_note):
            notices._send(DAY)
        self.assertEqual(set(notices.mapped("state")), {"sent"})
        return compiled

    def test_texts_are_compiled_once_for_all_and_again_when_they_change(self):
        one, many, others = self._take(1, FEW, FEW)
        compiled = self._send_compiling(one)
        self.assertTrue(compiled)
        self.assertEqual(self._send_compiling(many), compiled)
        bodies = many.mail_message_id.mapped("body")
        self.assertEqual(len(set(bodies)), FEW, "each has its own words")
        template = others.level_id._get_mail_template()
        template.body_html = f"<p>Quite another text</p>{template.body_html}"
        self.assertNotEqual(self._send_compiling(others), compiled)
        for message in others.mail_message_id:
            self.assertIn("Quite another text", message.body)


@tagged("post_install", "-at_install")
class TestScreenQueryCounts(QueryCountCommon):
    """Lists and pages decide for all their rows at once."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.few = cls._new_mixture(FEW)
        cls.many = cls._new_mixture(MANY)
        cls.few_debtors = cls.few.commercial_partner_id
        cls.many_debtors = cls.many.commercial_partner_id

    @classmethod
    def _new_mixture(cls, count):
        """Invoices of which a fifth each is in a proposal, paused, reminded, undelivered or due."""
        invoices = cls._new_invoices(count)
        fifths = [invoices[start::FEW] for start in range(FEW)]
        _due, proposed, paused, reminded, undelivered = fifths
        (invoices - proposed - reminded).is_move_sent = False
        run = cls.env["dunning.run"].create({"company_id": cls.company.id, "date": DAY})
        run._propose()
        for notice in run.notice_ids:
            if notice.line_ids.move_line_id.move_id in reminded:
                notice._transition("ready")
                notice._transition("sending")
                notice._mark_sent(DAY)
        (invoices - undelivered).is_move_sent = True
        for invoice in paused:
            cls.env["dunning.block"].create(
                {
                    "company_id": cls.company.id,
                    "partner_id": invoice.partner_id.id,
                    "reason": f"Pause of {invoice.name}",
                    "date_from": DAY,
                }
            )
        return invoices

    def _count_both(self, work, few, many):
        work(few)  # fills the caches of the registry
        return tuple(
            self._count_queries(lambda records=records: work(records)) for records in (few, many)
        )

    def _read_list(self, records, user, names):
        """Read a list as the web client does."""
        fields = self.env[records._name]._fields
        specification = {
            name: {"fields": {"display_name": {}}} if fields[name].relational else {}
            for name in names
        }
        with self._frozen(DAY):
            rows = records.with_user(user).web_search_read(
                [("id", "in", records.ids)], specification, limit=80
            )["records"]
        self.assertEqual(len(rows), len(records))
        return rows

    def test_mixture_has_all_its_reasons(self):
        decisions = self._decisions(DAY, self.many_debtors)
        reasons = [decision.reason for decision in decisions.values()]
        for reason in ("remind", "pending", "block", "not_yet", "not_delivered"):
            self.assertEqual(reasons.count(reason), MANY / FEW, reason)

    def test_queries_of_a_page_of_decisions_do_not_grow_with_the_debtors(self):
        few, many = self._count_both(
            lambda debtors: self.env["dunning.decision"]._decide(self.company, DAY, debtors),
            self.few_debtors,
            self.many_debtors,
        )
        self.assertEqual(few, many)

    def test_queries_of_the_debtor_list_do_not_grow_with_its_rows(self):
        names = (
            "debtor_code",
            "display_name",
            "overdue_amount",
            "dunning_oldest_days",
            "dunning_block_count",
            "dunning_notice_count",
        )

        def work(debtors):
            rows = self._read_list(debtors, self.collector, names)
            self.assertTrue(all(row["overdue_amount"] >= 100 for row in rows))

        few, many = self._count_both(work, self.few_debtors, self.many_debtors)
        self.assertEqual(few, many)

    def test_queries_of_the_invoice_list_do_not_grow_with_its_rows(self):
        names = [name for name in self.env["account.move"]._fields if name.startswith("dunning_")]

        def work(invoices):
            rows = self._read_list(invoices, self.collector, names)
            self.assertEqual(len([row for row in rows if row["dunning_level_id"]]), len(rows) / FEW)
            self.assertTrue(all(row["dunning_explanation"] for row in rows))

        few, many = self._count_both(work, self.few, self.many)
        self.assertEqual(few, many)
