"""Script for an Odoo shell: the dunning scheduled action, once."""

env.ref("account_credit_management.ir_cron_run_dunning").method_direct_trigger()
env.cr.commit()
