"""What a device can do beside computing, in two halves: Android, and any other machine."""

import platform
import sys
from pathlib import Path
from typing import Final

from mobile.adapters.ports import Adapters, Host

ON_ANDROID: Final = hasattr(sys, "getandroidapilevel")


def choose(folder: Path, host: Host) -> Adapters:
    """The half that fits this machine; `folder` is where the installation keeps its files."""
    if ON_ANDROID:
        from mobile.adapters import android

        return android.adapters(folder, host)
    from mobile.adapters import desktop

    return desktop.adapters(folder, host)


def device_name() -> str:
    """What this machine calls itself, or what its maker does; empty where neither is known."""
    if ON_ANDROID:
        from mobile.adapters import android

        return android.model()
    return platform.node()
