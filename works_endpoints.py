"""Where an engine is reached, part of the works: `endpoints.json`, the contract with outside tools."""

from . import __version__
from .storage.data_folder import DataFolder
from .storage.settings import Settings
from .works_asterisk import SteeredAsterisk


class Endpoints:
    def __init__(self, folder: DataFolder, settings: Settings, line: SteeredAsterisk) -> None:
        self._folder, self._settings, self._line = folder, settings, line
        self._published: dict[str, object] = {}

    def publish(self, web: str, pid: int) -> None:
        """Written when everything is ready."""
        self._published = {
            "web": web,
            "sip": f"{self._settings.sip_bind}:{self._line.home.ports['sip']}",
            "inbound_number": self._settings.inbound_number,
            "pid": pid,
            "version": __version__,
        }
        self.asterisk_started(self._line.process.pid or 0)

    def asterisk_started(self, asterisk_pid: int) -> None:
        """Asterisk has a new process after each death."""
        if self._published:
            self._folder.publish("endpoints.json", {**self._published, "asterisk_pid": asterisk_pid})

    def withdraw(self) -> None:
        """We are not to be asked any more, whatever happens to Asterisk meanwhile."""
        self._published = {}
        self._folder.withdraw("endpoints.json")
