"""Script for an Odoo shell: print what the latest dunning run of each company did."""


def table(title, rows):
    """Print rows of a text and numbers; the first row is the header."""
    widths = [max(len(str(row[column])) for row in rows) for column in range(len(rows[0]))]
    print(f"\n{title}")
    for index, row in enumerate(rows):
        cells = [str(cell) for cell in row]
        line = [cells[0].ljust(widths[0])]
        line += [cell.rjust(width) for cell, width in zip(cells[1:], widths[1:], strict=True)]
        print("  " + "  ".join(line).rstrip())
        if index == 0:
            print("  " + "  ".join("─" * width for width in widths))


def print_run(run):
    """The run's notices per level, and what it left alone with the reason."""
    notices = run.notice_ids
    print(
        f"\n{run.name} of {run.date}, {run.company_id.name}: "
        f"{len(notices.partner_id)} debtors, {len(notices.line_ids)} items, "
        f"{len(notices)} notices"
    )
    header = (
        "Level",
        "Notices",
        "Debtors",
        "Items",
        "E-mail",
        "Letter",
        "Sent",
        "By hand",
        "Failed",
    )
    rows = [header]
    # Levels of several policies have the same name.
    by_name = notices.sorted(lambda notice: notice.level_id.severity).grouped(
        lambda notice: notice.level_id.name
    )
    for name, own in by_name.items():
        states = own.mapped("state")
        rows.append(
            (
                name,
                len(own),
                len(own.partner_id),
                len(own.line_ids),
                len(own.filtered("use_email")),
                len(own.filtered("use_letter")),
                states.count("sent"),
                states.count("proposed"),
                states.count("failed"),
            )
        )
    table("Reminded", rows)
    left = [("Reason", "Items", "Debtors"), *run._get_reason_rows()]
    table("Left alone", left)


def main(env):
    """Companies that made no run are not mentioned."""
    runs = env["dunning.run"].search([], order="id desc")
    if not runs:
        print("No dunning run was made: nobody is to be reminded.")
    for company in runs.company_id:
        print_run(runs.filtered(lambda run, company=company: run.company_id == company)[0])


main(env)
