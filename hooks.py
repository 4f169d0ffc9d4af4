def uninstall_hook(env):
    """Let go of the records that hold each other, so that Odoo can remove them all.

    Levels keep notices and texts from being deleted as long as the module is in use; at
    uninstallation they would only fill the log with refusals.
    """
    env.cr.execute("DELETE FROM dunning_notice_line")
    env.cr.execute("DELETE FROM dunning_notice")
    env.cr.execute(
        "UPDATE dunning_level "
        "SET mail_template_id = NULL, sms_template_id = NULL, activity_type_id = NULL"
    )
    env.cr.execute("UPDATE res_company SET dunning_policy_id = NULL")
    env.invalidate_all()
