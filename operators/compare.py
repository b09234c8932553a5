# SPDX-License-Identifier: GPL-3.0-or-later
"""`reshoot.compare`: two takes of a shot in the viewer, until Esc. Nothing of the project changes.

A running modal operator stops Blender's autosave, so this one ends every few seconds and a timer starts it again.
"""

import sys
import time
from typing import TYPE_CHECKING, Any

import bpy
from bpy.props import BoolProperty, EnumProperty, StringProperty

from .. import session
from ..core.words import say
from ..session.guarded import attempt, enduring
from ..settings import preferences
from ..settings.scene import scene_of

if TYPE_CHECKING:
    from bpy.types import Context, Event, Scene, Timer, Window

    from ..session import OperatorReturn

_TICK = 0.1
_SHIFT = 4.0
"""Seconds after which one hands over to the next once nothing is held and the mouse rests, or after thrice that."""
_RESTED = 0.5
_PAUSE = 0.1
_NEAR = 10
"""Pixels at 1× beside the wipe's line at which it is taken hold of."""
_FLIP_KEY = "J"
"""Shows the other side while it is held, unless another key has begun to compare."""
_NO_KEYS = {"NONE", "MOUSEMOVE", "LEFTMOUSE", "RIGHTMOUSE", "MIDDLEMOUSE", "RET", "NUMPAD_ENTER", "SPACE", "ESC"}

_newest = 0
"""Number of the one that began last. The others end."""
_timers: dict[int, "Timer"] = {}
"""Of those that run, by their numbers."""
_key = _FLIP_KEY
_window = 0
"""The window that listens, as Blender knows it."""


class RESHOOT_OT_compare(bpy.types.Operator):
    """Compare the take that is shown with the original or with another take, over the viewer's picture. Esc ends it"""

    bl_idname = "reshoot.compare"
    bl_label = "Compare Takes"

    mode: EnumProperty(  # type: ignore[valid-type]
        name="Mode",
        items=(
            ("WIPE", "Wipe", "One on either side of a line that is dragged over the picture"),
            ("FLIP", "Flip", "The other one while J is held, or the key that began it"),
            ("DIFFERENCE", "Difference", "Where they differ, four times as strong"),
            ("SIDE_BY_SIDE", "Side by Side", "Both beside each other"),
        ),
        options={"SKIP_SAVE"},
    )
    other: StringProperty(  # type: ignore[valid-type]
        name="Other", description="The job of the other take; without one the original", options={"SKIP_SAVE"}
    )
    goes_on: BoolProperty(options={"HIDDEN", "SKIP_SAVE"})  # type: ignore[valid-type]

    def invoke(self, context: "Context", event: "Event") -> "OperatorReturn":
        """Begin; with a key that shows the other side while it is held."""
        global _key
        is_key = event.value == "PRESS" and event.type not in _NO_KEYS and self.mode == "FLIP"
        _key = event.type if is_key else _FLIP_KEY
        return self._begin(context, held=is_key)

    def execute(self, context: "Context") -> "OperatorReturn":
        """Begin, or go on after a pause of a moment."""
        return self._begin(context, held=False)

    def _begin(self, context: "Context", *, held: bool) -> "OperatorReturn":
        from ..core.errors import ReshootError
        from ..session import comparison, viewer

        global _window
        if bpy.app.background or not session.window_manager().windows:
            self.report({"ERROR"}, say("Compare needs a window. Open the file in Blender."))
            return {"CANCELLED"}
        if self.goes_on:
            if comparison.current() is None:
                return {"CANCELLED"}
            self._listen(_window_of())
            return {"RUNNING_MODAL"}
        scene = scene_of(context)
        window = context.window or session.window_manager().windows[0]
        places = list(viewer.viewers(scene))
        if not places:
            self.report({"ERROR"}, say("No viewer shows the timeline's picture. Open a preview, then compare."))
            return {"CANCELLED"}
        try:
            made = comparison.begin(scene, self.mode, self.other, scene.frame_current)
        except ReshootError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        made.flipped = held
        own = [each for each, _area, _region in places if each == window]
        _window = (own or [places[0][0]])[0].as_pointer()
        self._listen(_window_of())
        _redraw(scene)
        return {"RUNNING_MODAL"}

    def _listen(self, window: "Window") -> None:
        global _newest
        _newest += 1
        self._number = _newest
        self._dragged: Any = None
        self._until = time.monotonic() + _SHIFT
        self._moved = 0.0
        manager = session.window_manager()
        with bpy.context.temp_override(window=window):
            manager.modal_handler_add(self)
        # Last: a timer that nobody ends would tick for ever.
        _timers[self._number] = manager.event_timer_add(_TICK, window=window)

    def modal(self, context: "Context", event: "Event") -> "OperatorReturn":
        """Look after the frames, and take what is meant for the comparison; everything else passes through."""
        from ..session import comparison

        compare = comparison.current()
        if compare is None or self._number != _newest:
            self._stop()
            return {"FINISHED"}
        if event.type == "TIMER":
            return self._tick(compare)
        if event.type == "ESC" and event.value == "PRESS":
            self._stop()
            _end()
            return {"FINISHED"}
        self._moved = time.monotonic()
        if event.type == _key and compare.mode == "FLIP" and not (event.ctrl or event.alt or event.oskey):
            return self._flip(compare, event.value == "PRESS")
        if compare.mode == "WIPE" and event.type in ("LEFTMOUSE", "MOUSEMOVE", "INBETWEEN_MOUSEMOVE"):
            return self._drag(compare, event)
        return {"PASS_THROUGH"}

    def _flip(self, compare: Any, held: bool) -> "OperatorReturn":
        if compare.flipped != held:
            compare.flipped = held
            _redraw(_scene(compare))
        return {"RUNNING_MODAL"}

    def _drag(self, compare: Any, event: "Event") -> "OperatorReturn":
        from ..session import viewer

        scene = _scene(compare)
        if scene is None:
            return {"PASS_THROUGH"}
        places = [(area, region) for window, area, region in viewer.viewers(scene) if window.as_pointer() == _window]
        if event.type == "LEFTMOUSE":
            if event.value != "PRESS" or event.shift or event.ctrl or event.alt:
                was, self._dragged = self._dragged, None
                return {"RUNNING_MODAL"} if was is not None else {"PASS_THROUGH"}
            near = _NEAR * preferences.of_blender().system.ui_scale
            for _area, region in places:
                x, y = event.mouse_x - region.x, event.mouse_y - region.y
                line = viewer.line_in(region, viewer.picture_in(region, scene), compare.wipe)
                if 0 <= x < region.width and 0 <= y < region.height and abs(x - line) <= near:
                    self._dragged = region.as_pointer()
                    return {"RUNNING_MODAL"}
            return {"PASS_THROUGH"}
        for _area, region in places:
            if region.as_pointer() == self._dragged:
                compare.wipe = viewer.wipe_at(viewer.picture_in(region, scene), event.mouse_x - region.x)
                _redraw(scene)
                return {"RUNNING_MODAL"}
        return {"PASS_THROUGH"}

    def _tick(self, compare: Any) -> "OperatorReturn":
        try:
            goes_on = _look_after(compare, lambda words: self.report({"WARNING"}, words))
        except Exception:
            self._stop()
            _end()
            raise
        if not goes_on:
            self._stop()
            _end()
            return {"FINISHED"}
        now = time.monotonic()
        rests = self._dragged is None and not compare.flipped and now - self._moved > _RESTED
        if (now >= self._until and rests) or now >= self._until + 2 * _SHIFT:
            self._stop()
            _go_on_later()
            return {"FINISHED"}
        return {"PASS_THROUGH"}

    def cancel(self, context: "Context") -> None:
        """Blender closes the window or the file: nothing is compared any more."""
        self._stop()
        if self._number == _newest:
            attempt(_end)

    def _stop(self) -> None:
        timer = _timers.pop(self._number, None)
        if timer is not None:
            session.window_manager().event_timer_remove(timer)


def _look_after(compare: Any, say_so: Any) -> bool:
    """Whether it goes on: its scene is in a viewer, and what the timeline shows can still be compared."""
    from ..core.errors import ReshootError
    from ..session import comparison, viewer

    scene = _scene(compare)
    if compare.failure is not None:
        say_so(str(compare.failure))
        return False
    if scene is None or not any(viewer.viewers(scene)):
        return False
    if compare.is_outdated(scene) and not bpy.app.is_job_running("RENDER"):
        try:
            made = comparison.begin(scene, compare.mode, compare.asked, scene.frame_current)
        except ReshootError as error:
            say_so(str(error))
            return False
        made.flipped = compare.flipped
        _redraw(scene)
        return True
    playing = any(window.screen.is_animation_playing for window in session.window_manager().windows)
    if compare.tick(scene, playing):
        _redraw(scene)
    return True


def _scene(compare: Any) -> "Scene | None":
    return next((scene for scene in bpy.data.scenes if scene.session_uid == compare.scene), None)


def _window_of() -> "Window":
    windows = session.window_manager().windows
    return next((window for window in windows if window.as_pointer() == _window), windows[0])


def _redraw(scene: "Scene | None") -> None:
    from ..session import viewer

    if scene is not None:
        for _window_there, _area, region in viewer.viewers(scene):
            region.tag_redraw()


def _end() -> None:
    """Compare nothing any more."""
    from ..session import comparison

    compare = comparison.current()
    if compare is not None:
        scene = _scene(compare)
        comparison.end(wait=False)
        _redraw(scene)


@enduring
def _go_on() -> float | None:
    from ..session import comparison

    if comparison.current() is not None:
        bpy.ops.reshoot.compare(goes_on=True)  # type: ignore[attr-defined]  # the one above
    return None


def _go_on_later() -> None:
    if not bpy.app.timers.is_registered(_go_on):
        bpy.app.timers.register(_go_on, first_interval=_PAUSE)


CLASSES = (RESHOOT_OT_compare,)


def unregister() -> None:
    """End it: Blender forgets an operator that runs while it is taken out, but not its timer."""
    if bpy.app.timers.is_registered(_go_on):
        bpy.app.timers.unregister(_go_on)
    while _timers:
        session.window_manager().event_timer_remove(_timers.popitem()[1])
    comparison = sys.modules.get(f"{session.__name__}.comparison")
    if comparison is not None:
        comparison.end()
