"""Make the net of telephony/answer_words.py that is shipped, of what `python -m bench.greetings.spectra` has kept:

    PYTHONPATH=. /usr/bin/python3 bench/greetings/train_words.py FOLDER

by a Python that has PyTorch (Debian's python3-torch: only for this, never for the house). FOLDER holds the spectra.

It learns from voices of use "train" and "words", whose bands are bent, tilted and masked anew each time: other mouths and lines than any
engine has. The epoch that does best on "valid" is kept. No held-out voice is heard. Twenty minutes on two free cores.
"""

import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from cordboard.telephony import answer_words as words
from cordboard.telephony.answer_words import FIRST, SECOND, STEP

EPOCHS, BATCH, RATE, DECAY = 16, 64, 2e-3, 0.02
SIZES = (32, 96, 96)
SURE = 0.98  # a label is believed so far
KIND_WEIGHT = 0.3
KINDS = 16  # of spectra.py


@dataclass
class Calls:
    """`spectra` [calls, frames, bands], `weights` [calls, moments], `machine` and `kinds` [calls]."""

    spectra: np.ndarray
    weights: np.ndarray
    machine: np.ndarray
    kinds: np.ndarray

    @classmethod
    def of(cls, *paths: Path) -> "Calls":
        kept = [np.load(path) for path in paths]
        return cls(
            *(np.concatenate([each[name] for each in kept]) for name in ("spectra", "weights", "machine", "kinds"))
        )

    def batches(self, dice: np.random.Generator) -> Iterator[np.ndarray]:
        yield from np.array_split(dice.permutation(len(self.machine)), -(-len(self.machine) // BATCH))


class Net(nn.Module):  # type: ignore[misc]  # PyTorch is not in the house
    """Tells at each fifth frame how likely a machine speaks, and, while it learns, which kind of call it is."""

    def __init__(self, bands: int) -> None:
        super().__init__()
        early, late, state = SIZES
        self.first, self.second = nn.Conv1d(bands, early, FIRST), nn.Conv1d(early, late, SECOND, stride=STEP)
        self.unit = nn.GRU(late, state, batch_first=True)
        self.tells, self.kind = nn.Linear(state, 1), nn.Linear(state, KINDS)
        self.forgets = nn.Dropout(0.3)

    def forward(self, spectra: Tensor) -> tuple[Tensor, Tensor]:
        near = functional.relu(self.first(functional.pad(spectra.transpose(1, 2), (FIRST - 1, 0))))
        late = functional.relu(self.second(functional.pad(near, (SECOND - STEP, 0)))).transpose(1, 2)
        heard, _ = self.unit(self.forgets(late))
        heard = self.forgets(heard)
        return self.tells(heard)[..., 0], self.kind(heard)


def changed(spectra: Tensor, dice: np.random.Generator) -> Tensor:
    """Other mouths (the bands bent about 0 Hz), levels, lines (a tilt), and holes in band and time."""
    count, frames, bands = spectra.shape
    bend = torch.tensor(dice.uniform(0.86, 1.16, (count, 1)), dtype=torch.float32)
    across = (bend * (torch.arange(bands) + 3) - 3) / (bands - 1) * 2 - 1
    along = torch.linspace(-1, 1, frames)
    where = torch.stack([across[:, None, :].expand(-1, frames, -1), along[None, :, None].expand(count, -1, bands)], -1)
    bent = functional.grid_sample(spectra[:, None], where, padding_mode="border", align_corners=True)[:, 0]
    tilt = np.cumsum(dice.normal(0, 0.06, (count, bands)), 1)
    tilt += dice.normal(0, 0.25, (count, 1)) - tilt.mean(1, keepdims=True)
    bent += torch.tensor(tilt, dtype=torch.float32)[:, None, :]
    for one in bent:
        if dice.random() < 0.5:
            band = dice.integers(0, bands - 4)
            one[:, band : band + dice.integers(1, 5)] = one.mean()
        for begin in dice.integers(0, frames - 8, 2):
            one[begin : begin + dice.integers(1, 8)] += dice.normal(0, 0.25)
    return bent


def _losses(told: Tensor, machine: Tensor, weights: Tensor) -> Tensor:
    sure = machine[:, None].expand_as(told) * (2 * SURE - 1) + (1 - SURE)
    return (functional.binary_cross_entropy_with_logits(told, sure, reduction="none") * weights).sum() / weights.sum()


def learn(net: Net, calls: Calls, dice: np.random.Generator, steps: Iterator[None]) -> float:
    """One epoch; the mean of its losses. Each `next(steps)` is one step of the optimiser."""
    net.train()
    lost = []
    for chosen in calls.batches(dice):
        told, kinds = net(changed(torch.tensor(calls.spectra[chosen].astype(np.float32)), dice))
        weights = torch.tensor(calls.weights[chosen])
        loss = _losses(told, torch.tensor(calls.machine[chosen], dtype=torch.float32), weights)
        wanted = torch.tensor(calls.kinds[chosen])[:, None].expand_as(told)
        kind = functional.cross_entropy(kinds.flatten(0, 1), wanted.flatten(), reduction="none").reshape(told.shape)
        (loss + KIND_WEIGHT * (kind * weights).sum() / weights.sum()).backward()
        next(steps)
        lost.append(float(loss))
    return float(np.mean(lost))


def optimised(net: Net, steps: int) -> Iterator[None]:
    """Each step goes down the gradient that has gathered."""
    optimiser = torch.optim.AdamW(net.parameters(), lr=RATE, weight_decay=DECAY)
    pace = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, total_steps=steps)
    while True:
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimiser.step()
        pace.step()
        optimiser.zero_grad()
        yield


def told(net: Net, calls: Calls) -> Tensor:
    net.eval()
    with torch.no_grad():
        parts = np.array_split(calls.spectra, -(-len(calls.machine) // 256))
        return torch.cat([net(torch.tensor(part.astype(np.float32)))[0] for part in parts])


def kept(net: Net) -> words.Net:
    """As the house keeps it, and lays it out."""

    def laid(layer: nn.Conv1d) -> Tensor:
        return layer.weight.permute(2, 1, 0).flatten(0, 1)

    unit = net.unit
    parts = {
        "first": laid(net.first),
        "first_bias": net.first.bias,
        "second": laid(net.second),
        "second_bias": net.second.bias,
        "takes": unit.weight_ih_l0.T,
        "takes_bias": unit.bias_ih_l0,
        "keeps": unit.weight_hh_l0.T,
        "keeps_bias": unit.bias_hh_l0,
        "tells": net.tells.weight[0],
        "tells_bias": net.tells.bias,
    }
    return words.Net(**{name: part.detach().numpy() for name, part in parts.items()})


def main(folder: Path, epochs: int = EPOCHS) -> None:
    torch.manual_seed(1)
    torch.set_num_threads(2)
    dice = np.random.default_rng(1)
    calls, valid = (
        Calls.of(folder / "spectra-train.npz", folder / "spectra-words.npz"),
        Calls.of(folder / "spectra-valid.npz"),
    )
    net = Net(calls.spectra.shape[2])
    steps = optimised(net, epochs * -(-len(calls.machine) // BATCH))
    best = float("inf")
    for epoch in range(epochs):
        began = time.monotonic()
        loss = learn(net, calls, dice, steps)
        held = float(
            _losses(told(net, valid), torch.tensor(valid.machine, dtype=torch.float32), torch.tensor(valid.weights))
        )
        print(f"{epoch + 1}: {loss:.4f}, on valid {held:.4f}, {time.monotonic() - began:.0f} s", flush=True)
        if held < best:
            best = held
            with words.SHIPPED.open("wb") as file:
                words.to_file(kept(net), file)


if __name__ == "__main__":
    main(Path(sys.argv[1]), *map(int, sys.argv[2:3]))
