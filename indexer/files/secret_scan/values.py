"""A value in, whether it looks hard to guess out. Knows no names and no files: how much a name says is the caller's.

Three judges, from the most trusting to the strictest: `is_password` for what a telling name is given, `is_token` for
names that are given harmless values too (`token`, `api_key`), `is_bare` for arguments of calls that only may take one.
"""

from __future__ import annotations

import base64
import binascii
import re

from noctule.indexer.files.secret_scan.letters import has_drawn, is_drawn_in_parts
from noctule.indexer.lazy_pattern import lazy_pattern

SHORTEST, LONGEST = 8, 400
SYMBOLS = frozenset("!#$%^&*~?@+=|")
_STRIKING = frozenset("!#$^*~?@%")
_PATTERN = lazy_pattern(r"\(\?[:=!<P]|\[\^?[aA0]-|\{\d+,\d*\}|\\[dwsDWSb]")
_MARKS = frozenset("!#$%&()*+,-./:;<=>?@[]^_`{|}~")

_RUN = lazy_pattern(r"[A-Z]?[a-z]+|[A-Z]+|[0-9]+")
_LETTER, _DIGIT = lazy_pattern(r"[A-Za-z]"), re.compile(r"[0-9]")
_HEX = lazy_pattern(r"(?:0x)?([0-9a-f]+|[0-9A-F]+)")
_BEYOND_HEX = re.compile(r"[g-zG-Z]")
_UUID = lazy_pattern(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_CAPITALS = lazy_pattern(r"[A-Z2-7]{16,}={0,6}|[A-Z0-9]{20,}")
_BOOTSTRAP = lazy_pattern(r"[a-z0-9]{6}\.[a-z0-9]{16}")  # of Kubernetes
_BASE64 = lazy_pattern(r"[A-Za-z0-9+/_~.-]+={0,2}")
# What a program fills in: ${name}, {{ name }}, #{name}, $(command), %(name)s, %s, {name}, escapes of line ends.
_FILLED = lazy_pattern(
    r"\$\{[^}]*\}|\{\{[^}]*\}\}|#\{[^}]*\}|\$\([^)]*\)|%\([\w.]+\)[sdr]|%[sdvqr](?![\w])|\{[\w.:!]*\}|\\[nrt]"
    r"|\A\$\w+\Z|\A%\w+%\Z|\A@\w+@\Z|\A<[^<>]*>\Z|\A\[[^\]]*\]\Z"
)
_PLACEHOLDER = lazy_pattern(
    r"your|example|change.?(?:me|this)|placeholder|dummy|redacted|insert|replace|xxxx|\*\*\*|\.\.\.|sample|0123456789|123456789[0a]"
    r"|\A(?:new|old|my|usable|wrong|test|user|the)?[_-]?(?:pass(?:word|wd)?|pwd|secret|token|key|test|foo|bar|abc)?"
    r"[_-]?(?:\d{0,2}|0?123(?:4(?:5(?:6(?:7(?:8(?:90?)?)?)?)?)?)?)\Z",
    re.IGNORECASE,
)
_ADDRESS = lazy_pattern(r"[a-z][a-z0-9+.-]*://|\A[\w.+-]+@[\w-]+(?:\.[\w-]+)+\Z|\A(?:data|urn|file|arn|mailto):")
_DIGEST = lazy_pattern(r"(?i)\A(?:sha\d+|md5|h1|sha)[-:$=/]")
# Words that hold digits and are no secret: algorithms, types, formats.
_TERM = lazy_pattern(
    r"(?i)(?<![0-9])(?:sha_?-?(?:1|2|3|224|256|384|512)|md[245]|rsa_?(?:1024|2048|3072|4096)|aes_?-?(?:128|192|256)"
    r"|base(?:16|32|58|64)|utf_?-?(?:8|16|32)|x_?-?(?:509|25519)|ed_?-?25519|u?int(?:8|16|32|64|128|256)|crc_?32|pbkdf2"
    r"|pkcs_?#?\d+|oauth_?[12]|http_?[123]|ipv?[46]|argon2|blake2|float(?:16|32|64)|amd64|win(?:32|64))(?![0-9])"
    r"|(?<![A-Za-z0-9])(?:[rehp]s(?:256|384|512)|secp\w{4,7}|p(?:256|384|521)|[iuf](?:8|16|32|64|128)|[hw]3c|x86(?:_64)?|s3|ec2"
    r"|k8s|i18n|l10n|a11y|v\d+(?:beta|alpha|rc)?\d*|2fa|mp[34])(?![A-Za-z0-9])"
)
_SCREAMING = lazy_pattern(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+")
_WORDS = lazy_pattern(r"[A-Za-z]{2,}\d{0,2}(?:[-_./: ]+(?:[A-Za-z]{2,}\d{0,2}|[A-Za-z]|\d{1,4}))*")
_DOTTED = lazy_pattern(r"[A-Za-z_]\w*(?:(?:\.|::|->)[A-Za-z_]\w*)+")
_PATH = lazy_pattern(r"(?:[A-Za-z]:)?[.~]{0,2}[\\/]|[\w.@+-]+(?:/[\w.@+-]+)+/?\Z")
_CALL = lazy_pattern(r"\A[\w.:>*&!-]*\w\(|\w\[\w*\]|\A[*&]|->|::|&&|\|\||==|\A[({\[<$%]|=>")
# Two words and a number, as people make up passwords: Cactus-4821-Summit, cactus.summit.4821.
_NUMBERED = lazy_pattern(r"[A-Za-z]{3,12}(?:[-._](?:[A-Za-z]{3,12}[-._]\d{3,4}|\d{3,4}[-._][A-Za-z]{3,12}))")


def is_password(value: str) -> bool:
    """Tell whether a value, written in quotes and given to a name such as `password`, looks like a real one."""
    core = _FILLED.sub("", value)
    if not SHORTEST <= len(core) <= LONGEST or any(map(str.isspace, core)) or _is_plain(core):
        return False
    if not _LETTER.search(core):
        return False
    if not _DIGIT.search(core):
        return _is_irregular(core) or has_drawn(core.lower()) or (len(core) >= 10 and is_marked(core))
    return not _is_name(core)


def is_password_unquoted(value: str) -> bool:
    """Tell the same of a value without quotes, which may as well be an expression of a program."""
    if _is_text_in_base64(value) or (_BOOTSTRAP.fullmatch(value) and _DIGIT.search(value)):
        return True
    if not is_password(value):
        return False
    if value.endswith("=") and len(value) % 4 == 0 and _BASE64.fullmatch(value):
        return True
    symbols = len(SYMBOLS.intersection(value))
    if _CALL.search(value) and symbols < 3:
        return False
    rest = _TERM.sub("", value)
    digits = len(_DIGIT.findall(rest))
    if symbols:
        return digits > 0 or symbols > 2 or is_marked(value)
    if not re.fullmatch(r"[\w./+=~-]+", value):
        return digits > 1
    mean = _mean_run(rest)
    return (
        digits > 2
        or (digits > 1 and mean <= 3.4)
        or (digits > 0 and mean <= 3 and len(rest) > 10)
        or (digits > 0 and rest.isalnum() and is_drawn_in_parts(rest.lower()))
        or _is_irregular(rest)
    )


def _is_text_in_base64(value: str) -> bool:
    """Tell whether a value is base64 of readable characters, as secrets of Kubernetes are: no word comes out so."""
    return _decode_readable(value) is not None


def _is_pair_in_base64(value: str) -> bool:
    """Tell whether a value is base64 of a user and a password, as Docker keeps them."""
    raw = _decode_readable(value) if len(value) >= 16 else None
    return raw is not None and raw.count(b":") == 1 and len(raw.partition(b":")[2]) >= SHORTEST


def _decode_readable(value: str) -> bytes | None:
    """Return what a value is base64 of, if that is of readable characters alone."""
    if not 12 <= len(value) <= LONGEST or len(value) % 4 or not _BASE64.fullmatch(value) or value.islower():
        return None
    try:
        raw = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        return None
    return raw if all(32 < byte < 127 for byte in raw) else None


def is_striking(value: str) -> bool:
    """Tell whether a word of a sentence or of a settings file stands out as no word."""
    if re.fullmatch(r"[A-Za-z]{3,}\d{3,}[!#$%^&*@_.?+=~-]?", value):
        return True
    digits = len(_DIGIT.findall(value))
    if digits and len(value) >= 12 and is_marked(value):
        return True
    marked = re.search(r"\d[A-Za-z!#$%^&*?]|[!#$%^&*?][\w-]*\d|[-.]\d{3,}(?:[-.]|\Z)", value) is not None
    return (digits > 1 and marked) or (digits > 0 and "_" not in value and _mean_run(value) <= 3 and len(value) > 11)


def is_token(value: str) -> bool:
    """Tell whether a value looks drawn at random, for names that are given other values as well."""
    if _BOOTSTRAP.fullmatch(value):
        return _DIGIT.search(value) is not None
    core = _FILLED.sub("", value)
    core = _unescape(core[core.startswith("base64:") and 7 :])
    if not 12 <= len(core) <= LONGEST or any(map(str.isspace, core)) or _is_plain(core) or _is_name(core):
        return is_bare(value)
    if _is_pair_in_base64(core):
        return True
    first, colon, rest = core.rpartition(":")
    if colon and len(rest) >= 20 and _BASE64.fullmatch(first.replace(":", "")):
        core = rest
    if _is_hex(core, (16, 20, 24, 32, 40, 48, 56, 64, 96, 128)) or _UUID.fullmatch(core):
        return True
    if not _BASE64.fullmatch(core):
        return is_bare(value) or (is_marked(core) and _DIGIT.search(core) is not None)
    if not _LETTER.search(core):
        return False
    if _CAPITALS.fullmatch(core) and len(re.findall(r"[0-9]+", core)) > 1:
        return True
    longest_mean = 4 if len(core) >= 32 and re.search(r"[-_./]", core) is None else 3.2
    return (_DIGIT.search(core) is not None and _mean_run(core) <= longest_mean) or _is_irregular(core)


def _is_scrambled(value: str) -> bool:
    """Tell whether a value was drawn from all characters of a keyboard, the space too, as WordPress does for its keys.

    A pattern may look alike, but for what only patterns have.
    """
    return (
        40 <= len(value) <= LONGEST
        and len(_MARKS.intersection(value)) >= 8
        and len(_DIGIT.findall(value)) > 2
        and _mean_run(value) <= 2
        and value.count(" ") <= len(value) / 8
        and not _PATTERN.search(value)
        and re.search(r"[a-z]", value) is not None
        and re.search(r"[A-Z]", value) is not None
        and not _is_plain(value)
    )


def is_marked(value: str) -> bool:
    """Tell whether a value mixes letters and marks as no expression does."""
    return (
        len(_MARKS.intersection(value)) >= 2
        and _mean_run(value) <= 2
        and len(set(value)) > 7
        and re.search(r"[a-z]", value) is not None
        and re.search(r"[A-Z]", value) is not None
        and not _PATTERN.search(value)
        and (len(_MARKS.intersection(value)) > 3 or not _CALL.search(value))
    )


def _unescape(value: str) -> str:
    """Return a value of an address as it was before its marks were escaped."""
    return value.replace("%3D", "=").replace("%2B", "+").replace("%2F", "/") if "%" in value else value


def is_bare(value: str) -> bool:
    """Tell whether a value looks like a key or a password by itself."""
    if _is_scrambled(value):
        return True
    if not SHORTEST <= len(value) <= LONGEST or any(map(str.isspace, value)) or _is_plain(value):
        return False
    if _is_hex(value, (32, 48, 56, 64, 96, 128)):
        return True
    if not _DIGIT.search(value) or not _LETTER.search(value):
        return False
    if len(value) >= 20 and _is_dense(value):
        return True
    if len(value) > 64 or re.search(r"[()\[\]{}<>/\\,;:|=%&`\"'.]", value) or not _STRIKING.intersection(value):
        return False
    return len(_DIGIT.findall(value)) > 1 and re.search(r"[A-Za-z]{3}|[a-z]\d|\d[a-z]", value) is not None


def is_key(value: str) -> bool:
    """Tell whether a word can only be a key: hexadecimal digits as long as one, or long and well mixed."""
    return not _is_plain(value) and (_is_hex(value, (32, 48, 64, 96, 128)) or (len(value) >= 24 and _is_dense(value)))


def is_dense(value: str) -> bool:
    """Tell whether a long value without a name is random for certain: all of base64's kinds, well mixed."""
    return len(value) >= 32 and not _is_plain(value) and _is_dense(value)


def _is_dense(value: str) -> bool:
    if not _BASE64.fullmatch(value) or _DIGEST.match(value) or value.count("/") > len(value) / 12:
        return False
    kinds = sum(re.search(kind, value) is not None for kind in ("[a-z]", "[A-Z]"))
    digits = len(_DIGIT.findall(value)) / len(value)
    beyond_hex = len(_BEYOND_HEX.findall(value)) / len(value)
    is_mixed = digits >= 1 / 20 if kinds == 2 else digits >= 1 / 8 and len(value) >= 32 and beyond_hex >= 1 / 3
    return is_mixed and _mean_run(value) <= 2.5 and len(set(value)) >= 14


def _is_hex(value: str, lengths: tuple[int, ...]) -> bool:
    found = _HEX.fullmatch(value)
    digits = found[1] if found else ""
    mixed = len(set(digits)) >= 8 and _LETTER.search(digits) is not None and _DIGIT.search(digits) is not None
    return len(digits) in lengths and mixed


def _is_plain(value: str) -> bool:
    """Tell whether a value is a place to be filled in, an address, a digest or a repetition."""
    return (
        len(set(value)) < 5
        or _PLACEHOLDER.search(value) is not None
        or _ADDRESS.search(value) is not None
        or _DIGEST.match(value) is not None
    )


def _is_name(value: str) -> bool:
    """Tell whether a value reads as a name, a path or words with a number."""
    if _NUMBERED.fullmatch(value) and not _TERM.search(value):
        return False
    if _SCREAMING.fullmatch(value) or (_DOTTED.fullmatch(value) and _mean_run(value) > 2.6):
        return True
    rest = _TERM.sub("", value)
    if not _DIGIT.search(rest) and not SYMBOLS.intersection(rest):
        return not _is_irregular(rest)
    long_words = _mean_run(rest) >= 3.4
    if _PATH.match(value) and long_words:
        return True
    if not (re.search(r"[-_./: ]", value) and long_words and _WORDS.fullmatch(value)):
        return False
    return len(re.findall(r"[0-9]+", rest)) < 2


def _is_irregular(value: str) -> bool:
    """Tell whether letters alone look drawn at random: cases change as in no name, or nobody could say them."""
    letters = "".join(_LETTER.findall(value))
    if len(letters) < SHORTEST:
        return False
    if letters.islower() or letters.isupper():
        return has_drawn(value.lower())
    return _mean_run(value) <= (2.4 if len(letters) < 32 else 3.2)


def _mean_run(value: str) -> float:
    """Return how long the runs of one kind of character are, on average."""
    runs = _RUN.findall(value)
    return sum(map(len, runs)) / len(runs) if runs else 0.0
