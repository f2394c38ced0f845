"""Statistics of many values: percentiles by weight, histograms, and the values that sketches stand for."""

import math
from bisect import bisect_left
from itertools import accumulate, pairwise

INVALID = "INVALID_FUNCTION_ARGUMENT"


BUFFERED = 100
"""How many values wait before buckets are joined again."""

Bucket = tuple[float, float]
"""A mean and its weight."""


def numeric_histogram(buckets: int, values: list[float], weights: list[float]) -> dict[float, float]:
    """Weights by the means of at most `buckets` buckets; those that differ least are joined until there are no more.

    Source: Ben-Haim and Tom-Tov, "A Streaming Parallel Decision Tree Algorithm".
    """
    if buckets < 2:
        raise ValueError(f"{INVALID}: numeric_histogram bucket count must be greater than one")
    counted: dict[float, float] = {}
    for value, weight in zip(values, weights, strict=True):
        counted[value] = counted.get(value, 0.0) + weight
        if len(counted) >= buckets + BUFFERED:
            counted = dict(_joined(sorted(counted.items()), buckets))
    return dict(_joined(sorted(counted.items()), buckets))


def _joined(found: list[Bucket], most: int) -> list[Bucket]:
    while len(found) > most:
        differences = [_difference(*pair) for pair in pairwise(found)]
        place = differences.index(min(differences))
        (one, first), (other, second) = found[place : place + 2]
        found[place : place + 2] = [((one * first + other * second) / (first + second), first + second)]
    return found


def _difference(one: Bucket, other: Bucket) -> float:
    """The variance that joining two buckets would bring in, by their weight."""
    return (one[0] - other[0]) ** 2 * one[1] * other[1] / (one[1] + other[1]) ** 2


def weighted_percentiles(values: list[float], weights: list[float], shares: list[float]) -> list[float]:
    """For each share, from 0 to 1, the least value by which so much of the weight is reached."""
    if any(not 0 <= share <= 1 for share in shares):
        raise ValueError(f"{INVALID}: Percentile must be between 0 and 1")
    rows = sorted(zip(values, weights, strict=True))
    reached = list(accumulate(weight for _, weight in rows))
    places = (bisect_left(reached, share * reached[-1]) for share in shares)
    return [rows[min(place, len(rows) - 1)][0] for place in places]


def value_at(ordered: list[float], share: float) -> float:
    """The value of sorted ones below which there is such a share of them."""
    if not 0 <= share <= 1:
        raise ValueError(f"{INVALID}: Quantile should be within bounds [0, 1], was: {share}")
    return ordered[min(int(share * len(ordered)), len(ordered) - 1)]


def beta_cdf(alpha: float, beta: float, value: float) -> float:
    """The beta distribution up to `value`: the regularized incomplete beta function, by its continued fraction."""
    if alpha <= 0 or beta <= 0:
        raise ValueError(f"{INVALID}: a, b must be > 0")
    if not 0 <= value <= 1:
        raise ValueError(f"{INVALID}: value must be in the interval [0, 1]")
    if value in {0, 1}:
        return float(value)
    if value > (alpha + 1) / (alpha + beta + 2):
        return 1 - beta_cdf(beta, alpha, 1 - value)
    logarithm = math.lgamma(alpha + beta) - math.lgamma(alpha) - math.lgamma(beta)
    front = math.exp(logarithm + alpha * math.log(value) + beta * math.log1p(-value)) / alpha
    return front / _fraction(alpha, beta, value)


def _fraction(alpha: float, beta: float, value: float) -> float:
    """The continued fraction that divides; by Lentz's method."""
    tiny, step = 1e-300, 0
    found, lower, upper = 1.0, 0.0, 1.0
    while step < 10_000:
        step += 1
        half, odd = divmod(step, 2)
        part = (
            -(alpha + half) * (alpha + beta + half) * value / ((alpha + 2 * half) * (alpha + 2 * half + 1))
            if odd
            else half * (beta - half) * value / ((alpha + 2 * half - 1) * (alpha + 2 * half))
        )
        lower = 1 / (1 + part * lower or tiny)
        upper = 1 + part / upper or tiny
        found *= upper * lower
        if abs(upper * lower - 1) < 1e-16:
            break
    return found


def inverse_beta_cdf(alpha: float, beta: float, share: float) -> float:
    """The value up to which the beta distribution has such a share; found by halving."""
    if not 0 <= share <= 1:
        raise ValueError(f"{INVALID}: p must be 0 >= p >= 1")
    low, high = 0.0, 1.0
    while low < (middle := (low + high) / 2) < high:
        low, high = (middle, high) if beta_cdf(alpha, beta, middle) < share else (low, middle)
    return high if share else 0.0


FUNCTIONS = (
    ("athena_numeric_histogram", numeric_histogram, ("BIGINT", "DOUBLE[]", "DOUBLE[]"), "MAP(DOUBLE, DOUBLE)"),
    ("athena_weighted_percentiles", weighted_percentiles, ("DOUBLE[]", "DOUBLE[]", "DOUBLE[]"), "DOUBLE[]"),
    ("athena_value_at", value_at, ("DOUBLE[]", "DOUBLE"), "DOUBLE"),
    ("athena_beta_cdf", beta_cdf, ("DOUBLE", "DOUBLE", "DOUBLE"), "DOUBLE"),
    ("athena_inverse_beta_cdf", inverse_beta_cdf, ("DOUBLE", "DOUBLE", "DOUBLE"), "DOUBLE"),
)
