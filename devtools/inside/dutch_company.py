"""Script for an Odoo shell: a Dutch main company, so that accounting takes the Dutch chart."""

env.company.country_id = env.ref("base.nl")
env.cr.commit()
