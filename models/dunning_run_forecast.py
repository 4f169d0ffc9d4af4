from odoo import api, fields, models
from odoo.tools import SQL

from .dunning_decision_parts import MESSAGE_KEY


class DunningRun(models.Model):
    """What a run would do, counted without writing anything; and whether it may reach anyone."""

    _inherit = "dunning.run"

    # === FIELDS ===#
    test_mode = fields.Boolean(related="company_id.dunning_test_mode", string="Test Mode")

    # === BUSINESS ===#
    @api.model
    def _get_forecast(self, company, day):
        """Count the messages that a run of ``day`` would make, and what it would leave alone.

        :return: ``levels``: (level id, messages, items), mildest first; ``reasons``: (reason
            code, items, debtors), most items first
        :rtype: dict
        """
        self.env.flush_all()
        decisions = self.env["dunning.decision"]
        decisions._prepare_connection()
        rows = self.env.execute_query(
            SQL(
                """%(decision)s,
                message AS (
                    SELECT (ARRAY_AGG(level_id ORDER BY severity DESC))[1] AS level_id,
                           MAX(severity) AS severity, COUNT(*) AS items
                      FROM decision
                     WHERE outcome = 'remind'
                     GROUP BY %(message_key)s
                )
                SELECT 'level' AS kind, level_id, NULL AS reason, COUNT(*), SUM(items)::integer,
                       MAX(severity) AS position
                  FROM message
                 GROUP BY level_id
                 UNION ALL
                SELECT 'reason', NULL, reason, COUNT(*), COUNT(DISTINCT partner_id), -COUNT(*)
                  FROM decision
                 WHERE outcome <> 'remind'
                 GROUP BY reason
                 ORDER BY position""",
                decision=decisions._get_decision_sql(company, day),
                message_key=MESSAGE_KEY,
            )
        )
        return {
            "levels": [
                (level_id, messages, items)
                for kind, level_id, _reason, messages, items, _position in rows
                if kind == "level"
            ],
            "reasons": [
                (reason, items, debtors)
                for kind, _level_id, reason, items, debtors, _position in rows
                if kind == "reason"
            ],
        }
