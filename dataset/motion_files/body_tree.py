"""A file's points as a tree of joints with typical distances, for guessing which joint is which."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from dataset.motion_files.joint_names import split_end
from dataset.motion_files.raw import END, RawMotion
from dataset.motion_files.rest_pose import held_frames
from dataset.motion_files.sources import Source, place

FRAMES = 48  # are enough to know distances and directions by
STRETCH = 0.1  # share by which the length of a bone may vary
SAME_PLACE = 0.01  # of the body's size: points nearer to each other are one


class BodyTree:
    """Points of a motion, with a few frames of it.

    names: of the points; positions: (T, N, 3) in file units; parents: index of each point's parent, -1 for a root,
    or None where no tree is known (or all points hang on one). is_end: points that are a bone's end, no joint.
    """

    def __init__(self, motion: RawMotion) -> None:
        # A first frame may be a rest pose at another place; distances are the same in it, directions are not.
        first = min(held_frames(motion.positions), len(motion) - 1) if motion.starts_at_rest else 0
        frames = np.unique(np.linspace(first, len(motion) - 1, FRAMES).astype(int))
        self.file_names = motion.names
        self.names, self._sources = list(motion.names), list(motion.names)
        self.positions = motion.positions[frames]
        self.parents = None if motion.parents is None else list(motion.parents)
        if motion.format == "amc" and self.parents is not None:
            self._bones_to_joints()
        known = set(self.names)
        self.is_end = [bool(end) and joint in known for joint, end in map(split_end, self.names)]
        if self.parents is not None and max(map(self.depth, range(len(self.names)))) < 3:
            self.parents = None

    def _bones_to_joints(self) -> None:
        """Put each bone's name to its start, and its end to a point of its own where no bone follows."""
        parents = self.parents or []
        leaves = [i for i in range(len(parents)) if i not in parents]
        above = [max(parent, 0) for parent in parents]
        self.positions = self.positions[:, above + leaves]
        self._sources = [self.names[i] for i in above + leaves]
        self.names = self.names + [self.names[i] + END for i in leaves]
        self.parents = parents + leaves

    def source(self, point: int) -> Source:
        """A point as a map names it."""
        return self._sources[point], self._sources[point], 0.0

    def between(self, a: Source, b: Source) -> float:
        """Typical distance of two points of a map."""
        return float(np.median(np.linalg.norm(self.place(a) - self.place(b), axis=-1)))

    def place(self, point: str | Source) -> np.ndarray:
        """Positions (T, 3) of a map's point."""
        return place(point, self.positions, {name: i for i, name in enumerate(self._sources)})

    @cached_property
    def children(self) -> list[list[int]]:
        """Children of each point; none where no tree is known."""
        children: list[list[int]] = [[] for _ in self.names]
        for i, parent in enumerate(self.parents or []):
            if parent >= 0:
                children[parent].append(i)
        return children

    @cached_property
    def size(self) -> float:
        """About the height of the body, whatever stands far from it, such as a root that stays at the origin."""
        middle = np.median(self.positions, axis=1, keepdims=True)
        return 4 * float(np.median(np.linalg.norm(self.positions - middle, axis=-1)))

    def lengths(self, a: int, b: int) -> np.ndarray:
        """Distance (T,) of two points."""
        return np.linalg.norm(self.positions[:, a] - self.positions[:, b], axis=-1)

    def distance(self, a: int, b: int) -> float:
        """Typical distance of two points."""
        return float(np.median(self.lengths(a, b)))

    def apart(self, a: int, b: int) -> bool:
        """Whether two points are at different places."""
        return self.distance(a, b) > SAME_PLACE * self.size

    def own_place(self, point: int) -> bool:
        """Whether a point is at another place than its parent."""
        above = self.way_up(point)
        return len(above) < 2 or self.apart(point, above[1])

    def way_up(self, point: int) -> list[int]:
        """A point, its parent, and so on up to the root."""
        way = [point]
        while self.parents is not None and self.parents[way[-1]] >= 0:
            way.append(self.parents[way[-1]])
        return way

    def depth(self, point: int) -> int:
        """Number of points above one."""
        return len(self.way_up(point)) - 1

    def is_below(self, point: int, above: int) -> bool:
        """Whether a point descends from another; always, where no tree is known."""
        return point != above and (self.parents is None or above in self.way_up(point))

    def meeting(self, points: list[int]) -> int | None:
        """The lowest point that all of these descend from (or are)."""
        ways = [self.way_up(point) for point in points]
        return next((p for p in ways[0] if all(p in way for way in ways[1:])), None)

    def way(self, start: int, end: int) -> list[int]:
        """Points from start to end along the tree; only these two where no tree connects them."""
        top = self.meeting([start, end])
        if top is None:
            return [start, end]
        up, down = self.way_up(start), self.way_up(end)
        return up[: up.index(top) + 1] + down[: down.index(top)][::-1]

    @cached_property
    def reach(self) -> list[float]:
        """Length of the longest way down from each point, along what is as long in all frames."""
        reach = [0.0] * len(self.names)
        for i in sorted(range(len(self.names)), key=self.depth, reverse=True):
            parent = -1 if self.parents is None else self.parents[i]
            if parent >= 0 and self.is_bone(i):
                reach[parent] = max(reach[parent], reach[i] + self.distance(i, parent))
        return reach

    def is_bone(self, point: int) -> bool:
        """Whether a point keeps its distance from its parent, as a body's joints do and a moved root does not."""
        lengths = self.lengths(point, self.way_up(point)[1])
        return bool(lengths.std() <= STRETCH * lengths.mean() + 1e-6 * self.size)

    def branch(self, point: int) -> float:
        """Length of the longest way from a point's parent through it."""
        parent = -1 if self.parents is None else self.parents[point]
        return self.reach[point] + (self.distance(point, parent) if parent >= 0 else 0.0)

    def after(self, point: int) -> list[int]:
        """What follows a point: the rest of its chain, or without a tree its end site."""
        end = self.names[point] + END
        by_name = [self.names.index(end)] if self.parents is None and end in self.names else []
        return by_name or self.chain(point)[1:]

    def chain(self, point: int) -> list[int]:
        """The longest way down from a point (included), without points at the place of the one before."""
        chain = [point]
        while self.children[point]:
            point = max(self.children[point], key=self.branch)
            if self.apart(chain[-1], point):
                chain.append(point)
        return chain
