""" "What do you know about me?", forgetting with and without consent, and a claim about another whom his own word overrides.

Forgetting asks for a confirmation; one is given and one refused. Ben types himself, as a `Says` step or by saying so in the text.
"""

from __future__ import annotations

from conversations.facts import FACTS, fact, knows, knows_nothing
from conversations.model import END, Confirm, Conversation, History, Mark, Reload, Says, State


def _about_me(state: State, *, thai: bool) -> None:
    knows(state, "You", "allergy", "nut", avoid="nut")
    if thai:
        knows(state, "You", "cuisine", "thai", strength="prefer")
    else:
        knows_nothing(state, "You", "cuisine")


def check(history: History) -> None:
    for mark in ("told", "recalled"):
        _about_me(history.at(mark), thai=True)
        knows(history.at(mark), "Ben", "diet", "vegan")
    for mark in ("own_word", "insisted"):
        _about_me(history.at(mark), thai=True)
        knows(history.at(mark), "Ben", "diet", "vegetarian", said_by="Ben")
    for state in (history.at("forgotten"), history.at("refused"), history.final):
        _about_me(state, thai=False)
        knows(state, "Ben", "diet", "vegetarian", said_by="Ben")


_NUTS = fact("allergy", "nuts")
_THAI = fact("cuisine", "Thai", "prefer")
_CLAIMED: State = {FACTS: {"You": [_NUTS, _THAI], "Ben": [fact("diet", "vegan")]}}
_OWN_WORD: State = {FACTS: {"You": [_NUTS, _THAI], "Ben": [fact("diet", "vegetarian", said_by="Ben")]}}
_FORGOTTEN: State = {FACTS: {"You": [_NUTS], "Ben": [fact("diet", "vegetarian", said_by="Ben")]}}
_REFERENCE = {
    "told": _CLAIMED,
    "recalled": _CLAIMED,
    "own_word": _OWN_WORD,
    "insisted": _OWN_WORD,
    "forgotten": _FORGOTTEN,
    "refused": _FORGOTTEN,
    END: _FORGOTTEN,
}

_TRANSCRIPTS = (
    (
        "I'm allergic to nuts and I like Thai food. Ben is vegan.",
        Mark("told"),
        "What do you know about me?",
        Mark("recalled"),
        Says("Ben", "I'm not vegan, I'm vegetarian."),
        Mark("own_word"),
        "But Ben is vegan, I'm sure of it.",
        Mark("insisted"),
        "Forget that I like Thai food.",
        Confirm(True),
        Mark("forgotten"),
        "Forget my nut allergy.",
        Confirm(False),
        Mark("refused"),
        Reload(),
        "And what do you know about me now?",
    ),
    (
        "fyi nut allergy here, thai's my fav food",
        "oh n ben's vegan",
        Mark("told"),
        "what do u know about me",
        Mark("recalled"),
        "ben here on the same laptop: im not vegan lol, im vegetarian",
        Mark("own_word"),
        "me again, not ben. pretty sure ben is vegan",
        Mark("insisted"),
        "forget the thai thing",
        Confirm(True),
        Mark("forgotten"),
        "forget my allergy",
        Confirm(False),
        Mark("refused"),
        "what do u know about me now",
        Reload(),
    ),
    (
        "You should know that I can't eat nuts, I'm allergic to them. And I'm rather fond of Thai cooking.",
        "As for my friend Ben, he's a vegan.",
        Mark("told"),
        "Would you tell me everything you've got on me?",
        Mark("recalled"),
        "This is Ben at the keyboard. I, Ben, am a vegetarian, not a vegan.",
        Mark("own_word"),
        "It's me again, Ben has left. I do believe he's mistaken: Ben is a vegan.",
        Mark("insisted"),
        "Please forget my fondness for Thai cooking.",
        Confirm(True),
        Mark("forgotten"),
        "Please forget about my allergy too.",
        Confirm(False),
        Mark("refused"),
        Reload(),
        "Would you tell me again what you've got on me?",
    ),
    (
        "Remember that Ben is vegan.",
        "Remember that I have a nut allergy.",
        "Remember that I prefer Thai food.",
        Mark("told"),
        "List everything you know about me.",
        Mark("recalled"),
        Says("Ben", "Correction from me: I'm vegetarian, not vegan."),
        Mark("own_word"),
        "Remember that Ben is vegan.",
        Mark("insisted"),
        "Delete my preference for Thai food.",
        Confirm(True),
        Mark("forgotten"),
        "Delete my nut allergy.",
        Confirm(False),
        Mark("refused"),
        Reload(),
    ),
    (
        "Me: allergy to nuts. Favourite food: Thai. Ben: vegan.",
        Mark("told"),
        "What have you stored about me?",
        Mark("recalled"),
        "Ben is typing now. About me, Ben: vegetarian. Vegan is wrong.",
        Mark("own_word"),
        "Now it's me typing again and no longer Ben. About Ben: vegan.",
        Mark("insisted"),
        "Drop what you've stored about me and Thai food.",
        Confirm(True),
        Mark("forgotten"),
        "Drop what you've stored about me and nuts.",
        Confirm(False),
        Mark("refused"),
        "What have you stored about me now?",
    ),
    (
        "hello, some things about me first",
        "i like to eat thai",
        "nuts make me ill, it's an allergy",
        "and some things about ben",
        "he's vegan",
        Mark("told"),
        "so, what do you know about me?",
        Mark("recalled"),
        Says("Ben", "hey, that's not true"),
        Says("Ben", "i'm vegetarian"),
        Mark("own_word"),
        "no no, ben is vegan",
        Mark("insisted"),
        "you can forget that i like thai",
        Confirm(True),
        Mark("forgotten"),
        "and you can forget that i'm allergic to nuts",
        Confirm(False),
        Mark("refused"),
        Reload(),
        "so what do you know about me?",
    ),
    (
        "I love Chinese, sorry, Thai food, and Ben is vegan. And I've got a nut allergy.",
        Mark("told"),
        "Which facts about me do you have?",
        Mark("recalled"),
        "Hi, I'm Ben, I've borrowed the phone. I'm not vegan but vegetarian. Bye!",
        Mark("own_word"),
        "That was Ben, this is me. Well, Ben says so, but I tell you that Ben is vegan.",
        Mark("insisted"),
        "Remove the Thai food from the facts about me.",
        Confirm(True),
        Mark("forgotten"),
        "Remove the nut allergy from the facts about me.",
        Confirm(False),
        Mark("refused"),
        Reload(),
        "Which facts about me are left?",
    ),
    (
        "Before we plan anything: Ben's a vegan, Thai is the cuisine I like best, and nuts are off limits for me because of an allergy. Now, what do you know about me?",
        Mark("told"),
        Mark("recalled"),
        Says("Ben", "No, I'm vegetarian. That's not the same thing."),
        Mark("own_word"),
        "Don't listen to him, Ben is vegan.",
        Mark("insisted"),
        "I'd like you to forget which cuisine I like.",
        Confirm(True),
        Mark("forgotten"),
        "I'd like you to forget which allergy I have.",
        Confirm(False),
        Mark("refused"),
        Reload(),
    ),
    (
        "My mate Ben is vegan, as far as I know.",
        "For my part, no nuts please, I'm allergic. What I do like is Thai.",
        Mark("told"),
        "Show me what you remember about me.",
        Mark("recalled"),
        "Ben speaking! It's wrong that I'm vegan. I'm vegetarian.",
        Mark("own_word"),
        "Back to me (so not Ben any more). I still think that Ben is vegan.",
        Mark("insisted"),
        "Don't remember any longer that I like Thai.",
        Confirm(True),
        Mark("forgotten"),
        "Don't remember any longer that I'm allergic to nuts.",
        Confirm(False),
        Mark("refused"),
        "Show me what you remember about me.",
        Reload(),
    ),
    (
        "Two things about me. One, I'm allergic to nuts. Two, I'm a fan of Thai food. And one thing about Ben. He's vegan.",
        Mark("told"),
        "Can you repeat what you know about me?",
        Mark("recalled"),
        Says("Ben", "One thing about me, from me: I'm vegetarian and not vegan."),
        Mark("own_word"),
        "As I said, Ben is vegan.",
        Mark("insisted"),
        "Strike the second thing about me, that I'm a fan of Thai food.",
        Confirm(True),
        Mark("forgotten"),
        "Strike the other thing about me as well, the allergy.",
        Confirm(False),
        Mark("refused"),
        Reload(),
        "Can you repeat what you know about me?",
    ),
    (
        "if we order for everyone: i get bad reactions from nuts (allergy!!), my favourite cuisine is thai, ben is vegan",
        Mark("told"),
        "tell me what you know about me so far",
        Mark("recalled"),
        "[ben has taken the phone] ben writing. i am vegetarian, i'm not vegan at all",
        Mark("own_word"),
        "[i have the phone back, this isn't ben] he doesn't know what he's saying, ben is vegan",
        Mark("insisted"),
        "forget my favourite cuisine please",
        Confirm(True),
        Mark("forgotten"),
        "forget my nut allergy please",
        Confirm(False),
        Mark("refused"),
        "tell me what you know about me",
        Reload(),
    ),
)

CONVERSATION = Conversation(
    10, "what do you know about me, forget, a claim overridden by the person's own word", _TRANSCRIPTS, check, _REFERENCE
)
