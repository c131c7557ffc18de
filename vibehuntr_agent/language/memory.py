"""What a message says of people themselves: diets, allergies, access, likes and dislikes, and a person's own limit of money.

Guarantees: only a statement about somebody who is named, or about the one who types, is remembered: not a question, not a wish for today
("find a Thai place"), not what a quoted name of a place says, and nothing of "one of us". A correction counts, what it corrects does not:
"I love Chinese, sorry, Thai food" is Thai. A claim that the person has denied is still given, with who says it; the tool decides. Something
is forgotten only when the message says so and says what. Never raises; what it has not used stays in `rest`, and so does the name of whom a
fact is told, unless the sentence says nothing else.
"""
# ruff: noqa: E501  a pattern reads best with one rule on a line
# ruff: noqa: SIM905  a column of quotes would hide the words
# ruff: noqa: RUF001  people type several dashes

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from vibehuntr_agent.language.context import NUMBER, Call, Context, Json, Reading, number
from vibehuntr_agent.language.speaker import MASKED, SENTENCE_ENDS, STOP, Names, Words

# fmt: off
NATIONS: Final = frozenset(
    """afghan african albanian algerian american andalusian arab arabic argentine argentinian armenian asian australian austrian azerbaijani balkan
    bangladeshi basque bavarian belgian bengali bolivian bosnian brazilian breton british bulgarian burmese cajun californian cambodian canadian
    cantonese caribbean catalan caucasian chilean chinese colombian congolese corsican creole croatian cuban cypriot czech danish dutch ecuadorian
    egyptian english eritrean estonian ethiopian european filipino finnish flemish french galician georgian german ghanaian greek guatemalan
    gujarati haitian hawaiian hungarian icelandic indian indonesian iranian iraqi irish israeli italian jamaican japanese jewish jordanian kashmiri
    kazakh kenyan korean kurdish kyrgyz lao laotian latvian lebanese levantine libyan lithuanian macedonian malay malaysian maltese mauritian
    mediterranean mexican mongolian moroccan neapolitan nepalese nepali nigerian nordic norwegian pakistani palestinian persian peruvian polish
    portuguese provençal punjabi roman romanian russian salvadoran sardinian scandinavian scottish senegalese serbian sichuan sicilian singaporean
    slovak slovenian somali spanish sudanese swedish swiss syrian szechuan tamil taiwanese tatar thai tibetan tunisian turkish tuscan tyrolean
    ugandan ukrainian uruguayan uyghur uzbek venezuelan vietnamese welsh yemeni""".split()
)
"""Cuisines that are written with a capital."""
DISHES: Final = frozenset(
    ("ice cream", "hot pot", "fish and chips", "dim sum", "street food", "fast food", "fine dining", "comfort food", "middle eastern", "latin american",
     "south american", "north african", "west african", "east african", "south indian", "north indian", "sri lankan", "new zealand", "tex-mex", "tex mex",
     "home cooking", "bubble tea", "craft beer", "pad thai", "spring rolls", "pulled pork", "fried chicken", "sweet potatoes")
) | frozenset(
    """sushi sashimi ramen udon soba tempura teppanyaki yakitori poke bao dumplings gyoza noodles pho curry curries biryani tandoori naan dosa
    tapas paella pintxos pizza pizzas pasta lasagne lasagna risotto gnocchi gelato tiramisu burger burgers hamburgers steak steaks steakhouse
    barbecue bbq ribs wings tacos burritos nachos enchiladas fajitas ceviche arepas empanadas kebab kebabs kebap falafel hummus shawarma meze mezze
    gyros souvlaki moussaka couscous tagine bibimbap kimchi bulgogi fondue raclette schnitzel sauerkraut goulash pierogi borscht blini seafood
    oysters sandwiches salads salad soup soups pancakes waffles crepes crêpes croissants chocolate cake cakes desserts pastries brunch coffee tea wine
    beer cocktails oysters mussels lobster salmon meatballs fusion buffet tofu""".split()
)
ACTIVITIES: Final = frozenset(
    ("board games", "card games", "video games", "live music", "escape rooms", "mini golf", "stand-up comedy", "ice skating", "table tennis")
) | frozenset(
    """bowling karaoke hiking hikes climbing bouldering swimming sauna saunas skating skiing cycling sailing kayaking darts billiards minigolf golf
    tennis badminton padel football movies cinema theatre theater opera ballet museums galleries concerts jazz techno dancing salsa picnics
    pubs quizzes chess lasertag paintball""".split()
)
_DIETS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("vegan", "vegans", "plant-based", "plant based", "raw vegan"), "vegan"),
    **dict.fromkeys(("vegetarian", "vegetarians", "veggie", "veggies", "veggy", "veg"), "vegetarian"),
    **dict.fromkeys(("pescatarian", "pescetarian", "pescatarians", "pescetarians"), "pescatarian"),
    **dict.fromkeys(("gluten-free", "gluten free", "gluten-intolerant", "gluten intolerant", "gluten sensitive"), "gluten-free"),
    **dict.fromkeys(("coeliac", "celiac", "coeliacs", "celiacs", "coeliac disease", "celiac disease"), "gluten-free"),
    **dict.fromkeys(("lactose-free", "lactose free", "lactose-intolerant", "lactose intolerant"), "lactose-free"),
    **dict.fromkeys(("dairy-free", "dairy free", "milk-free"), "dairy-free"),
    **dict.fromkeys(("nut-free", "nut free"), "nut-free"),
    **dict.fromkeys(("teetotal", "teetotaller", "teetotaler", "non-drinker", "non drinker", "sober"), "no alcohol"),
    **dict.fromkeys(("diabetic", "diabetics", "diabetes"), "diabetic"),
    **dict.fromkeys(("flexitarian", "flexitarians"), "flexitarian"),
    **{word: word for word in ("halal", "kosher", "sugar-free", "low-carb", "keto", "paleo")},
}
_MISSPELT: Final = re.compile(r"veg[a-z]{0,4}t[a-z]{0,3}r[iy]?ans?")
_ACCESS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("wheelchair", "wheelchair user", "wheelchair access", "wheel chair"), "wheelchair"),
    **dict.fromkeys(("step-free", "step-free access", "step free access", "step-free entrance", "stairs", "steps"), "step-free"),
    **{word: word for word in ("crutches", "ramp", "guide dog", "walker", "rollator", "mobility scooter", "pram", "stroller", "blind", "deaf")},
}
_SINGLE: Final = {
    "nut": "nuts", "peanut": "peanuts", "hazelnut": "hazelnuts", "walnut": "walnuts", "almond": "almonds", "cashew": "cashews", "pistachio": "pistachios",
    "egg": "eggs", "strawberry": "strawberries", "tomato": "tomatoes", "mushroom": "mushrooms", "onion": "onions", "lupin": "lupins", "cat": "cats",
    "dog": "dogs", "apple": "apples", "banana": "bananas", "kiwi": "kiwis", "lentil": "lentils", "bean": "beans", "bee": "bees", "prawn": "prawns",
    "oyster": "oysters", "tree nut": "tree nuts", "pea": "peas", "chickpea": "chickpeas", "carrot": "carrots", "soybean": "soybeans", "animal": "animals",
}
_MASS: Final = frozenset(
    ("sesame seeds", "shellfish", "bell peppers")
) | frozenset(
    """gluten wheat rye barley milk dairy lactose cheese butter fish shellfish seafood crustaceans molluscs shrimp shrimps crab soy soya sesame celery
    mustard sulphites sulfites honey garlic citrus pollen penicillin meat pork beef lamb chicken poultry veal bacon ham alcohol sugar caffeine dust
    latex nickel pineapple avocado mango cinnamon coriander cilantro chili chilli fructose yeast corn""".split()
)
# fmt: on
FOODS: Final[Mapping[str, str]] = {**{word: word for word in _MASS}, **{many: many for many in _SINGLE.values()}, **_SINGLE}
"""What people must not or will not eat, and what stands for it: "nut" is "nuts"."""
_NEVER_ALLERGY: Final = frozenset(
    {"meat", "pork", "beef", "lamb", "chicken", "poultry", "veal", "bacon", "ham", "alcohol", "sugar", "caffeine"}
)
_FREE_OF: Final = {"gluten": "gluten-free", "dairy": "dairy-free", "lactose": "lactose-free"}
_FREE: Final = re.compile(r"(?P<food>\w+(?: \w+)?)[- ]free")
_DRINKS: Final = frozenset({"drink", "drinks"})
_IMPLIED: Final = {"vegan": {"no meat", "no fish", "dairy-free"}, "vegetarian": {"no meat"}, "pescatarian": {"no meat"}}
"""What need not be said of somebody who has a diet."""
_TASTES: Final[Mapping[str, tuple[str, str]]] = {
    **{word: ("cuisine", word.title()) for word in NATIONS},
    **{word: ("cuisine", word) for word in DISHES},
    **{word: ("activity", word) for word in ACTIVITIES},
}
_LONGEST: Final = 3
_NEAR: Final = 6


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_BE: Final = _set("is 's am are be been being s")
_NEGATES: Final = _set("not never no neither nor hardly without cannot")
_ADVERBS: Final = _set(
    "a an also really very quite rather actually now still strictly strict fully totally completely mostly just only both all indeed definitely "
    "already lifelong proud total absolute absolutely big huge great massive real bit too so more however always been pretty simply much most "
    "certainly severely badly deathly highly terribly slightly mildly severe serious strong bad nasty mild terrible slight known especially "
    "particularly committed devout honestly usually normally generally some any good spicy authentic proper kinds sorts kind sort"
)
_HELPS: Final = _set(
    "do does did can could may must should will would might shall to have has had got allowed supposed able need needs wants want"
)
_LIKE: Final = _set("like likes love loves adore adores enjoy enjoys prefer prefers favour favours favor favors dig digs crave craves")
_HATE: Final = _set("hate hates dislike dislikes detest detests loathe loathes stand stands")
_AVOID: Final = _set("avoid avoids tolerate tolerates digest skip skips")
_EAT: Final = _set("eat eats drink drinks eating drinking touch touches take takes consume consumes")
_BECOME: Final = _set(
    "live lives living go goes going went gone become becomes became turn turned stay stays stayed remain remains happens"
)
_REFUSE: Final = _set("gave given quit quits stopped cut cuts refuse refuses refrain refrains abstain abstains swore sworn off away")
"""Words that say that a food is not eaten, without a negation: "is off meat", "gave up fish", "stays away from nuts"."""
_TROUBLE: Final = _set("problem problems trouble issue issues sensitive sensitivity sick ill unwell rash hives")
_HOLD: Final = _set("follow follows keep keeps need needs require requires")
_FOND: Final = _set("fond fan fans crazy mad nuts into keen partial addicted obsessed sucker big wild hooked enough tired")
_FOND_LINKS: Final = _set("of on about to for with in into")
_WEARY: Final = _set("tired sick enough")
_HAVE: Final = _set("have has had got suffer suffers get gets with")
_REACT: Final = _set("reaction reactions react reacts badly")
_FAVOURITE: Final = _set("favourite favorite fav fave favs favourites favorites")
_FARE: Final = _set("food foods cooking cuisine cuisines dish dishes meal meals kitchen stuff flavours flavors restaurants places")
_GOING: Final = _set("go going play playing watch watching visit visiting eat eating have having order cook")
_USE: Final = _set("use uses need needs require requires in on has have got with come comes climb climbs manage take takes walk")
_SPEND: Final = _set("spend spends pay pays afford affords")
_LIMITS: Final = _set("only most max maximum up than limit")
_MIDDLE: Final = (
    _BE | _NEGATES | _ADVERBS | _HELPS | _LIKE | _HATE | _AVOID | _EAT | _HOLD | _FOND | _FOND_LINKS | _HAVE | _REACT | _FAVOURITE | _FARE
    | _GOING | _USE | _SPEND | _LIMITS | _BECOME | _REFUSE | _TROUBLE | _WEARY
    | _set("everything anything except apart other containing from best longer ever at about around roughly budget limit what which idea diet handle out eater drinker : ")
)  # fmt: skip
"""Words that may stand between a person and what is said of them."""
_ALL: Final = _set("everything anything all")
_BUT: Final = _set("but except apart than save")
_MAX_MIDDLE: Final = 9
_NOT_OF_PEOPLE: Final = _FARE | _set(
    "friendly option options place restaurant cafe café cafes cafés spot spots menu menus version versions pizza pizzas burger burgers bar bars "
    "bakery dinner lunch brunch breakfast thing things friend friends wife husband brother sister girlfriend boyfriend mum mom dad cousin "
    "colleague boss partner son daughter child kid guest guests one ones recipe recipes buffet"
)
_TODAY: Final = _set("tonight today tomorrow this")
_LOVER: Final = _set("fan fans lover lovers person addict fanatic enthusiast freak eater eaters drinker drinkers guy girl")
_JOINS: Final = _set(", / and or nor but also as well plus not no a an the neither ; & rather")
_CORRECTS: Final = re.compile(
    r"(?<!\S)(?:sorry|no wait|wait|hold on|hang on|oops|i mean|i meant|or rather|scratch that|correction|make that|actually|nope|no)(?!\S)"
)
_BETWEEN: Final = (
    _JOINS | _ADVERBS | _set(". - – … sorry wait hold on hang oops i mean meant scratch that correction make actually nope it is am")
)
_ASKS: Final = _set("if whether unless does do did is are can could would should will was were wish has have")
_DOUBTS: Final = re.compile(
    r"(?:wrong|untrue|false|not true|nonsense|a lie|not sure|doubt|doubts|pretend|pretends|imagine|suppose|not say|never said|not said|in case"
    r"|(?:do|did) you (?:think|know|believe|remember)|is it true|not the case|joking|joke)(?: that)?$"
)
_ILL: Final = re.compile(
    r" (?:makes?|gives?) (?P<who>\S+) (?:very |really |so |a )*(?:ill|sick|unwell|sneeze|rash|hives|swell|itch)(?!\S)"
    r"| (?:is|are) (?:strictly |absolutely |totally )?(?:off limits|off-limits|off the table|a no-go|a no go|poison|deadly|dangerous|out)"
    r" (?:for|to) (?P<who2>\S+)(?!\S)| for (?P<who3>\S+)(?!\S)"
)
_ALSO: Final = re.compile(
    r"(?: [,;.–-])?(?: and| but)?(?: (?:so|neither|nor) (?:is|are|am|do|does|has|have|can|could|will) (?P<as1>[^\s.,;:!?]+)"
    r"| (?:the )?same (?:for|goes for|with|holds for|applies to) (?P<as2>[^\s.,;:!?]+)"
    r"| (?:just )?(?:like|as (?:is|are|does|do|has|have|am|can)) (?P<as3>[^\s.,;:!?]+)(?= (?:[.,;!)\n])|$)"
    r"| (?P<as4>[^\s.,;:!?]+)(?: (?:is|does|has|can|are|do|have|am))?(?: not)? (?:too|as well|either|also)(?!\S))"
)
_LIKED: Final = re.compile(
    r"(?: (?:food|foods|cooking|cuisine|dishes))? (?:is|are|'s) (?:(?:really|definitely|probably|still|just) )?(?:"
    r"(?:(?P<own>my|his|her)|(?P<who>\S+) 's) (?:(?:absolute|all-time|all time|very|number one) )?(?:favou?rites?|fav|fave)(?: (?:food|cuisine|dish|kind of food|thing))?"
    r"|(?:(?:the )?(?:cuisine|food|kitchen|kind of food|sort of food|cooking|one)|what)(?: that)? (?P<likes>\S+) (?:really |do |does )?(?:likes?|loves?|prefers?))(?: (?:the )?(?:best|most))?(?!\S)"
)
_AMOUNT: Final = re.compile(
    rf"(?<!\S)(?:(?P<sign>[€$£]) (?P<sum1>\d+(?:\.\d+)?)|(?P<sum2>{NUMBER}) (?P<unit>€|\$|£|euros?|eur|dollars?|usd|bucks|pounds?|gbp|quid))(?!\S)"
    r"(?P<each> (?:each|apiece|per|pp|a head|a person|p . p))?"
)
_CURRENCIES: Final = {
    "€": "EUR",
    "e": "EUR",
    "$": "USD",
    "d": "USD",
    "u": "USD",
    "b": "USD",
    "£": "GBP",
    "p": "GBP",
    "g": "GBP",
    "q": "GBP",
}
_FILLERS: Final = STOP | _set("fyi mistaken believe course listen correction sure far concerned speaking said says tells told repeat")
_NOT_EDIBLE: Final = _set("cats dogs bees animals dust pollen latex nickel penicillin yeast")
_ALLERGIC: Final = _set("allergic intolerant")
_ALLERGY: Final = _set("allergy allergies intolerance")
_UNNAMED: Final = STOP | _ADVERBS | _set("no bad severe food foods because due he she them it that")
_PUNCTUATION: Final = frozenset(",.;:!?()[]\n-–—…/=\"“”„«»'")
_LABELS: Final = frozenset(":=(")
_PLURAL: Final = _set("are have like love adore enjoy prefer hate dislike eat need follow keep can could do may must avoid drink use")
_FINITE: Final = (
    _BE
    | _LIKE
    | _HATE
    | _AVOID
    | _EAT
    | _HOLD
    | _BECOME
    | _REFUSE
    | _REACT
    | _USE
    | _NEGATES
    | _set("does can could must may will would has likes says should used wants")
)
"""What the verb of a name in small letters may be: "ben hates fish"."""
_STARTS: Final = SENTENCE_ENDS | _set(", : ( that because both and but since as so")


_MEANT_FOR: Final = re.compile(
    r"(?: (?:food|meal|meals|dish|dishes|menu|menus|option|options|stuff|things|plate|course))?(?: only)? for (?P<who>\S+)(?= (?:[.,;!?)\n]|and|please|too|as well|because|who)|$)"
)
_FOR_WHOM: Final = re.compile(
    r"(?<!\S)for (?P<who>\S+)(?: , )?(?: (?:it|that|the food|everything|something|only|has|must|should|needs|have|to|be|is|a|an|strictly|all))* $"
)
_NEEDED: Final = _set(
    "a an some something anything only the we i need needs must please also with order get there should be has have to it that everything is strictly "
    "all one for so oh ok and , will would like"
)


_Asked = tuple[int, int, Call]
"""The words that ask for a call: the first, the one after the last."""


@dataclass(frozen=True, slots=True)
class _Mention:
    """A thing that can be said of somebody: a diet, a taste, a food, an allergy, a need of access or an amount."""

    kind: str
    key: str
    value: str
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class _Claim:
    """A mention that is said of people; `first` is where the words that say it begin, `subject` where the people stand."""

    mention: _Mention
    people: tuple[str, ...]
    key: str
    value: str
    strength: str
    negated: bool
    first: int
    last: int
    subject: tuple[int, int]
    labelled: bool = False


def read(text: str, context: Context) -> Reading:
    """What `text` says to remember, to forget and to recall."""
    words = Words.of(text)
    names = Names(words, context, (*NATIONS, *DISHES, *ACTIVITIES, *FOODS, *_DIETS))
    shown = words.masked(index for quote in names.quotes if not quote.by for index in range(quote.first, quote.last))
    asked = [*_forgotten(words.masked(index for quote in names.quotes for index in range(quote.first, quote.last)), names, context)]
    said = shown.masked(index for first, last, _ in asked for index in range(first, last))
    asked += _recalled(said, names)
    said = said.masked(index for first, last, _ in asked for index in range(first, last))
    reader = _Reader(said, names, context)
    claims = reader.claims()
    reading = Reading(text)
    noted = list(_noted(said, names, context, claims))
    placed = [(first, call) for first, _, call in (*asked, *noted)] + [
        (claim.first, call) for claim in claims for call in _calls(claim, context)
    ]
    reading.calls = _once(call for _, call in sorted(placed, key=lambda each: each[0]))
    for first, last, _ in (*asked, *noted):
        reading.use(*words.span(first, last))
    _use_announcements(reading, said, names)
    _use_claims(reading, words, claims, reader.spent)
    reading.last_person = _last_person(claims, names, context)
    return reading


def _once(calls: Iterable[Call]) -> list[Call]:
    unique: list[Call] = []
    for call in calls:
        if call not in unique[-_MEMORY:]:
            unique.append(call)
    return unique


_MEMORY: Final = 40


def _calls(claim: _Claim, context: Context) -> Iterator[Call]:
    """What a claim means for the tools: to remember it, or to forget what is no longer so."""
    for person in claim.people:
        if not claim.negated:
            yield Call(
                "remember",
                {"person": person, "key": claim.key, "value": claim.value, "strength": claim.strength, "said_by": context.speaker},
            )
        elif stored := _stored(context, person, claim.key, claim.value):
            yield Call("forget", {"person": person, "key": claim.key, "value": stored})


def _stored(context: Context, person: str, key: str, value: str) -> str | None:
    """The value that is known under `key`, if it is this one."""
    facts = context.facts.get(person, ())
    return next(
        (fact.get("value", "") for fact in facts if fact.get("key") == key and fact.get("value", "").casefold() == value.casefold()), None
    )


def _use_announcements(reading: Reading, words: Words, names: Names) -> None:
    """Blank out "two things about me"."""
    for found in _ANNOUNCES.finditer(words.plain):
        if names.person(words.found(found, "who")[0], loose=True):
            reading.use(*words.span(*words.found(found)))


def _use_claims(reading: Reading, words: Words, claims: Sequence[_Claim], spent: Sequence[_Claim]) -> None:
    """Blank out what the claims say; the name of whom they say it stays where the sentence goes on without them."""
    used: set[int] = set()
    subjects: set[int] = set()
    for claim in (*claims, *spent):
        used.update(range(claim.first, claim.last))
        subjects.update(range(*claim.subject))
        if words.at(claim.subject[0]) in _set("i he she my his her me"):
            used.update(range(*claim.subject))
    for claim in claims:
        start = words.position(min(claim.first, claim.subject[0]))
        if asks := _NOTES.search(words.plain, max(0, start - _NEAR * _NEAR), start):
            used.update(range(words.index(asks.start()), words.index(asks.end() - 1)))
    for first, last in {words.sentence(claim.first) for claim in claims}:
        rest = [
            n for n in range(first, last) if n not in used | subjects and words.at(n) not in _PUNCTUATION and words.at(n) not in _FILLERS
        ]
        used.update(n for n in range(first, last) if not rest and words.at(n) not in _PUNCTUATION)
    for index in used:
        reading.use(words.words[index].start, words.words[index].end)


_ANNOUNCES: Final = re.compile(
    r"(?<!\S)(?:and )?(?:a few|a couple of|[^\s.,;:!?]+) (?:things?|facts?|words?) about (?P<who>[^\s.,;:!?]+)(?: first| too)?(?!\S)"
)


def _last_person(claims: Sequence[_Claim], names: Names, context: Context) -> str | None:
    """Whom the message speaks of last."""
    spoken = [(index, name) for index, name in names.mentions if name != context.speaker]
    spoken += [(claim.subject[0], person) for claim in claims for person in claim.people if person != context.speaker]
    return max(spoken)[1] if spoken else None


class _Reader:
    """Reads one message: finds what can be said of people, and for each of them of whom it is said."""

    def __init__(self, words: Words, names: Names, context: Context) -> None:
        self.words, self.names, self.context = words, names, context
        self.options = {str(o.get("label", "")).casefold() for poll in context.polls for o in poll.get("options") or ()}
        self.mentions = list(self._mentions())
        self.found: list[_Claim] = []
        self.spent: list[_Claim] = []
        """What is said and then corrected or denied."""

    def claims(self) -> list[_Claim]:
        """All that is claimed, less what is corrected or follows from something else."""
        for mention in self.mentions:
            claim = self._claim(mention)
            if claim is not None:
                self._correct(claim)
                self.found += [claim, *self._also(claim)]
        self._allergic_alone()
        said = [claim for claim in self.found if not claim.negated or self._ended(claim)]
        keys = {claim.key for claim in said}
        self.spent += [claim for claim in self.found if claim not in said and claim.key in keys]
        diets = {(person, claim.value) for claim in said for person in claim.people if claim.key == "diet"}
        implied = [c for c in said if any((p, d) in diets and c.value in _IMPLIED[d] for p in c.people for d in _IMPLIED)]
        self.spent += implied
        return [claim for claim in said if claim not in implied]

    def _ended(self, claim: _Claim) -> bool:
        """Whether something has been so and is not any more."""
        before = [self.words.at(n) for n in range(claim.first, claim.mention.first)]
        after = [self.words.at(n) for n in range(claim.last, claim.last + 2)]
        return "longer" in before or after in (["any", "more"], ["any", "longer"]) or after[0] == "anymore"

    def _also(self, claim: _Claim) -> Iterator[_Claim]:
        """The same of others: "and so is Ben", "Ben too", "same for Ben"."""
        found = _ALSO.match(self.words.plain, self.words.position(claim.last) - 1)
        if not found or claim.negated:
            return
        index, _ = self.words.found(found, next(name for name, value in found.groupdict().items() if value))
        first, people = self.names.lists(index, loose=True)
        if people := [person for person in people if person not in claim.people]:
            yield replace(claim, people=tuple(people), first=claim.last, last=self.words.found(found)[1], subject=(first, index + 1))

    # What can be said

    def _mentions(self) -> Iterator[_Mention]:
        index = 0
        while index < len(self.words):
            found = self._mention(index)
            if found is None:
                index += 1
            else:
                yield found
                index = found.last

    def _mention(self, index: int) -> _Mention | None:
        if self.words.at(index) in _PUNCTUATION or self.words.at(index) == MASKED:
            return self._money(index)
        for count in range(_LONGEST, 0, -1):
            phrase = " ".join(self.words.at(n) for n in range(index, index + count))
            if found := self._phrase(phrase, index, index + count):
                return found
        return self._allergy(index) or self._money(index)

    def _phrase(self, phrase: str, first: int, last: int) -> _Mention | None:
        if phrase in self.options:
            return None
        if phrase in FOODS and self.words.at(last) in _ALLERGY:
            return _Mention("allergy", "allergy", FOODS[phrase], first, last + 1)
        if diet := _DIETS.get(phrase) or ("vegetarian" if _MISSPELT.fullmatch(phrase) else None):
            return _Mention("diet", "diet", diet, first, last)
        if phrase in FOODS:
            return _Mention("food", "cuisine", FOODS[phrase], first, last)
        if (free := _FREE.fullmatch(phrase)) and free["food"] in FOODS:
            return _Mention("diet", *_restriction(FOODS[free["food"]], allergy=False), first, last)
        if phrase in _DRINKS and self.words.at(last) in _PUNCTUATION | {"and", "but", "at", "any", "because"}:
            return _Mention("dry", "diet", "no alcohol", first, last)
        if phrase in _TASTES:
            return _Mention("taste", *_TASTES[phrase], first, last)
        return _Mention("access", "access", _ACCESS[phrase], first, last) if phrase in _ACCESS else None

    def _allergy(self, index: int) -> _Mention | None:
        """As in "Allergic to X", "an allergy to X", "X allergy", or "allergic" alone."""
        plain = self.words.at(index)
        to = plain in _ALLERGIC | _ALLERGY and self.words.at(index + 1) in {"to", "against", ":"}
        if to and (thing := self._thing(index + 2)):
            return _Mention("allergy", "allergy", thing[0], index, thing[1])
        if plain in _ALLERGIC:
            return _Mention("allergic", "allergy", "", index, index + 1)
        if self.words.at(index + 1) in _ALLERGY and plain not in _UNNAMED and plain.isalpha() and not self.names.known_at(index):
            return _Mention("allergy", "allergy", plain, index, index + 2)
        return None

    def _thing(self, index: int) -> tuple[str, int] | None:
        """What somebody is allergic to, and where it ends: a known food, or any one or two words."""
        while self.words.at(index) in {"all", "any", "some", "the", "a", "certain", "most", "raw"}:
            index += 1
        for count in range(_LONGEST, 0, -1):
            phrase = " ".join(self.words.at(n) for n in range(index, index + count))
            if phrase in FOODS and not (phrase in _SINGLE and self._names_thing(index + count)):
                return FOODS[phrase], index + count
        if not self._names_thing(index):
            return None
        last = index + 2 if self._names_thing(index + 1) and not self.names.known_at(index + 1) else index + 1
        return " ".join(self.words.at(n) for n in range(index, last)), last

    def _names_thing(self, index: int) -> bool:
        plain = self.words.at(index)
        return plain not in _UNNAMED and plain not in _PUNCTUATION and plain.replace("-", "").isalpha()

    def _money(self, index: int) -> _Mention | None:
        found = _AMOUNT.match(self.words.plain, self.words.position(index))
        if not found or found["each"]:
            return None
        amount = number(found["sum1"] or found["sum2"])
        currency = _CURRENCIES[(found["sign"] or found["unit"])[0]]
        return _Mention("money", "budget", f"{amount:g} {currency}", index, self.words.found(found)[1])

    # Of whom it is said, and how

    def _claim(self, mention: _Mention) -> _Claim | None:
        middle = self._middle(mention.first)
        said = [self.words.at(n) for n in range(middle, mention.first)]
        previous = self.found[-1] if self.found else None
        if claim := self._liked(mention) or self._harmful(mention, said) or self._meant_for(mention) or self._heads(mention):
            return claim
        if previous and (joined := self._joined(previous, mention)):
            return joined
        if claim := self._labelled(mention, middle):
            return claim
        meaning = _meaning(mention, said, self._after(mention.last), near_allergy=self._near_allergy(mention))
        if meaning is None:
            return None
        key, value, strength, negated = meaning
        who = self._subject(middle, said, mention, previous)
        if who is None or self._unsure(who[1], mention.last):
            return None
        people, first, last = who
        return _Claim(mention, people, key, value, strength, negated, middle, self._end(mention), (first, last))

    def _middle(self, index: int) -> int:
        """Where the words begin that stand between a person and what is said of them."""
        first = index
        while first > max(0, index - _MAX_MIDDLE) and (
            self.words.at(first - 1) in _MIDDLE or (self.words.at(first - 1) == "but" and self.words.at(first - 2) in _ALL)
        ):
            first -= 1
        return first

    def _after(self, index: int, count: int = 2) -> list[str]:
        return [self.words.at(n) for n in range(index, index + count)]

    def _end(self, mention: _Mention) -> int:
        """The word after a mention and the noun that belongs to it: "Thai food", "a vegan diet", "a sushi lover"."""
        last = mention.last
        while mention.kind != "money" and self.words.at(last) in _FARE | _LOVER | {"diet", "best", "most"}:
            last += 1
        return last

    def _near_allergy(self, mention: _Mention) -> bool:
        """Whether an allergy is spoken of in the sentence of a mention or the next."""
        first, last = self.words.sentence(mention.first)
        _, beyond = self.words.sentence(last)
        return any(self.words.at(n).startswith("allerg") for n in range(first, min(beyond, first + 60)))

    def _joined(self, previous: _Claim, mention: _Mention) -> _Claim | None:
        """The same said of something more: "and Italian", "not a vegan", "sorry, Thai"."""
        between = [self.words.at(n) for n in range(previous.last, mention.first)]
        if not between or len(between) > _MAX_MIDDLE or not set(between) <= _BETWEEN or not _compatible(previous, mention):
            return None
        said = " ".join(between)
        corrected = bool(_CORRECTS.search(said)) and not said.endswith(("not", "not a", "not an"))
        if (not corrected and set(between) & (SENTENCE_ENDS | _BE)) or set(between) <= _ADVERBS | _BE:
            return None
        if self._followed_by_noun(mention) or self.words.at(mention.last) in _BE | _HELPS | {"make", "makes"}:
            return None
        keeps = previous.negated and not corrected and set(between) & {"and", "or", "nor"}
        negated = bool(set(between) & {"not", "neither"}) or bool(keeps)
        strength = "avoid" if previous.key == mention.key != "diet" and negated and previous.strength == "prefer" else previous.strength
        if previous.strength != "must":
            negated = False
        key, value = _like_before(previous, mention)
        return _Claim(
            mention, previous.people, key, value, strength, negated, previous.last, self._end(mention), previous.subject, previous.labelled
        )

    def _followed_by_noun(self, mention: _Mention) -> bool:
        """Whether the word goes on to name another thing: "vegan place", "Thai Garden"."""
        after = self.words.at(mention.last)
        if mention.kind == "diet":
            return after in _NOT_OF_PEOPLE
        return after not in STOP | _FARE | _LOVER | _PUNCTUATION | _ADVERBS | _BE | {"and", "lol", "haha", MASKED} or after in {
            "place",
            "restaurant",
            "one",
        }

    def _liked(self, mention: _Mention) -> _Claim | None:
        """As in "Thai is my favourite", "Thai is the cuisine I like best"."""
        if mention.kind not in {"taste", "food"}:
            return None
        found = _LIKED.match(self.words.plain, self.words.position(mention.last) - 1)
        if not found or self.words.at(mention.first - 1) in {"the", "that", "this"}:
            return None
        group = next(name for name in ("own", "who", "likes") if found[name])
        index, after = self.words.found(found, group)
        person = self.names.person(index)
        if person is None:
            return None
        end = self.words.found(found)[1]
        return _Claim(
            mention, (person,), mention.key, mention.value, "prefer", negated=False, first=mention.first, last=end, subject=(index, after)
        )

    def _harmful(self, mention: _Mention, said: Sequence[str]) -> _Claim | None:
        """As in "Nuts make me ill", "nuts are off limits for me", "no nuts for Ben"."""
        found = _ILL.match(self.words.plain, self.words.position(mention.last) - 1) if mention.kind == "food" else None
        none = list(said[-1:]) in (["no"], ["without"]) or (
            self.words.at(mention.first - 2) == "nothing" and list(said[-1:]) in (["with"], ["containing"])
        )
        if not found or (found["who3"] and not none):
            return None
        group = next(name for name in ("who", "who2", "who3") if found[name])
        index, after = self.words.found(found, group)
        person = self.names.person(index)
        if person is None:
            return None
        key, value = _restriction(mention.value, allergy=not found["who3"] or self._near_allergy(mention))
        first = mention.first - (1 if found["who3"] else 0)
        return _Claim(
            mention, (person,), key, value, "must", negated=False, first=first, last=self.words.found(found)[1], subject=(index, after)
        )

    def _meant_for(self, mention: _Mention) -> _Claim | None:
        """As in "Vegetarian food for Anna", "something vegan for me please", "and for Anna it has to be halal"."""
        if mention.kind != "diet" or not self._clause_asks_for(mention.first):
            return None
        after = _MEANT_FOR.match(self.words.plain, self.words.position(mention.last) - 1)
        start = self.words.position(mention.first)
        before = _FOR_WHOM.search(self.words.plain, max(0, start - 100), start)
        found = after or (before if self.words.at(mention.last) in _PUNCTUATION | {"please", "and"} else None)
        if not found:
            return None
        index, beyond = self.words.found(found, "who")
        person = self.names.person(index, loose=bool(after))
        if person is None:
            return None
        first, last = self.words.found(found)
        return _Claim(
            mention, (person,), "diet", mention.value, "must", negated=False,
            first=min(first, mention.first), last=max(last, mention.last), subject=(index, beyond),
        )  # fmt: skip

    def _clause_asks_for(self, index: int) -> bool:
        """Whether nothing but "we need something" stands in a clause before a word, or for whom it is."""
        first = index
        while first > 0 and self.words.at(first - 1) not in SENTENCE_ENDS | {",", ":", "and", "but"}:
            first -= 1
        said = [self.words.at(n) for n in range(first, index)]
        return not [word for n, word in enumerate(said) if word not in _NEEDED and said[n - 1 : n] != ["for"]]

    def _heads(self, mention: _Mention) -> _Claim | None:
        """As in "Vegetarian: Anna and Ben", "nut allergy: Anna"."""
        mark = self.words.at(mention.last)
        if mention.kind not in {"diet", "allergy"} or mark not in {":", "=", "–", "—"}:
            return None
        if self.words.at(mention.first - 1) not in SENTENCE_ENDS | {",", "("}:
            return None
        people, at = list[str](), mention.last + 1
        while (person := self.names.person(at, loose=True)) and self.words.at(at + 1) in _PUNCTUATION | {"and"}:
            people.append(person)
            at += 1
            while self.words.at(at) in {",", "and"} and self.names.person(at + 1):
                at += 1
        if not people:
            return None
        return _Claim(
            mention, tuple(dict.fromkeys(people)), mention.key, mention.value, "must", negated=False,
            first=mention.first, last=mention.last, subject=(mention.last + 1, at),
        )  # fmt: skip

    def _labelled(self, mention: _Mention, middle: int) -> _Claim | None:
        """As in "Ben: vegan", "Anna (vegetarian)", "Anna, a vegetarian,", "Anna vegan" in a list, "Ben: no pork"."""
        none = mention.kind == "food" and self.words.at(mention.first - 1) in {"no", "without", "zero"}
        if (mention.kind not in {"diet", "allergy"} and not none) or self._followed_by_noun(mention):
            return None
        at = mention.first - 1
        while self.words.at(at) in {"a", "an", "strictly", "strict", "is", "no", "without", "zero", "has"} and at > middle:
            at -= 1
        at -= 1 if none and self.words.at(at) in {"no", "without", "zero"} else 0
        mark = self.words.at(at)
        ends = (
            self.words.at(mention.last) in _PUNCTUATION or mention.last >= len(self.words) or self.words.at(mention.last) in {"and", "but"}
        )
        subject = at - 1 if mark in _LABELS | {",", "-", "–"} else at
        loose = mark in {":", "="} or (mark == "(" and self.words.at(subject - 1) in {"with", "and", ",", "plus"})
        person = self.names.person(subject, loose=loose) if subject >= 0 else None
        if person is None or not ends or self.words.at(subject) in {"my", "his", "her"}:
            return None
        begins = self.words.at(subject - 1) in _PUNCTUATION | {"and", "about", "with", "for", "but", "also"} or subject == 0
        known = self.names.known_at(subject) or self.names.new_at(subject)
        if mark not in _LABELS and not (known and begins and (subject != at or mention.first <= at + 1 + none)):
            return None
        last = mention.last + (1 if mark == "(" and self.words.at(mention.last) == ")" else 0)
        key, value = _restriction(mention.value, allergy=self._near_allergy(mention)) if none else (mention.key, mention.value)
        return _Claim(
            mention, (person,), key, value, "must", negated=False,
            first=subject + 1, last=last, subject=(subject, subject + 1), labelled=True,
        )  # fmt: skip

    def _subject(
        self, middle: int, said: Sequence[str], mention: _Mention, previous: _Claim | None
    ) -> tuple[tuple[str, ...], int, int] | None:
        """Of whom it is said, and where they stand."""
        at = self._subject_word(middle - 1, said)
        loose = bool(said) and said[0] in _FINITE and self.words.at(at - 1) in _STARTS
        first, people = self.names.lists(at, loose=loose) if at >= 0 else (0, [])
        if people and not self._all_meant(first, said):
            first, people = at, people[-1:]
        if loose and people and len(people) == 1 and "are" in said[:1] and not self.names.known_at(at) and self.words.at(at) != "you":
            people = []  # "starters are vegan"
        if people:
            return tuple(people), first, at + 1
        if previous and self._goes_on(previous, middle):
            return previous.people, *previous.subject
        begins = middle == 0 or self.words.at(middle - 1) in SENTENCE_ENDS | {",", ":", "and", "but"} | (
            {"fyi", "oh"} & {self.words.at(middle - 1)}
        )
        if begins and _says_self(mention, said, self.words.at(mention.last)):
            labelled = previous.people if previous and previous.labelled else (self.context.speaker,)
            return labelled, middle, middle
        return None

    def _subject_word(self, at: int, said: Sequence[str]) -> int:
        """The word that names of whom it is said, if any does: over "who", brackets and the comma of "Anna, is"."""
        if self.words.at(at) in {"who", "which"}:
            at -= 1
            return at - 1 if self.words.at(at) == "," else at
        if self.words.at(at) == ")":
            opening = next((n for n in range(at, max(-1, at - 8), -1) if self.words.at(n) == "("), at)
            return opening - 1
        finite = said and said[0] in _BE | _set("has have does do can likes loves hates eats needs")
        return at - 1 if self.words.at(at) == "," and finite and self.words.at(at - 1) not in {"he", "she", "i"} else at

    def _all_meant(self, first: int, said: Sequence[str]) -> bool:
        """Whether a verb speaks of all people of a list."""
        verb = next((word for word in said if word in _PLURAL or word in _BE | {"has"}), "")
        return verb == "are" or (verb in _PLURAL and self.words.at(first - 1) in _STARTS)

    def _goes_on(self, previous: _Claim, middle: int) -> bool:
        """Whether a verb without a subject continues what was said before in its sentence."""
        if self.words.sentence(previous.last - 1) != self.words.sentence(middle):
            return False
        between = {self.words.at(n) for n in range(previous.last, middle)}
        return middle - previous.last <= _LONGEST and between <= {",", "and", "but", ";", "also", ")"}

    def _unsure(self, first: int, last: int) -> bool:
        """Whether what is said is a question, a condition, or said not to be so."""
        start, _ = self.words.sentence(max(first, 0))
        before = [self.words.at(n) for n in range(max(start, first - 6), first)]
        said = " ".join(before).strip(" ,")
        opening = " ".join(self.words.at(n) for n in (start, start + 1))
        asked = self.words.at(last) == "?" and not opening.endswith(" you") and opening not in {"did i", "have i"}
        return asked or bool(_DOUBTS.search(said)) or (bool(before) and before[-1] in _ASKS)

    def _correct(self, claim: _Claim) -> None:
        """Drop the claim before, where this one corrects it: "Chinese, sorry, Thai", "Ben, no, Anna is vegan"."""
        if not self.found or self.found[-1].key != claim.key:
            return
        previous = self.found[-1]
        start = min(claim.first, claim.subject[0]) if claim.subject[0] >= previous.last else claim.mention.first
        between = [self.words.at(n) for n in range(previous.last, start)]
        if (
            len(between) <= _MAX_MIDDLE
            and set(between) <= _BETWEEN | _PUNCTUATION
            and _CORRECTS.search(" ".join(between))
            and "not" not in between
        ):
            self.spent.append(self.found.pop())

    def _allergic_alone(self) -> None:
        """As in "No nuts please, I'm allergic": the foods of the sentence are what is meant."""
        for mention in self.mentions:
            if mention.kind != "allergic":
                continue
            middle = self._middle(mention.first)
            said = {self.words.at(n) for n in range(middle, mention.first)}
            who = self._subject(middle, sorted(said), mention, None)
            if who and said & _BE and not said & _NEGATES and not self._unsure(who[1], mention.last):
                self._allergic_to_foods(mention, middle, who)

    def _allergic_to_foods(self, mention: _Mention, middle: int, who: tuple[tuple[str, ...], int, int]) -> None:
        last = mention.last + (2 if self.words.at(mention.last) in {"to", "against"} else 0)
        for food in self._foods_near(mention):
            told = next((claim for claim in self.found if claim.mention == food), None)
            if told is None or told.key != "allergy":
                self.found = [claim for claim in self.found if claim != told]
                alone = self.words.at(food.first - 1) in {"no", "without"}
                self.found.append(_Claim(food, who[0], "allergy", food.value, "must", False, food.first - alone, food.last, who[1:]))  # noqa: FBT003
            self.spent.append(_Claim(mention, (), "allergy", "", "must", False, middle, last, who[1:]))  # noqa: FBT003

    def _foods_near(self, mention: _Mention) -> list[_Mention]:
        """The foods that an allergy without a name may be to: of its sentence, else of the one before."""
        first, last = self.words.sentence(mention.first)
        before = self.words.sentence(first - 1)[0] if first else first
        at = bisect_left(self.mentions, mention.first, key=lambda each: each.first)
        near = self.mentions[max(0, at - _NEAR) : at + _NEAR]
        foods = [food for food in near if food.kind == "food" and food.value not in _NEVER_ALLERGY]
        here = [food for food in foods if first <= food.first < last]
        return here or [food for food in foods if before <= food.first < first]


def _compatible(previous: _Claim, mention: _Mention) -> bool:
    """Whether something can be said of a mention by the words that said it of another."""
    if mention.kind in {"diet", "access"}:
        return previous.mention.kind == mention.kind
    if mention.kind == "food":
        return previous.key in {"allergy", "cuisine", "activity"} or previous.value.startswith("no ")
    return mention.kind == "taste" and previous.key in {"cuisine", "activity"}


def _like_before(previous: _Claim, mention: _Mention) -> tuple[str, str]:
    """What a food is when something else was said of the one before: an allergy, or not eaten."""
    if mention.kind == "food" and previous.key == "allergy":
        return "allergy", mention.value
    if mention.kind == "food" and previous.value.startswith("no "):
        return _restriction(mention.value, allergy=False)
    return mention.key, mention.value


def _restriction(food: str, *, allergy: bool) -> tuple[str, str]:
    """What it is that somebody does not eat a food."""
    if food in _FREE_OF:
        return "diet", _FREE_OF[food]
    if allergy and food not in _NEVER_ALLERGY:
        return "allergy", food
    return "diet", f"no {food}"


def _says_self(mention: _Mention, said: Sequence[str], after: str) -> bool:
    """Whether words without a person speak of the one who types: "Love Thai food", "nut allergy here", "favourite food: Thai"."""
    if set(said) & _FAVOURITE:
        return True
    if mention.kind == "allergy":
        return after == "here"
    return mention.kind in {"taste", "food"} and bool(said) and said[0] in {"love", "hate", "adore", "really"} and not set(said) & _BE


def _meaning(mention: _Mention, said: Sequence[str], after: Sequence[str], *, near_allergy: bool) -> tuple[str, str, str, bool] | None:
    """Key, value, strength and whether it is denied, by the words before and after a mention; None where they say nothing of the kind."""
    words = set(said)
    negated = bool(words & _NEGATES)
    match mention.kind:
        case "diet":
            strength = "prefer" if words & _LIKE else "must"
            return ("diet", mention.value, strength, negated) if _says_diet(mention, words, after[0]) else None
        case "dry":
            return ("diet", mention.value, "must", False) if negated and words <= _HELPS | _NEGATES | _ADVERBS | {"and"} else None
        case "taste":
            return _tastes(mention, words, after, negated=negated) or _eats_not(mention, said, after, negated=negated)
        case "food":
            return _tastes(mention, words, after, negated=negated) or _eats(
                mention, said, after, negated=negated, near_allergy=near_allergy
            )
        case "allergy":
            has = words & (_HAVE | _BE | {"'s"}) or after[0] == "here" or not words - _ADVERBS
            return ("allergy", mention.value, "must", negated) if has and not words & {"if"} else None
        case "access":
            return ("access", mention.value, "must", False) if _says_access(mention, words, negated=negated) else None
        case "money":
            return ("budget", mention.value, "must", False) if _says_budget(words) else None
        case _:
            return None


def _says_diet(mention: _Mention, words: set[str], after: str) -> bool:
    if words & {"would", "might", "could", "want", "wants"} and not words & {"need", "needs"}:
        return False
    if mention.value in {"gluten-free", "diabetic"} and words & {"has", "have", "got"} and not words - _ADVERBS - _HAVE:
        return True
    food = after in _FARE - {"restaurants", "places"} or after in {"options", "option", "menu", "diet", "please"}
    if words & (_EAT | _HOLD):
        return after not in _NOT_OF_PEOPLE or food
    if words & _LIKE:
        return food
    little = _BE | _NEGATES | _ADVERBS | _BECOME | _set("on has have longer ever to")
    return bool(words & (_BE | _BECOME)) and words <= little and after not in _NOT_OF_PEOPLE


def _tastes(mention: _Mention, words: set[str], after: Sequence[str], *, negated: bool) -> tuple[str, str, str, bool] | None:
    """A like or a dislike, if it is one in general and not a wish for today."""
    if (
        words & {"would", "might", "could", "want", "wants"}
        or after[0] in _TODAY
        or list(after) == ["for", "once"]
        or mention.value in _NOT_EDIBLE
    ):
        return None
    lover = next((word for word in after if word in _LOVER), None)
    if _is_name(after[0], mention) and not lover:
        return None
    if words & _ALL and words & _BUT:
        return (mention.key, mention.value, "avoid", False) if words & _LIKE else None
    if words & _HATE:
        unlike = not negated if not words & {"stand", "stands"} else negated
        return (mention.key, mention.value, "avoid", False) if unlike else None
    if words & _WEARY and words & {"of"} and words & (_BE | _HAVE):
        return (mention.key, mention.value, "prefer" if negated else "avoid", False)
    fond = words & _FOND - _WEARY and words & _FOND_LINKS and words & _BE
    if words & _LIKE or fond or (words & _BE and lover) or (words & _FAVOURITE and words & (_BE | {":"})):
        return (mention.key, mention.value, "avoid" if negated else "prefer", False)
    return None


def _is_name(after: str, mention: _Mention) -> bool:
    """Whether the word after a cuisine makes it something else: "the Thai place", "Spanish lessons"."""
    if after in {"place", "restaurant", "one", "cafe", "café", "bar"}:
        return True
    return mention.kind == "taste" and after not in STOP | _FARE | _ADVERBS | _BE | _PUNCTUATION | {"and", "haha", MASKED, "."}


def _eats(
    mention: _Mention, said: Sequence[str], after: Sequence[str], *, negated: bool, near_allergy: bool
) -> tuple[str, str, str, bool] | None:
    """A food that somebody must not eat, or does not."""
    words = set(said)
    if words & {"would", "want", "wants", "might"}:
        return None
    if (words & _REACT and words & {"to", "from"}) or (
        words & _TROUBLE and words & {"with", "to", "from"} and words & (_HAVE | _BE | _BECOME)
    ):
        return (*_restriction(mention.value, allergy=True), "must", negated)
    if not _refuses(said, after, negated=negated):
        return None
    unable = "can" in words or words & {"tolerate", "tolerates", "digest", "allowed"}
    return (*_restriction(mention.value, allergy=near_allergy or bool(unable)), "must", False)


def _eats_not(mention: _Mention, said: Sequence[str], after: Sequence[str], *, negated: bool) -> tuple[str, str, str, bool] | None:
    """What somebody does not eat or drink, of the things that people like or not."""
    if (
        mention.key != "cuisine"
        or set(said) & {"would", "want", "wants", "might", "had"}
        or after[0] in _TODAY
        or _is_name(after[0], mention)
    ):
        return None
    return ("cuisine", mention.value, "avoid", False) if _refuses(said, after, negated=negated) and not set(said) & {"have"} else None


def _refuses(said: Sequence[str], after: Sequence[str], *, negated: bool) -> bool:
    """Whether the words before a food, and after it, say that it is not eaten."""
    words = set(said)
    if words & {"avoid", "avoids"} or (words & _REFUSE and not negated and words & (_BE | _REFUSE - {"off", "away"} | _BECOME)):
        return True
    if words & _ALL and words & _BUT and words & _EAT:
        return True
    if not negated:
        return False
    eater = after[0] in _EATER and words & _BE
    return bool(eater or words & (_EAT | _set("have has tolerate tolerates digest handle")) or said[-1] in {"do", "does"})


_EATER: Final = _set("eater eaters drinker drinkers")


def _says_access(mention: _Mention, words: set[str], *, negated: bool) -> bool:
    if mention.value == "step-free" and not words & _set("need needs require requires"):
        return negated and bool(words & _set("climb manage do use take walk"))
    acts = words & (_USE - _set("in on with to")) or words & _BE
    return bool(acts) and not negated and not words & {"would", "might"}


def _says_budget(words: set[str]) -> bool:
    if "budget" in words:
        return bool(words & (_BE | {":", "'s"}))
    if not words & _SPEND:
        return False
    return bool(words & _set("only not no most max maximum up limit never"))


_NOTES: Final = re.compile(
    r"(?<!\S)(?:please )?(?:do not forget|remember|note|notice|keep in mind|bear in mind|by the way|fyi) (?:, )?(?:please )?(?:that )?$"
)
_NOTED: Final = re.compile(
    r"(?<!\S)(?:do not forget|remember|note|keep in mind|bear in mind) that (?P<who>[^\s.,;:!?]+) (?P<what>[^.,;!?\n]+)"
)
_PLANNED: Final = re.compile(
    r"\d|¤|(?<!\S)(?:come|comes|coming|free|busy|can|could|must|will|has to|have to|birthday|vote|votes|time|plan|available|leave|leaves|late|early|here|there"
    r"|join|joins|invited|required|needed|optional|is not|not|at|on|until|before|after)(?!\S)|(?:day|days|week|weekend|tonight|morning|noon|evening)(?!\S)"
)
_AREA: Final = re.compile(
    r"(?<!\S)(?P<who>[^\s.,;:!?]+) (?:really |always )?(?:likes?|loves?|prefers?) (?:(?:to )?(?:be|stay|meet|eat|go out|meeting|being|staying|eating|places|restaurants) )?"
    r"(?:in|near|around|close to) (?P<area>[^\s.,;:!?]+)"
)


def _noted(words: Words, names: Names, context: Context, claims: Sequence[_Claim]) -> Iterator[_Asked]:
    """What is to be noted of somebody and is of no other kind, and where somebody likes to be."""
    told = {words.sentence(claim.first) for claim in claims}
    for pattern, key in ((_NOTED, "other"), (_AREA, "area")):
        for found in pattern.finditer(words.plain):
            at, after = words.found(found)
            person = names.person(words.found(found, "who")[0])
            first, last = words.found(found, "what" if key == "other" else "area")
            value = " ".join(words.words[n].said for n in range(first, last))
            planned = _PLANNED.search(found["what"]) if key == "other" else words.at(first) in STOP
            if person and not planned and words.sentence(at) not in told and value.casefold() not in names.known:
                args = {"person": person, "key": key, "value": value, "strength": "prefer", "said_by": context.speaker}
                yield at, after, Call("remember", args)


_FORGETS: Final = re.compile(
    r"(?<!\S)(?:(?P<soft>forget|unlearn|disregard|ignore that|never mind that"
    r"|(?:do not|no longer|stop) (?P<wants>want you to )?(?:remember|remembering|keep|keeping|store|storing)(?: any ?more| any longer)?)"
    r"|delete|erase|remove|drop|strike|clear|wipe|scrap|scratch|get rid of|cross (?:out|off)|take out)(?!\S)"
)
_EVERYTHING: Final = re.compile(
    r"(?<!\S)(?:everything|all|anything|whatever|what)(?: (?:that|the facts|facts|of it))?(?: (?:you|i|is|was|we)(?: \S+){1,3}?)? (?:about|on|of) (?:me|\S+)(?!\S)"
)
_CUES: Final = _set(
    "allergy allergies intolerance diet fact facts thing things know stored remember remembered saved noted preference preferences taste tastes fondness liking"
)
_OTHER_OBJECTS: Final = _set(
    "place places restaurant restaurants venue venues option options poll vote votes ballot plan plans stop stops slot slots café cafés cafe cafes "
    "bar bars list itinerary file calendar event booking reservation"
)
_KEYS: Final[tuple[tuple[str, re.Pattern[str]], ...]] = (
    ("allergy", re.compile(r"(?<!\S)(?:allerg\w+|intoleran\w+)")),
    ("diet", re.compile(r"(?<!\S)(?:diets?|dietary)(?!\S)")),
    ("budget", re.compile(r"(?<!\S)(?:budget|spend|limit)(?!\S)")),
    ("area", re.compile(r"(?<!\S)(?:area|neighbou?rhood|district|part of town)(?!\S)")),
    ("access", re.compile(r"(?<!\S)(?:access|accessibility)(?!\S)")),
    ("activity", re.compile(r"(?<!\S)(?:activity|activities|hobby|hobbies)(?!\S)")),
    (
        "cuisine",
        re.compile(r"(?<!\S)(?:cuisines?|foods?|cooking|fondness|favou?rites?|likes?|loves?|fan|prefer|preferences?|tastes?)(?!\S)"),
    ),
)
_KNOWING: Final = r"(?:know|knew|remember|remembered|stored|saved|noted|got|have|heard|learned|learnt|collected)"
_RECALLS: Final = re.compile(
    rf"(?<!\S)(?:what|everything|all|anything|which|facts|things)(?: \S+){{0,4}}? you (?:\S+ ){{0,2}}?{_KNOWING}(?: \S+){{0,2}}? (?:about|on|of) (?P<who1>\S+)"
    r"|(?<!\S)(?:which|what|list|show|tell|see|repeat)(?: \S+){0,4}? (?:facts|things|notes|data|information) (?:about|on|of) (?P<who2>\S+)"
    r"|(?<!\S)what is(?: \S+)? (?:known|stored|noted) (?:about|on|of) (?P<who3>\S+)"
    r"|(?<!\S)what (?:is|are) (?:(?P<who4>\S+) 's|(?P<who5>my|his|her|our|your)) (?:\S+ )?(?:diets?|allergy|allergies|dietary \S+|food preferences)(?!\S)"
    rf"|(?<!\S)(?:who is|is (?:anyone|anybody|somebody|someone)) (?:\S+ )?(?:{'|'.join(sorted(map(re.escape, _DIETS)))}|allergic)(?!\S)"
    r"|(?<!\S)(?:who|anyone|anybody) (?:has|have) (?:\S+ )?(?:allergy|allergies|diets?)(?!\S)"
    rf"|(?<!\S)is (?P<who6>\S+) (?:a |an |really |still |also )?(?:{'|'.join(sorted(map(re.escape, _DIETS)))}|allergic to \S+) [?]"
)
_GROUP: Final = _set("us everyone everybody all them people our group your anyone")


def _forgotten(words: Words, names: Names, context: Context) -> Iterator[_Asked]:
    """What a message says to forget."""
    reader = _Reader(words, names, context)
    beyond = 0
    for found in _FORGETS.finditer(words.plain):
        at, after = words.found(found)
        start, end = words.sentence(at)
        if at < beyond or not (found["wants"] or _orders(words, at)) or words.at(after) == "it":
            continue
        forgets = _fact_named(reader, after, end, soft=bool(found["soft"]))
        if forgets is None:
            last = _object_end(words, after, end)
            call = _what_to_forget(reader, after, last, soft=bool(found["soft"]))
            forgets = (last, call) if call else None
        if forgets is not None:
            beyond, call = forgets
            polite = all(words.at(n) in _FILLERS | _PUNCTUATION for n in range(start, at))
            yield (start if polite else at), beyond, call


def _orders(words: Words, at: int) -> bool:
    """Whether "forget" is said to the planner, and not "before I forget" or "don't forget"."""
    before = words.at(at - 1)
    if before == "to":
        return words.at(at - 2) in {"you", "want", "like"}
    return before not in _set("i we he she they before not never always will can had have") or words.at(at - 2) == "you" or before == "can"


def _object_end(words: Words, after: int, end: int) -> int:
    """Where the words end that say what to forget: a comma ends them, unless an apposition follows."""
    for index in range(after, end):
        plain = words.at(index)
        if plain in SENTENCE_ENDS or plain in {"because", "since", "but"}:
            return index
        if plain == "," and words.at(index + 1) not in {"that", "the", "my"}:
            return index
    return end


def _fact_named(reader: _Reader, first: int, end: int, *, soft: bool) -> tuple[int, Call] | None:
    """The known fact whose very words stand in the order to forget it, the longest of them, and where the order ends."""
    words, context = reader.words, reader.context
    person = _whose(reader.names, first, end)
    last = _object_end(words, first, end)
    said = [words.at(n) for n in range(first, last)]
    key = next((key for key, pattern in _KEYS if pattern.search(" ".join(said))), None)
    start, stop = words.position(first), words.position(last)
    named: list[tuple[bool, int, int, Call]] = []
    for name in [person] if person else [context.speaker, *context.facts] if soft else []:
        for fact in context.facts.get(name, ()):
            value = Words.of(str(fact.get("value", ""))).plain
            at = f"{words.plain} ".find(f" {value} ", max(0, start - 1), stop + len(value) + 1) if value else -1
            if 0 <= at < stop and not (set(said) - set(value.split())) & _OTHER_OBJECTS:
                call = Call("forget", {"person": name, "key": fact["key"], "value": fact["value"]})
                named.append((fact.get("key") == key, len(value), words.index(at + len(value)) + 1, call))
    if not named:
        return None
    _, _, beyond, call = max(named, key=lambda each: each[:2])
    return max(last, beyond), call


def _what_to_forget(reader: _Reader, first: int, last: int, *, soft: bool) -> Call | None:
    words, names, context = reader.words, reader.names, reader.context
    said = [words.at(n) for n in range(first, last)]
    text = " ".join(said)
    mention = next((found for n in range(first, last) if (found := reader._mention(n))), None)  # noqa: SLF001  the same module's
    if set(said) & _OTHER_OBJECTS or (said and said[0] in {"it", "that"} and words.at(first + 1) == ","):
        return None
    person = _whose(names, first, last)
    if person is None and not soft and not set(said) & _CUES:
        return None
    key = next((key for key, pattern in _KEYS if pattern.search(text)), None)
    if mention is not None and mention.value:
        return _forget_value(context, person, key, mention)
    who = person or context.speaker
    if key and (person or any(fact.get("key") == key for fact in context.facts.get(who, ()))):
        return Call("forget", {"person": who, "key": key})
    return Call("forget", {"person": who}) if person and _EVERYTHING.search(text) else None


def _whose(names: Names, first: int, last: int) -> str | None:
    """Whose fact is meant: somebody who is named, else who types, if "my", "me" or "I" is said."""
    known = (names.known_at(n) for n in range(first, last))
    said = (names.person(n) for n in range(first, last) if names.words.at(n) in _set("i me my mine he she his her him"))
    new = (names.new_at(n) for n in range(first, last))
    return next(filter(None, (*known, *said, *new)), None)


def _forget_value(context: Context, person: str | None, key: str | None, mention: _Mention) -> Call | None:
    """Forget one value, in the words in which it is known."""
    people = [person] if person else [context.speaker, *context.facts]
    for name in people:
        facts = sorted(context.facts.get(name, ()), key=lambda fact: str(fact.get("value", "")).casefold() != mention.value.casefold())
        for fact in facts:
            if _same_value(str(fact.get("value", "")), mention.value) and key in {None, fact.get("key")}:
                return Call("forget", {"person": name, "key": fact["key"], "value": fact["value"]})
    if person is None:
        return None
    meant = mention.key if mention.kind != "food" else key or "allergy"
    return Call("forget", {"person": person, "key": meant, "value": mention.value})


def _same_value(stored: str, said: str) -> bool:
    """Whether two words mean one value: "nuts" and "nut", "Thai" and "Thai food"."""
    one, other = stored.casefold().rstrip("s"), said.casefold().rstrip("s")
    return bool(one and other) and (one == other or one in other.split() or other in one.split())


def _recalled(words: Words, names: Names) -> Iterator[_Asked]:
    """What a message asks to be told of people."""
    for found in _RECALLS.finditer(words.plain):
        group = next((name for name in ("who1", "who2", "who3", "who4", "who5", "who6") if found[name]), None)
        args: Json = {}
        if group and found[group] not in _GROUP:
            index, _ = words.found(found, group)
            person = names.person(index) if words.at(index) != "i" else None
            if person is None:
                continue
            args = {"person": person}
        at, _ = words.found(found)
        start, end = words.sentence(at)
        if words.at(at) == "who" and at > start and words.at(at - 1) not in {"so", "and", "ok", ","}:
            continue
        if words.at(at) == "who" and words.at(at - 1) == "," and words.at(end - 1) != "?":
            continue
        polite = all(words.at(n) in _FILLERS | _PUNCTUATION for n in range(start, at))
        last = end - 1 if words.at(end - 1) in SENTENCE_ENDS else end
        yield (start if polite else at), last, Call("recall", args)
