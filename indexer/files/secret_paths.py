"""A path in, whether the file is likely to hold secrets out. By its name alone.

Files of this sort may be listed; their text is never quoted and never sent anywhere, and no word of it is indexed.
"""

from __future__ import annotations

import re
from functools import lru_cache

_NAME = re.compile(
    r"^\.envrc$|^\.env(?:\.(?!(?:example|sample|template|dist|defaults?|schema)$)[^/]*)?$|^[^/]+\.env$"
    r"|^id_(?:rsa|dsa|ecdsa|ed25519)(?:_sk)?$|^(?:ssh_host_\w+_key)$"
    r"|\.(?:pem|key|p12|pfx|jks|keystore|kdbx|ppk|asc|gpg|pgp|ovpn|tfvars|tfstate|tfstate\.backup|agekey|keytab|psafe3|rdp)$"
    r"|^\.(?:netrc|pgpass|pypirc|npmrc|htpasswd|dockercfg|git-credentials|my\.cnf|s3cfg|boto|vault[-_]pass\w*|vault-token|dockerconfigjson|terraformrc|curlrc|wgetrc|pgsync)$"
    r"|^_netrc$|^(?:htpasswd|shadow)$"
    r"|^(?:credentials|secrets?)(?:[_-][\w-]+)*(?:\.(?:json|ya?ml|toml|ini|cfg|conf|txt|xml|properties|enc|env))?$"
    r"|^[\w.-]*(?:credentials|secrets?)\.(?:json|ya?ml|toml|ini|env)$"
    r"|^(?:client_secret|service[-_]?account)[\w.-]*\.json$|^(?:master|production|staging)\.key$|^kubeconfig$"
    r"|^(?:pgpass|rclone)\.conf$|\.tfvars\.json$|^application_default_credentials\.json$|^auth\.json$",
    re.IGNORECASE,
)
_FOLDERS = frozenset({".ssh", ".gnupg", ".aws", ".kube", ".azure"})


@lru_cache(maxsize=65536)
def may_hold_secrets(path: str) -> bool:
    """Tell whether a file is of a kind that holds keys, passwords or tokens."""
    *folders, name = path.split("/")
    return _NAME.search(name) is not None or not _FOLDERS.isdisjoint(folders)
