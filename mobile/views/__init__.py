"""What the screens show, as frozen values; nothing here knows how it is drawn."""
