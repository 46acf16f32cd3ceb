"""The quick study on a cluster: started as a researcher does, watched, and struck."""

import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import yaml
from daemons import Cluster, is_gone

from faults import TABLES
from workspace import Workspace

QUICK = Path(__file__).with_name("quick.yaml")
PATIENCE_SECONDS = 1200  # a limit, not a wait: machines of the continuous integration are busy


class ClusterStudy:
    """A folder with the quick study, whose jobs go to a cluster."""

    def __init__(self, folder: Path, cluster: Cluster, *, minutes: int = 30) -> None:
        self.workspace = Workspace.fresh(folder, QUICK)
        self._cluster = cluster
        self._write_profile(minutes)
        self.command: subprocess.Popen[str] | None = None

    def start(self, *arguments: str) -> None:
        """Give the command of the documentation."""
        command = [sys.executable, "-m", "biasinit.execution.launch", "--study", QUICK.name]
        self.command = subprocess.Popen(
            [*command, "--place", "test", "--", *arguments],
            cwd=self.workspace.folder,
            env=self.workspace.environment
            | self._cluster.environment
            | {"BIASINIT_CHECKPOINT_SECONDS": "0.2", "OMP_NUM_THREADS": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def finish(self) -> None:
        """Wait until the command ends well."""
        output, _ = self.command.communicate(timeout=PATIENCE_SECONDS)
        assert self.command.returncode == 0, output + self.log()

    def finish_without_the_node(self, frozen: "FrozenShard") -> None:
        """Let the node of a shard die, as by a loss of power, and wait for the end."""
        self._cluster.kill_node(frozen.node)
        self.wait_until(frozen.is_gone)
        try:
            self.finish()
        finally:
            self._cluster.start_node(frozen.node)

    def finish_beside_a_job_out_of_sight(self, frozen: "FrozenShard") -> None:
        """Let a node's daemon die alone, so that its job trains beside another of its shard."""
        self._cluster.kill_daemon(frozen.node)
        try:
            self.wait_until(frozen.is_leased_anew)
            frozen.thaw()  # now two processes train one shard
            self.wait_until(frozen.is_gone)
            self.finish()
        finally:
            self._cluster.start_node(frozen.node)

    def finish_after_a_killed_snakemake(self, frozen: "FrozenShard") -> None:
        """Kill Snakemake, whose jobs go on, and give the command again."""
        (snakemake,) = psutil.Process(self.command.pid).children()
        snakemake.kill()
        self.command.communicate()
        assert self.command.returncode != 0
        assert not frozen.is_gone()
        self.start("--until", "collect")
        self.wait_until(frozen.is_leased_anew)
        frozen.thaw()  # the job that nobody waits for, and the one that took over
        self.wait_until(frozen.is_gone)
        self.finish()

    def assert_equal_tables(self, undisturbed: Workspace) -> None:
        """Check that the tables are those of a local study, byte for byte."""
        for table in TABLES:
            ours = self.workspace.results / f"{table}.parquet"
            assert ours.read_bytes() == (undisturbed.results / ours.name).read_bytes(), table

    def stop(self) -> None:
        """End what a failed test has left."""
        if self.command is not None and self.command.poll() is None:
            self.command.terminate()
            self.command.communicate()

    def log(self) -> str:
        """Return what Snakemake said; nothing before it is started."""
        path = self.workspace.folder / "results" / "snakemake.log"
        return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""

    def wait_until(self, condition: Callable[[], Any]) -> Any:
        """Return the first true value of a condition."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            value = condition()
            if value:
                return value
            assert self.command.poll() is None, self.command.communicate()[0] + self.log()
            assert time.monotonic() < deadline, self.log()
            time.sleep(0.02)

    def freeze_a_shard(self) -> "FrozenShard":
        """Wait for a job in the middle of its training, and stop its process there."""
        return self.wait_until(self._frozen)

    def _frozen(self) -> "FrozenShard | None":
        folder = self.workspace.results / "checkpoints"
        for checkpoint in folder.rglob("*.checkpoint"):
            shard = checkpoint.relative_to(folder).with_suffix("")
            lease = self.workspace.results / "logs" / "train" / shard.with_suffix(".lease")
            try:
                process = psutil.Process(int(lease.read_text().split()[1]))
                process.suspend()
                if lease.exists() and checkpoint.exists():
                    return FrozenShard(lease, process, self._cluster)
                process.resume()  # it had just finished
            except (OSError, IndexError, psutil.Error):
                continue
        return None

    def _write_profile(self, minutes: int) -> None:
        """Write the project's profile for this cluster, as a user would."""
        folder = self.workspace.folder / "profiles" / "test"
        shutil.copytree(folder.with_name(self._cluster.profile), folder)
        path = folder / "profile.yaml"
        profile = yaml.safe_load(path.read_text(encoding="utf-8"))
        profile["set-resources"]["train"] |= {
            "mem_mb": "500 * attempt",
            "runtime": f"{minutes} * attempt",
        }
        profile["latency-wait"] = 10
        self._cluster.adapt(profile)
        path.write_text(yaml.safe_dump(profile), encoding="utf-8")


class FrozenShard:
    """A shard in the middle of its training, whose process does not move."""

    def __init__(self, lease: Path, process: psutil.Process, cluster: Cluster) -> None:
        self.lease = lease
        self.lease_text = lease.read_text()
        self.process = process
        self.job, self.node = cluster.job_and_node(process.environ())

    def is_leased_anew(self) -> bool:
        try:
            return self.lease.read_text() not in ("", self.lease_text)
        except FileNotFoundError:
            return False

    def is_gone(self) -> bool:
        """Return whether the process has ended."""
        return is_gone(self.process)

    def wait_until_gone(self) -> None:
        """Wait for the end of the process where no command runs that could end first."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not self.is_gone():
            assert time.monotonic() < deadline, self.job
            time.sleep(0.1)

    def thaw(self) -> None:
        """Let the process go on."""
        self.process.send_signal(signal.SIGCONT)
