"""An Android phone, by its own classes through pyjnius; nothing needs a permission at start."""

import itertools
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

from mobile.adapters.desktop import SecretFiles
from mobile.adapters.ports import Adapters, Feeling, Ground, Host, Passed, Position

RESULT_OK: Final = -1
NIGHT_MASK: Final = 0x30
NIGHT_YES: Final = 0x20
# HapticFeedbackConstants: VIRTUAL_KEY, CONFIRM, REJECT. They obey what the person has set.
FEELINGS: Final[dict[Feeling, int]] = {"tap": 1, "done": 16, "wrong": 17}
PROVIDERS: Final = ("gps", "network", "passive")
REQUESTS: Final = itertools.count(0x4D00)


def adapters(folder: Path, host: Host) -> Adapters:
    """All of them, for an installation's folder, which is private to this app."""
    return Adapters(
        camera=CameraApp(host),
        location=LastFix(),
        connectivity=Network(),
        share=Intents(host.copy),
        keystore=SecretFiles(folder / "secrets"),
        haptics=Vibration(),
        text_entry=Dialog(host),
        surroundings=Handset(),
    )


def _class(name: str) -> Any:
    from jnius import autoclass

    return autoclass(name)


def model() -> str:
    """The maker and the model, as on the box; Android tells no app what its owner calls it."""
    build = _class("android.os.Build")
    maker, named = str(build.MANUFACTURER or ""), str(build.MODEL or "")
    return named if named.lower().startswith(maker.lower()) else f"{maker} {named}"


def _activity() -> Any:
    return _class("org.kivy.android.PythonActivity").mActivity


def _in_ui_thread(work: Callable[[], None]) -> None:
    from android.runnable import run_on_ui_thread

    run_on_ui_thread(work)()


class CameraApp:
    """The phone's own camera app: the best picture, no permission, no preview of ours."""

    def __init__(self, host: Host) -> None:
        self._host = host

    def take(self, path: Path, taken: Callable[[Path | None], None]) -> None:
        """Open the camera app; `taken` hears how it was left."""
        from android import activity as bridge
        from jnius import cast

        path.parent.mkdir(parents=True, exist_ok=True)
        request, here = next(REQUESTS), _activity()
        intent_class = _class("android.content.Intent")
        provider = _class("androidx.core.content.FileProvider")
        file = _class("java.io.File")(str(path))
        target = provider.getUriForFile(here, here.getPackageName() + ".fileprovider", file)
        media = _class("android.provider.MediaStore")
        intent = intent_class(media.ACTION_IMAGE_CAPTURE)
        intent.putExtra(media.EXTRA_OUTPUT, cast("android.os.Parcelable", target))
        intent.addFlags(intent_class.FLAG_GRANT_WRITE_URI_PERMISSION)

        def left(which: int, result: int, _intent: Any) -> None:
            if which == request:
                bridge.unbind(on_activity_result=left)
                found = path if result == RESULT_OK and path.exists() else None
                self._host.later(lambda: taken(found))

        bridge.bind(on_activity_result=left)
        here.startActivityForResult(intent, request)

    def pick(self, paths: Sequence[Path], picked: Callable[[int], None]) -> None:
        """Open the system's own picker, the newest pictures first; it needs no permission."""
        from android import activity as bridge

        request, here = next(REQUESTS), _activity()
        intent_class = _class("android.content.Intent")
        intent = intent_class(intent_class.ACTION_GET_CONTENT)
        intent.setType("image/*")
        intent.addCategory(intent_class.CATEGORY_OPENABLE)
        intent.putExtra(intent_class.EXTRA_ALLOW_MULTIPLE, len(paths) > 1)

        def left(which: int, result: int, data: Any) -> None:
            if which == request:
                bridge.unbind(on_activity_result=left)
                chosen = _chosen(data) if result == RESULT_OK and data is not None else []
                count = _copied(chosen, paths)
                self._host.later(lambda: picked(count))

        bridge.bind(on_activity_result=left)
        here.startActivityForResult(intent, request)


def _chosen(data: Any) -> list[Any]:
    """The addresses of what was picked: one, or a list of them."""
    clip = data.getClipData()
    if clip is None:
        return [data.getData()]
    return [clip.getItemAt(index).getUri() for index in range(clip.getItemCount())]


def _copied(addresses: Sequence[Any], paths: Sequence[Path]) -> int:
    """Copy what the addresses lead to into files, the first ones first; how many there were."""
    resolver, files = _activity().getContentResolver(), _class("java.nio.file.Files")
    count = 0
    for address in addresses[: len(paths)]:
        path, stream = paths[count], resolver.openInputStream(address)
        if stream is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.unlink(missing_ok=True)
            files.copy(stream, _class("java.io.File")(str(path)).toPath())
            stream.close()
            count += 1
    return count


class LastFix:
    """The newest place the phone knows; nothing is switched on for it."""

    def ask(self, told: Callable[[Position | None], None]) -> None:
        """Tell the newest fix of any provider; None where there is none, or no permission."""
        from jnius import JavaException, cast

        service = _activity().getSystemService("location")
        known = cast("android.location.LocationManager", service)
        fixes = []
        for provider in PROVIDERS:
            try:
                fix = known.getLastKnownLocation(provider)
            except JavaException:  # not permitted, or no such provider
                continue
            if fix is not None:
                fixes.append(fix)
        newest = max(fixes, key=lambda fix: int(fix.getTime()), default=None)
        told(newest and _position(newest))


def _position(fix: Any) -> Position:
    return Position(
        latitude=float(fix.getLatitude()),
        longitude=float(fix.getLongitude()),
        accuracy_m=float(fix.getAccuracy()),
    )


class Network:
    """What the system says of its networks."""

    def is_online(self) -> bool | None:
        """Whether there is a network that leads somewhere."""
        from jnius import JavaException, cast

        service = _activity().getSystemService("connectivity")
        known = cast("android.net.ConnectivityManager", service)
        try:
            active = known.getActiveNetwork()
        except JavaException:
            return None
        return active is not None

    def network(self) -> str | None:
        """The number that the system gives the network; empty where there is none."""
        from jnius import JavaException, cast

        service = _activity().getSystemService("connectivity")
        try:
            active = cast("android.net.ConnectivityManager", service).getActiveNetwork()
        except JavaException:
            return None
        return str(active.toString()) if active is not None else ""

    def is_metered(self) -> bool | None:
        """Whether its person or their provider has said that bytes cost money."""
        from jnius import JavaException, cast

        service = _activity().getSystemService("connectivity")
        try:
            return bool(cast("android.net.ConnectivityManager", service).isActiveNetworkMetered())
        except JavaException:
            return None

    def heard(self, *, reached: bool) -> None:
        """The system knows by itself."""
        del reached


class Intents:
    """Other apps, asked by intents."""

    def __init__(self, copy: Callable[[str], bool]) -> None:
        self._copy = copy

    def text(self, text: str) -> Passed:
        """Let the person choose who gets a text."""
        intent_class = _class("android.content.Intent")
        intent = intent_class(intent_class.ACTION_SEND)
        intent.setType("text/plain")
        intent.putExtra(intent_class.EXTRA_TEXT, _class("java.lang.String")(text))
        return self._opened(intent_class.createChooser(intent, None), text)

    def call(self, number: str) -> Passed:
        """Show the dialler with a number in it."""
        digits = "".join(one for one in number if one in "+0123456789")
        return self._opened(_viewed("android.intent.action.DIAL", f"tel:{digits}"), number)

    def message(self, number: str, text: str) -> Passed:
        """Show the app for short messages with a number and a text in it."""
        digits = "".join(one for one in number if one in "+0123456789")
        intent = _viewed("android.intent.action.SENDTO", f"smsto:{digits}")
        intent.putExtra("sms_body", _class("java.lang.String")(text))
        return self._opened(intent, text)

    def map(self, address: str) -> Passed:
        """Show an address in the map app."""
        query = _class("android.net.Uri").encode(address)
        return self._opened(_viewed("android.intent.action.VIEW", f"geo:0,0?q={query}"), address)

    def file(self, path: Path, mime: str) -> str:
        """Lend a file to the app that the person chooses, by a content URI."""
        from jnius import cast

        here, intent_class = _activity(), _class("android.content.Intent")
        provider = _class("androidx.core.content.FileProvider")
        file = _class("java.io.File")(str(path))
        address = provider.getUriForFile(here, here.getPackageName() + ".fileprovider", file)
        intent = intent_class(intent_class.ACTION_SEND)
        intent.setType(mime)
        intent.putExtra(intent_class.EXTRA_STREAM, cast("android.os.Parcelable", address))
        intent.addFlags(intent_class.FLAG_GRANT_READ_URI_PERMISSION)
        return "opened" if _started(intent_class.createChooser(intent, None)) else ""

    def _opened(self, intent: Any, otherwise: str) -> Passed:
        if _started(intent):
            return "opened"
        return "copied" if self._copy(otherwise) else ""


def _started(intent: Any) -> bool:
    """Whether some app takes it."""
    from jnius import JavaException

    try:
        _activity().startActivity(intent)
    except JavaException:
        return False
    return True


def _viewed(action: str, address: str) -> Any:
    return _class("android.content.Intent")(action, _class("android.net.Uri").parse(address))


class Vibration:
    """Ticks of the phone's motor."""

    def feel(self, feeling: Feeling) -> None:
        """Give the tick that the system has for this."""
        _in_ui_thread(
            lambda: _activity().getWindow().getDecorView().performHapticFeedback(FEELINGS[feeling])
        )


class Dialog:
    """The system's own text field: every keyboard composes in it, also Chinese, also by voice."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._kept: tuple[Any, ...] = ()

    def edit(self, title: str, text: str, done: Callable[[str | None], None]) -> bool:
        """Open it."""
        _in_ui_thread(lambda: self._show(title, text, done))
        return True

    def _show(self, title: str, text: str, done: Callable[[str | None], None]) -> None:
        string, kinds = _class("java.lang.String"), _class("android.text.InputType")
        field = _class("android.widget.EditText")(_activity())
        field.setInputType(
            kinds.TYPE_CLASS_TEXT
            | kinds.TYPE_TEXT_FLAG_CAP_SENTENCES
            | kinds.TYPE_TEXT_FLAG_MULTI_LINE
        )
        field.setText(string(text))
        field.setSelection(field.length())
        taken = _click(lambda: self._tell(done, str(field.getText().toString())))
        left = _click(lambda: self._tell(done, None))
        self._kept = (taken, left)  # Java holds no reference of its own
        builder = _class("android.app.AlertDialog$Builder")(_activity())
        words = _class("android.R$string")
        builder.setTitle(string(title)).setView(field).setCancelable(False)
        builder.setPositiveButton(words.ok, taken).setNegativeButton(words.cancel, left)
        builder.show()

    def _tell(self, done: Callable[[str | None], None], text: str | None) -> None:
        self._host.later(lambda: done(text))


def _click(act: Callable[[], None]) -> Any:
    from jnius import PythonJavaClass, java_method

    class Click(PythonJavaClass):
        """What a dialog's button calls."""

        __javainterfaces__ = ("android/content/DialogInterface$OnClickListener",)

        @java_method("(Landroid/content/DialogInterface;I)V")  # type: ignore[untyped-decorator]
        def onClick(self, _dialog: Any, _which: int) -> None:  # noqa: N802
            act()

    return Click()


class Handset:
    """The phone's own settings and shape."""

    def language(self) -> str:
        """The language the phone is set to."""
        return str(_class("java.util.Locale").getDefault().toLanguageTag())

    def ground(self) -> Ground:
        """Whether its night mode is on."""
        mode = _activity().getResources().getConfiguration().uiMode
        return "dark" if mode & NIGHT_MASK == NIGHT_YES else "light"

    def insets(self) -> tuple[int, int]:
        """The bars: from Android 15 on, every app is drawn beneath them."""
        shown = _activity().getWindow().getDecorView().getRootWindowInsets()
        if shown is None:
            return (0, 0)
        bars = shown.getInsets(_class("android.view.WindowInsets$Type").systemBars())
        return (int(bars.top), int(bars.bottom))
