"""Rules about how high a hand or a foot goes that strikes or waves: a higher kick, "wave lower"."""

from __future__ import annotations

from editing.catalogue import AnyOperation
from editing.groups import SIDES
from editing.language.clauses import LETTER, CannotDo, Clause, pair_of
from editing.language.rules_whole import SWINGS
from editing.operations import Scale


def higher(clause: Clause) -> list[AnyOperation] | None:
    """ "wave higher", "punch 10 cm lower": the hand that does it goes higher; the movement isn't larger."""
    if not clause.has("direction", "up", "down") or not clause.has("compare") and not clause.has("factor"):
        return None
    if clause.aspect or clause.has("count"):
        return None
    ways = clause.ways("up", "down")
    amount = clause.amount(("m",))
    if len(ways) != 1 or amount.to is not None:
        raise CannotDo("say by how many cm higher or lower")
    sign = (1.0 if ways == ["up"] else -1.0) * (amount.sign or 1)
    named = [m for m in clause.mentions if m.relation in (None, "with") and pair_of(m) == "arm"]
    for mention in named:
        mention.used = True
    letters = [LETTER[m.side] for m in named if m.side in SIDES] or ["L", "R"]
    groups = [f"{letter}-hand vs {letter}-shoulder relY" for letter in letters]
    if amount.factor is not None:
        return [Scale(groups, factor=amount.factor)]
    by = amount.by if amount.by is not None else amount.pick(0.1, 0.2, 0.3)
    return [Scale(groups, amount=sign * by)]


def kick(clause: Clause) -> list[AnyOperation] | None:
    """A higher kick, a smaller one."""
    if not clause.has("compare") and not clause.has("factor") and not clause.has("manner", "high"):
        return None
    if clause.has("count"):
        return None
    down = bool(clause.ways("down"))
    clause.ways("up", "forward")
    high = clause.take("manner", "high")
    amount = clause.amount(("m",), SWINGS)
    if amount.to is not None:
        raise CannotDo("say by how many cm higher or lower")
    scale = amount.scale if amount.compares or not high else 1.4
    scale = 1 / scale if down else scale
    named = [m for m in clause.mentions if m.relation in (None, "with")]
    for mention in named:
        mention.used = True
    sides = [m.side for m in named if m.side in SIDES] or list(SIDES)
    groups = [f"{LETTER[side]}-foot vs {LETTER[side]}-hip relY" for side in sides]
    if amount.by is not None:
        return [Scale(groups, amount=(-1.0 if down else 1.0) * (amount.sign or 1) * amount.by)]
    return [Scale(groups, factor=scale)]
