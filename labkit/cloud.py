"""The only place that knows how the local cloud and Google Cloud differ."""

from __future__ import annotations

import json
import os
import sys
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from labkit.clients import Clients
from labkit.errors import CloudError, ConsentNeededError
from labkit.settings import GOOGLE, LOCAL, Settings, load

if TYPE_CHECKING:
    from labkit.localcloud.daemon import Daemon
    from labkit.localcloud.keeper import Keeper
    from labkit.localcloud.record import ServerRecord

_IMAGES = Path(__file__).parent / "images"

# One per process: two labs in one notebook share it.
_keeper: Keeper | None = None


class Cloud(Clients, ABC):
    """One project in one region, and this process's own clients for it."""

    name: ClassVar[str]
    bills: ClassVar[bool]

    @abstractmethod
    def ensure(self) -> None:
        """Raises CloudError at once where the cloud cannot be reached, before a client retries for minutes."""

    @property
    def identities(self) -> Path:
        """The folder of files that say who somebody is."""
        return load().home / "identities"

    def user_file(self, user: str) -> Path:
        """The ADC file of "student" or "teacher". Raises CloudError where a person has to sign in."""
        raise CloudError(
            f"On {self.name} nobody but the {user} can sign in as the {user}. In a terminal: "
            "gcloud auth application-default login"
        )


class LocalCloud(Cloud):
    """The server on this machine: bills nothing, and is started when it is needed."""

    name = LOCAL
    bills = False

    def __init__(self, project: str, region: str, keeper: Keeper) -> None:
        super().__init__(project, region)
        self._keeper = keeper

    def ensure(self) -> None:
        from labkit.localcloud.daemon import CannotStartError

        try:
            self._keeper.ensure()
        except CannotStartError as error:
            raise CloudError(str(error)) from error

    @property
    def identities(self) -> Path:
        return self._keeper.daemon.identities

    def user_file(self, user: str) -> Path:
        self.ensure()
        return self._keeper.daemon.user_file(user)


class GoogleCloud(Cloud):
    """Google's own. Nothing is redirected; what is made there is billed."""

    name = GOOGLE
    bills = True

    def ensure(self) -> None:
        import google.auth
        from google.auth.exceptions import DefaultCredentialsError

        try:
            google.auth.default()
        except DefaultCredentialsError as error:
            raise CloudError(
                "There are no Google Cloud credentials on this machine. Run `gcloud auth application-default login`, "
                "or work on a Workbench instance, which has its own."
            ) from error

    def user_file(self, user: str) -> Path:
        from google.auth import _cloud_sdk

        # One person signs in on this machine, and there is no second.
        path = Path(_cloud_sdk.get_application_default_credentials_path())
        return path if user == "student" and path.exists() else super().user_file(user)


def connect(
    name: str,
    *,
    project: str | None = None,
    yes: bool = False,
    bills: Sequence[str] = (),
    settings: Settings | None = None,
) -> Cloud:
    """The cloud called `name`, "local" or "google", ready for use.

    Local: the server is started or found and this process's environment redirected to it.
    Google: needs a project, and once per project an explicit `yes` to `bills`, the lines that say what will be billed.
    Raises CloudError, ConsentNeededError.
    """
    settings = settings or load()
    if name != GOOGLE:
        return reach(name, project=project, settings=settings)
    project = _google_project(project, settings)
    _require_consent(settings.home / "google_consent.json", project, tuple(bills), yes=yes)
    return _connect_google(project, settings)


def reach(name: str, *, project: str | None = None, settings: Settings | None = None) -> Cloud:
    """As `connect`, for what bills nothing: nobody is asked."""
    settings = settings or load()
    if name == LOCAL:
        return _connect_local(settings, project)
    if name != GOOGLE:
        raise CloudError(f"There is no cloud {name!r}. Choose {LOCAL!r} or {GOOGLE!r}.")
    return _connect_google(_google_project(project, settings), settings)


def look(settings: Settings) -> Cloud:
    """The cloud that the settings name, for reading only: on Google's, nothing is agreed to. Raises CloudError."""
    if settings.cloud == LOCAL:
        return _connect_local(settings, None)
    _leave_local()
    return GoogleCloud(settings.project, settings.region)


def disconnect() -> None:
    """Leave the local cloud: nobody starts it again for this process. It goes on, with its data."""
    global _keeper
    if _keeper is not None:
        _keeper.end()
        _keeper = None


def daemon(settings: Settings, *, port: int = 0) -> Daemon:
    """The server of this installation's local cloud; nothing is started yet."""
    from labkit import __version__
    from labkit.localcloud.daemon import Daemon

    return Daemon(
        home=settings.local_cloud_home,
        project=settings.local_project,
        zone=f"{settings.region}-a",
        images=_IMAGES,
        version=__version__,
        port=port,
    )


def _google_project(project: str | None, settings: Settings) -> str:
    _leave_local()
    project = project or settings.project
    if not project:
        raise CloudError("Google Cloud needs a project. Pass project='your-project-id', or set LABKIT_PROJECT.")
    return project


def _connect_google(project: str, settings: Settings) -> GoogleCloud:
    cloud = GoogleCloud(project, settings.region)
    cloud.ensure()
    return cloud


def _connect_local(settings: Settings, project: str | None) -> LocalCloud:
    from labkit.localcloud.daemon import CannotStartError

    server = daemon(settings)
    try:
        record = server.ensure()
    except CannotStartError as error:
        raise CloudError(str(error)) from error
    if project and project != record.project:
        raise CloudError(
            f"The local cloud has the project {record.project!r}, not {project!r}. Leave `project` out, or "
            f"`labkit cloud stop` and start again with LABKIT_PROJECT={project}."
        )
    _enter(server.environment(os.environ, record))
    return LocalCloud(record.project, settings.region, _keep(server, record))


def _enter(environment: dict[str, str]) -> None:
    """Make `environment` this process's own."""
    for variable in set(os.environ) - set(environment):
        del os.environ[variable]
    os.environ.update(environment)
    _tell_those_imported_before(environment)


def _tell_those_imported_before(environment: dict[str, str]) -> None:
    """Some modules read the environment once, at import: what they took from it is set as well."""
    metadata: Any = sys.modules.get("google.auth.compute_engine._metadata")
    if metadata is not None:
        metadata._GCE_METADATA_HOST = environment.get("GCE_METADATA_HOST", "metadata.google.internal")
        metadata._NO_GCE_CHECK = environment.get("NO_GCE_CHECK") == "true"
    # gcsfs, and so pandas, is told of the proxy by fsspec's settings, and trusts what aiohttp trusts, which comes with
    # `google.cloud.aiplatform`.
    fsspec: Any = sys.modules.get("fsspec.config")
    if fsspec is not None:
        fsspec.set_conf_env(fsspec.conf, environment)
    trusted: Any = getattr(sys.modules.get("aiohttp.connector"), "_SSL_CONTEXT_VERIFIED", None)
    if trusted is not None and (bundle := environment.get("SSL_CERT_FILE")):
        trusted.load_verify_locations(bundle)


def _keep(server: Daemon, record: ServerRecord) -> Keeper:
    global _keeper
    if _keeper is None or _keeper.daemon != server:
        from labkit.localcloud.keeper import Keeper, tell_on_stderr

        disconnect()
        _keeper = Keeper(server, record, tell_on_stderr)
        _keeper.watch()
        _before_each_cell(_keeper)
    return _keeper


def _before_each_cell(keeper: Keeper) -> None:
    """In a notebook, see to it that the cloud is up before a cell that may use it runs."""
    interactive: Any = sys.modules.get("IPython")
    shell = interactive.get_ipython() if interactive else None

    def ensure(_info: object) -> None:
        if keeper is _keeper:  # Not after `disconnect`.
            keeper.ensure()

    if shell is not None:
        shell.events.register("pre_run_cell", ensure)


def _leave_local() -> None:
    """A kernel of `labkit lab` inherits the local cloud's environment; before it uses that cloud it can leave it."""
    from labkit.localcloud.edge import environment

    if _keeper is not None:
        raise CloudError(
            f"This process has begun on the local cloud, and its clients stay there. Restart the kernel for {GOOGLE!r}."
        )
    if environment.is_redirected(os.environ):
        _enter(environment.restore(os.environ))


def _require_consent(path: Path, project: str, bills: tuple[str, ...], *, yes: bool) -> None:
    agreed = _agreed(path)
    if project in agreed:
        return
    if not yes:
        raise ConsentNeededError(project, bills)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".new")
    partial.write_text(json.dumps([*agreed, project]))
    partial.replace(path)


def _agreed(path: Path) -> list[str]:
    """The projects that may be billed, as the file says."""
    if not path.exists():
        return []
    try:
        agreed = json.loads(path.read_text())
        if isinstance(agreed, list) and all(isinstance(project, str) for project in agreed):
            return agreed
    except ValueError:
        pass
    raise CloudError(
        f"{path} should list the projects that may be billed, and cannot be read. It was left as it is: "
        "mend it, or delete it and agree again with yes=True."
    )
