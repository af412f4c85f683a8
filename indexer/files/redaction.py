"""Lines in, the same lines out without those that hold a password, a token or a key. Knows no file and no network.

A withheld line is replaced as a whole: where a secret begins and ends within it is a guess. Most lines are passed by a
pattern of our own; the scanner is imported when a line first looks as if it could hold a secret.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import cache, lru_cache

Strings = Callable[[str], Iterable[str]]
"""Yields what looks like a secret in a text."""

WITHHELD = "[secret]"
LONGEST = 2_000
"""Scanners match in more than linear time: a longer line that looks like a secret is taken for one."""

# What every pattern of the scanner needs: a long run of letters with a digit among them, a password in an address, the
# name of a secret beside a quotation mark, or a mark that a vendor gives its tokens. Bounded, to take linear time.
_SUSPECT = re.compile(
    r"(?<![A-Za-z0-9])(?=[A-Za-z]*[0-9])[A-Za-z0-9]{16}"
    r"|(?<![A-Za-z0-9_-])(?=[A-Za-z_-]*[0-9])[A-Za-z0-9_-]{24}"
    r"|[Aa][Ww][Ss].{0,60}[A-Za-z0-9/+]{40}"
    r"|://[^\s/:@]{1,200}:[^\s@]{1,200}@"
    r"|A(?:KIA|SIA|BIA|CCA|3T)[A-Z0-9]{8}|PRIVATE KEY|PuTTY|AKC|_authToken|xox[a-z]-|hooks\.slack"
    r"|(?i:pass|pwd|secret|token|contrase|[a-z][_.-]?key)[^'\"`]{0,80}['\"`](?=[^0-9'\"`]{0,200}[0-9])[^\s'\"`]{8}"
    r"|[0-9][^\s'\"`]{0,200}['\"`]\s{0,9}[!=]=.{0,80}(?i:pass|pwd|secret|token|key)"
)
# Tokens that carry their maker's prefix, as their makers document them, and that the scanner does not know.
_PREFIXED = re.compile(
    r"(?<![A-Za-z0-9_-])(?:github_pat_|glpat-|gldt-|glrt-|sk-(?:proj|ant|svcacct|or)-|pypi-AgE|npm_|hf_|dop_v1_"
    r"|xapp-|shpat_|rk_live_|whsec_|AIza|ya29\.|GOCSPX-|AGE-SECRET-KEY-1|hvs\.|dckr_pat_|lin_api_|rubygems_)"
    r"(?=[A-Za-z_-]*[0-9])[A-Za-z0-9_-]{20,}"
)
# A value with letters and digits, of one word: neither prose nor a place that is to be filled in.
_VALUE = re.compile(r"(?=[^A-Za-z]*[A-Za-z])(?=[^0-9]*[0-9])[^\s{}<>$()\[\]]+")
_KEY_BEGINS = re.compile(r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----")
_KEY_ENDS = "-----END"
# What stands in a key, once quotes and comment marks around it are off: base64, or a header of the armour.
_IN_KEY = re.compile(r"[A-Za-z0-9+/=\\]*|(?:Proc-Type|DEK-Info|Version|Comment): .*")
_AROUND = " \t\r\"'`,;()#*"
# A line of nothing but base64, as long as those of a key's body.
_BODY = re.compile(r"(?=.*[a-z])(?=.*[A-Z])[\s\"'`+\\n]*[A-Za-z0-9+/]{60,}={0,2}[\s\"'`,;+\\n)]*")


def redacted(lines: Iterable[str]) -> list[str]:
    """Return as many lines: those that hold a secret are replaced, those inside of a private key are empty.

    What comes out takes no more tokens than what went in. A line that is none of a key ends it, so that code that only
    looks for keys stays whole.
    """
    kept = []
    in_key = False
    for line in lines:
        begins = _KEY_BEGINS.search(line) if "-----BEGIN" in line else None
        if begins is not None:
            in_key = _KEY_ENDS not in line[begins.end() :]
            kept.append(WITHHELD)
        elif in_key and (_KEY_ENDS in line or _IN_KEY.fullmatch(line.strip(_AROUND))):
            in_key = _KEY_ENDS not in line
            kept.append("")
        else:
            in_key = False
            kept.append(WITHHELD if holds_secret(line) else line)
    return kept


def holds_secret(line: str) -> bool:
    """Tell whether a line holds what looks like a password, a token or a key."""
    return _SUSPECT.search(line) is not None and _is_secret(line)


@lru_cache(maxsize=1 << 14)
def _is_secret(line: str) -> bool:
    """Judge a line that is suspect. Likely files come up in task after task, so verdicts are kept."""
    if len(line) > LONGEST or _PREFIXED.search(line) or _KEY_BEGINS.search(line) or _BODY.fullmatch(line):
        return True
    patterns, named = _scanners()
    return any(True for strings in patterns for _ in strings(line)) or any(map(_is_value, named(line)))


def _is_value(text: str) -> bool:
    """Tell whether what is assigned to a telling name looks hard to guess: in `token == "("` nothing does."""
    return len(text) >= 8 and _VALUE.fullmatch(text) is not None


def warm() -> None:
    """Load the scanner, so that no answer waits for it; for a process that stays, once its first answers are out."""
    _scanners()


@cache
def _scanners() -> tuple[tuple[Strings, ...], Strings]:
    """Return what finds the tokens in a text, and what finds values that telling names are given.

    Patterns alone: nothing here asks a token's maker whether it is in force.
    """
    from detect_secrets.plugins import (
        artifactory,
        aws,
        azure_storage_key,
        basic_auth,
        cloudant,
        discord,
        github_token,
        ibm_cloud_iam,
        ibm_cos_hmac,
        jwt,
        keyword,
        mailchimp,
        npm,
        private_key,
        sendgrid,
        slack,
        softlayer,
        square_oauth,
        stripe,
        twilio,
    )

    patterns = (
        artifactory.ArtifactoryDetector(),
        aws.AWSKeyDetector(),
        azure_storage_key.AzureStorageKeyDetector(),
        basic_auth.BasicAuthDetector(),
        cloudant.CloudantDetector(),
        discord.DiscordBotTokenDetector(),
        github_token.GitHubTokenDetector(),
        ibm_cloud_iam.IbmCloudIamDetector(),
        ibm_cos_hmac.IbmCosHmacDetector(),
        jwt.JwtTokenDetector(),
        mailchimp.MailchimpDetector(),
        npm.NpmDetector(),
        private_key.PrivateKeyDetector(),
        sendgrid.SendGridDetector(),
        slack.SlackDetector(),
        softlayer.SoftlayerDetector(),
        square_oauth.SquareOAuthDetector(),
        stripe.StripeDetector(),
        twilio.TwilioKeyDetector(),
    )
    return tuple(one.analyze_string for one in patterns), keyword.KeywordDetector().analyze_string
