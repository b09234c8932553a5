# SPDX-License-Identifier: GPL-3.0-or-later
"""Jobs as plain JSON values: what was written is what is read, and what is of another form is refused."""

from __future__ import annotations

import json
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reshoot.core.errors import Paid
from reshoot.core.values.choices import ReferenceKind, Sound, Source, Timing
from reshoot.core.values.job import Job, Stage
from reshoot.core.values.plan import Part, Plan
from reshoot.core.values.request import Order, Ticket, Upload
from reshoot.core.values.serialization import from_json, to_json
from reshoot.core.values.shot import Reference, Shot, ShotStrip
from reshoot.core.values.state import State
from reshoot.core.values.take import Fit, FrameShift, Take
from sample_jobs import a_job

words = st.text(max_size=12)
lines = st.lists(words, max_size=3).map(tuple)
counts = st.integers(-(2**40), 2**40)
rates = st.fractions(min_value=Fraction(1, 1001), max_value=1000)
moments = st.floats(allow_nan=False, allow_infinity=False)

strips = st.builds(ShotStrip, words, words, words, moments, counts, counts, counts)
shots = st.builds(
    Shot,
    project=words,
    scene=words,
    strips=st.lists(strips, max_size=3).map(tuple),
    start=counts,
    frames=counts,
    before=counts,
    after=counts,
    holds=st.booleans(),
    cuts=st.lists(counts, max_size=3).map(tuple),
    fps=rates,
    width=counts,
    height=counts,
    source=st.sampled_from(Source),
    native=st.booleans(),
    scalable=st.booleans(),
    view=words,
    sounds=lines,
    file=words,
)
references = st.lists(st.builds(Reference, st.sampled_from(ReferenceKind), lines), max_size=3).map(tuple)
orders = st.builds(Order, words, words, st.sampled_from(Sound), references, lines)
prices = st.decimals(0, 100, places=2, allow_nan=False, allow_infinity=False)
parts = st.lists(st.builds(Part, counts, counts, counts, counts, counts, prices), min_size=1, max_size=3).map(tuple)
plans = st.builds(Plan, st.sampled_from(Timing), rates, st.booleans(), counts, counts, st.booleans(), lines, parts)
runs = st.lists(st.builds(FrameShift, counts, counts), max_size=3).map(tuple)
fits = st.builds(Fit, moments, moments, moments, moments)
takes = st.builds(Take, words, counts, counts, counts, rates, st.booleans(), st.none() | rates, runs, fits)
jobs = st.builds(
    Job,
    id=words,
    state=st.sampled_from(State),
    project=words,
    scene=words,
    service=words,
    order=orders,
    shot=shots,
    plan=plans,
    clip=words,
    prepared=references,
    uploads=st.lists(st.builds(Upload, words, words), max_size=2).map(tuple),
    ticket=st.none() | st.builds(Ticket, words, words, words, words),
    take=st.none() | takes,
    notes=lines,
    error=words,
    remedy=words,
    paid=st.sampled_from(Paid),
    retry_to=st.none() | st.sampled_from(State),
    cancelling=st.booleans(),
    created=moments,
    stages=st.lists(st.builds(Stage, st.sampled_from(State), moments), max_size=3).map(tuple),
)


@given(jobs)
def test_a_job_is_read_as_it_was_written(job: Job) -> None:
    again = from_json(Job, json.loads(json.dumps(to_json(job))))
    assert again == job
    assert type(again.plan.price) is Decimal and type(again.shot.fps) is Fraction


def test_what_an_older_version_did_not_write_takes_its_default() -> None:
    job = a_job()
    data = to_json(job)
    for name in ("notes", "stages", "paid", "ticket"):
        del data[name]
    again = from_json(Job, data)
    assert (again.notes, again.stages, again.paid, again.ticket) == ((), (), Paid.NO, None)
    assert (again.id, again.shot, again.plan) == (job.id, job.shot, job.plan)


def test_a_shot_that_was_said_to_show_a_whole_file_is_rendered() -> None:
    job = a_job()
    data = to_json(job)
    del data["shot"]["file"]
    data["shot"]["whole_file"] = "/films/forest.mp4"
    assert from_json(Job, data) == job and job.shot.file == ""


def test_what_a_newer_version_wrote_besides_is_left_out() -> None:
    job = a_job()
    assert from_json(Job, {**to_json(job), "colour": "red"}) == job


def _without(name: str) -> Any:
    data = to_json(a_job())
    del data[name]
    return data


@pytest.mark.parametrize(
    "data",
    [
        [],
        "text",
        None,
        _without("id"),
        _without("shot"),
        {**to_json(a_job()), "state": "DREAMING"},
        {**to_json(a_job()), "plan": 7},
        {**to_json(a_job()), "stages": 7},
        {**to_json(a_job()), "shot": {**to_json(a_job().shot), "fps": "fast"}},
        {**to_json(a_job()), "shot": {**to_json(a_job().shot), "fps": "24/0"}},
        {**to_json(a_job()), "plan": {**to_json(a_job().plan), "parts": [{"first": 0, "price": "cheap"}]}},
    ],
)
def test_what_is_no_job_is_refused(data: Any) -> None:
    with pytest.raises((ValueError, TypeError, KeyError)):
        from_json(Job, data)
