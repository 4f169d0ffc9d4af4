import asyncio
import email
import email.policy
import json
import os
import signal
import time
from collections import Counter
from contextlib import suppress
from textwrap import indent

from odoo import fields
from odoo.tests import tagged
from odoo.tools import SQL

from .outbox_common import Mailbox, OutboxCase

# A server of which each worker is a fork, as with Odoo's own workers: it loads the add-ons once. It
# starts a worker in which something goes wrong, or waits for the end of one.
SERVER = """
import json
import os
import sys
import odoo
from odoo import SUPERUSER_ID, api
from odoo.tools import config
config.parse_config(sys.argv[1:], setup_logging=False)
registry = odoo.modules.registry.Registry(config["db_name"][0])
odoo.sql_db.close_all()
print("ready", flush=True)

def work(fault):
    exec(fault, {"registry": registry})
    with registry.cursor() as cr:
        api.Environment(cr, SUPERUSER_ID, {})["dunning.notice"]._cron_send_notices()

for line in sys.stdin:
    command = json.loads(line)
    if "wait" in command:
        answer = os.waitstatus_to_exitcode(os.waitpid(command["wait"], 0)[1])
    elif not (answer := os.fork()):
        code = 1
        try:
            work(command["fault"])
            code = 0
        finally:
            os._exit(code)
    print(answer, flush=True)
"""
# Where a worker can be struck: the method, and whether before or after it. Those of the mail
# server are struck at the second of the messages.
STEPS = {
    "claimed": ("dunning.notice", "_deliver", "before"),
    "before_render": ("dunning.notice", "_prepare_deliveries", "before"),
    "after_render": ("dunning.notice", "_prepare_deliveries", "after"),
    "prepared": ("dunning.notice", "_hand_over", "before"),
    "connecting": ("ir.mail_server", "_connect__", "before"),
    "before_smtp": ("mail.mail", "_send", "before"),
    "after_smtp": ("mail.mail", "_send", "after"),
    "before_commit": ("dunning.notice", "_finish_only_email", "after"),
    "before_settling": ("dunning.notice", "_settle_runs", "before"),
}
# What strikes it there.
KILL = """
import os, signal
os.kill(os.getpid(), signal.SIGKILL)
"""
SLEEP = """
import os, signal
os.kill(os.getpid(), signal.SIGSTOP)
"""
CUT_DATABASE = """
import time
with registry.cursor() as other:
    other.execute("SELECT pg_terminate_backend(%s)", (self.env.cr._cnx.get_backend_pid(),))
time.sleep(0.3)
"""
STRIKE = """
target = registry["{model}"]
original = target.{method}
calls = []
def strike(self):
{strike}
def struck(self, *args, **kwargs):
    calls.append(1)
    now = len(calls) == {call}
    if now and "{moment}" == "before":
        strike(self)
    result = original(self, *args, **kwargs)
    if now and "{moment}" == "after":
        strike(self)
    return result
target.{method} = struck
"""
# A letter that costs no process, for workers that print.
CHEAP_LETTERS = """
def render(self, report, ids):
    import uuid
    return {id_: b"%PDF-1.4 " + uuid.uuid4().bytes for id_ in ids}
registry["ir.actions.report"]._render_letters = render
"""
DISK_FULL = """
import errno
def write(self, *args):
    raise OSError(errno.ENOSPC, "No space left on device")
registry["ir.attachment"]._file_write = write
"""
SHORT_TIME_OUT = """
from odoo.addons.base.models import ir_mail_server
ir_mail_server.SMTP_TIMEOUT = 1
"""
CLOCK_SET_BACK = """
import datetime, freezegun
past = datetime.datetime.utcnow() - datetime.timedelta(hours={hours})
freezegun.freeze_time(past, tick=True).start()
"""
SMALL_BATCHES = """
from odoo.addons.account_credit_management.models import dunning_notice_delivery
dunning_notice_delivery.BATCH_SIZE = 2
"""


def strike(step, what):
    model, method, moment = STEPS[step]
    call = 2 if model == "mail.mail" or method == "_finish_only_email" else 1
    return STRIKE.format(
        model=model, method=method, moment=moment, call=call, strike=indent(what, "    ")
    )


class FaultyMailbox(Mailbox):
    """A mail server with whims. It counts what it took, whatever it then answered."""

    def __init__(self):
        super().__init__()
        self.subjects = {}
        # Answers by recipient.
        self.on_recipient = {}
        self.on_data = {}

    async def handle_RCPT(self, server, _session, envelope, address, _options):
        answer = self.on_recipient.get(address, "250 OK")
        if answer == "drop":
            server.transport.abort()
        elif answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server, session, envelope):
        [address] = envelope.rcpt_tos
        answer = self.on_data.get(address, "250 OK")
        if answer[0] in "45":
            return answer
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        self.subjects[address] = message["subject"]
        answered = await super().handle_DATA(server, session, envelope)
        if answer == "drop":
            server.transport.abort()
        elif answer == "silence":
            await asyncio.sleep(3)
        return answered


@tagged("post_install", "-at_install")
class TestDunningFaults(OutboxCase):
    """Real workers, a real mail server and a real database, and what goes wrong between them.

    Always: no debtor gets a message twice, and none is forgotten. Where nobody can know whether a
    message arrived, the notice is flagged for a person, and never sent again by itself.
    """

    debtors = 6
    mailbox_class = FaultyMailbox

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.workers = cls._start_process(SERVER)
        cls.addClassCleanup(cls._end_process, cls.workers)

    def setUp(self):
        super().setUp()
        with self._environment() as env:
            self._propose(env)
            self.assertEqual(self._get_states(env), {"ready": self.debtors})
            self.addresses = self._get_notices(env).partner_id.mapped("email")

    # === HELPERS ===#
    def _ask(self, **command):
        self.workers.stdin.write(json.dumps(command) + "\n")
        self.workers.stdin.flush()
        return int(self.workers.stdout.readline())

    def _begin(self, fault=""):
        """Let a worker begin in which something goes wrong. Return its process id."""
        pid = self._ask(fault=fault)
        self.addCleanup(self._end, pid)
        return pid

    def _end(self, pid):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)

    def _await(self, pid):
        """Wait for the end of a worker: 0, 1 after an error, -9 when it was killed."""
        return self._ask(wait=pid)

    def _get_states(self, env):
        return dict(Counter(self._get_notices(env).mapped("state")))

    def _work(self, fault="", code=0):
        """One worker from beginning to end."""
        self.assertEqual(self._await(self._begin(fault)), code)

    def _let_time_pass(self):
        """Let claims look stale, and let it be the hour of the next attempt."""
        self._await_free_locks()
        self._let_claims_go_stale()
        with self._environment() as env:
            waiting = self._get_notices(env).filtered("retry_date")
            waiting.retry_date = fields.Datetime.now()

    def _recover(self):
        """The next worker, which nothing happens to, an hour later."""
        self._let_time_pass()
        self._work()

    def _check(self, flagged=0, unknown=None):
        """Every notice was sent, or is flagged; nothing was sent twice.

        :param int flagged: how many are left to a person
        :param str unknown: whether the messages of those did arrive (``arrived``) or not
        """
        with self._environment() as env:
            notices = self._get_notices(env)
            doubtful = notices.filtered("interrupted")
            self.assertEqual(len(doubtful), flagged)
            self.assertEqual(set((notices - doubtful).mapped("state")), {"sent"}, "nothing lost")
            self.assertEqual(set(doubtful.mapped("state")), {"sending"} if flagged else set())
            for notice in doubtful:
                self.assertTrue(notice.failure_reason)
                self.assertIn(notice.name, "".join(notice.run_id.activity_ids.mapped("summary")))
            expected = notices if unknown == "arrived" else notices - doubtful
            self.assertEqual(
                self.mailbox.recipients,
                Counter(expected.partner_id.mapped("email")),
                "nothing twice, nothing lost",
            )
            self.assertEqual(
                len(notices.mail_message_id), self.debtors, "one message in each debtor's chatter"
            )
            self.assertEqual(notices.run_id.state, "released" if flagged else "done")

    # === KILLED, OR CUT OFF FROM THE DATABASE ===#
    def _check_step(self, step, what, code):
        fault = strike(step, what)
        self._work(fault, code)
        struck = {"before_smtp": "lost", "after_smtp": "arrived", "before_commit": "arrived"}
        with self._environment() as env:
            if step not in ("before_settling", *struck):
                self.assertFalse(self.mailbox.recipients, "nothing had left the house")
                self.assertEqual(self._get_states(env), {"sending": self.debtors})
            elif step in struck:
                self.assertEqual(self._get_states(env), {"sent": 1, "sending": self.debtors - 1})
        self._recover()
        self._check(flagged=int(step in struck), unknown=struck.get(step))

    def _check_steps(self, what, code, steps):
        for step in steps:
            with self.subTest(step=step):
                self._start_over()
                self._check_step(step, what, code)

    def _start_over(self):
        with self._environment() as env:
            runs = self._get_notices(env).run_id
            runs.activity_ids.unlink()
        self.setUp()

    def test_killed_at_each_step(self):
        self._check_steps(KILL, -signal.SIGKILL, STEPS)

    def test_cut_off_from_the_database_at_each_step(self):
        self._check_steps(CUT_DATABASE, 1, STEPS)

    # === A WORKER THAT WAS THOUGHT DEAD ===#
    def test_worker_that_slept_for_an_hour_sends_nothing_that_others_sent(self):
        # After rendering nobody can take them over: the database holds them for him.
        for step in ("claimed", "before_render", "prepared", "connecting"):
            with self.subTest(step=step):
                self._start_over()
                sleeper = self._begin(strike(step, SLEEP))
                self._await_asleep(sleeper)
                self._let_claims_go_stale()
                self._work()
                self.assertEqual(len(self.mailbox.recipients), self.debtors, "others sent it all")
                with self._environment() as env:
                    handovers = self._get_notices(env).mapped("handover_date")
                time.sleep(1.1)
                os.kill(sleeper, signal.SIGCONT)
                code = self._await(sleeper)
                self._check()
                with self._environment() as env:
                    self.assertEqual(self._get_notices(env).mapped("handover_date"), handovers)
                if step == "connecting":
                    self.assertEqual(code, 0, "it noticed in time")

    def test_worker_that_slept_between_two_messages_goes_on_with_neither(self):
        sleeper = self._begin(strike("before_smtp", SLEEP))
        self._await_asleep(sleeper)
        self._let_claims_go_stale()
        self._work()
        self.assertEqual(len(self.mailbox.recipients), self.debtors - 1)
        os.kill(sleeper, signal.SIGCONT)
        self._await(sleeper)
        self._check(flagged=1, unknown="arrived")

    def test_who_changes_the_next_notice_costs_no_memory_of_the_last_one(self):
        sleeper = self._begin(strike("after_smtp", SLEEP))
        self._await_asleep(sleeper)
        with self._environment() as other:
            waiting = self._get_notices(other).filtered(
                lambda notice: notice.state == "sending" and not notice.handover_date
            )
            self.assertEqual(len(waiting), self.debtors - 2)
            other.cr.execute(
                SQL("UPDATE dunning_notice SET write_date = NOW() WHERE id IN %s", waiting._ids)
            )
            os.kill(sleeper, signal.SIGCONT)
            self._await_states({"sent": 2, "sending": self.debtors - 2})
            other.cr.commit()
        self.assertEqual(self._await(sleeper), 0)
        self._check()

    def _await_states(self, states):
        deadline = time.monotonic() + 60
        while True:
            with self._environment() as env:
                if self._get_states(env) == states:
                    return
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.1)

    def _await_asleep(self, worker):
        deadline = time.monotonic() + 60
        while self._get_process_state(worker) != "T":
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.1)

    def _get_process_state(self, pid):
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rpartition(")")[2].split()[0]

    # === MAIL SERVER ===#
    def test_nobody_listens(self):
        with self._environment() as env:
            env["ir.mail_server"].browse(self.server_id).smtp_port = 9
        self._work()
        with self._environment() as env:
            self.assertEqual(self._get_states(env), {"failed": self.debtors})
            self.assertTrue(all(self._get_notices(env).mapped("retry_date")))
            self.assertIn("No connection", self._get_notices(env)[0].failure_reason)
            env["ir.mail_server"].browse(self.server_id).smtp_port = self.port
        self._work()
        self.assertFalse(self.mailbox.recipients, "not before the hour of the next attempt")
        self._recover()
        self._check()

    def test_refusals_for_now_stop_nobody_else(self):
        first, second, third, *_others = self.addresses
        self.mailbox.on_recipient = {first: "451 try later", second: "450 mailbox busy"}
        self.mailbox.on_data = {third: "452 too much mail"}
        self._work()
        with self._environment() as env:
            self.assertEqual(self._get_states(env), {"failed": 3, "sent": 3})
        self.mailbox.on_recipient = self.mailbox.on_data = {}
        self._recover()
        self._check()

    def test_refusals_for_good_are_left_to_a_person(self):
        first, second, *others = self.addresses
        self.mailbox.on_recipient = {first: "550 no such user"}
        self.mailbox.on_data = {second: "554 no spam here"}
        self._work()
        for _attempt in range(3):
            self._recover()
        self.assertEqual(self.mailbox.recipients, Counter(others), "nothing twice")
        with self._environment() as env:
            refused = self._get_notices(env).filtered(lambda notice: notice.state == "failed")
            self.assertEqual(set(refused.partner_id.mapped("email")), {first, second})
            self.assertFalse(any(refused.mapped("retry_date")))
            self.assertIn("no such user", refused.filtered("failure_reason")[0].failure_reason)
            env["res.partner"].browse(self.partner_ids).dunning_bounced_email = False

    def test_connection_dropped_after_accepting(self):
        self.mailbox.on_data = {self.addresses[2]: "drop"}
        self._work()
        self._recover()
        self._check(flagged=1, unknown="arrived")

    def test_connection_dropped_before_the_message(self):
        self.mailbox.on_recipient = {self.addresses[2]: "drop"}
        self._work()
        self._recover()
        self._check(flagged=1, unknown="lost")

    def test_no_answer_in_time(self):
        self.mailbox.on_data = {self.addresses[2]: "silence"}
        self._work(SHORT_TIME_OUT)
        self._recover()
        self._check(flagged=1, unknown="arrived")

    # === DISK ===#
    def test_no_room_for_letters(self):
        with self._environment() as env:
            env["dunning.policy"].browse(self.policy_id).level_ids.attach_letter = True
        self.addCleanup(self._forget_letters)
        self._work(CHEAP_LETTERS + DISK_FULL)
        self.assertFalse(self.mailbox.recipients, "no message without its letter")
        with self._environment() as env:
            notices = self._get_notices(env)
            self.assertEqual(self._get_states(env), {"failed": self.debtors})
            self.assertIn("No space left", notices[0].failure_reason)
            self.assertFalse(notices.letter_id)
        self._let_time_pass()
        self._work(CHEAP_LETTERS)
        self._check()
        with self._environment() as env:
            letters = self._get_notices(env).letter_id
            self.assertEqual(len(letters), self.debtors)
            self.assertTrue(all(letter.raw.startswith(b"%PDF") for letter in letters))

    def _forget_letters(self):
        with self._environment() as env:
            env["dunning.policy"].browse(self.policy_id).level_ids.attach_letter = False
            self._get_notices(env).letter_id.unlink()

    # === CLOCK ===#
    def test_server_whose_clock_is_a_day_behind_sends_nothing_before_its_day(self):
        self._work(CLOCK_SET_BACK.format(hours=24))
        self.assertFalse(self.mailbox.recipients)
        with self._environment() as env:
            self.assertEqual(self._get_states(env), {"ready": self.debtors})
        self._work()
        self._check()
        with self._environment() as env:
            notices = self._get_notices(env)
            for notice in notices:
                self.assertEqual(notice.sent_date, notice.date)
            self._work(CLOCK_SET_BACK.format(hours=24))
            self._propose(env)
            self.assertEqual(self._get_notices(env), notices, "no next level out of a wrong clock")

    def test_claims_of_a_clock_that_is_behind_are_not_sent_by_two(self):
        """To the others they look as if their worker had died two hours ago."""
        with self._environment() as env:
            # Whatever the hour, it is the same day two hours ago.
            self._get_notices(env).date = fields.Date.subtract(fields.Date.today(), days=1)
        behind = CLOCK_SET_BACK.format(hours=2)
        sleeper = self._begin(behind + strike("prepared", SLEEP))
        self._await_asleep(sleeper)
        self._work()
        self.assertEqual(len(self.mailbox.recipients), self.debtors)
        os.kill(sleeper, signal.SIGCONT)
        self._await(sleeper)
        self._check()

    # === VERSIONS OF A POLICY ===#
    def test_text_and_level_change_between_two_servers(self):
        with self._environment() as env:
            level = env["dunning.policy"].browse(self.policy_id).level_ids
            template = env.ref("account_credit_management.mail_template_reminder").copy()
            level.mail_template_id = template
            template.subject = "Old text"
            template_id = template.id
        self.addCleanup(self._restore_level, level.id, template_id)
        self.mailbox.hold_at = 1
        # Both servers are loaded before the change; one is at work already.
        old = self._begin(SMALL_BATCHES)
        self.assertTrue(self.mailbox.holding.wait(timeout=60))
        with self._environment() as env:
            env["mail.template"].browse(template_id).subject = "New text"
            env["dunning.level"].browse(level.id).write({"name": "Renamed", "payment_days": 3})
        self.mailbox.hold_at = None
        self._work(SMALL_BATCHES)
        self.mailbox.release.set()
        self.assertEqual(self._await(old), 0)
        self._check()
        texts = Counter(self.mailbox.subjects.values())
        self.assertEqual(texts, {"Old text": 2, "New text": self.debtors - 2})

    def _restore_level(self, level_id, template_id):
        with self._environment() as env:
            level = env["dunning.level"].browse(level_id)
            level.write(
                {
                    "active": True,
                    "name": "Reminder",
                    "mail_template_id": False,
                }
            )
            env["mail.template"].browse(template_id).unlink()

    def test_level_archived_while_its_notices_are_prepared(self):
        with self._environment() as env:
            level_id = env["dunning.policy"].browse(self.policy_id).level_ids.id
        sleeper = self._begin(SMALL_BATCHES + strike("before_render", SLEEP))
        self._await_asleep(sleeper)
        with self._environment() as env:
            env.cr.execute(SQL("UPDATE dunning_level SET active = FALSE WHERE id = %s", level_id))
        try:
            self._work(SMALL_BATCHES)
            os.kill(sleeper, signal.SIGCONT)
            self.assertEqual(self._await(sleeper), 0)
        finally:
            with self._environment() as env:
                env["dunning.level"].browse(level_id).active = True
        with self._environment() as env:
            self.assertEqual(self._get_states(env), {"sent": 2, "obsolete": self.debtors - 2})
            self.assertEqual(len(self.mailbox.recipients), 2)
            self.assertEqual(set(self.mailbox.recipients.values()), {1})
            self._propose(env)
            notices = self._get_notices(env)
            waiting = notices.filtered(lambda notice: notice.state == "ready")
            dropped = notices.filtered(lambda notice: notice.state == "obsolete")
            self.assertEqual(waiting.partner_id, dropped.partner_id, "the next run has them again")
