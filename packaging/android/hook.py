"""Adds to the package what the build's own template has no place for: the provider of pictures."""

from pathlib import Path
from typing import Any

MANIFEST = Path("src/main/AndroidManifest.xml")
END = "    </application>"
PROVIDER = """    <provider
        android:name="androidx.core.content.FileProvider"
        android:authorities="${applicationId}.fileprovider"
        android:exported="false"
        android:grantUriPermissions="true">
        <meta-data
            android:name="android.support.FILE_PROVIDER_PATHS"
            android:resource="@xml/file_paths" />
    </provider>
"""


def before_apk_assemble(_toolchain: Any) -> None:
    """Write it into the manifest, which was just made in the folder one is in."""
    text = MANIFEST.read_text(encoding="utf-8")
    if PROVIDER not in text:
        assert text.count(END) == 1, "the template has changed"
        MANIFEST.write_text(text.replace(END, PROVIDER + END), encoding="utf-8")
