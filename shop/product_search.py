"""How products are found while somebody types: words, their beginnings, a mistake in a letter, the other keyboard layout. Pure.

A product is known by the words of its article, names and synonyms. Each typed word must be the beginning of one of them; where it is of
none, words of the shop that are one or two mistakes away stand for it.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence

MOST_TERMS = 6
MOST_WORD = 40
SHORTEST_MISTAKEN = 4

_WORD = re.compile(r"[^\W_]+")
_ENGLISH = "`qwertyuiop[]asdfghjkl;'zxcvbnm,."
_RUSSIAN = "ёйцукенгшщзхъфывапролджэячсмитьбю"
_TO_OTHER = {ord(a): b for a, b in (*zip(_ENGLISH, _RUSSIAN, strict=True), *zip(_RUSSIAN, _ENGLISH, strict=True))}


def plain(text: str) -> str:
    """As words are compared: small letters, ё as е, full-width forms as plain ones."""
    return unicodedata.normalize("NFKC", text).casefold().replace("ё", "е")


def words_of(text: str) -> list[str]:
    """The words of a text, each once, as they are compared."""
    return list(dict.fromkeys(word[:MOST_WORD] for word in _WORD.findall(plain(text))))


def terms(typed: str) -> tuple[tuple[str, ...], ...]:
    """The typed words; each as the ways it may be meant: as it is, and as the same keys give it in the other layout."""
    found: list[tuple[str, ...]] = []
    for piece in unicodedata.normalize("NFKC", typed).casefold().split():
        other = words_of(piece.translate(_TO_OTHER))
        here = words_of(piece)
        if len(here) == len(other):
            found += [tuple(dict.fromkeys(ways)) for ways in zip(here, other, strict=True)]
        elif len(other) == 1:  # `[jkjl tyybr`: what is no letter here is one there
            found.append((other[0], *here[:1]))
        else:
            found += [(word,) for word in here]
    return tuple(dict.fromkeys(found))[:MOST_TERMS]


def product_words(article: str, names: Iterable[str], synonyms: str = "") -> list[str]:
    """By which words a product is found; an article in its parts, and as one: TR-118 is tr, 118, tr118."""
    parts = words_of(article)
    whole = ["".join(parts)[:MOST_WORD]] if len(parts) > 1 else []
    return list(dict.fromkeys([*parts, *whole, *(word for text in (*names, synonyms) for word in words_of(text))]))


def may_be_mistaken(word: str) -> bool:
    """Only words are corrected; a number with another digit is another number."""
    return len(word) >= SHORTEST_MISTAKEN and word.isalpha()


def grams(word: str) -> list[str]:
    """Pieces of three letters, with a mark before the first: words that share some may be the same, mistyped."""
    marked = f" {word}"
    return list(dict.fromkeys(marked[at : at + 3] for at in range(len(marked) - 2)))


def mistakes_allowed(word: str) -> int:
    return 2 if len(word) >= 8 else 1


def mistakes(typed: str, word: str) -> int:
    """How many letters are wrong, missing, too many or swapped with the next, between what is typed and the beginning of `word`."""
    before: Sequence[int] = ()
    row: Sequence[int] = range(len(word) + 1)
    for at, letter in enumerate(typed, 1):
        line = [at]
        for to, other in enumerate(word, 1):
            cost = min(row[to] + 1, line[to - 1] + 1, row[to - 1] + (letter != other))
            if at > 1 and to > 1 and letter == word[to - 2] and typed[at - 2] == other:
                cost = min(cost, before[to - 2] + 1)
            line.append(cost)
        before, row = row, line
    return min(row)


def near(typed: str, words: Iterable[str]) -> list[str]:
    """Those of the words that may be meant, the nearest first."""
    most = mistakes_allowed(typed)
    found = sorted((mistakes(typed, word), abs(len(word) - len(typed)), word) for word in words)
    return [word for count, _, word in found if count <= most]
