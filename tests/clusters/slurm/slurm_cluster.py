"""A real SLURM of two nodes on one Debian machine, for tests: up in seconds, gone without a trace.

Both nodes are daemons on this host (Debian builds slurmd so that several can run), each with
two cores and two pretended GPUs (clones of /dev/null; slurmd insists on device files). There
is no accounting database and no cgroup: jobs are scheduled, limited in time and killed as on a
cluster, but not held to their memory or devices. Everything lives in one folder, with ports
of its own, and never touches a configuration in /etc/slurm.
"""

import os
import shutil
import signal
import socket
import stat
import time
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

NODES = ("n1", "n2")
GPUS = 2
CORES = 2
PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "squeue", "scancel")
PACKAGES = "slurmctld slurmd slurm-client slurm-wlm-basic-plugins munge"
SEARCH = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"  # where Debian puts daemons

CONFIGURATION = """
ClusterName=pretended
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={controller}
SlurmUser=root
AuthType=auth/munge
CredType=cred/munge
AuthInfo=socket={folder}/munge/socket
MpiDefault=none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SchedulerType=sched/backfill
SchedulerParameters=batch_sched_delay=0,sched_interval=3,bf_interval=3,sched_min_interval=0
# nodes offer more cores together than the machine may have
SlurmdParameters=config_overrides
# a daemon that comes back makes its node available again
ReturnToService=2
# a node is down when its daemon has been silent for so long
SlurmdTimeout={silence}
KillWait=3
InactiveLimit=0
OverTimeLimit=0
MinJobAge=600
DefMemPerCPU=200
GresTypes=gpu
StateSaveLocation={folder}/controller
SlurmdSpoolDir={folder}/spool.%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.%n.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.%n.log
PartitionName=shards Nodes={nodes} Default=YES MaxTime=1-00:00:00 DefaultTime=10 State=UP
"""
NODE = (
    "NodeName={name} NodeHostname={host} NodeAddr=127.0.0.1 Port={port} CPUs={cores} Boards=1 "
    "SocketsPerBoard=1 CoresPerSocket={cores} ThreadsPerCore=1 RealMemory=8000 Gres=gpu:{gpus}\n"
)
SILENCE_SECONDS = 10


class SlurmCluster(Cluster):
    """Two nodes, a controller, and what tests do to them."""

    place = "SLURM"
    profile = "slurm"

    def __init__(self, folder: Path) -> None:
        missing = [name for name in PROGRAMS if shutil.which(name, path=SEARCH) is None]
        if missing:
            raise ClusterUnavailableError(
                f"There is no {', '.join(missing)}; on Debian: apt-get install {PACKAGES}"
            )
        if os.getuid() != 0:
            raise ClusterUnavailableError("The daemons of SLURM need to be started by root.")
        self.folder = folder
        self.environment = {
            "SLURM_CONF": str(folder / "slurm.conf"),
            "PATH": f"{folder / 'bin'}:{SEARCH}",
        }

    def up(self) -> None:
        """Start everything; return when both nodes wait for jobs."""
        self._configure()
        self._start_munge()
        self._daemon("slurmctld")
        self.wait("the controller answers", self._controller_answers)
        for name in NODES:
            self.start_node(name)
        self.wait("both nodes are idle", lambda: set(self.state()) == {"idle"})

    def down(self) -> None:
        """Cancel all jobs and stop every daemon."""
        self.run("scancel", "--user=root", check=False)
        deadline = time.monotonic() + 20
        while self.run("squeue", "--noheader", check=False) and time.monotonic() < deadline:
            time.sleep(0.3)
        for path in [*self.folder.glob("*.pid"), self.folder / "munge" / "munged.pid"]:
            end_daemon(path, signal.SIGTERM)

    def start_node(self, name: str) -> None:
        """Start the daemon of a node."""
        (self.folder / f"spool.{name}").mkdir(exist_ok=True)
        self._daemon("slurmd", "-N", name)

    def kill_daemon(self, name: str) -> None:
        """Kill the daemon of a node only: its jobs go on, out of the controller's sight."""
        end_daemon(self.folder / f"slurmd.{name}.pid", signal.SIGKILL)

    def kill_node(self, name: str) -> None:
        """Kill the daemon of a node and all processes of its jobs, as a loss of power does."""
        steps = [process for process in psutil.process_iter() if self._is_step_on(process, name)]
        self.kill_daemon(name)
        for process in steps:
            for part in [process, *descendants(process)]:
                kill(part)

    def cancel(self, job: str) -> None:
        """Cancel a job, as a user or an administrator does."""
        self.run("scancel", job)

    def adapt(self, profile: dict[str, Any]) -> None:
        """Put this cluster's names into the project's profile, and less patience."""
        profile["default-resources"] = {"slurm_partition": "shards"}
        # a GPU of SLURM's, and training on the processor: the GPUs are pretended
        profile["set-resources"]["train"]["gres"] = "gpu:1"
        profile["slurm-init-seconds-before-status-checks"] = 1

    def job_and_node(self, environment: dict[str, str]) -> tuple[str, str]:
        """Return the job that a process belongs to, and its node."""
        return environment["SLURM_JOB_ID"], environment["SLURMD_NODENAME"]

    def _configure(self) -> None:
        host = socket.gethostname().split(".")[0]
        ports = free_ports(1 + len(NODES))
        text = CONFIGURATION.format(
            host=host,
            controller=ports[0],
            folder=self.folder,
            silence=SILENCE_SECONDS,
            nodes=",".join(NODES),
        )
        devices = ""
        for name, port in zip(NODES, ports[1:], strict=True):
            text += NODE.format(name=name, host=host, port=port, cores=CORES, gpus=GPUS)
            devices += f"NodeName={name} Name=gpu File={self.folder}/{name}gpu[0-{GPUS - 1}]\n"
            for number in range(GPUS):
                self._make_device(self.folder / f"{name}gpu{number}")
        (self.folder / "controller").mkdir()
        (self.folder / "slurm.conf").write_text(text)
        (self.folder / "gres.conf").write_text(devices)
        self._wrap_srun()

    def _wrap_srun(self) -> None:
        """Let srun find the cluster: the plugin takes SLURM_CONF from its environment."""
        srun = self.folder / "bin" / "srun"
        srun.parent.mkdir()
        program = shutil.which("srun", path=SEARCH)
        srun.write_text(f'#!/bin/sh\nSLURM_CONF={self.folder}/slurm.conf exec {program} "$@"\n')
        srun.chmod(0o755)

    def _make_device(self, path: Path) -> None:
        try:
            os.mknod(path, 0o666 | stat.S_IFCHR, os.makedev(1, 3))
        except PermissionError as error:
            raise ClusterUnavailableError(
                f"This machine lets nobody make device files ({error}), so it cannot pretend GPUs."
            ) from error

    def _start_munge(self) -> None:
        folder = self.folder / "munge"
        folder.mkdir(mode=0o755)
        key = folder / "key"
        key.touch(mode=0o400)
        key.write_bytes(os.urandom(128))
        options = {
            "key-file": key,
            "socket": folder / "socket",
            "pid-file": folder / "munged.pid",
            "log-file": folder / "munged.log",
            "seed-file": folder / "seed",
        }
        arguments = [f"--{name}={path}" for name, path in options.items()]
        self._checked("munged", "--force", *arguments)

    def _daemon(self, program: str, *arguments: str) -> None:
        self._checked(program, "-f", str(self.folder / "slurm.conf"), *arguments)

    def _checked(self, *command: str) -> None:
        start_program(*command, environment=os.environ | self.environment)

    def _is_step_on(self, process: psutil.Process, node: str) -> bool:
        """Return whether a process is SLURM's own around a step of a job on a node of ours."""
        ours = {"SLURMD_NODENAME": node, "SLURM_CONF": self.environment["SLURM_CONF"]}
        try:
            return process.name() == "slurmstepd" and any(
                ours.items() <= child.environ().items()
                for child in process.children(recursive=True)
            )
        except psutil.Error:
            return False

    def _controller_answers(self) -> bool:
        return "is UP" in self.run("scontrol", "ping", check=False)

    def state(self) -> list[str]:
        """Return the states of the nodes."""
        return self.run("sinfo", "--noheader", "--Node", "--format=%t", check=False).split()
