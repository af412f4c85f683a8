"""Makes up secrets as people leave them in source: 25 kinds in 8 languages and in settings files, by a seed.

Every value is drawn at random, so that none is in force and none stands in this file. `planted` writes each into a
function of its own, so that a question about the function brings its lines up.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from random import Random

LOWER = "abcdefghijklmnopqrstuvwxyz"
UPPER = LOWER.upper()
DIGITS = "0123456789"
ALNUM = LOWER + UPPER + DIGITS
HEX = DIGITS + "abcdef"
BASE64 = ALNUM + "+/"
WORDS = (
    "falcon ember tundra violet maple harbor copper river cedar marble thunder orchid quartz meadow raven lantern"
).split()
LANGUAGES = ("python", "javascript", "go", "java", "php", "ruby", "rust", "shell")
ENDINGS = dict(
    pair.split(":")
    for pair in (
        "python:py javascript:js go:go java:java php:php ruby:rb rust:rs shell:sh yaml:yml properties:properties "
        "json:json xml:xml ini:ini"
    ).split()
)
COMMENTS = {"python": "#", "ruby": "#", "shell": "#", "yaml": "#", "properties": "#", "ini": "#"}
NAMES = tuple("password db_password admin_passwd smtp_password DB_PASSWORD dbPassword secret client_secret".split())
KEY_NAMES = ("api_key", "apiKey", "API_KEY", "access_token", "authToken", "secret_key", "encryption_key", "signing_key")


@dataclass(frozen=True, slots=True)
class Secret:
    """One planted secret: what must not be seen, and the lines that hold it, without indentation."""

    kind: str
    language: str
    values: tuple[str, ...]
    lines: tuple[str, ...]


class Maker:
    """Draws secrets from one seed."""

    def __init__(self, seed: int) -> None:
        self.chance = Random(seed)

    def text(self, alphabet: str, length: int) -> str:
        """Draw a text; at least one digit and one letter are in it where the alphabet has both."""
        while True:
            drawn = "".join(self.chance.choices(alphabet, k=length))
            mixed = any(map(str.isdigit, drawn)) and any(map(str.isalpha, drawn))
            if mixed or not (any(map(str.isdigit, alphabet)) and any(map(str.isalpha, alphabet))):
                return drawn

    def memorable(self) -> str:
        """Draw a password as people make them up: words, a number, a mark."""
        one, two = self.chance.sample(WORDS, 2)
        number = self.chance.randrange(100, 9999)
        mark = self.chance.choice("!#$%&*@_-.")
        forms = (
            f"{one.title()}{mark}{number}{two}",
            f"{one.title()}{number}{mark}",
            f"{one}{number}{two.title()}{mark}",
        )
        return self.chance.choice((*forms, f"{one.title()}{number}", f"{one}-{number}-{two}{mark}"))

    def symbols(self, quote: str) -> str:
        """Draw a password of any printable characters that need no escape."""
        return self.text(ALNUM + "!#$%&()*+,-./:;<=>?@[]^_{|}~".replace(quote, ""), self.chance.randint(12, 24))

    def pair(self) -> str:
        """Return base64 of a user with a password."""
        return base64.b64encode(f"deploy:{self.text(ALNUM, 14)}".encode()).decode()

    def armour(self, kind: str) -> tuple[str, tuple[str, ...], str]:
        """Return the first line, the body and the last line of a private key."""
        body = self.text(BASE64, self.chance.randint(220, 700))
        width = 70 if kind == "OPENSSH" else 64
        lines = tuple(body[at : at + width] for at in range(0, len(body), width))
        label = f"{kind} PRIVATE KEY".strip()
        return f"-----BEGIN {label}-----", lines, f"-----END {label}-----"


Kind = Callable[[Maker, str], tuple[Sequence[str], Sequence[str]]]


def assigned(make: Maker, language: str, name: str, value: str) -> str:
    """Write a name with a value in one of the ways of a language."""
    quote = (
        "'"
        if make.chance.random() < 0.5 and "'" not in value and language in {"python", "javascript", "php", "ruby"}
        else '"'
    )
    text = f"{quote}{value}{quote}"
    if '"' in value or "\\" in value:
        raise ValueError(value)
    forms = {
        "python": (
            f"{name} = {text}",
            f"{name}: str = {text}",
            f"connect(host='db', {name.lower()}={text})",
            f"{name} = os.environ.get('{name.upper()}', {text})",
            f"config['{name}'] = {text}",
            f"{{'{name}': {text}}}",
            f"setattr(settings, '{name}', {text})",
            f"# {name} = {text}",
        ),
        "javascript": (
            f"const {name} = {text};",
            f"  {name}: {text},",
            f"process.env.{name.upper()} = {text};",
            f"const {name} = process.env.{name.upper()} || {text};",
            f"  '{name}': {text},",
            f"// {name}: {text}",
            f"this.{name} = {text};",
            f"client.auth({{ user: 'x', {name}: {text} }});",
        ),
        "go": (
            f"{name} := {text}",
            f"var {name} string = {text}",
            f"const {name} = {text}",
            f"cfg.{name} = {text}",
            f'os.Setenv("{name.upper()}", {text})',
            f"Config{{{name}: {text}}}",
            f"// {name}: {text}",
        ),
        "java": (
            f"String {name} = {text};",
            f"private static final String {name.upper()} = {text};",
            f'props.put("{name}", {text});',
            f'props.setProperty("{name}", {text});',
            f"builder.{name}({text});",
            f"// {name} = {text}",
        ),
        "php": (
            f"${name} = {text};",
            f"'{name}' => {text},",
            f"define('{name.upper()}', {text});",
            f"$this->{name} = {text};",
            f"'{name}' => env('{name.upper()}', {text}),",
        ),
        "ruby": (
            f"{name} = {text}",
            f"{name}: {text},",
            f":{name} => {text},",
            f"ENV['{name.upper()}'] ||= {text}",
            f"ENV.fetch('{name.upper()}', {text})",
            f"config.{name} = {text}",
            f"# {name}: {text}",
        ),
        "rust": (
            f"let {name} = {text};",
            f"let {name}: &str = {text};",
            f"const {name.upper()}: &str = {text};",
            f"{name}: {text}.to_string(),",
            f"let {name} = String::from({text});",
            f'env::var("{name.upper()}").unwrap_or({text}.into());',
            f".{name}({text})",
        ),
        "shell": (
            f"{name}={text}",
            f"export {name.upper()}={text}",
            f"{name}='{value}'" if "'" not in value else f"{name}={text}",
            f"tool --{name.replace('_', '-').lower()} {text}",
            f"tool --{name.replace('_', '-').lower()}={text}",
        ),
        "yaml": (f"{name}: {value}", f"  {name}: {text}", f"- {name.upper()}={value}", f"{name}: '{value}'"),
        "properties": (f"{name}={value}", f"app.{name} = {value}", f"spring.datasource.{name}: {value}"),
        "ini": (f"{name} = {value}", f"{name}={value}"),
        "json": (f'"{name}": {json.dumps(value)},', f'{{"{name}": {json.dumps(value)}}}'),
        "xml": (
            f"<{name}>{value}</{name}>",
            f'<add key="{name}" value="{value}"/>',
            f'<property name="{name}" value="{value}"/>',
        ),
    }
    return make.chance.choice(forms[language])


def called(make: Maker, language: str, value: str) -> str:
    """Write a value that no name tells: an argument, an item, a comment."""
    comment = COMMENTS.get(language, "//")
    forms = [
        f'client = Client("{value}")',
        f'x = "{value}"',
        f"{comment} TODO remove {value} of the old account",
        f'items.push("{value}")',
    ]
    if language == "shell":
        forms = [f'call "{value}"', f"# used {value} here", f'curl -H "X-Api: {value}" https://api.internal/v1']
    return make.chance.choice(forms)


def _named(values: Callable[[Maker], str], names: Sequence[str] = NAMES) -> Kind:
    def made(make: Maker, language: str) -> tuple[Sequence[str], Sequence[str]]:
        value = values(make)
        return [value], [assigned(make, language, make.chance.choice(names), value)]

    return made


def _bare(values: Callable[[Maker], str]) -> Kind:
    def made(make: Maker, language: str) -> tuple[Sequence[str], Sequence[str]]:
        value = values(make)
        named = make.chance.random() < 0.4
        return [value], [
            assigned(make, language, make.chance.choice(KEY_NAMES), value) if named else called(make, language, value)
        ]

    return made


def _quoted(values: Callable[[Maker], tuple[str, str]]) -> Kind:
    def made(make: Maker, language: str) -> tuple[Sequence[str], Sequence[str]]:
        secret, text = values(make)
        line = (
            f'url="{text}"'
            if language == "shell"
            else assigned(make, language if language in LANGUAGES else "ini", "url", text)
        )
        return [secret], [line]

    return made


def _address(make: Maker) -> tuple[str, str]:
    secret = (
        make.memorable().replace("#", "!").replace("%", "*").replace("@", "-")
        if make.chance.random() < 0.6
        else make.text(ALNUM, 14)
    )
    scheme = make.chance.choice(("postgres", "mysql", "amqp", "mongodb+srv", "https", "ftp", "smtp"))
    return secret, f"{scheme}://shop:{secret}@{make.chance.choice(('db.internal:5432', 'localhost', '10.0.0.7'))}/shop"


def _redis(make: Maker) -> tuple[str, str]:
    secret = make.text(ALNUM, 16)
    return secret, f"redis://:{secret}@cache.internal:6379/0"


def _connection(make: Maker) -> tuple[str, str]:
    if make.chance.random() < 0.2:
        key = make.text(BASE64, 86)
        return key, f"DefaultEndpointsProtocol=https;AccountName=x;AccountKey={key}=="
    secret = make.text(ALNUM, 14) if make.chance.random() < 0.6 else make.memorable()
    return secret, make.chance.choice(
        (
            f"Server=db;Database=shop;User Id=sa;Password={secret};",
            f"Driver=ODBC;Server=db;Uid=sa;Pwd={secret};",
            f"host=db user=shop password={secret} dbname=shop",
            f"jdbc:postgresql://db/shop?user=shop&password={secret}",
        )
    )


def _header(make: Maker) -> tuple[str, str]:
    secret = make.text(HEX, 32) if make.chance.random() < 0.5 else make.text(ALNUM, 40)
    return secret, make.chance.choice(
        (f"Authorization: Bearer {secret}", f"Bearer {secret}", f"Authorization: token {secret}")
    )


def _basic(make: Maker) -> tuple[str, str]:
    secret = make.pair()
    return secret, f"Authorization: Basic {secret}"


def _command(make: Maker, language: str) -> tuple[Sequence[str], Sequence[str]]:
    secret = make.memorable().replace("&", "!").replace("$", "!")
    command = make.chance.choice(
        (
            f"curl -u deploy:{secret} https://ci.internal/x",
            f"curl --user deploy:{secret} https://ci.internal/x",
            f"mysql -uroot -p{secret} shop",
            f"sshpass -p {secret} ssh deploy@db",
            f"PGPASSWORD={secret} psql -h db",
            f"docker login -u ci -p {secret} registry.internal",
            f"wget --password={secret} https://ci.internal/x",
        )
    )
    return [secret], [command if language == "shell" else f'run("{command}")']


def _netrc(make: Maker, language: str) -> tuple[Sequence[str], Sequence[str]]:
    secret = make.memorable() if make.chance.random() < 0.5 else make.text(ALNUM, 14)
    line = f"machine ci.internal login deploy password {secret}"
    return [secret], [line if language == "shell" else f'write("{line}")']


def _prose(make: Maker, language: str) -> tuple[Sequence[str], Sequence[str]]:
    secret = make.memorable()
    comment = COMMENTS.get(language, "//")
    said = make.chance.choice(
        (f"the admin password is {secret}", f"password: {secret}", f"password for staging: {secret}")
    )
    return [secret], [f"{comment} {said}"]


def _login(make: Maker, language: str) -> tuple[Sequence[str], Sequence[str]]:
    one, two = make.chance.sample(WORDS, 2)
    secret = f"{one.title()}!{make.chance.randrange(100, 9999)}{two}"
    return [secret], [f'login("admin", "{secret}")' if language != "shell" else f'login admin "{secret}"']


def _commented_key(make: Maker, language: str) -> tuple[Sequence[str], Sequence[str]]:
    first, body, last = make.armour(make.chance.choice(("RSA", "OPENSSH", "EC", "")))
    mark = make.chance.choice((COMMENTS.get(language, "//"), "--", ";", "*"))
    return body, [f"{mark} {line}" for line in (first, *body, last)]


def _key_in_strings(make: Maker, _language: str) -> tuple[Sequence[str], Sequence[str]]:
    first, body, last = make.armour(make.chance.choice(("RSA", "OPENSSH", "EC", "")))
    lines = (first, *body, last)
    form = make.chance.randrange(4)
    if form == 0:
        return body, ["key = " + " +".join(("", *(f'"{line}\\n"' for line in lines))).strip(" +")]
    if form == 1:
        return body, ["key = [", *(f"  '{line}'," for line in lines), '].join("\\n")']
    if form == 2:
        return body, ['key = ""', *(f'key += "{line}\\n"' for line in lines)]
    return body, [f'key = """{first}', *body, f'{last}"""']


def _bare_key(make: Maker, language: str) -> tuple[Sequence[str], Sequence[str]]:
    value = make.text(HEX, make.chance.choice((32, 64)))
    name = make.chance.choice(("encryption_key", "hmac_key", "aes_key", "master_key", "cipherKey"))
    named = make.chance.random() < 0.7
    return [value], [assigned(make, language, name, value) if named else f'new_cipher("{value}")']


def _next_line(make: Maker, language: str) -> tuple[Sequence[str], Sequence[str]]:
    value = make.memorable() if make.chance.random() < 0.5 else make.text(ALNUM, 16)
    name = make.chance.choice(NAMES)
    if language in {"yaml", "properties", "ini", "json", "xml", "shell"}:
        return [value], ["env:", f"  - name: {name.upper()}", f'    value: "{value}"']
    operator = ":=" if language == "go" else "="
    return [value], [
        f"{name} {operator} (" if language in {"python", "javascript"} else f"{name} {operator}",
        f'    "{value}"',
    ]


def _prefixed(*prefixes: tuple[str, str, int]) -> Callable[[Maker], str]:
    def drawn(make: Maker) -> str:
        prefix, alphabet, length = make.chance.choice(prefixes)
        return prefix + make.text(alphabet, length)

    return drawn


def _web_token(make: Maker) -> str:
    parts = (json.dumps({"alg": "HS256", "typ": "JWT"}), json.dumps({"sub": make.text(DIGITS, 10), "iat": 1516239022}))
    head = ".".join(base64.urlsafe_b64encode(part.encode()).decode().rstrip("=") for part in parts)
    return f"{head}.{make.text(ALNUM + '-_', 43)}"


DJANGO = LOWER + DIGITS + "!@#$%^&*(-_=+)"
KINDS: dict[str, Kind] = {
    "password, memorable": _named(Maker.memorable),
    "password, any characters": _named(lambda make: make.symbols('"').replace("'", "-")),
    "password, letters and digits": _named(lambda make: make.text(ALNUM, make.chance.randint(10, 20))),
    "django key": _named(
        lambda make: "django-insecure-"[: make.chance.choice((0, 16))] + make.text(DJANGO, 50), ("SECRET_KEY",)
    ),
    "api key": _named(
        lambda make: make.text(make.chance.choice((HEX, ALNUM)), make.chance.choice((32, 40))), KEY_NAMES
    ),
    "key in hex": _bare_key,
    "key in base64": _named(lambda make: base64.b64encode(make.chance.randbytes(32)).decode(), KEY_NAMES),
    "aws": _bare(_prefixed(("AKIA", UPPER + DIGITS, 16), ("ASIA", UPPER + DIGITS, 16))),
    "aws secret": _named(
        lambda make: make.text(BASE64, 40), ("aws_secret_access_key", "AWS_SECRET_ACCESS_KEY", "secretAccessKey")
    ),
    "github": _bare(_prefixed(("ghp_", ALNUM, 36), ("gho_", ALNUM, 36), ("github_pat_11", ALNUM + "_", 60))),
    "gitlab": _bare(
        _prefixed(("glpat-", ALNUM + "_-", 20), ("gloas-", ALNUM, 20), ("glptt-", HEX, 40), ("glrt-", ALNUM, 20))
    ),
    "chat": _bare(
        _prefixed(("xoxb-263594206564-", ALNUM, 24), ("xapp-1-A0", ALNUM, 40), ("110201543:AA", ALNUM + "_-", 33))
    ),
    "payment": _bare(
        _prefixed(("sk_live_", ALNUM, 24), ("sk_test_", ALNUM, 24), ("rk_live_", ALNUM, 24), ("whsec_", ALNUM, 32))
    ),
    "model": _bare(
        _prefixed(("sk-proj-", ALNUM + "-_", 60), ("sk-ant-api03-", ALNUM, 80), ("hf_", ALNUM, 34), ("gsk_", ALNUM, 48))
    ),
    "cloud": _bare(
        _prefixed(
            ("AIza", ALNUM + "-_", 35),
            ("GOCSPX-", ALNUM, 28),
            ("dop_v1_", HEX, 64),
            ("dapi", HEX, 32),
            ("ya29.", ALNUM, 60),
        )
    ),
    "package": _bare(
        _prefixed(
            ("npm_", ALNUM, 36), ("pypi-AgEIcHlwaS5vcmc", ALNUM, 90), ("rubygems_", HEX, 48), ("dckr_pat_", ALNUM, 27)
        )
    ),
    "service": _bare(
        _prefixed(
            ("SG.ngeVfQFYQlKU0ufo8x5d1A.", ALNUM, 43),
            ("glsa_", ALNUM, 32),
            ("NRAK-", UPPER + DIGITS, 27),
            ("shpat_", HEX, 32),
            ("key-", HEX, 32),
        )
    ),
    "web token": _bare(_web_token),
    "address": _quoted(_address),
    "redis address": _quoted(_redis),
    "connection": _quoted(_connection),
    "bearer": _quoted(_header),
    "basic": _quoted(_basic),
    "command": _command,
    "netrc": _netrc,
    "prose": _prose,
    "login": _login,
    "key in a comment": _commented_key,
    "key in strings": _key_in_strings,
    "next line": _next_line,
}


def secrets(seed: int, many: int, languages: Sequence[str] = LANGUAGES) -> Iterator[Secret]:
    """Yield so many secrets, each kind in each language in turn."""
    make = Maker(seed)
    settings = ("yaml", "properties", "json", "xml", "ini")
    for number in range(many):
        kind = list(KINDS)[number % len(KINDS)]
        language = languages[(number // len(KINDS)) % len(languages)]
        if kind in _IN_SETTINGS and make.chance.random() < 0.25:
            language = make.chance.choice(settings)
        values, lines = KINDS[kind](make, language)
        yield Secret(kind, language, tuple(value for value in values if len(value) >= 8), tuple(lines))


_IN_SETTINGS = frozenset(
    {"password, memorable", "password, letters and digits", "api key", "key in base64", "aws secret"}
)
