"""TLS for Google's host names on this machine: a certificate authority that only the course's processes trust."""

from __future__ import annotations

import re
import ssl
from pathlib import Path

from labkit.localcloud.core import private_file
from labkit.localcloud.core.hosts import is_googles

# Nearly every call goes to one of these; other names get a certificate when first asked for.
_USUAL = "googleapis.com"
_LONGEST_ZONE = 200
_HOST_NAME = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)*")


class Certificates:
    """The authority of one data folder. Its key is readable by the owner alone and is in no system or browser store.

    Kept on disk so that a kernel that read the bundle once still trusts the cloud after a restart.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder = folder
        self._contexts: dict[str, ssl.SSLContext] = {}
        self._authority = folder / "authority.pem"
        self._authority_key = folder / "authority.key"
        self._make_authority()

    @property
    def bundle(self) -> Path:
        """What a client is told to trust: all that this machine trusts already, and this authority."""
        return self._folder / "bundle.pem"

    def write_bundle(self, trusted: str) -> None:
        """`trusted` is PEM text: the roots this machine trusts, a company's own among them."""
        private_file.write(self.bundle, f"{trusted.rstrip()}\n{self._authority.read_text()}".encode())

    def server_context(self) -> ssl.SSLContext:
        """For every host: the certificate is chosen by the name the client asks for (SNI)."""
        context = self._context(_USUAL)
        context.sni_callback = self._choose
        return context

    def _choose(self, connection: ssl.SSLObject, name: str | None, _: ssl.SSLContext) -> None:
        connection.context = self._context(_zone(name) if name else _USUAL)

    def _context(self, zone: str) -> ssl.SSLContext:
        if zone not in self._contexts:
            path = self._folder / f"{zone}.pem"
            if not path.exists():
                self._issue(zone, path)
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(path)
            # By the server's order: whoever offers HTTP/1.1 gets it, and only gRPC, which offers nothing else, gets h2.
            context.set_alpn_protocols(["http/1.1", "h2"])
            self._contexts[zone] = context
        return self._contexts[zone]

    def _make_authority(self) -> None:
        if self._authority.exists() and self._authority_key.exists():
            return
        import trustme  # 0.1 s, and only where a certificate is made.

        for stale in self._folder.glob("*.pem"):
            stale.unlink()
        authority = trustme.CA(organization_name="labkit local cloud", organization_unit_name="this machine only")
        private_file.write(self._authority_key, authority.private_key_pem.bytes())
        private_file.write(self._authority, authority.cert_pem.bytes())

    def _issue(self, zone: str, path: Path) -> None:
        import trustme  # 0.1 s, and only where a certificate is made.

        authority = trustme.CA.from_pem(self._authority.read_bytes(), self._authority_key.read_bytes())
        leaf = authority.issue_cert(f"*.{zone}", zone)
        private_file.write(path, leaf.private_key_and_cert_chain_pem.bytes())


def _zone(name: str) -> str:
    # A certificate's wildcard covers one label: storage.googleapis.com needs *.googleapis.com.
    # It names a file, so anything but a host of Google's gets the usual certificate, which will not match.
    zone = name.lower().partition(".")[2]
    return zone if is_googles(name) and _HOST_NAME.fullmatch(zone) and len(zone) <= _LONGEST_ZONE else _USUAL
