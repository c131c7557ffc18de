"""A Google-Places-(New)-compatible HTTP server for Text Search that the real httpx client talks to.

The shapes are those of Google's reference (place.proto, places_service.proto, google.rpc errors) and of answers that people have published;
the places are made up. Like Google, it refuses a request without a key or a field mask, an unknown field in either, a page of more than 20,
and gives only the fields of the mask. Answers in `answers` come first, one a request; then all of `places`. Of an answer that is held,
`asked` says that its request is there, and `hung_up` that the client has closed the connection.
"""

from __future__ import annotations

import json
import select
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from typing_extensions import override

KEY = "AIzaSyTestKeyOfTheTestServer0123456789x"
WRONG_KEY = "AIzaSyWrongKeyOfTheTestServer012345678x"
PATH = "/v1/places:searchText"
_STATUS = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    502: "UNAVAILABLE",
    503: "UNAVAILABLE",
}
_REQUEST_FIELDS = {
    "textQuery", "languageCode", "regionCode", "rankPreference", "includedType", "openNow", "minRating", "maxResultCount", "pageSize",
    "pageToken", "priceLevels", "strictTypeFiltering", "locationBias", "locationRestriction", "evOptions", "routingParameters",
    "searchAlongRouteParameters", "includePureServiceAreaBusinesses",
}  # fmt: skip
_PLACE_FIELDS = {
    "name", "id", "displayName", "types", "primaryType", "primaryTypeDisplayName", "nationalPhoneNumber", "internationalPhoneNumber",
    "formattedAddress", "shortFormattedAddress", "postalAddress", "addressComponents", "plusCode", "location", "viewport", "rating",
    "googleMapsUri", "googleMapsLinks", "websiteUri", "reviews", "regularOpeningHours", "utcOffsetMinutes", "timeZone", "photos",
    "adrFormatAddress", "businessStatus", "priceLevel", "priceRange", "attributions", "userRatingCount", "iconMaskBaseUri",
    "iconBackgroundColor", "takeout", "delivery", "dineIn", "curbsidePickup", "reservable", "servesBreakfast", "servesLunch", "servesDinner",
    "servesBeer", "servesWine", "servesBrunch", "servesVegetarianFood", "currentOpeningHours", "editorialSummary", "outdoorSeating",
    "liveMusic", "menuForChildren", "servesCocktails", "servesDessert", "servesCoffee", "goodForChildren", "allowsDogs", "restroom",
    "goodForGroups", "goodForWatchingSports", "paymentOptions", "parkingOptions", "accessibilityOptions", "pureServiceAreaBusiness",
}  # fmt: skip


def period(day: int, opens: str, closes: str, close_day: int | None = None) -> dict[str, Any]:
    """A weekly period; 0 is Sunday."""
    return {"open": _at(day, opens), "close": _at(day if close_day is None else close_day, closes)}


def _at(day: int, clock: str) -> dict[str, int]:
    hour, minute = map(int, clock.split(":"))
    return {"day": day, "hour": hour, "minute": minute}


THAI: dict[str, Any] = {
    "name": "places/ChIJMadeUpThaiPlace00000001",
    "id": "ChIJMadeUpThaiPlace00000001",
    "types": ["thai_restaurant", "restaurant", "food", "point_of_interest", "establishment"],
    "nationalPhoneNumber": "030 0000001",
    "formattedAddress": "Musterstraße 1, 10115 Berlin, Germany",
    "location": {"latitude": 52.5302, "longitude": 13.3847},
    "rating": 4.6,
    "googleMapsUri": "https://maps.google.com/?cid=6897716614701924720",
    "regularOpeningHours": {
        "openNow": False,
        "periods": [*(period(day, "12:00", "23:00") for day in range(5)), period(5, "12:00", "2:00", 6), period(6, "12:00", "2:00", 0)],
        "weekdayDescriptions": ["Monday: 12:00 PM to 11:00 PM"],
        "nextOpenTime": "2026-11-27T11:00:00Z",
    },
    "utcOffsetMinutes": 60,
    "businessStatus": "OPERATIONAL",
    "priceLevel": "PRICE_LEVEL_MODERATE",
    "userRatingCount": 1043,
    "displayName": {"text": "Made-up Thai", "languageCode": "en"},
    "primaryTypeDisplayName": {"text": "Thai Restaurant", "languageCode": "en-US"},
    "primaryType": "thai_restaurant",
    "servesVegetarianFood": True,
    "outdoorSeating": False,
    "accessibilityOptions": {
        "wheelchairAccessibleParking": False,
        "wheelchairAccessibleEntrance": True,
        "wheelchairAccessibleRestroom": False,
    },
    "postalAddress": {
        "regionCode": "DE",
        "languageCode": "en",
        "postalCode": "10115",
        "locality": "Berlin",
        "addressLines": ["Musterstraße 1"],
    },
    "priceRange": {"startPrice": {"currencyCode": "EUR", "units": "10"}, "endPrice": {"currencyCode": "EUR", "units": "20"}},
    "timeZone": {"id": "Europe/Berlin"},
}
"""Everything known."""

BARE: dict[str, Any] = {
    "id": "ChIJMadeUpBarePlace00000002",
    "types": ["restaurant", "food", "point_of_interest", "establishment"],
    "formattedAddress": "Musterstraße 2, 10115 Berlin, Germany",
    "location": {"latitude": 52.531, "longitude": 13.385},
    "displayName": {"text": "Made-up Corner", "languageCode": "en"},
    "businessStatus": "OPERATIONAL",
}
"""What Google sends of a place nobody has described: the other fields are not there at all."""

ALWAYS: dict[str, Any] = {
    "id": "ChIJMadeUpAlwaysPlace000003",
    "types": ["vegan_restaurant", "fast_food_restaurant", "restaurant", "food"],
    "primaryType": "vegan_restaurant",
    "displayName": {"text": "Made-up Vegan Night Kitchen", "languageCode": "en"},
    "formattedAddress": "Musterstraße 3, 10115 Berlin, Germany",
    "location": {"latitude": 52.532, "longitude": 13.386},
    "regularOpeningHours": {"openNow": True, "periods": [{"open": {"day": 0, "hour": 0, "minute": 0}}]},
    "utcOffsetMinutes": 60,
    "accessibilityOptions": {"wheelchairAccessibleParking": True},
    "priceRange": {"startPrice": {"currencyCode": "EUR", "units": "30"}},
    "googleMapsUri": "https://maps.google.com/?cid=3",
}
"""Always open: one period without an end. A price range without an upper end."""

GONE: dict[str, Any] = {
    **BARE,
    "id": "ChIJMadeUpGonePlace00000004",
    "displayName": {"text": "Made-up Memory"},
    "businessStatus": "CLOSED_PERMANENTLY",
}
SOON: dict[str, Any] = {
    **THAI,
    "id": "ChIJMadeUpSoonPlace00000006",
    "displayName": {"text": "Made-up Novelty"},
    "businessStatus": "FUTURE_OPENING",
    "attributions": [{"provider": "Listings & Co", "providerUri": "https://listings.example"}, {"providerUri": "https://nobody.example"}],
}
"""A status since March 2026; and a provider who must be named."""
AWAY: dict[str, Any] = {
    **THAI,
    "id": "ChIJMadeUpAwayPlace00000005",
    "displayName": {"text": "Made-up Holiday"},
    "businessStatus": "CLOSED_TEMPORARILY",
}


@dataclass(frozen=True)
class Answer:
    """An answer as it goes over the wire; `held` never sends it, `dripping` sends spaces for ever instead of its end."""

    status: int = 200
    body: bytes = b"{}\n"
    held: bool = False
    dripping: bool = False


@dataclass(frozen=True)
class Request:
    path: str
    headers: Mapping[str, str]
    body: dict[str, Any]


def google_error(status: int, message: str, reason: str = "", **metadata: str) -> Answer:
    """An error as Google words it (google.rpc.Status)."""
    info = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": reason, "domain": "googleapis.com", "metadata": metadata}
    error = {"code": status, "message": message, "status": _STATUS[status]} | ({"details": [info]} if reason else {})
    return Answer(status, json.dumps({"error": error}, indent=2).encode())


KEY_INVALID = google_error(400, "API key not valid. Please pass a valid API key.", "API_KEY_INVALID", service="places.googleapis.com")
NO_KEY = google_error(
    403,
    "Method doesn't allow unregistered callers (callers without established identity). Please use API Key or other form of API consumer identity to call this API.",
)
API_OFF = google_error(
    403,
    "Places API (New) has not been used in project 123456 before or it is disabled. Enable it by visiting https://console.developers.google.com/apis/api/places.googleapis.com/overview?project=123456 then retry.",
    "SERVICE_DISABLED",
    service="places.googleapis.com",
    consumer="projects/123456",
)
KEY_BLOCKED = google_error(
    403,
    "Requests to this API places.googleapis.com method google.maps.places.v1.Places.SearchText are blocked.",
    "API_KEY_SERVICE_BLOCKED",
    service="places.googleapis.com",
)
NO_BILLING = google_error(403, "This API method requires billing to be enabled.", "BILLING_DISABLED", service="places.googleapis.com")
QUOTA = google_error(
    429,
    "Quota exceeded for quota metric 'SearchTextRequest' and limit 'SearchTextRequest per day' of service 'places.googleapis.com' for consumer 'project_number:123456'.",
    "RATE_LIMIT_EXCEEDED",
    quota_unit="1/d/{project}",
    quota_limit_value="100",
    quota_metric="places.googleapis.com/SearchTextRequest",
)
BAD_ARGUMENT = google_error(400, "Request contains an invalid argument.")
OVERLOADED = google_error(503, "The service is currently unavailable.")
INTERNAL = google_error(500, "Internal error encountered.")
BAD_GATEWAY = Answer(502, b"<!DOCTYPE html><title>Error 502 (Server Error)!!1</title>")


class PlacesServer:
    """Use as a context manager; `url` is the base URL."""

    def __init__(self) -> None:
        self.places: list[dict[str, Any]] = [THAI, BARE]
        self.answers: list[Answer] = []
        self.requests: list[Request] = []
        self.asked = threading.Event()
        self.hung_up = threading.Event()
        self.closing = threading.Event()
        self._server = _Server(("127.0.0.1", 0), partial(_Handler, self))
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, name="places-server")

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(10)

    def answer(self, request: Request) -> Answer:
        """What Google would say."""
        self.requests.append(request)
        if self.answers:
            return self.answers.pop(0)
        return self._refusal(request) or self._found(request)

    def _refusal(self, request: Request) -> Answer | None:
        key, mask = request.headers.get("x-goog-api-key"), request.headers.get("x-goog-fieldmask")
        unknown = sorted(set(request.body) - _REQUEST_FIELDS)
        if request.path != PATH:
            return Answer(404, b"<!DOCTYPE html><title>Error 404 (Not Found)!!1</title>")
        if not key or key == WRONG_KEY:
            return KEY_INVALID if key else NO_KEY
        if not mask:
            return google_error(
                400, "FieldMask is a required parameter. See https://cloud.google.com/apis/docs/system-parameters on how to provide it."
            )
        if wrong := [path for path in mask.split(",") if path.split(".")[:1] != ["places"] or path.split(".")[1] not in _PLACE_FIELDS]:
            return google_error(400, f"Error expanding 'fields' parameter. Cannot find matching fields for path '{wrong[0]}'.")
        if unknown:
            return google_error(400, f'Invalid JSON payload received. Unknown name "{unknown[0]}": Cannot find field.')
        if not request.body.get("textQuery") or not 1 <= request.body.get("pageSize", 20) <= 20:
            return BAD_ARGUMENT
        return None

    def _found(self, request: Request) -> Answer:
        paths = [path.split(".")[1:] for path in request.headers["x-goog-fieldmask"].split(",")]
        shown = [_masked(place, paths) for place in self.places[: request.body.get("pageSize", 20)]]
        return Answer(body=json.dumps({"places": shown} if shown else {}, indent=2, ensure_ascii=False).encode())


def _masked(place: dict[str, Any], paths: list[list[str]]) -> dict[str, Any]:
    """Only what the field mask asks for."""
    shown: dict[str, Any] = {}
    for field in {path[0] for path in paths} & set(place):
        below = [path[1:] for path in paths if path[0] == field]
        shown[field] = place[field] if [] in below else _masked(place[field], below)
    return {field: value for field, value in shown.items() if value != {}}


class _Server(ThreadingHTTPServer):
    daemon_threads = False


class _Handler(BaseHTTPRequestHandler):
    def __init__(self, places: PlacesServer, *args: Any) -> None:
        self.places = places
        super().__init__(*args)

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        answer = self.places.answer(Request(self.path, {name.lower(): value for name, value in self.headers.items()}, body))
        if answer.held:
            self.places.asked.set()
            self._hold()
            return
        self.send_response(answer.status)
        self.send_header("Content-Type", "application/json; charset=UTF-8")
        self.send_header("Content-Length", str(len(answer.body) + answer.dripping * 1_000_000))
        self.end_headers()
        self.wfile.write(answer.body)
        try:
            while answer.dripping and not self.places.closing.wait(0.02):
                self.wfile.write(b" ")
        except ConnectionError:
            self.close_connection = True

    def _hold(self) -> None:
        """Until the client hangs up, or the test is over."""
        while not self.places.closing.is_set():
            if select.select([self.connection], [], [], 0.02)[0]:
                self.places.hung_up.set()
                return

    @override
    def log_message(self, format: str, *args: Any) -> None:
        """Keep quiet."""
