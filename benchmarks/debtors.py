"""Debtors in large numbers, as rows of ``bench_debtor`` and as partners."""

from odoo.tools import SQL

from .copying import copy_rows, one_of

# Per thousand debtors.
WITHOUT_EMAIL = 100
WITHOUT_ADDRESS = 10
WITH_INVOICE_CONTACT = 100
WITH_OWN_POLICY = 50


def add_debtors(env, model, count, policy):
    """Companies; some have an invoice contact, some no e-mail, no address, their own policy.

    :param res.partner model: what they are copies of
    :param dunning.policy policy: that some have
    """
    env.cr.execute(
        SQL(
            """
            INSERT INTO bench_debtor (n, id)
            SELECT n, nextval('res_partner_id_seq') FROM generate_series(1, %s) AS n;
            UPDATE bench_debtor SET contact_id = nextval('res_partner_id_seq') WHERE %s""",
            count,
            one_of(SQL("id"), "contact", WITH_INVOICE_CONTACT),
        )
    )
    number = SQL("debtor.id")
    no_address = one_of(number, "address", WITHOUT_ADDRESS)
    email = SQL(
        "CASE WHEN NOT (%s OR %s) THEN 'debtor' || debtor.id || '@buyer.example' END",
        no_address,
        one_of(number, "e-mail", WITHOUT_EMAIL),
    )
    name = SQL("'Debtor ' || debtor.id")
    copy_rows(
        env.cr,
        "res_partner",
        SQL("bench_debtor debtor JOIN res_partner model ON model.id = %s", model.id),
        SQL("debtor.n"),
        id=number,
        commercial_partner_id=number,
        name=name,
        complete_name=name,
        debtor_code=SQL("'BENCH' || debtor.id"),
        email=email,
        email_normalized=email,
        city=SQL("CASE WHEN NOT %s THEN model.city END", no_address),
        dunning_policy_id=SQL(
            "CASE WHEN %s THEN jsonb_build_object(%s::text, %s::int) END",
            one_of(number, "policy", WITH_OWN_POLICY),
            str(env.company.id),
            policy.id,
        ),
    )
    email = SQL("CASE WHEN model.email IS NOT NULL THEN 'invoices.' || model.email END")
    copy_rows(
        env.cr,
        "res_partner",
        SQL(
            "bench_debtor debtor JOIN res_partner model ON model.id = debtor.id "
            "WHERE debtor.contact_id IS NOT NULL"
        ),
        SQL("debtor.n"),
        id=SQL("debtor.contact_id"),
        parent_id=SQL("debtor.id"),
        type=SQL("'invoice'"),
        is_company=SQL("FALSE"),
        name=SQL("'Accounts Payable'"),
        complete_name=SQL("model.name || ', Accounts Payable'"),
        email=email,
        email_normalized=email,
        dunning_policy_id=SQL("NULL"),
    )
