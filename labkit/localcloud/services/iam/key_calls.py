"""The keys of service accounts of google.iam.admin.v1.IAM. Source: google/iam/admin/v1/iam.proto."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from labkit.localcloud.contract.registry import Registry
from labkit.localcloud.core.constraints import DISABLE_KEY_CREATION, Constraints, violated
from labkit.localcloud.core.dispatch import Context
from labkit.localcloud.core.requirement import requires
from labkit.localcloud.errors import ApiError
from labkit.localcloud.iam import key_material
from labkit.localcloud.iam.account_key import AccountKey, KeyType, key_file
from labkit.localcloud.iam.service_account import ServiceAccount
from labkit.localcloud.iam.service_accounts import ServiceAccounts

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

# iam.proto, ServiceAccountKeyAlgorithm; 2048 bits where a request names none.
_ALGORITHMS = {"KEY_ALG_UNSPECIFIED": 2048, "KEY_ALG_RSA_1024": 1024, "KEY_ALG_RSA_2048": 2048}


class KeyCalls:
    """A disabled or deleted key counts no more from the next call on."""

    def __init__(self, registry: Registry, accounts: ServiceAccounts, constraints: Constraints) -> None:
        self._key_types = registry.package("google.iam.admin.v1")
        self._nothing = registry.message("google.protobuf.Empty")
        self._key_accounts = accounts
        self._constraints = constraints

    @requires("iam.serviceAccountKeys.list", on="name")
    async def ListServiceAccountKeys(self, request: Any, context: Context) -> Any:
        account = self._key_accounts.get(request.name)
        names = self._key_types.ListServiceAccountKeysRequest.KeyType
        wanted = {names.Name(number) for number in request.key_types} or {kind.value for kind in KeyType}
        if KeyType.SYSTEM_MANAGED.value in wanted:
            await self._key_accounts.keys.system_key(account.unique_id)  # An account always has one.
        keys = [key for key in self._key_accounts.keys.of(account.unique_id) if key.type.value in wanted]
        return self._key_types.ListServiceAccountKeysResponse(keys=[self._key(account, key) for key in keys])

    @requires("iam.serviceAccountKeys.get", on="name")
    def GetServiceAccountKey(self, request: Any, context: Context) -> Any:
        account, key = self._found(request.name)
        kind = self._key_types.ServiceAccountPublicKeyType.Name(request.public_key_type)
        message = self._key(account, key)
        if kind == "TYPE_X509_PEM_FILE":
            message.public_key_data = key.certificate.encode()
        elif kind == "TYPE_RAW_PUBLIC_KEY":
            message.public_key_data = key_material.public_pem(key.certificate).encode()
        return message

    @requires("iam.serviceAccountKeys.create", on="name")
    async def CreateServiceAccountKey(self, request: Any, context: Context) -> Any:
        """The reply is the only place where the private key ever is."""
        account = self._key_accounts.get(request.name)
        if self._constraints.enforces(account.project, DISABLE_KEY_CREATION):
            raise violated(
                DISABLE_KEY_CREATION,
                f"{account.name}?configvalue={account.email}",
                "Key creation is not allowed on this service account.",
            )
        algorithm = self._key_types.ServiceAccountKeyAlgorithm.Name(request.key_algorithm)
        key, private = await self._key_accounts.keys.create(account.unique_id, _ALGORITHMS[algorithm])
        message = self._key(account, key)
        kinds = self._key_types.ServiceAccountPrivateKeyType
        if request.private_key_type == kinds.Value("TYPE_PKCS12_FILE"):
            message.private_key_type = request.private_key_type
            message.private_key_data = key_material.private_p12(private, key.certificate)
        else:
            message.private_key_type = kinds.Value("TYPE_GOOGLE_CREDENTIALS_FILE")
            message.private_key_data = _json_key(account, key, private)
        return message

    @requires("iam.serviceAccountKeys.create", on="name")
    def UploadServiceAccountKey(self, request: Any, context: Context) -> Any:
        account = self._key_accounts.get(request.name)
        return self._key(account, self._key_accounts.keys.upload(account.unique_id, request.public_key_data))

    @requires("iam.serviceAccountKeys.disable", on="name")
    def DisableServiceAccountKey(self, request: Any, context: Context) -> Any:
        return self._set_disabled(request.name, disabled=True)

    @requires("iam.serviceAccountKeys.enable", on="name")
    def EnableServiceAccountKey(self, request: Any, context: Context) -> Any:
        return self._set_disabled(request.name, disabled=False)

    @requires("iam.serviceAccountKeys.delete", on="name")
    def DeleteServiceAccountKey(self, request: Any, context: Context) -> Any:
        key = self._users_own(request.name)
        self._key_accounts.keys.delete(key)
        return self._nothing()

    def _set_disabled(self, name: str, *, disabled: bool) -> Any:
        self._key_accounts.keys.set_disabled(self._users_own(name), disabled=disabled)
        return self._nothing()

    def _users_own(self, name: str) -> AccountKey:
        key = self._found(name)[1]
        if key.type is KeyType.SYSTEM_MANAGED:
            raise ApiError.precondition(f"The key {key.id} is managed by Google and cannot be changed.")
        return key

    def _found(self, name: str) -> tuple[ServiceAccount, AccountKey]:
        account_name, _, key_id = name.partition("/keys/")
        account = self._key_accounts.get(account_name)
        key = self._key_accounts.keys.find(account.unique_id, key_id)
        if key is None:
            raise ApiError.not_found(f"Service account key {key_id} does not exist.")
        return account, key

    def _key(self, account: ServiceAccount, key: AccountKey) -> Any:
        types = self._key_types
        algorithm = f"KEY_ALG_RSA_{key_material.public_key(key.certificate).key_size}"
        known = algorithm if algorithm in _ALGORITHMS else "KEY_ALG_UNSPECIFIED"
        message = types.ServiceAccountKey(
            name=f"{account.name}/keys/{key.id}",
            key_algorithm=types.ServiceAccountKeyAlgorithm.Value(known),
            key_origin=types.ServiceAccountKeyOrigin.Value(key.origin.value),
            key_type=types.ListServiceAccountKeysRequest.KeyType.Value(key.type.value),
            disabled=key.disabled,
        )
        message.valid_after_time.FromDatetime(key.valid_after)
        message.valid_before_time.FromDatetime(key.valid_before)
        return message


def _json_key(account: ServiceAccount, key: AccountKey, private: RSAPrivateKey) -> bytes:
    return key_file(account.email, account.unique_id, account.project, key.id, key_material.private_pem(private))
