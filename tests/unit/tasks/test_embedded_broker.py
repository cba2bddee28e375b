"""The embedded broker: whoever reads while another writes gets whole messages, each of them once."""

import threading
from pathlib import Path

from kombu import Connection

from tasks import embedded_broker

MESSAGES = 300


def test_no_reader_meets_half_a_message(tmp_path: Path) -> None:
    embedded_broker.install()
    for name in ("queue", "control"):
        (tmp_path / name).mkdir()
    options = {
        "data_folder_in": str(tmp_path / "queue"),
        "data_folder_out": str(tmp_path / "queue"),
        "control_folder": str(tmp_path / "control"),
    }
    with Connection("filesystem://", transport_options=options) as there:
        assert type(there.transport) is embedded_broker.Transport
        there.SimpleQueue("jobs").close()
    got: list[int] = []
    done = threading.Event()

    def read() -> None:
        with Connection("filesystem://", transport_options=options) as connection:
            queue = connection.SimpleQueue("jobs")
            while not (done.is_set() and len(got) >= MESSAGES):
                try:
                    message = queue.get(block=False)
                except queue.Empty:
                    if done.is_set() and not list((tmp_path / "queue").iterdir()):
                        return
                    continue
                got.append(message.payload)
                message.ack()

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    with Connection("filesystem://", transport_options=options) as connection:
        queue = connection.SimpleQueue("jobs")
        for number in range(MESSAGES):
            queue.put(number)
        queue.close()
    done.set()
    for reader in readers:
        reader.join(30)
    assert sorted(got) == list(range(MESSAGES))
