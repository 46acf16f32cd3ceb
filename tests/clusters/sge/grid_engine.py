"""A real Grid Engine of a master and two hosts on one Debian machine, for tests.

All three are daemons on this host. A library that is loaded before them gives each a name and a
loopback address of its own (``pretended_hosts.c``); the commands (``qsub``, ``qstat``, ...) are
wrapped so that they ask this master and no other. Jobs are scheduled, limited in time and killed
as on a cluster. Everything lives in one folder, with ports of its own, and nothing in /etc and
no cell of the machine's own is touched.
"""

import os
import shutil
import signal
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import psutil
from daemons import (
    Cluster,
    ClusterUnavailableError,
    descendants,
    end_daemon,
    free_ports,
    kill,
    start_program,
)

HOSTS = ("n1", "n2")
MASTER = "master"
SLOTS = 2
GPUS = 2
PROGRAMS = Path("/usr/lib/gridengine")  # Debian's wrappers in /usr/bin would look in /etc
SHARE = Path("/usr/share/gridengine")
COMMANDS = ("qsub", "qstat", "qacct", "qselect", "qdel", "qconf", "qmod")
PACKAGES = "gridengine-master gridengine-exec gridengine-client msmtp-mta gcc libc6-dev"
SILENCE_SECONDS = 10  # after which the master takes a host for gone
PATIENCE = "BIASINIT_SGE_PATIENCE_SECONDS"  # of the profile's status.py

# Grid Engine's own defaults, but for what a machine of one's own needs, and the pace of tests
CONFIGURATION = {
    "execd_spool_dir": "{folder}/execd",
    "mailer": "/bin/true",
    "administrator_mail": "none",
    "min_uid": "0",  # tests run as root
    "min_gid": "0",
    "load_report_time": "00:00:02",
    "max_unheard": f"00:00:{SILENCE_SECONDS}",
    "reporting_params": "accounting=true reporting=false flush_time=00:00:15 "
    "accounting_flush_time=00:00:01 joblog=false sharelog=00:00:00",
}
BOOTSTRAP = {
    "admin_user": "none",
    "spooling_params": "{folder}/database",
    "binary_path": "{folder}/root/bin",
    "qmaster_spool_dir": "{folder}/master",
}
SCHEDULER = {
    "schedule_interval": "0:0:1",
    "flush_submit_sec": "1",
    "flush_finish_sec": "1",
    "load_formula": "-slots",  # an idle host before a busy one
    "job_load_adjustments": "NONE",
    "load_adjustment_decay_time": "0:0:0",
}
QUEUE = {
    "qname": "shards.q",
    "hostlist": " ".join(HOSTS),
    "slots": str(SLOTS),
    "pe_list": "smp",
    "load_thresholds": "NONE",  # the machine may be busy with other tests
    "shell": "/bin/sh",
    "shell_start_mode": "unix_behavior",
    "rerun": "FALSE",
}
HOST = """hostname {name}
load_scaling NONE
complex_values slots={slots},gpu={gpus}
user_lists NONE
xuser_lists NONE
projects NONE
xprojects NONE
usage_scaling NONE
report_variables NONE
"""
GPU = "gpu gpu INT <= YES YES 0 0"


class GridEngine(Cluster):
    """A master, two hosts, and what tests do to them."""

    place = "Grid Engine"
    profile = "sge"

    def __init__(self, folder: Path) -> None:
        missing = [name for name in ("sge_qmaster", "sge_execd", "qsub") if not _has(name)]
        missing += [] if shutil.which("cc") else ["cc"]
        if missing:
            raise ClusterUnavailableError(
                f"There is no {', '.join(missing)}; on Debian: apt-get install {PACKAGES}"
            )
        if os.getuid() != 0:
            raise ClusterUnavailableError("The daemons of Grid Engine need to be started by root.")
        self.folder = folder
        self._root = folder / "root"
        self._names = folder / "pretended_hosts.so"
        self._ports = free_ports(2)
        self.environment = {
            "PATH": f"{folder / 'bin'}:{os.environ['PATH']}",
            PATIENCE: "5",
        }

    def up(self) -> None:
        """Start everything; return when both hosts wait for jobs."""
        self._compile()
        self._lay_out()
        self.start_master()
        self._configure()
        for name in HOSTS:
            self.start_node(name)
        self.wait("both hosts are heard", lambda: self.hosts_heard() == set(HOSTS))

    def down(self) -> None:
        """Delete all jobs and stop every daemon."""
        if (self.folder / "bin" / "qdel").exists():
            self.run("qdel", "-f", "-u", "*", check=False)
        for name in HOSTS:
            self.kill_node(name)
        self.stop_master()

    def start_master(self) -> None:
        """Start the master; return when it answers."""
        self._daemon(MASTER, "sge_qmaster")
        self.wait("the master answers", self._master_answers)

    def stop_master(self) -> None:
        """Stop the master: jobs go on, and no command gets an answer."""
        # a killed master forgets which number the last job had
        end_daemon(self._master_file, signal.SIGTERM)

    def start_node(self, name: str) -> None:
        """Start the daemon of a host."""
        self._pid_file(name).unlink(missing_ok=True)
        self._daemon(name, "sge_execd")

    def kill_daemon(self, name: str) -> None:
        """Kill the daemon of a host only: its jobs go on, out of the master's sight."""
        end_daemon(self._pid_file(name), signal.SIGKILL)

    def kill_node(self, name: str) -> None:
        """Kill the daemon of a host and all processes of its jobs, as a loss of power does."""
        shepherds = [
            psutil.Process(int(path.read_text()))
            for path in (self.folder / "execd" / name).glob("active_jobs/*/pid")
            if psutil.pid_exists(int(path.read_text()))
        ]
        self.kill_daemon(name)
        for shepherd in shepherds:
            for part in [shepherd, *descendants(shepherd)]:
                kill(part)

    def cancel(self, job: str) -> None:
        """Delete a job, as a user or an administrator does."""
        self.run("qdel", job)

    def state(self) -> set[str]:
        """Return the hosts that are heard."""
        return self.hosts_heard()

    def hosts_heard(self) -> set[str]:
        """Return the hosts whose queue is there and not in an unknown state."""
        listed = {*self.run("qselect", check=False).split()}
        unheard = {*self.run("qselect", "-qs", "u", check=False).split()}
        return {queue.split("@")[-1] for queue in listed - unheard if "@" in queue}

    def waiting(self) -> list[str]:
        """Return the names of the jobs that wait for a host."""
        listing = ElementTree.fromstring(self.run("qstat", "-s", "p", "-xml"))
        return [job.findtext("JB_name") for job in listing.iter("job_list")]

    def close(self, node: str) -> None:
        """Let no new jobs go to a host."""
        self.run("qmod", "-d", f"shards.q@{node}")

    def open(self, node: str) -> None:
        """Let jobs go to a host again."""
        self.run("qmod", "-e", f"shards.q@{node}")

    def accounted(self, job: str) -> dict[str, str]:
        """Return what the accounting says of a job that has ended."""
        pairs = (line.split(maxsplit=1) for line in self.run("qacct", "-j", job).splitlines())
        return {pair[0]: pair[1].strip() for pair in pairs if len(pair) == 2}

    def allow_jobs(self, count: int) -> None:
        """Allow a user so many jobs in the queue at once; 0 for any number."""
        self._change("global", "conf", {"max_u_jobs": str(count)})

    def adapt(self, profile: dict[str, Any]) -> None:
        """Put this cluster's names into the project's profile, and less patience."""
        # a GPU of Grid Engine's, and training on the processor: the GPUs are pretended
        profile["default-resources"] = {"sge_options": "-q shards.q -l gpu=1"}
        profile["seconds-between-status-checks"] = 1

    def job_and_node(self, environment: dict[str, str]) -> tuple[str, str]:
        """Return the job that a process belongs to, and its host."""
        return environment["JOB_NAME"], environment["PRETENDED_HOST"]

    def _compile(self) -> None:
        source = Path(__file__).with_name("pretended_hosts.c")
        self._checked("cc", "-O1", "-shared", "-fPIC", "-o", str(self._names), str(source), "-ldl")

    def _lay_out(self) -> None:
        """Make a cell, an empty database, and the commands that know where they are."""
        common = self._root / "default" / "common"
        for folder in (common, *(self.folder / name for name in ("bin", "database", "execd"))):
            folder.mkdir(parents=True)
        (self.folder / "master").mkdir()
        for name in ("bin", "lib", "utilbin", "util"):
            (self._root / name).symlink_to(Path("/var/lib/gridengine") / name)
        for command in COMMANDS:
            variables = " ".join(f"{key}={value}" for key, value in self._variables(MASTER).items())
            wrapper = self.folder / "bin" / command
            wrapper.write_text(f'#!/bin/sh\n{variables} exec {PROGRAMS / command} "$@"\n')
            wrapper.chmod(0o755)
        (common / "bootstrap").write_text(
            self._filled(SHARE / "default-bootstrap", BOOTSTRAP), encoding="utf-8"
        )
        (common / "act_qmaster").write_text(f"{MASTER}\n")
        configuration = self.folder / "global.conf"
        configuration.write_text(self._filled(SHARE / "default-configuration", CONFIGURATION))
        resources = SHARE / "util" / "resources"
        spool = (str(PROGRAMS / "spooldefaults"),)
        database = str(self.folder / "database")
        for command in (
            (str(PROGRAMS / "spoolinit"), "berkeleydb", "libspoolb", database, "init"),
            (*spool, "configuration", str(configuration)),
            (*spool, "complexes", str(resources / "centry")),
            (*spool, "usersets", str(resources / "usersets")),
            (*spool, "managers", "root"),
        ):
            self._checked(*command)

    def _configure(self) -> None:
        for name in (MASTER, *HOSTS):
            self.run("qconf", "-ah", name)
            self.run("qconf", "-as", name)
        self.run("qconf", "-Mc", self._written("complexes", f"{self.run('qconf', '-sc')}\n{GPU}\n"))
        for name in HOSTS:
            host = HOST.format(name=name, slots=SLOTS, gpus=GPUS)
            self.run("qconf", "-Ae", self._written(name, host))
        self.run("qconf", "-Ap", str(SHARE / "util" / "resources" / "pe" / "smp"))
        queue = _changed(self.run("qconf", "-sq"), QUEUE)
        self.run("qconf", "-Aq", self._written("queue", queue))
        scheduler = _changed(self.run("qconf", "-ssconf"), SCHEDULER)
        self.run("qconf", "-Msconf", self._written("scheduler", scheduler))

    def _change(self, name: str, kind: str, values: dict[str, str]) -> None:
        """Change some values of a configuration."""
        text = _changed(self.run("qconf", f"-s{kind}", name), values)
        self.run("qconf", f"-M{kind}", self._written(name, text))

    def _filled(self, path: Path, values: dict[str, str]) -> str:
        filled = {key: value.format(folder=self.folder) for key, value in values.items()}
        return _changed(path.read_text(encoding="utf-8"), filled)

    def _written(self, name: str, text: str) -> str:
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return str(path)

    def _variables(self, host: str) -> dict[str, str]:
        master, node = self._ports
        return {
            "SGE_ROOT": str(self._root),
            "SGE_CELL": "default",
            "SGE_CLUSTER_NAME": "pretended",
            "SGE_QMASTER_PORT": str(master),
            "SGE_EXECD_PORT": str(node),
            "PRETENDED_HOST": host,
            "LD_PRELOAD": str(self._names),
        }

    def _daemon(self, host: str, program: str) -> None:
        # jobs inherit the environment of the daemon: a plain one
        plain = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8", "HOME": "/root"}
        self._checked(str(PROGRAMS / program), environment=plain | self._variables(host))

    def _checked(self, *command: str, environment: dict[str, str] | None = None) -> None:
        start_program(*command, environment=environment or os.environ | self._variables(MASTER))

    @property
    def _master_file(self) -> Path:
        return self.folder / "master" / "qmaster.pid"

    def _pid_file(self, host: str) -> Path:
        return self.folder / "execd" / host / "execd.pid"

    def _master_answers(self) -> bool:
        return "error" not in self.run("qconf", "-sh", check=False)


def _has(program: str) -> bool:
    return (PROGRAMS / program).exists()


def _changed(text: str, values: dict[str, str]) -> str:
    """Return a list of keys and values with some values replaced."""
    lines = text.replace("\\\n", " ").splitlines()
    keys = [line.split(maxsplit=1)[0] if line.strip() else "" for line in lines]
    missing = set(values) - set(keys)
    assert not missing, f"{missing} are not in:\n{text}"
    return "".join(
        f"{key} {values[key]}\n" if key in values else f"{line}\n"
        for key, line in zip(keys, lines, strict=True)
    )
