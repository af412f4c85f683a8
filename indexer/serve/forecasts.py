"""The forecast of one view, as it is served: only files and symbols that still exist. Writes nothing."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Mapping, Sequence

from noctule.indexer.arrays import unpack
from noctule.indexer.forecast import model as predict
from noctule.indexer.history.symbol_churn import Touches
from noctule.indexer.notes.change_counts import ChangeCounts
from noctule.indexer.notes.view_facts import ViewFacts
from noctule.indexer.results import Forecast, Freshness, LikelyChange
from noctule.indexer.terms import split_terms


def make_forecast(
    parts: Mapping[str, bytes],
    known: list[str],
    ground: ViewFacts,
    touches: Touches,
    is_there: Callable[[int], bool],
    *,
    given: Sequence[str],
    text: str,
    k: int,
    explains: bool = True,
) -> Forecast:
    """Return the likeliest change points: files first, then symbols within them. The caller adds the commit.

    Unless it `explains`, there are the probabilities of files alone, without reasons and symbols.

    `parts` are the "state" and "fitted" of the view, `known` are the files that these are about, and `is_there` tells
    whether a file still is.
    """
    index = ground.index
    model = predict.Fitted.from_dict(json.loads(parts["fitted"])["model"])
    state = predict.State.from_columns(unpack(zlib.decompress(parts["state"])), known)
    words = list(dict.fromkeys(split_terms(text)))
    there = {path for file, path in enumerate(index.paths) if is_there(file)}
    gone = len(set(known) - there)
    forecast = predict.predict(
        state, model, ChangeCounts(ground), given=given, words=words, k=k + gone, explains=explains
    )
    points = tuple(p for p in forecast.change_points if p.path in there)[:k]
    symbols = predict.rank_symbols(points, _current_touches(points, ground, touches), k) if explains else ()
    return Forecast(
        revision=None,
        dirty=False,
        given=tuple(given),
        change_points=(*points, *symbols),
        hit_rate=forecast.hit_rate,
        baseline=forecast.baselines,
        trials=forecast.trials,
        withheld=forecast.withheld,
        freshness=Freshness("unknown"),
    )


def _current_touches(points: Sequence[LikelyChange], ground: ViewFacts, touches: Touches) -> Touches:
    """Return how often symbols of some files were touched, without what those files no longer define."""
    symbols: dict[str, dict[str, int]] = {}
    for file, definitions in ground.definitions(ground.position[p.path] for p in points).items():
        path, names = ground.path(file), {d.name for d in definitions if ground.defines(file, d)}
        touched = touches.symbols.get(path, {})
        symbols[path] = {name: n for name, n in touched.items() if name in names}
    return Touches(touches.files, symbols)
