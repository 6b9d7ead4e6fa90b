"""What belongs beside the scores of a comparison: what they are, what the tests are, and what to know before quoting them."""

from collections import Counter
from collections.abc import Iterator, Sequence

from cnerkit.scoring.exact import DEFINITION
from cnerkit.scoring.typing_score import DEFINITION as TYPING_DEFINITION
from cnerkit.workflows.comparison_result import ALPHA, SystemScores
from cnerkit.workflows.members import Member
from cnerkit.workflows.scored import LEVEL, drawn_over
from cnerkit.workflows.wording import counted


def notes_on(systems: Sequence[SystemScores], members: Sequence[Member], first: Member) -> Iterator[str]:
    """The notes of a comparison.

    Args:
        systems: Their scores.
        members: The models of all of them.
        first: One of the baseline's.
    """
    several = any(len(each.seeds) > 1 for each in systems)
    spread = "mean ± sample standard deviation over seeds" if several else "one seed each"
    what = f"typing: {TYPING_DEFINITION}" if first.types_spans else f"exact match: {DEFINITION}"
    yield f"percent, {spread}; {what}"
    yield f"seeds: {'; '.join(f'{each.name} {_listed(each.seeds)}' for each in systems)}"
    yield from _on_tests([each for each in systems if each.difference], first)
    yield from _on_pairing(systems, first.system)
    yield from _on_data(members, first)
    yield from dict.fromkeys(member.scored.remark for member in members if member.scored.remark)
    if chosen := dict.fromkeys(member.system for member in members if member.was_chosen_here):
        yield f"epochs were chosen on the very sentences that are scored here, so scores are too high: {', '.join(chosen)}"


def _on_tests(others: Sequence[SystemScores], first: Member) -> Iterator[str]:
    """How differences were tested, and which are significant."""
    pairs = [each.difference.seeds for each in others if each.difference]
    over = "; ".join(dict.fromkeys(drawn_over(len(seeds)) for seeds in pairs))
    yield f"difference in F1 to {first.system}; intervals: {LEVEL:.0%}, paired bootstrap over {over}"
    more = f"; p (Holm): the same, adjusted for {len(others)} comparisons" if len(others) > 1 else ""
    if any(each.difference and each.difference.p_randomised is not None for each in others):
        more = "; p (randomised): approximate randomisation over sentences"
    yield f"p: no difference, two-sided, same bootstrap{more}"
    significant = [each.name for each in others if each.difference and each.difference.is_significant]
    told = "adjusted p" if len(others) > 1 else "p"
    yield f"*: significant, {told} at most {ALPHA}: {', '.join(significant) or 'none'}"


def _on_pairing(systems: Sequence[SystemScores], baseline: str) -> Iterator[str]:
    """Which seeds are compared with which, where that does not go without saying."""
    n_seeds = {each.name: len(each.seeds) for each in systems}
    for each in systems:
        pairs = each.difference.seeds if each.difference else ()
        left_out = pairs and len(pairs) < max(n_seeds[each.name], n_seeds[baseline])
        if left_out or (len(pairs) > 1 and any(one != other for one, other in pairs)):
            told = ", ".join(f"{one} with {other}" for one, other in pairs)
            yield f"{each.name} and {baseline} do not share all seeds; their difference is over {told}"


def _on_data(members: Sequence[Member], first: Member) -> Iterator[str]:
    """Which systems were trained on other data, and how predictions came about."""
    mine = first.recipe.data.model_dump()
    for system, theirs in {member.system: member.recipe.data.model_dump() for member in members}.items():
        if other := [f"data.{key}" for key in mine if mine[key] != theirs[key]]:
            yield f"{system} was trained on other data than {first.system} ({', '.join(other)})"
    predicting = [member for member in members if member.types is not None]
    if 0 < len(predicting) < len(members):
        yield f"{counted(len(predicting), 'checkpoint')} predicted now; of the runs, the predictions that they kept are scored"
    gold = Counter(entity.type for sentence in first.scored.sentences for entity in sentence.entities or ())
    if predicting and (unknown := sorted(gold.keys() - (predicting[0].types or ()))):
        missed = counted(sum(gold[type_] for type_ in unknown), "entity")
        yield f"gold of types that checkpoints do not know is missed, {missed}: {', '.join(unknown)}"


def _listed(seeds: Sequence[int]) -> str:
    return ", ".join(map(str, seeds))
