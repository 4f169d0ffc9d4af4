from odoo import api, models

from .dunning_notice_delivery import BATCH_SIZE

JOB_METHOD = "_run_delivery_job"
CHANNEL = "dunning"
# Jobs that still have to begin; a started one has its notices already.
WAITING_JOBS = ("wait_dependencies", "pending", "enqueued")


class DunningNotice(models.Model):
    """Delivery through the job queue of the OCA (module ``queue_job``), where that is installed.

    The scheduled action then sends nothing itself: it leaves one job per batch of the outbox, and
    the channels of the queue decide how many run at once, on which hosts. A job takes whatever
    batch is next, exactly as a scheduled action would, so a job too many or too few, or run twice,
    changes nothing.
    """

    _inherit = "dunning.notice"

    # === CRON ===#
    @api.model
    def _cron_send_notices(self):
        # EXTENDS: leave the batches to the job queue
        if not self._has_job_queue():
            return super()._cron_send_notices()
        companies = self._prepare_outbox()
        self._enqueue_batches(companies)
        self.env["ir.cron"]._commit_progress()

    # === BUSINESS ===#
    @api.model
    def _has_job_queue(self):
        return "queue.job" in self.env

    @api.model
    def _enqueue_batches(self, companies):
        """Make as many jobs as the outbox has batches, those that wait already included."""
        function = self._get_job_function()
        batches = -(-self._count_outbox(companies) // BATCH_SIZE)
        waiting = (
            self.env["queue.job"]
            .sudo()
            .search_count(
                [
                    ("model_name", "=", self._name),
                    ("method_name", "=", JOB_METHOD),
                    ("state", "in", WAITING_JOBS),
                ]
            )
        )
        for _job in range(batches - waiting):
            self.sudo().with_delay(
                channel=function.channel, description=self.env._("Send reminders")
            )._run_delivery_job()

    @api.model
    def _get_job_function(self):
        """The settings of our jobs, made when they are needed first: they commit after each
        message, and run in a channel of their own whose capacity an administrator sets."""
        functions = self.env["queue.job.function"].sudo()
        name = functions.job_function_name(self._name, JOB_METHOD)
        function = functions.search([("name", "=", name)], limit=1)
        if function:
            return function
        channels = self.env["queue.job.channel"].sudo()
        root = channels.search([("parent_id", "=", False)], limit=1)
        channel = channels.search([("name", "=", CHANNEL), ("parent_id", "=", root.id)], limit=1)
        return functions.create(
            {
                "model_id": self.env["ir.model"]._get_id(self._name),
                "method": JOB_METHOD,
                "channel_id": (
                    channel or channels.create({"name": CHANNEL, "parent_id": root.id})
                ).id,
                "allow_commit": True,
            }
        )

    @api.model
    def _run_delivery_job(self):
        """Send the next batch of the outbox. It has a connection of its own and commits."""
        batch = self._deliver_next_batch(self._get_open_companies())
        return self.env._("%s notices taken from the outbox", len(batch))
