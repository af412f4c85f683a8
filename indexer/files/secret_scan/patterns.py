"""A line in, the secrets out that give themselves away: by their maker's prefix, or by what stands around them.

Prefixes are those that makers document. Nothing here asks a maker whether a token is in force.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterator
from functools import cache

from noctule.indexer.files.secret_scan.letters import is_ended_passphrase
from noctule.indexer.files.secret_scan.signs import FOREIGN_WORDS
from noctule.indexer.files.secret_scan.values import (
    is_bare,
    is_dense,
    is_key,
    is_password,
    is_password_unquoted,
    is_striking,
    is_token,
)
from noctule.indexer.lazy_pattern import lazy_pattern

Span = tuple[int, int]

# Prefixes, and what follows each of them.
_MAKERS = (
    ("AKIA ASIA ABIA ACCA", r"[A-Z0-9]{16}(?![A-Za-z0-9])"),  # Amazon
    ("LTAI AKID", r"[A-Za-z0-9]{12,36}"),  # Alibaba, Tencent
    ("ghp_ gho_ ghu_ ghs_ ghr_ github_pat_", r"\w{20,}"),
    (
        "glpat- gldt- glrt- glrtr- glsoat- gloas- glptt- glcbt- glft- glffct- glimt- glagent- glwt- GR1348941",
        r"[\w.-]{16,}",
    ),
    ("xoxa- xoxb- xoxe- xoxo- xoxp- xoxr- xoxs- xoxe.xoxp- xoxe.xoxb- xapp-", r"[\w-]{10,}"),  # Slack
    (
        "sk_live_ sk_test_ rk_live_ rk_test_ pk_live_ whsec_ rzp_live_ rzp_test_",
        r"[A-Za-z0-9+/=]{10,}",
    ),  # Stripe, Razorpay
    ("sk-proj- sk-ant- sk-svcacct- sk-admin- sk-or- sk-lf-", r"[\w-]{16,}"),
    ("sk- gsk_ xai- pplx- r8_ hf_ fw_ npm_ ntn_", r"[A-Za-z0-9]{20,}"),
    ("lsv2_pt_ lsv2_sk_ pcsk_ nvapi- tvly- jina_ voyage-", r"[\w-]{20,}"),
    ("AIza", r"[\w-]{30,}"),
    ("ya29. GOCSPX- 1//0 pypi-AgE", r"[\w-]{16,}"),
    ("rubygems_ dop_v1_ doo_v1_ dor_v1_ dot_v1_ PMAK- pul- rdme_", r"[a-f0-9-]{20,}"),
    ("cio", r"[A-Za-z0-9]{32}(?![A-Za-z0-9])"),  # crates.io
    ("oy2", r"[a-z0-9]{43}"),  # NuGet
    (
        "dckr_pat_ dckr_oat_ HRKU- fo1_ nfp_ rnd_ sbp_ sbs_ sb_secret_ pscale_tkn_ pscale_pw_ pscale_oauth_",
        r"[\w.-]{16,}",
    ),
    ("dp.pt. dp.st. dp.ct. dp.sa. dp.scim. dp.audit. lin_api_ lin_oauth_ figd_ figo_ figu_ sl.", r"[\w.-]{20,}"),
    ("secret_", r"[A-Za-z0-9]{40,}"),  # Notion
    ("pat", r"(?:[A-Za-z0-9]{14}\.[a-f0-9]{20,}|-(?:na|eu)\d-[a-f0-9-]{30,})"),  # Airtable, HubSpot
    ("ATATT3x ATCTT3x ATBB", r"[\w=-]{16,}"),  # Atlassian
    ("NRAK- NRJS- NRII- NRIQ- NRRA- NRAL- sntrys_ sntryu_ glsa_ glc_ hvs. hvb. hvr.", r"[\w=+/-]{16,}"),
    ("s.", r"[A-Za-z0-9]{24}(?![A-Za-z0-9])"),  # Vault, earlier
    ("dapi dose", r"[a-f0-9]{32}"),  # Databricks
    ("shpat_ shpss_ shpca_ shppa_ shptka_ shpua_ sqp_ squ_ sqa_", r"[a-fA-F0-9]{16,}"),  # Shopify, Sonar
    ("sq0atp- sq0csp- sq0idp- EAAA EAACEdEose0cBA", r"[\w-]{20,}"),  # Square, Facebook
    ("SK key-", r"[a-z0-9]{32}(?![A-Za-z0-9])"),  # Twilio, Mailgun
    ("SG.", r"[\w-]{16,}\.[\w-]{16,}"),  # SendGrid
    ("xkeysib- xsmtpsib-", r"[a-f0-9]{40,}"),  # Brevo
    ("re_", r"[A-Za-z0-9]{6,}_[A-Za-z0-9]{16,}"),  # Resend
    ("AAAAAAAAAAAAAAAAAAA", r"[\w%]{40,}"),  # Twitter
    ("AQVN y0_ y1_ t1.", r"[\w-]{35,}"),  # Yandex
    (
        "p8e- AGE-SECRET-KEY-1 AKC cmVmdGtu bkua_ CCIPAT_ CCIPRJ_ CLOJARS_ CFPAT- duffel_test_ duffel_live_",
        r"[\w=-]{12,}",
    ),
    ("amzn.mws.", r"[a-f0-9]{8}(?:-[a-f0-9]{4}){3}-[a-f0-9]{12}"),
    ("dt0", r"[a-z]\d{2}\.[A-Z0-9]{20,}\.[A-Z0-9]{40,}"),  # Dynatrace
    ("EZAK EZTK FLWSECK- FLWSECK_TEST- fio-u- tk-us- sgp_ tskey- ico- pnu_ essu_ CMCAPI-", r"[\w=-]{20,}"),
    ("sk.eyJ ops_eyJ eyJrIjoi tfp_", r"[\w.=-]{30,}"),  # Mapbox, 1Password, Grafana
    ("shippo_live_ shippo_test_ access_token$production$ access-sandbox- access-production-", r"[\w$-]{30,}"),
    ("vcp_ vck_ vci_ vca_ vcr_ tgp_v1_ wandb_v1_ napi_ dbtc_ dbtu_ unkey_ vtwn_ bb_live_ bb_test_", r"[\w-]{20,}"),
    ("phx_ phc_ phs_ phe_ e2b_ csk- hcaik_ hcxik_ hcbik_ hclik_ hcamk_", r"[A-Za-z0-9]{20,}"),
    ("signkey-prod- signkey-test- packagist_ott_ packagist_uut_ packagist_out_ rdme_xn8s9h", r"[a-f0-9]{40,}"),
    ("s-s4t2ud- s-s4t2af- fc- sk_ live_ test_", r"[a-f0-9]{32,}(?![A-Za-z0-9])"),
    ("v1.0-", r"[a-f0-9]{24}-[a-f0-9]{100,}"),  # Cloudflare's origins
    ("fm1r_ fm1a_ fm2_ ABSK AQ.Ab8RN6 snyk_uat. snyk_sat. dnkey- AQE", r"[\w.+=/-]{40,}"),
    ("tr_prod_ tr_dev_ tr_stg_ tr_pat_", r"[A-Za-z0-9]{20,}"),  # Trigger.dev
    ("ak- as-", r"[A-Za-z0-9]{22}(?![\w-])"),  # Modal
    ("sdk- api- mob-", r"[a-f0-9]{8}(?:-[a-f0-9]{4}){3}-[a-f0-9]{12}(?![A-Za-z0-9])"),  # LaunchDarkly
    ("st.", r"[a-f0-9-]{24,36}\.[a-f0-9]{32}\.[a-f0-9]{32}"),  # Infisical
    ("A3-", r"[A-Z0-9]{6}-(?:[A-Z0-9]{11}|[A-Z0-9]{6}-[A-Z0-9]{5})(?:-[A-Z0-9]{5}){3}(?![A-Z0-9])"),  # 1Password
    ("0/ 1/ 2/", r"\d{10,}/\d{10,}:[a-f0-9]{32}(?![a-f0-9])"),  # Asana
    ("pk_", r"\d{7,9}_[A-Z0-9]{32}(?![A-Z0-9])"),  # ClickUp
    ("eyJ", r"[\w-]{8,600}\.[\w-]{8,4000}(?:\.[\w-]{0,4000}){0,3}"),  # JSON web tokens
    ("LS0tLS1CRUdJTi", r"[A-Za-z0-9+/=]{8,}"),  # "-----BEGIN " in base64
)
# Tokens that do not begin with a mark of their own, each behind a text without which it cannot stand there.
_MARKED = (
    ("Q~", lazy_pattern(r"[\w~.-]{3}\dQ~[\w~.-]{31,36}")),  # Azure
    ("-us", lazy_pattern(r"(?<![a-f0-9])[a-f0-9]{32}-us\d{1,2}(?!\d)")),  # Mailchimp
    (":AA", lazy_pattern(r"(?<!\d)\d{8,10}:AA[\w-]{32,34}")),  # Telegram
    (".", lazy_pattern(r"(?<![\w.])[MNO][\w-]{23,27}\.[\w-]{6}\.[\w-]{27,}")),  # Discord
    (".atlasv1.", lazy_pattern(r"[A-Za-z0-9]{14}\.atlasv1\.[\w-]{30,}")),  # Terraform
    ("NRAL", lazy_pattern(r"(?<![A-Za-z0-9])[a-z0-9]{36}NRAL(?![A-Za-z0-9])")),  # New Relic
    ("jsn", lazy_pattern(r"(?<![A-Za-z0-9])[A-Za-z0-9]{10}msh[A-Za-z0-9]{15}p1[A-Za-z0-9]{6}jsn[A-Za-z0-9]{12}")),
    ("|", lazy_pattern(r"(?<![\w:])(?:prod|dev|preview):[\w-]{3,60}\|[\w+/=-]{40,}")),  # Convex
    ("$2", lazy_pattern(r"\$2[abxy]\$\d\d\$[./A-Za-z0-9]{53}")),  # bcrypt
    ("$apr1$", lazy_pattern(r"\$apr1\$[./A-Za-z0-9]{1,8}\$[./A-Za-z0-9]{22}")),
    ("$6$", lazy_pattern(r"\$6\$(?:rounds=\d+\$)?[./A-Za-z0-9]{1,16}\$[./A-Za-z0-9]{86}")),
    ("T3BlbkFJ", lazy_pattern(r"[\w-]{10,}T3BlbkFJ[\w-]{10,}")),  # OpenAI
)
_START = lazy_pattern(r"(?<![A-Za-z0-9])[A-Za-z0-9].")

_HOOK = lazy_pattern(
    r"(?:hooks\.slack\.com/(?:services|workflows|triggers)/|discord(?:app)?\.com/api/webhooks/\d+/"
    r"|\.webhook\.office\.com/webhookb2/|outlook\.office(?:365)?\.com/webhook/|api\.telegram\.org/bot"
    r"|hooks\.zapier\.com/hooks/catch/\d+/|hook\.(?:[a-z0-9]+\.)?(?:make|integromat)\.com/|open\.(?:feishu\.cn|larksuite\.com)/open-apis/bot/v2/hook/)"
    r"(?P<value>[^\s\"'`<>]{8,400})"
)
_SIGNED = lazy_pattern(
    r"(?:[?&;]sig|x-amz-(?:signature|security-token)|[?&]signature|accountkey|sharedaccesskey)="
    r"(?P<value>[\w%+/=.-]{16,})"
)
_URL = lazy_pattern(r"://(?P<user>[^\s/:@\"'`<>?#]{0,100}+)(?::(?P<value>[^\s\"'`<>]{6,300}))?@(?=[\w\[{$%.-])")
_ESCAPES = lazy_pattern("%[0-9A-Fa-f]{2}")
# What is left of a password of an example once its escapes are off.
_MADE_UP = lazy_pattern(r"(?i)(?:pass|word|user|name|test|foo|bar|[^a-z0-9])*|[^a-z0-9]*(?:[a-z0-9][^a-z0-9]*){1,2}")
_CHOSEN = lazy_pattern(r"[a-z]{8,}|[a-z]{3,}(?:[-_.][a-z]{2,})+[!*]?|[a-z]{7,}[!*]")
_OF_EXAMPLES = lazy_pattern(
    r"pass|word|pwd|secret|user|name|token|test|foo|bar|example|your|xxx|cred|admin|key|auth|host|port|some|login"
)
_HEADER = lazy_pattern(
    r"\b(?:bearer|basic|token|bot|digest|apikey|api-key)[\s:]{1,3}[\"']?(?P<value>[a-z0-9+/=_.~-]{12,600})"
)
_USER = lazy_pattern(
    r"(?:^|[\s\"',\[])(?:-[a-zA-Z]{0,4}[uUaA]|--user|--auth|--proxy-user|--creds?)"
    r"[\"',= ]{0,5}[\"']?[\w.@\\-]{1,60}[:%]"
    r"(?P<value>[^\s\"'`]{6,200})"
)
_TOOL = lazy_pattern(
    r"\b(?:mysql\w*|mariadb\w*|sshpass|7z[ar]?|zip|unzip|redis-cli|mosquitto_\w+|mongo\w*|ldap\w+|docker\s+login|htpasswd|sqlcmd"
    r"|smbclient|kinit|rar|unrar|psexec|login|openssl|snmp\w+|twine|ncftp\w*|useradd|usermod)\b[^|;\n]{0,200}"
)
_FLAG = lazy_pattern(r"\s-(?:[pPaw]\s{0,2}|[kKA]\s{1,2})[\"']?(?P<value>[^\s\"'`-][^\s\"'`]{5,200})")
_FLAGGED = lazy_pattern(
    r"(?:\b\w*freerdp\b[^|;\n]{0,160}?\s/p:|\bnet use\b[^|;\n]{0,160}?\s/user:\S+\s+"
    r"|\bnet use\s+(?:\w:\s+)?\\\\\S+\s+(?!/)"
    r"|\blftp\b[^|;\n]{0,100}?\s-u\s+\w+,"
    r"|\bhtpasswd\s+-[a-zA-Z]*b[a-zA-Z]*\s+\S+\s+\S+\s+|\s-u[ =]?\S+\s(?:[^|;\n]{0,80}?\s)?-[pP]\s{0,2}"
    r"|\buser\s+\S+\s[^|;\n]{0,60}?\s?>"
    r"|\badd_user\s+\S+\s+|\balias\s+set\s+\S+\s+\S+\s+\S+\s+|<<<\s*[\"']?"
    r"|\bhttp-basic\.\S+\s+\S+\s+|\bgithub-oauth\.\S+\s+)"
    r"(?P<value>[^\s\"'`-][^\s\"'`]{5,200})"
)
# `sqlplus user/password@db`, as Oracle's tools and addresses have it; and what a script types: `send "password\r"`.
_ORACLE = lazy_pattern(
    r"(?:\b(?:sqlplus|impdp|expdp|sqlldr|rman)\b[^|;\n]{0,60}?\s(?:userid=)?[\w$]{1,30}/|thin:[\w$]{1,30}/|\bsystem/)"
    r"(?P<value>[^\s\"'`@/]{8,60})(?=[@\s\"'`]|$)"
)
_TYPED = lazy_pattern(r"\bsend(?:_user)?\s+(?:-\w+\s+){0,3}\"(?P<value>[^\s\"\\]{8,100})\\r\"")
_QUERY = lazy_pattern(
    r"[?&][\w.-]{0,30}(?:token|key|secret|sig|signature|pass(?:wor)?d?|pwd|auth|code|credential)=(?P<value>[\w%+/=.~-]{12,600})"
)
_PASS = lazy_pattern(r"\b(?:pass|env-pass):(?P<value>[^\s\"'`]{8,100})")
_BESIDE_USER = lazy_pattern(
    r"(?<![\w./-])(?:admin|administrator|root|user(?:name)?|login|guest|deploy|postgres|sa)\d{0,3}"
    r"[\"'`*]{0,2}\s{0,3}(?:[/|,]|:(?!:)|\band\b|\bwith\b|(?=[\"'`]))\s{0,3}[\"'`*]{0,2}(?P<value>[^\s\"'`<>/,;()\[\]{}]{8,80})"
)
# The same where the user is named, not the word for one: behind these a word with a number is a password more often.
_BESIDE_ADMIN = lazy_pattern(
    r"(?<![\w./-])(?:admin|administrator|root|guest|deploy|postgres|sa)\d{0,3}[\"'`*]{0,2}\s{0,3}[/:](?!:)\s{0,3}[\"'`*]{0,2}"
    r"(?P<value>[a-z]{3,20}\d{3,8})(?![\w./-])"
)
_CREDENTIALS = lazy_pattern(
    r"\b(?:credentials?|creds?|logins?)\W{1,3}[\w.@-]{1,30}[\s/:,]{1,3}(?P<value>[^\s\"'`<>,;()]{8,80})"
)
_NETRC = lazy_pattern(
    r"(?:\b|\\n)login(?:\s|\\n)+[^\s\\]{1,60}(?:\s|\\n)+(?:account\s+\S{1,60}\s+)?password\s+(?P<value>[^\s\"'`\\]{6,200})"
)
_AS_PASSWORD = lazy_pattern(
    r"(?P<value>[^\s\"'`*<>(]{8,80})[\"'`*)]{0,3} as (?:the |its |your |my |a )?pass(?:word|phrase|code)"
)
_CHARACTERS = lazy_pattern(r"\"(?P<value>[^\s\"\\]{8,100})\"\.tochararray\(")
_FOREIGN = lazy_pattern(
    "(?:" + "|".join(word.encode().decode("latin-1") for word in FOREIGN_WORDS) + ")"
    r"[a-z\x80-\xff]{0,12}[\"'`*_)\]]{0,3}\s{0,3}(?:(?P<told>:|\xef\xbc\x9a)|[\x80-\xff\s]{0,20}|:?=|=>|-|->|is)\s{0,3}[\"'`*(]{0,3}"
    r"(?P<value>[^\s\"'`*<>\x80-\xff]{8,80})"
)
_PIPED = lazy_pattern(
    r"\b(?:echo|printf)\s+(?:-\w+\s+|[\"']%s(?:\\n)?[\"']\s+)?[\"']?(?P<value>[^\s\"'`$]{8,100})[\"']?\s*\|[^|]*(?:sudo|-stdin|passw|secret)"
)
_NPM = lazy_pattern(r":_(?:authtoken|auth|password)[\s=]\s{0,3}[\"']?(?P<value>[^\s\"'`$]{8,200})")
_DSN = lazy_pattern(r"[\w.-]{1,60}:(?P<value>[^\s\"'`@]{6,100})@(?:tcp|unix|udp)?\(")
_PGPASS = lazy_pattern(r"[\w.*-]+:(?:\d{2,5}|\*):[\w.*-]+:[\w.*-]+:(?P<value>[^\s:]{8,200})")
_BUNDLE = lazy_pattern(r"\bBUNDLE_\w+[\"']?[:=]\s*[\"']?[\w.-]+:(?P<value>[^\s\"'`:]{8,200})")
_MNEMONIC = lazy_pattern(r"mnemonic\w*\W{1,6}(?P<value>[a-z]{3,8}(?: [a-z]{3,8}){11,23})\b")
_DENSE = lazy_pattern(r"(?P<quote>[\"'`])(?P<value>[A-Za-z0-9+/_=~.-]{32,300})(?P=quote)")
_LONG_WORD = lazy_pattern(r"(?<![A-Za-z0-9+/=_.~#@:-])[A-Za-z0-9+/_-]{24,300}={0,2}(?![A-Za-z0-9+/=_~-])")
# A short mark and a long body behind it, as makers of tokens write them: so one is told whose maker nobody listed.
_MARKED_BODY = lazy_pattern(
    r"(?<![\w./+=#~@:$%-])[A-Za-z][A-Za-z0-9]{1,11}(?:[_-](?:live|test|prod|dev|stg|pat|key|api|sk|tkn|v\d)){0,2}[_-]"
    r"(?P<value>[A-Za-z0-9]{24,200})(?![\w./+=~:(\[-])"
)
_KEY_OF_GROUPS = lazy_pattern(
    r"(?i)\b(?:secret|api|access|private|auth|client|license|signing|encryption|service|master|deploy)"
    r"(?:[ _-]access)?[ _-]"
    r"(?:key|token|secret)\b[^\n]{0,20}?"
    r"(?P<value>\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"
    r"|\b(?=[a-f]*[0-9])(?=[0-9]*[a-f])[0-9a-f]{32,64}\b)"
)
_HEX_OR_NUMBER = lazy_pattern(r"[0-9a-f]*|[0-9A-F]*")
# A line of nothing but base64, as long as those of a key's body.
_BODY = lazy_pattern(r"[\s\"'`+#/*;,.()|<>\\-]*(?P<value>[A-Za-z0-9+/]{60,72}={0,2})[\s\"'`,;+\\nr)\].]*")


def find_tokens(line: str) -> Iterator[Span]:
    """Yield where tokens stand that give themselves away, in a line that has a long run."""
    makers = _makers()
    for start in _START.finditer(line):
        pattern = makers.get(start[0])
        found = pattern.match(line, start.start()) if pattern is not None else None
        if found is not None and _is_varied(found[0]):
            yield found.span()
    for mark, pattern in _MARKED:
        if mark in line:
            yield from (found.span() for found in pattern.finditer(line) if _is_varied(found[0]))
    for found in _DENSE.finditer(line):
        if is_dense(found["value"]):
            yield found.span("value")
    for found in _MARKED_BODY.finditer(line):
        if is_key(found["value"]) and not _HEX_OR_NUMBER.fullmatch(found["value"]):
            yield found.span()
    body = _BODY.fullmatch(line)
    if body is not None and _is_base64(body["value"]):
        yield body.span("value")


def random_words(line: str) -> Iterator[Span]:
    """Yield the words that can only be keys, in a line that speaks of one."""
    for found in _LONG_WORD.finditer(line):
        if is_key(found[0]):
            yield found.span()
    for found in _KEY_OF_GROUPS.finditer(line):
        yield found.span("value")


def in_addresses(line: str, low: str) -> Iterator[Span]:
    """Yield the passwords and tokens of addresses, in a line that has one."""
    if any(sign in low for sign in ("hook", "telegram", "workflows", "triggers")):
        yield from (found.span("value") for found in _HOOK.finditer(line))
    for found in _QUERY.finditer(low) if "?" in low else ():
        if is_token(line[slice(*found.span("value"))]):
            yield found.span("value")
    for found in _URL.finditer(line) if "@" in line else ():
        if found["value"] is not None and _is_in_address(found["value"]):
            yield found.span("value")
        if len(found["user"]) >= 16 and is_token(found["user"]):
            yield found.span("user")


def in_commands(line: str) -> Iterator[Span]:
    """Yield the passwords that commands are given, such as `curl -u user:password`."""
    flags = (_FLAG.finditer(line, tool.start(), tool.end()) for tool in _TOOL.finditer(line))
    typed = (_ORACLE.finditer(line), _TYPED.finditer(line))
    for matches in (_USER.finditer(line), _FLAGGED.finditer(line), *typed, *flags):
        for found in matches:
            value = found["value"]
            if is_password_unquoted(value) or is_ended_passphrase(value):
                yield found.span("value")


def beside_words(line: str, low: str) -> Iterator[Span]:
    """Yield what stands behind `Bearer`, `pass:` or a user's name."""
    for signs, pattern, judge in _WORDS:
        if any(sign in low for sign in signs):
            for found in pattern.finditer(low):  # to ignore cases would cost several times as much
                start, stop = found.span("value")
                if judge(line[start:stop]):
                    yield start, stop
    if "bundle_" in low and (entry := _BUNDLE.search(line)) and is_password(entry["value"]):
        yield entry.span("value")
    if "mnemonic" in low and (entry := _MNEMONIC.search(low)):
        yield entry.span("value")
    if line.count(":") > 3 and (entry := _PGPASS.fullmatch(line)) and is_password(entry["value"]):
        yield entry.span("value")


def beside_foreign_words(line: str) -> Iterator[Span]:
    """Yield what stands behind a word for a password in another language than English; a line's bytes as characters."""
    for found in _FOREIGN.finditer(line):
        if (is_password if found["told"] else is_password_unquoted)(found["value"]):
            yield found.span("value")


@cache
def _makers() -> dict[str, re.Pattern[str]]:
    """Return what to try at a place, by the two characters that stand there."""
    wanted: dict[str, list[str]] = {}
    for prefixes, rest in _MAKERS:
        for prefix in prefixes.split():
            wanted.setdefault(prefix[:2], []).append(re.escape(prefix) + rest)
    return {start: lazy_pattern("|".join(patterns)) for start, patterns in wanted.items()}


def _is_varied(token: str) -> bool:
    no_word = re.search(r"[0-9]|[a-z][A-Z][a-z][A-Z]|[A-Z]{16}|(?:[a-z]+[A-Z]+){6}", token)
    return no_word is not None and len(set(token)) > 7


def _is_beside_user(value: str) -> bool:
    if re.search(r"@[\w-]+\.|\.[a-z]{1,5}$", value):  # an address, a file
        return False
    is_name = re.fullmatch(r"[A-Za-z]{3,}\d{3,}", value) is not None  # of a user, a release or an issue
    return is_bare(value) or (not is_name and is_password_unquoted(value) and is_striking(value))


def _is_of_registry(value: str) -> bool:
    return is_token(value) or is_password_unquoted(value)


def _is_capital(value: str) -> bool:
    return value[0].isupper() and is_password_unquoted(value)


def _has_digit(text: str) -> bool:
    return re.search(r"[0-9]", text) is not None


def _is_base64(text: str) -> bool:
    """Tell whether a long text is of all of base64's characters, and no path."""
    kinds = all(re.search(kind, text) for kind in ("[a-z]", "[A-Z]", "[0-9]"))
    return kinds and _is_varied(text) and text.count("/") < len(text) / 12


def _is_in_address(value: str) -> bool:
    if re.match(r"\d{1,5}(?:/|$)", value):  # a port
        return False
    if "%" in value and _MADE_UP.fullmatch(_ESCAPES.sub("", value)):
        return False
    if _CHOSEN.fullmatch(value) and not _OF_EXAMPLES.search(value.lower()):
        return True
    plain = re.search(r"[0-9]", value) and re.search(r"[A-Za-z]", value) and not re.search(r"[{}$]|://|[*]{3}", value)
    return bool(plain) or is_password(value)


def _is_credential(value: str) -> bool:
    """Tell whether what follows `Bearer` or `Basic` is a token, or base64 of a user with a password."""
    try:
        raw = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        return is_token(value)
    _, colon, password = raw.decode("latin-1").partition(":")
    is_pair = colon and all(byte > 31 for byte in raw) and (raw.isascii() or _is_utf8(raw) or len(raw) < 24)
    return is_password(password) or is_bare(password) if is_pair else is_token(value)


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True


_WORDS: tuple[tuple[tuple[str, ...], re.Pattern[str], Callable[[str], bool]], ...] = (
    (("bearer", "basic", "token", "bot ", "digest", "apikey", "api-key"), _HEADER, _is_credential),
    (("sig", "accountkey=", "sharedaccesskey=", "x-amz-security-token="), _SIGNED, _has_digit),
    (("pass:",), _PASS, is_password_unquoted),
    (("login",), _NETRC, is_password),
    ((" as pass", " as the pass", " as its pass", " as a pass", " as your pass"), _AS_PASSWORD, is_password_unquoted),
    ((".tochararray(",), _CHARACTERS, _is_beside_user),
    (("admin", "root", "login", "user", "guest"), _BESIDE_USER, _is_beside_user),
    (("admin", "root", "guest", "deploy", "postgres", "sa/", "sa:"), _BESIDE_ADMIN, _is_capital),
    (("cred", "login"), _CREDENTIALS, _is_beside_user),
    ((":_auth", ":_password"), _NPM, _is_of_registry),
    (("echo", "printf"), _PIPED, is_password_unquoted),
    (("@tcp(", "@unix(", "@("), _DSN, is_password_unquoted),
)
