"""The figures as tables for people."""

MEBIBYTE = 1024 * 1024


def format_proposal(proposal):
    """What one size took, part by part."""
    base = proposal.decision.seconds + proposal.inserts.seconds
    rows = [("", "seconds", "× base", "queries", "MiB")]
    rows += [
        (
            label,
            f"{cost.seconds:.3f}",
            f"{cost.seconds / base:.2f}",
            str(cost.queries),
            f"{cost.memory / MEBIBYTE:.1f}",
        )
        for label, cost in (
            ("bare decision", proposal.decision),
            ("bare inserts", proposal.inserts),
            ("propose", proposal.propose),
            ("propose again, same day", proposal.second),
            ("propose right after import", proposal.fresh),
            ("release", proposal.release),
            ("cancel", proposal.cancel),
        )
    ]
    reasons = ", ".join(
        f"{reason} {count}" for reason, count in sorted(proposal.reasons.items(), key=_by_count)
    )
    return (
        f"{proposal.items:,} open items, {proposal.remindable:.0%} to be reminded in "
        f"{proposal.notices:,} notices\n({reasons})\n{format_table(rows)}"
    )


def format_on_demand(costs):
    """What deciding for a screen takes."""
    rows = [("", "seconds", "queries")]
    rows += [(label, f"{cost.seconds:.4f}", str(cost.queries)) for label, cost in costs]
    return format_table(rows)


def format_positions(costs):
    """What the credit of debtors takes, and how many times the first of these."""
    base = costs[0][1].seconds
    rows = [("", "seconds", "× bare", "queries")]
    rows += [
        (label, f"{cost.seconds:.4f}", f"{cost.seconds / base:.2f}", str(cost.queries))
        for label, cost in costs
    ]
    return format_table(rows)


def format_sending(sendings):
    """What sending took per notice, by the way of sending, beside the same one by one."""
    rows = [("", "notices", "seconds", "s/notice", "queries/notice", "MiB", "× one by one")]
    for sending in sendings:
        rows += [
            (
                label,
                str(sending.notices),
                f"{cost.seconds:.2f}",
                f"{cost.seconds / sending.notices:.3f}",
                f"{cost.queries / sending.notices:.1f}",
                f"{cost.memory / MEBIBYTE:.1f}",
                f"{cost.seconds / sending.alone.seconds:.2f}",
            )
            for label, cost in (
                (sending.label, sending.together),
                ("  one by one", sending.alone),
            )
        ]
    return format_table(rows)


def format_settings(settings):
    """What the same work took with each value of a setting, and how many times the first one."""
    rows = [("", "value", "seconds", "× first")]
    first = {}
    for setting in settings:
        base = first.setdefault(setting.name, setting.seconds)
        rows.append(
            (
                setting.name,
                setting.value,
                f"{setting.seconds:.3f}",
                f"{setting.seconds / base:.2f}",
            )
        )
    return format_table(rows)


def format_beside(names, rows):
    """What the same work took on each copy of a ledger, and how many times the second one's."""
    table = [("", *(heading for name in names for heading in (name, "× alone", "queries")))]
    table += [
        (
            label,
            *(
                text
                for cost in costs
                for text in (
                    f"{cost.seconds:.4f}",
                    f"{cost.seconds / costs[1].seconds:.1f}",
                    str(cost.queries),
                )
            ),
        )
        for label, costs in rows
    ]
    return format_table(table)


def format_cycle(first, following, sending):
    """A whole cycle with each add-on: two runs, and sending in each way."""
    return (
        f"From nothing to notices that are ready\n{_format_rounds(*first)}\n\n"
        f"The next day\n{_format_rounds(*following)}\n\n"
        f"Sending to the same debtors\n{_format_sent(sending)}"
    )


def _format_rounds(own, other):
    table = [("", "items", "notices", "seconds", "ms/item", "queries", "queries/item", "MiB")]
    for each in (own, other):
        table += [
            (
                label,
                *counts,
                f"{cost.seconds:.3f}",
                f"{1000 * cost.seconds / each.items:.3f}" if each.items else "",
                f"{cost.queries:,}",
                f"{cost.queries / each.items:.3f}" if each.items else "",
                f"{cost.memory / MEBIBYTE:.1f}",
            )
            for label, counts, cost in (
                *((f"  {label}", ("", ""), cost) for label, cost in each.steps.items()),
                (each.name, (f"{each.items:,}", f"{each.notices:,}"), each.total),
            )
        ]
    seconds = other.total.seconds / own.total.seconds
    ratio = f"{other.name} ÷ {own.name}: {seconds:.1f} by seconds"
    if own.items and other.items:
        ratio += f", {seconds * own.items / other.items:.1f} by seconds per item"
    return (
        f"{format_table(table)}\n  {ratio}, "
        f"{other.total.queries / own.total.queries:.1f} by queries"
    )


def _format_sent(sending):
    table = [
        ("", "notices", "items", "seconds", "s/notice", "queries/notice", "MiB", "× this add-on")
    ]
    for pair in sending:
        table += [
            (
                f"{row.way.label}: {row.name}",
                str(row.notices),
                str(row.items),
                f"{row.cost.seconds:.2f}",
                f"{row.cost.seconds / row.notices:.4f}",
                f"{row.cost.queries / row.notices:.1f}",
                f"{row.cost.memory / MEBIBYTE:.1f}",
                f"{row.cost.seconds / pair[0].cost.seconds:.2f}",
            )
            for row in pair
        ]
    return format_table(table)


def format_table(rows):
    """Texts in columns: the first to the left, the others to the right."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  "
        + "  ".join(
            cell.rjust(width) if column else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )


def _by_count(pair):
    return -pair[1]
