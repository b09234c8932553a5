# SPDX-License-Identifier: GPL-3.0-or-later
"""core/service/keys: a key goes to the service that it was entered for, and to no other."""

from __future__ import annotations

import pytest
from reshoot.core.errors import SetupError
from reshoot.core.service.keys import FAL, fal_key, key_for, other_service

HERE = "https://edits.example/fal"
OTHER = {"RESHOOT_SERVICE_URL": f"{HERE}/", "FAL_KEY": " theirs "}


def test_the_environment_s_key_is_fal_s_where_no_other_service_is_named() -> None:
    assert fal_key("", {"FAL_KEY": " from-outside "}) == "from-outside"
    assert fal_key(" mine ", {"FAL_KEY": "from-outside"}) == "mine"
    assert fal_key("", {}) == ""


def test_the_environment_s_key_is_the_other_service_s_where_one_is_named() -> None:
    assert fal_key("", OTHER) == ""
    assert fal_key("mine", OTHER) == "mine"
    assert other_service(OTHER) == HERE
    assert key_for(HERE, "mine", OTHER) == "theirs"


def test_fal_gets_its_own_key_whatever_service_is_named() -> None:
    assert key_for(FAL, "mine", OTHER) == "mine"
    with pytest.raises(SetupError, match="no key for fal"):
        key_for(FAL, fal_key("", OTHER), OTHER)


@pytest.mark.parametrize(
    "environment",
    [{}, {"FAL_KEY": "mine"}, {**OTHER, "RESHOOT_SERVICE_URL": "https://edits.example"}],
    ids=["nothing", "a key of fal.ai", "a third service"],
)
@pytest.mark.parametrize("row", [HERE, "http://127.0.0.1:9", "https://edits.example.evil/fal", ""])
def test_no_key_goes_to_a_service_that_is_not_the_one_in_use(row: str, environment: dict[str, str]) -> None:
    with pytest.raises(SetupError) as caught:
        key_for(row, "mine", environment)
    assert row in caught.value.message
    assert f"RESHOOT_SERVICE_URL to {row} again" in caught.value.remedy


def test_the_service_in_use_has_no_key() -> None:
    with pytest.raises(SetupError, match="FAL_KEY is not"):
        key_for(HERE, "mine", {"RESHOOT_SERVICE_URL": HERE})
