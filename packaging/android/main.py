"""Where Android starts: the app over the private folder of this installation."""

from pathlib import Path

from android.storage import app_storage_path

from mobile.main import run

run(Path(app_storage_path()) / "fieldfare", None)
