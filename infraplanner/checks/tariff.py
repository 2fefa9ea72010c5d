"""Gaps and overlaps in the site's electricity tariff."""

from __future__ import annotations

from collections.abc import Iterator

from infraplanner.model.entities import Site
from infraplanner.results.tariff import FLAT

from .context import Context, Message, Rule

SHORT_FORM = "peak"


def overlaps(context: Context) -> Iterator[Message]:
    """Periods that price the same hours."""
    known = context.snapshot.table("tariff")
    bill = context.result.economics.bill
    for found in bill.overlaps:
        names = [
            "the site's peak price" if key == SHORT_FORM and key not in known else f"period {key}"
            for key in (found.first, found.second)
        ]
        text = (
            f"{names[0]} and {names[1]} both price {found.hours_count:.0f} hours a year; the dearer price holds there."
        )
        ids = tuple(key for key in (found.first, found.second) if key in known)
        yield text[0].upper() + text[1:], ids or ("site",)


def gaps(context: Context) -> Iterator[Message]:
    """Hours in no period, where no flat price of the site's own says what they cost."""
    bill = context.result.economics.bill
    site = context.snapshot.table("site").get("site")
    own = isinstance(site, Site) and site.electricity_usd_per_kwh is not None
    priced = [row for row in bill.periods if row.id != FLAT and row.usd_per_kwh is not None and row.id != SHORT_FORM]
    for row in bill.periods:
        if row.id == FLAT and priced and row.hours_count > 0.0 and not own:
            yield (
                f"{row.hours_count:.0f} hours a year are in no period of the tariff; they pay {row.usd_per_kwh:.4g} USD/kWh, "
                "an average of whole bills. A price of electricity of the site's own would say what they cost.",
                ("site",),
            )


RULES = (
    Rule("tariff.overlap", "warning", "", "Every hour has one price of energy", overlaps),
    Rule("tariff.gap", "info", "", "The tariff says what every hour costs", gaps),
)
