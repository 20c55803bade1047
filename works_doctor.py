"""What `cordboard doctor` looks at, part of the works."""

from collections.abc import Callable
from urllib.parse import urlsplit

from .storage.clock import WallClock
from .storage.data_folder import DataFolder
from .storage.database import Database
from .storage.migrate import up_to_date
from .storage.settings import Settings
from .telephony.doctor import DoctorSubject, steady_clock
from .telephony.install import AsteriskTree
from .telephony.ports import ports_of
from .telephony.site import trunks_of
from .works_asterisk import SteeredAsterisk


def doctor_subject(
    folder: DataFolder, settings: Settings, line: SteeredAsterisk, db: Database, find_tree: Callable[[], AsteriskTree]
) -> DoctorSubject:
    home = line.home
    site = line.site([], (settings.inbound_number,))
    host = urlsplit(settings.public_url).hostname or settings.bind
    return DoctorSubject(
        find_tree=find_tree,
        asterisk_runs=line.runs(),
        ami_port=home.ports["ami"],
        ami_secret=home.secrets.ami,
        ports=ports_of(site),
        data=folder.path,
        spool=home.folder.raw_recordings,
        recordings=home.folder.recordings,
        clock=lambda: steady_clock(WallClock().now),
        web_host=host,
        web_names=(host,),
        tls=site.tls,
        database=db.ping,
        migrations=lambda: up_to_date(db.engine),
        trunks=trunks_of(site),
    )
