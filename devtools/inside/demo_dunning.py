"""Script for an Odoo shell: the day's reminders, proposed and sent, also on a day off."""

runs = env["dunning.run"]
for company in env["res.company"].search([]):
    runs._propose_automatically(company, company._get_dunning_today())
env.cr.commit()
env.ref("account_credit_management.ir_cron_send_notices").method_direct_trigger()
env.cr.commit()
