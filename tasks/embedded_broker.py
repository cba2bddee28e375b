"""The embedded broker: kombu's queue in a folder, mended so that no reader ever meets half a message."""

from __future__ import annotations

import os
import uuid
from pathlib import Path
from time import monotonic
from typing import Any

from kombu.exceptions import ChannelError
from kombu.transport import TRANSPORT_ALIASES, filesystem
from kombu.utils.json import dumps


class Channel(filesystem.Channel):
    """Kombu's own makes the file first and fills it later: a worker that takes it in between dies of the empty text."""

    # Its two parents give the second parameter different names.
    def _put(self, queue: str, payload: dict[str, Any], **_options: Any) -> None:  # type: ignore[override]
        """Put a message on `queue`: written under a name that no queue has, then renamed, which is one step."""
        name = f"{round(monotonic() * 1000)}_{uuid.uuid4()}"
        draft = Path(self.data_folder_out) / f"{name}.draft"
        try:
            draft.write_text(dumps(payload))
            os.replace(draft, draft.with_name(f"{name}.{queue}.msg"))
        except OSError as error:
            raise ChannelError(f"The message could not be written to {self.data_folder_out}.") from error


class Transport(filesystem.Transport):
    Channel = Channel


def install() -> None:
    """Let `filesystem://` mean this broker."""
    TRANSPORT_ALIASES["filesystem"] = f"{__name__}:Transport"
