"""Asterisk's own app AMD on the held-out calls, at its defaults: `python -m bench.greetings.app_amd_run [CALLS [AT_ONCE]]`.

A real Asterisk of its own plays each file on one end of a Local channel and asks AMD() at the other: what it says, and after how long,
is written down by the dialplan. It is real time (five seconds at most a call, AT_ONCE of them beside each other), and costs little.
"""

import os
import re
import subprocess
import sys
import tempfile
import time
import wave
from multiprocessing import Pool
from pathlib import Path

from bench.greetings.app_amd import report
from bench.greetings.calls import Truth, call, of_use, pcm
from bench.greetings.sound import RATE
from cordboard.telephony.answer_verdict import Heard
from cordboard.telephony.install import AsteriskTree, default_cache, find_or_fetch

MEANS = {"MACHINE": Heard.MACHINE, "HUMAN": Heard.PERSON, "NOTSURE": Heard.NOT_SURE}
AT_ONCE, PATIENCE_S = 40, 20.0
SAID = re.compile(r"^\[(?P<at>[\d.]+)\].* (?P<what>begins|verdict) (?P<number>\d+) ?(?P<status>[A-Z]*)")
EXTENSIONS = """[plays]
exten => _X.,1,Answer()
 same => n,Playback({folder}/${{EXTEN}},noanswer)
 same => n,Wait(8)
[asks]
exten => _X.,1,Log(NOTICE,begins ${{EXTEN}})
 same => n,AMD()
 same => n,Log(NOTICE,verdict ${{EXTEN}} ${{AMDSTATUS}} ${{AMDCAUSE}})
 same => n,Hangup()
"""
MODULES = """[modules]
autoload=no
load=pbx_config.so
load=app_amd.so
load=app_playback.so
load=app_verbose.so
load=chan_local.so
load=codec_ulaw.so
load=codec_alaw.so
load=format_wav.so
load=format_pcm.so
load=func_strings.so
load=res_clioriginate.so
load=res_timing_timerfd.so
"""


def write_call(number: int, folder: str) -> Truth:
    sound, truth = call(number, of_use("heldout"))
    with wave.open(str(Path(folder, f"{number:05}.wav")), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(pcm(sound))
    return truth


class Switch:
    """An Asterisk with nothing but the app, in a folder of its own."""

    def __init__(self, tree: AsteriskTree, folder: Path) -> None:
        self._tree, self._folder = tree, folder
        self._conf = folder / "asterisk.conf"
        for name in ("run", "log", "spool", "lib"):
            (folder / name).mkdir()
        paths = {
            "astetcdir": folder,
            "astmoddir": tree.modules,
            "astvarlibdir": folder / "lib",
            "astdbdir": folder / "lib",
        }
        paths |= {"astkeydir": folder / "lib", "astdatadir": folder / "lib", "astagidir": folder / "lib"}
        paths |= {"astspooldir": folder / "spool", "astrundir": folder / "run", "astlogdir": folder / "log"}
        if tree.documentation is not None:
            paths["astdatadir"] = tree.documentation.parent
        lines = [f"{name} => {path}" for name, path in paths.items()]
        self._conf.write_text("\n".join(["[directories]", *lines, "[options]", "documentation_language = en_US", ""]))
        (folder / "modules.conf").write_text(MODULES)
        (folder / "logger.conf").write_text("[general]\ndateformat=%s.%3q\n[logfiles]\nfull => notice\n")
        (folder / "extensions.conf").write_text(EXTENSIONS.format(folder=folder / "calls"))
        (folder / "amd.conf").write_text("[general]\n")
        self._log = folder / "log" / "full"

    def start(self) -> None:
        subprocess.Popen(self._tree.argv(self._conf, "-f"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        ends = time.monotonic() + PATIENCE_S
        while time.monotonic() < ends:
            if self.ask("core show version").startswith("Asterisk"):
                return
            time.sleep(0.5)
        raise RuntimeError("Asterisk did not start")

    def ask(self, command: str) -> str:
        done = subprocess.run(self._tree.argv(self._conf, "-rx", command), capture_output=True, text=True, check=False)
        return done.stdout

    def begin(self, number: int) -> None:
        self.ask(f"channel originate Local/{number:05}@plays/n extension {number:05}@asks")

    def verdicts(self) -> dict[int, tuple[str, float]]:
        """By call: the status, and how long the app took for it (s)."""
        found: dict[str, dict[int, tuple[float, str]]] = {"begins": {}, "verdict": {}}
        for line in self._log.read_text().splitlines() if self._log.exists() else ():
            told = SAID.match(line)
            if told is not None:
                found[told["what"]][int(told["number"])] = float(told["at"]), told["status"]
        begins = found["begins"]
        return {n: (status, at - begins[n][0]) for n, (at, status) in found["verdict"].items() if n in begins}

    def stop(self) -> None:
        self.ask("core stop now")


def run(count: int, at_once: int) -> None:
    with tempfile.TemporaryDirectory(prefix="amd-") as place:
        folder = Path(place)
        (folder / "calls").mkdir()
        with Pool(2) as pool:
            truths = pool.starmap(
                write_call, [(number, str(folder / "calls")) for number in range(count)], chunksize=20
            )
        os.chmod(folder, 0o755)
        switch = Switch(find_or_fetch(default_cache()), folder)
        switch.start()
        began: dict[int, float] = {}
        over: set[int] = set()
        try:
            while len(over) < count:
                said, now = switch.verdicts(), time.monotonic()
                over |= said.keys() | {n for n, at in began.items() if now - at > PATIENCE_S}
                free = at_once - (len(began) - len(over))
                for number in range(len(began), min(count, len(began) + free)):
                    began[number] = time.monotonic()
                    switch.begin(number)
                time.sleep(0.1)
            said = switch.verdicts()
        finally:
            switch.stop()
    print(f"{count - len(said)} of {count} calls without a word")
    report(
        [
            (truths[n].answered, truths[n].onset_s, MEANS.get(status, Heard.NOT_SURE), took_s)
            for n, (status, took_s) in sorted(said.items())
        ]
    )


if __name__ == "__main__":
    run(*(int(each) for each in [*sys.argv[1:3], *("2300", str(AT_ONCE))[len(sys.argv[1:3]) :]]))
