"""Power and cooling of the nvl72-pod template."""

from __future__ import annotations

from template_parts import Bag

from infraplanner.model.entities import Cooling, Loop, Pipe, PowerNode


def power(bag: Bag, hall: str, racks: list[str]) -> None:
    """Two sides, each able to carry the hall: utility, transformer, switchboard, UPS, a busway to each row."""
    # Side A stands in the upper half of the power room, side B mirrored in the lower one.
    parts = (
        ("util", "Utility", "utility-connection", 1200, 10_300, 3000.0),
        ("tx", "MV transformer", "tx-mv-liquid-2500", 4400, 9900, None),
        ("lv", "Switchboard", "switchgear-lv", 2300, 8200, None),
        ("ups", "UPS", "ups-modular-2000", 2700, 6800, None),
    )
    for side in "ab":
        mark = "a" if side == "a" else "b"
        for key, name, profile, x, y, rating in parts:
            bag.add(
                PowerNode(
                    id=f"{key}-{side}",
                    name=f"{name} {side.upper()}",
                    hall=hall,
                    x_mm=x,
                    y_mm=y if side == "a" else 11_000 - y,
                    profile=profile,
                    rating_kw=rating,
                    side=mark,
                )
            )
        bag.feed(f"util-{side}", f"tx-{side}", side)
        bag.feed(f"tx-{side}", f"lv-{side}", side)
        bag.feed(f"lv-{side}", f"ups-{side}", side)
        for row, y in (("A", 7000), ("B", 4000)):
            busway = f"bus-{row}-{side}"
            bag.add(
                PowerNode(
                    id=busway,
                    name=f"Busway {row} {side.upper()}",
                    hall=hall,
                    x_mm=8650 if side == "a" else 15_950,
                    y_mm=y,
                    profile="busway-cu-2500a",
                    side=mark,
                )
            )
            bag.feed(f"ups-{side}", busway, side)
            for rack in racks:
                if rack.startswith(row):
                    bag.feed(busway, rack, side)
        for unit in ("cdu-1", "cdu-2", "cdu-3", "cdu-4", "fw-1", "fw-2", "fw-3"):
            bag.feed(f"ups-{side}", unit, side)
        for unit in ("dc-1", "dc-2", "ch-1", "ch-2", "ch-3"):
            bag.feed(f"lv-{side}", unit, side)


def cooling(bag: Bag, hall: str) -> None:
    """A technology loop a row with two CDUs of which one suffices; dry coolers; chilled water for the air heat."""

    def unit(key: str, name: str, x: int, y: int, profile: str, **more: object) -> Cooling:
        return Cooling(id=key, name=name, hall=hall, x_mm=x, y_mm=y, profile=profile, **more)  # type: ignore[arg-type]

    bag.add(
        Loop(id="tcs-a", name="Technology loop A", fluid="pg25", supply_c=36.0, rise_k=10.0),
        Loop(id="tcs-b", name="Technology loop B", fluid="pg25", supply_c=36.0, rise_k=10.0),
        Loop(id="fws", name="Facility water", kind="facility", fluid="water", supply_c=32.0, rise_k=9.0),
        Loop(id="chw", name="Chilled water", kind="facility", fluid="water", supply_c=18.0, rise_k=7.0),
    )
    for number, (x, y, turn, loop) in enumerate(
        (
            (9450, 7000, 180, "tcs-a"),
            (15_150, 7000, 180, "tcs-a"),
            (9450, 4000, 0, "tcs-b"),
            (15_150, 4000, 0, "tcs-b"),
        ),
        1,
    ):
        name = f"CDU-{number}"
        bag.add(unit(f"cdu-{number}", name, x, y, "cdu-xdu1350", rotation_deg=turn, loop=loop, source_loop="fws"))
    for number, y in enumerate((8700, 5500, 2300), 1):
        bag.add(unit(f"fw-{number}", f"FW-{number}", 18_300, y, "fanwall-210", rotation_deg=270, source_loop="chw"))
    bag.add(
        unit("dc-1", "Dry cooler 1", 24_700, 1900, "drycooler", loop="fws"),
        unit("dc-2", "Dry cooler 2", 24_700, 4700, "drycooler", loop="fws"),
        # Only for the hours in which the outdoor air is too warm for the dry coolers.
        unit("ch-1", "Trim chiller", 24_700, 7500, "chiller-air", loop="fws", standby=True),
        unit("ch-2", "Chiller 2", 22_200, 9900, "chiller-air-400", loop="chw"),
        unit("ch-3", "Chiller 3", 27_200, 9900, "chiller-air-400", loop="chw", standby=True),
        Pipe(id="fws-s-a", hall=hall, points_mm=((20_500, 9600), (9450, 9600)), loop="fws", dn_mm=100),
        Pipe(id="fws-r-a", hall=hall, points_mm=((20_500, 9900), (9450, 9900)), loop="fws", dn_mm=100, side="return"),
        Pipe(id="fws-s-b", hall=hall, points_mm=((20_500, 1400), (9450, 1400)), loop="fws", dn_mm=100),
        Pipe(id="fws-r-b", hall=hall, points_mm=((20_500, 1100), (9450, 1100)), loop="fws", dn_mm=100, side="return"),
        Pipe(id="chw-s", hall=hall, points_mm=((19_300, 10_400), (19_300, 1200)), loop="chw", dn_mm=80),
        Pipe(id="chw-r", hall=hall, points_mm=((19_100, 10_400), (19_100, 1200)), loop="chw", dn_mm=80, side="return"),
    )
