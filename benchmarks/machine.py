"""What this machine could do at most, and how much a model asks of it. Needs torch."""

from __future__ import annotations

import time
from collections.abc import Callable

SIDE = 2048


def matrix_peak(rounds: int = 5) -> float:
    """The best of a few float32 products of two square matrices, in FLOP/s.

    On as many threads as torch has been told to use.
    """
    import torch

    left, right = torch.rand(SIDE, SIDE), torch.rand(SIDE, SIDE)
    best = float("inf")
    for _ in range(rounds):
        began = time.perf_counter()
        torch.mm(left, right)
        best = min(best, time.perf_counter() - began)
    return 2 * SIDE**3 / best


def operations(call: Callable[[], object]) -> int:
    """FLOPs of the matrix products, attention and convolutions of a call of torch.

    Fused kernels are switched off while counting, as the counter does not see into them.
    """
    import torch
    from torch.nn.attention import SDPBackend, sdpa_kernel
    from torch.utils.flop_counter import FlopCounterMode

    fast = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        with FlopCounterMode(display=False) as counter, sdpa_kernel(SDPBackend.MATH):
            call()
    finally:
        torch.backends.mha.set_fastpath_enabled(fast)
    return int(counter.get_total_flops())
