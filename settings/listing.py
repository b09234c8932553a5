# SPDX-License-Identifier: GPL-3.0-or-later
"""What the list of jobs shows. Kept by the window manager, so that it is in no file and undo leaves it alone."""

from typing import cast

import bpy
from bpy.props import BoolProperty, PointerProperty, StringProperty


def _shows_dismissed(_group: "RESHOOT_PG_listing") -> bool:
    from ..core.jobs import board

    return board.shows_dismissed()


def _show_dismissed(_group: "RESHOOT_PG_listing", shows: bool) -> None:
    from ..core.jobs import board

    board.show_dismissed(shows)


def _looked_for(_group: "RESHOOT_PG_listing") -> str:
    from ..core.jobs import board

    return board.looked_for()


def _look_for(_group: "RESHOOT_PG_listing", text: str) -> None:
    from ..core.jobs import board

    board.look_for(text)


class RESHOOT_PG_listing(bpy.types.PropertyGroup):
    """What the list of jobs shows."""

    show_dismissed: BoolProperty(  # type: ignore[valid-type]
        name="Show Dismissed",
        description="List the jobs that were dismissed too, to bring one back",
        get=_shows_dismissed,
        set=_show_dismissed,
    )
    search: StringProperty(  # type: ignore[valid-type]
        name="Search",
        description="List only the jobs whose prompt, shot or note has each of these words",
        options={"TEXTEDIT_UPDATE"},
        get=_looked_for,
        set=_look_for,
    )


def listing_of(manager: bpy.types.WindowManager) -> RESHOOT_PG_listing:
    """What the list of jobs shows."""
    return cast(RESHOOT_PG_listing, manager.reshoot)  # type: ignore[attr-defined]  # `register` gives it


CLASSES = (RESHOOT_PG_listing,)


def register() -> None:
    """Give the window manager what the list shows."""
    bpy.types.WindowManager.reshoot = PointerProperty(type=RESHOOT_PG_listing)  # type: ignore[attr-defined,func-returns-value]


def unregister() -> None:
    """Take it away again."""
    del bpy.types.WindowManager.reshoot  # type: ignore[attr-defined]
