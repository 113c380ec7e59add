"""Bodies balance over their feet: what a pose fit adds to an edit of legs, by responses learnt from captured motion.

A lifted leg takes the pelvis over the foot that stands, bent knees take the trunk forward and the pelvis back
(`editing.body.responses`). All is relative to the source, so that a walker goes on walking. Hips keep their ranges.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from editing.body import responses
from utils.rotation import turn

FULL = 0.12  # metres that the pelvis goes to be over one foot, from between two
HALF_STANCE = 0.2  # metres; farther from a foot nobody stands on it
LEVEL = 0.08  # metres between the ankles' heights, up to which both legs carry
ON_FLOOR = 0.02  # metres that toes rise, up to which a foot is not lifted
DEGREES = 10.0  # of the trunk that weigh like a decimetre of the pelvis
# Ranges of the hips in radians, of a thigh seen from the body: flexion, extension, abduction, adduction.
FLEXION, EXTENSION, ABDUCTION, ADDUCTION = 2.1, 0.5, 0.8, 0.35
OVER_FEET = 5.0  # times as important that the weight stays over feet that are held
HIPS, KNEES, ANKLES, TOES = [1, 2], [4, 5], [7, 8], [10, 11]


class Balance:
    """How far poses (T, 22, 3) are from how a body would hold itself, as one number to minimise.

    source: the motion before; yaw: (T,) that turns it to face +z; leans: whether the trunk is free to follow;
    reaches: whether a hand reaches down over feet that are held, so that trunk and pelvis go where they have to.
    """

    def __init__(self, source: Tensor, yaw: Tensor, leans: bool, reaches: bool = False) -> None:
        self.yaw, self.leans, self.reaches = yaw, leans, reaches
        self.weight_before = _weight(source)
        self.before = self._posture(source)
        ankles = self.before["ankles"]
        self.reach = ankles - self.before["pelvis"][:, None]  # to each ankle: left, up, front
        own = self._own(source)
        self.range_before = self._beyond(own)
        self.foot_before = self._feet(own)
        self.flexed_before, self.toes_before = self._flexed(own), own[:, TOES, 1]
        self.aim(source)

    def aim(self, moved: Tensor) -> None:
        """Take from poses (T, 22, 3) where pelvis and trunk should be: what the legs do at the moment says it."""
        now, old = self._posture(moved.detach()), self.before
        lift, lift_old = (posture["ankles"][:, 0, 1] - posture["ankles"][:, 1, 1] for posture in (now, old))
        stands = (lift > 0).long()  # the lower foot: 0 is the left one
        over = _response("lift", "over", lift.abs()) / FULL
        over_old = _response("lift", "over", lift_old.abs()) / FULL * (lift * lift_old > 0)
        to_foot = self.reach.gather(1, stands[:, None, None].expand(-1, 1, 3))[:, 0, 0]
        whole = (to_foot / (1 - over_old).clamp(min=0.2)).clamp(-HALF_STANCE, HALF_STANCE)
        self.aside = old["pelvis"][:, 0] + whole * (over - over_old).clamp(min=0)
        # With both feet down the pelvis stays, or goes back the deeper it goes. (That it follow feet that are free to
        # go elsewhere would let the two lead each other away.)
        self.level = (lift.abs() < LEVEL).to(lift)
        back = _response("bend", "back", now["bend"]) - _response("bend", "back", old["bend"])
        self.ahead = old["pelvis"][:, 2] - back
        lean = _response("bend", "lean", now["bend"]) - _response("bend", "lean", old["bend"])
        self.lean = old["lean"] + lean

    def __call__(self, moved: Tensor) -> Tensor:
        """The misses of pelvis, trunk, hips and feet, squared and summed."""
        own = self._own(moved)
        if self.reaches:
            # A trunk that bends forward takes the pelvis back, so that the weight stays where it was. Nobody leans back
            # to reach down.
            loss = OVER_FEET * (_weight(moved) - self.weight_before).square().sum()
            back = (self.before["lean"] - _lean(own)).clamp(min=0) / DEGREES
            return loss + back.square().sum() / 10 + self._held_legs(own)
        loss = (own[:, 0, 0] - self.aside).square().sum()
        loss = loss + (self.level * (own[:, 0, 2] - self.ahead).square()).sum()
        if self.leans:
            miss = (_lean(own) - self.lean) / (10 * DEGREES)
            loss = loss + (self.level * miss.square()).sum()
        return loss + self._held_legs(own)

    def _held_legs(self, own: Tensor) -> Tensor:
        """Thighs beyond their ranges, feet that turn, toes that are pulled up."""
        beyond = (self._beyond(own) - self.range_before).clamp(min=0)
        return 2 * beyond.square().sum() + self._twist(own) + self._pulled_up(own)

    def _own(self, vectors: Tensor) -> Tensor:
        """Vectors (T, n, 3) as the body's left, up and front."""
        return turn(vectors, self.yaw[:, None])

    def _posture(self, joints: Tensor) -> dict[str, Tensor]:
        own = self._own(joints)
        thigh, shin = own[:, KNEES] - own[:, HIPS], own[:, ANKLES] - own[:, KNEES]
        cosine = torch.nn.functional.cosine_similarity(thigh, shin, dim=-1).clamp(-0.9999, 0.9999)
        return {
            "pelvis": own[:, 0],
            "ankles": own[:, ANKLES],
            "lean": _lean(own),
            "bend": torch.rad2deg(torch.arccos(cosine)).mean(1),
        }

    def _beyond(self, own: Tensor) -> Tensor:
        """Radians (T, 2, 4) by which thighs are beyond their ranges."""
        thigh = own[:, KNEES] - own[:, HIPS]
        thigh = thigh / thigh.norm(dim=-1, keepdim=True)
        out = thigh[..., 0] * thigh.new_tensor([1.0, -1.0])
        swing = torch.atan2(thigh[..., 2], -thigh[..., 1])
        aside = torch.asin(out.clamp(-0.999, 0.999))
        limits = (swing - FLEXION, -swing - EXTENSION, aside - ABDUCTION, -aside - ADDUCTION)
        return torch.stack([limit.clamp(min=0) for limit in limits], -1)

    def _feet(self, own: Tensor) -> Tensor:
        """Directions (T, 2, 2) over the floor that feet point to, as long as they are flat."""
        foot = own[:, TOES] - own[:, ANKLES]
        return foot[..., [0, 2]] / foot.norm(dim=-1, keepdim=True)

    def _twist(self, own: Tensor) -> Tensor:
        """Feet that point elsewhere than in the source: pigeon toes."""
        now = self._feet(own)
        cross = now[..., 0] * self.foot_before[..., 1] - now[..., 1] * self.foot_before[..., 0]
        return cross.square().sum()

    def _flexed(self, own: Tensor) -> Tensor:
        """Cosines (T, 2) of the angle between foot and shin: lower where the toes are pulled up."""
        foot, shin = own[:, TOES] - own[:, ANKLES], own[:, ANKLES] - own[:, KNEES]
        return torch.nn.functional.cosine_similarity(foot, shin, dim=-1)

    def _pulled_up(self, own: Tensor) -> Tensor:
        """Toes pulled up in the air: a foot is lifted by its leg, not by its ankle. On the floor ankles are free."""
        rise = (own[:, TOES, 1] - self.toes_before).detach()
        lifted = ((rise - ON_FLOOR) / (2 * ON_FLOOR)).clamp(0, 1)
        return (lifted * (self.flexed_before - self._flexed(own)).clamp(min=0).square()).sum()


def _weight(joints: Tensor) -> Tensor:
    """Where over the floor (T, 2) the body's weight is, by pelvis and neck of joints (T, 22, 3)."""
    return (joints[:, 0] + joints[:, 12])[:, [0, 2]] / 2


def _lean(own: Tensor) -> Tensor:
    """Degrees (T,) by which the trunk leans to the front, of joints seen from the body."""
    trunk = own[:, 12] - own[:, 0]
    return torch.rad2deg(torch.atan2(trunk[:, 2], trunk[:, 1]))


def _response(kind: str, what: str, at: Tensor) -> Tensor:
    """A learnt response (T,), linear between its knots and constant beyond them; not differentiable."""
    row = responses()[kind]
    return torch.as_tensor(np.interp(at.numpy(), row["at"], row[what]), dtype=torch.float32)
