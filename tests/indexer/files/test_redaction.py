from __future__ import annotations

import base64
import subprocess
import sys
import time
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.made_up_secrets import KINDS, LANGUAGES, Secret, secrets
from noctule.indexer.files.redaction import WITHHELD, clean_each, holds_secret, mask_secrets, redact, without_secrets
from noctule.indexer.tokens import count


def made_up(characters: str, length: int, seed: int = 7) -> str:
    """Return what looks like a token. None stands in this file: scanners of secrets read it too."""
    return "".join(Random(seed).choices(characters, k=length))


LOWER = "abcdefghijklmnopqrstuvwxyz0123456789"
MIXED = LOWER + LOWER[:26].upper()
HEX = "0123456789abcdef"
BEGIN, END = (f"-----{word} RSA PRIVATE " + "KEY-----" for word in ("BEGIN", "END"))

SECRETS = {
    "aws key": "key = '" + "AKIA" + made_up(MIXED.upper()[36:], 16) + "'",
    "aws secret": "aws_secret_access_key = " + made_up(MIXED + "/+", 40),
    "github": "curl -H 'Authorization: " + "ghp_" + made_up(MIXED, 36) + "'",
    "github, fine-grained": "github_pat_" + "1" + made_up(MIXED, 60),
    "gitlab": "glpat-" + "1" + made_up(MIXED, 19),
    "slack": "xoxb-" + "263594206564-" * 2 + made_up(LOWER, 24),
    "stripe": "sk_live_" + made_up(MIXED, 24),
    "openai": "sk-proj-" + "1" + made_up(MIXED, 47),
    "anthropic": "sk-ant-api03-" + made_up(MIXED, 80),
    "google": "AIza" + "1" + made_up(MIXED, 34),
    "pypi": "password: pypi-AgE" + "1" + made_up(MIXED, 60),
    "npm": "//registry.npmjs.org/:_authToken=" + "-".join(made_up(HEX, n) for n in (8, 4, 4, 4, 12)),
    "twilio": "SK" + made_up(HEX, 32),
    "json web token": "eyJhbGciOiJIUzI1NiJ9." + "eyJzdWIiOiIxMjM0NTY3ODkwIn0." + made_up(MIXED, 43),
    "address": "postgres://admin:" + made_up(MIXED, 12) + "@db.example.com/shop",
    "password": 'connect(user="admin", password="' + made_up(LOWER, 6) + '1z9")',
    "go": 'password := "' + made_up(MIXED, 12) + '"',
    "php": "'password' => '" + made_up(MIXED, 12) + "',",
    "yaml without quotes": "db_password: " + made_up(MIXED, 12) + "!x",
    "properties": "spring.datasource.password=" + made_up(MIXED, 14),
    "shell": "export DB_PASSWORD=" + made_up(MIXED, 14),
    "any characters": "SECRET_KEY = '" + made_up(LOWER + "!@#$%^&*(-_=+)", 50) + "'",
    "brackets": 'password = "' + made_up(MIXED, 4) + "[]{}<>()$" + made_up(MIXED, 6) + '"',
    "address without a user": "redis://:" + made_up(MIXED, 12) + "@cache:6379/0",
    "address with a mark": "postgres://shop:Tundra" + made_up("123456789", 4) + "!@db/shop",
    "connection string": '"Server=db;User Id=sa;Pwd=' + made_up(MIXED, 12) + ';"',
    "escaped in an address": "https://deploy:Tundra%21" + made_up("123456789", 4) + "%40harbor@host/",
    "connection of pairs": '"host=db user=shop password=oxybwclLieirf' + made_up("123456789", 1) + ' dbname=shop"',
    "authorization": 'headers = {"Authorization": "Basic ' + "ZGVwbG95OlMzY3JldFBhc3N3MHJk" + '"}',
    "curl": "curl -u deploy:" + made_up(MIXED, 10) + " https://ci.internal",
    "netrc": "machine ci login deploy password " + made_up(MIXED, 14),
    "hex key": 'encryption_key = "' + made_up(HEX, 64) + '"',
    "argument": 'new_cipher("' + made_up(HEX, 32) + '")',
    "login": 'login("admin", "Violet!' + made_up("123456789", 3) + 'harbor")',
    "comment": "# the admin password is Maple!" + made_up("123456789", 3) + "copper",
    "default": 'os.environ.get("DB_PASSWORD", "' + made_up(MIXED, 12) + '")',
    "compared": '"' + made_up(MIXED, 12) + '" == password',
    "property": 'public string Password { get; set; } = "' + made_up(MIXED, 12) + '";',
    "sql": "CREATE USER shop IDENTIFIED BY '" + made_up(MIXED, 12) + "'",
    "xml": "<password>" + made_up(MIXED, 14) + "</password>",
    "base64 that is padded": "  db-password: " + base64.b64encode(Random(5).randbytes(16)).decode(),
    "keys of WordPress": "define( 'NONCE_KEY', 'q3%V!x U8" + made_up(MIXED, 24) + "[7~;W?+:o2#fJ|d-6>$Z*eT1@y(h' );",
    "salts of WordPress": "define( 'NONCE_SALT', 'q3%V!x U8" + made_up(MIXED, 24) + "[7~;W?+:o2#fJ|d-6>$Z*eT1@y(h' );",
    "vercel": "# vcp_" + "1" + made_up(MIXED, 55),
    "neon": "connect(napi_" + made_up(LOWER, 64) + ")",
    "cloudflare's origins": "key: v1.0-" + made_up(HEX, 24) + "-" + made_up(HEX, 146),
    "asana": 'Client("2/' + "1234567890123456/6543210987654321:" + made_up(HEX, 32) + '")',
    "1password": "# A3-" + "-".join(made_up(MIXED.upper()[26:], n, n) for n in (6, 6)) + "-2DXZQ-8K6IX-M6BPC-YXRL3",
    "launchdarkly": 'init("sdk-' + "-".join(made_up(HEX, n) for n in (8, 4, 4, 4, 12)) + '")',
    "new relic": "licence " + made_up(HEX, 36) + "NRAL",
    "convex": "--deploy prod:happy-animal-123|" + made_up(MIXED, 60),
    "fly": "send fm2_" + made_up(MIXED + "+/", 120),
    "hook of make": "https://hook.eu1.make.com/" + made_up(LOWER, 32),
    "a maker that nobody listed": "# acme_live_" + made_up(MIXED, 40, 3),
    "private key": BEGIN,
    "body of a key": "    " + made_up(MIXED, 64),
}


@pytest.mark.parametrize("line", SECRETS.values(), ids=SECRETS)
def test_a_line_that_holds_a_secret_is_withheld_whole_and_costs_no_more(line: str) -> None:
    assert redact(["before", line, "after it"]) == ["before", WITHHELD, "after it"]
    assert count(WITHHELD) <= count(line)


@pytest.mark.parametrize(
    "line",
    [
        "def login(user: str, password: str) -> Token:",
        'if token == "(" or token == "identifier":',
        "password = getpass.getpass('Password: ')",
        'secret = os.environ["STRIPE_SECRET_KEY_2"]',
        'password = "<your password 1>"',
        "https://github.com/psf/requests/issues/6710",
        "git@github.com:psf/requests.git",
        "    e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  # of nothing",
        "commit 5e1c309c8f1ab9c3e0bd6e3a0e2ed9e7c0ef21b1",
        "from tests.lsp_server.lsp.test_note_documents_2 import made_up_repository",
        'password_url = "https://example.org/password/1"',
        "token = tokens[index + 1]",
        "const token1 = parser.next_token2();",
        'key = cache_key("user_profile_v2", user1)',
        '"integrity": "sha512-W4s1QqKZ2d4N0o0yWw5sUyqk8nXv1fQnTq0Gv2r2fQm5jZs8Q6t7c1x0yT9bV3uA1e2r3=="',
        "def check_password(self, raw_password2: str) -> bool:",
        "    pass  # x86_64",
        'api_key = os.environ["STRIPE_API_KEY_V2"]',
        'password = "${DB_PASSWORD_2}"',
        "Authorization: Bearer ${ACCESS_TOKEN_1}",
        r"key = re.compile(r'^(?:[A-Z][a-z0-9+.-]{1,20}:)?//(?:[^/?#@]*@)?(\[[0-9a-fA-F:.]+\]|[^/?#:]*)(?::\d+)?$')",
        "if (password == pass2word==false)",
        'msg = f"wrong password for user {user1}"',
        "http://user:pass@host.example.org/",
        "self.assertEqual(sha256(b'abc1'), 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')",
        "~~~",
        "see v1.0-5e1c309c8f1ab9c3e0bd6e3a0e2ed9e7c0ef21b1 and chunk-5e1c309c8f1ab9c3e0bd6e3a0e2ed9e7",
        "def test_simplifyOfRationalFunctionsInSeveralVariables2():",
        "import api-version-2024-05-01-preview and sdk-for-javascript-v3-client-dynamodb",
        'value: "Basic " + "Basic dXNlcm5hbWU6cGFzc3dvcmQ=",',
        'assert headers == {"Proxy-Authorization": "Basic 0LjQvNGPOtC/0LDRgNC+0LvRjA=="}',
        'WWW-Authenticate: Digest nonce="6bf5d6e4da1ce66918800195d6b9130d"',
        'headers.set("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")',
        'pins.add("example.com", "sha256/Q0dVxZT8l3w2mKXbBv0yYc5jRr9pEoNf1uAhSgLi6tM=")',
        '"http://user:pass%23pass@host.example.com/path"',
        'static final char[] DIGITS = "0123456789ABCDEF".toCharArray();',
        'key_str = passphrase ? key.export(OpenSSL::Cipher.new("AES-256-CBC"), passphrase) : key.export',
        'gen_path("chunk.b52fde6425d7406bdb19b936e1a1ba98c.log")',
        'random_uuid4 = "7eb41166-9ebf-4d26-b771-ea3f54f8b383"',
        "def create_user(self, user_id2: int) -> User:",
        '"http://user:%3D%5B%5D%3A%3B%22~%7C%3F%23@host/"',
        "",
    ],
)
def test_ordinary_lines_are_left_as_they_are(line: str) -> None:
    assert redact([line]) == [line]


def test_all_of_a_private_key_is_withheld_and_nothing_after_it() -> None:
    key = [f'KEY = """{BEGIN}', "Proc-Type: 4,ENCRYPTED", "", *[made_up(MIXED, 64, n) for n in range(3)], "abc=", END]

    assert redact([*key, 'print("done")']) == [WITHHELD, *[""] * 7, 'print("done")']


@pytest.mark.parametrize("mark", ["//", "#", "--", ";", " *", "+", "///"])
def test_all_of_a_private_key_in_comments_is_withheld(mark: str) -> None:
    key = [BEGIN, *[made_up(MIXED, 64, n) for n in range(3)], "QyNT=", END]

    assert redact([*(f"{mark} {line}" for line in key), "return x"]) == [WITHHELD, *[""] * 5, "return x"]


@pytest.mark.parametrize(
    ("around", "between"),
    [('"{}\\n"', " +"), ("'{}',", ""), ('key += "{}\\n";', ""), ('sb.append("{}");', ""), ("    {}", "")],
)
def test_all_of_a_private_key_in_strings_is_withheld(around: str, between: str) -> None:
    key = [around.format(line) + between for line in (BEGIN, *[made_up(MIXED, 64, n) for n in range(3)], "Qy==", END)]

    assert redact([*key, "return x"]) == [WITHHELD, *[""] * 5, "return x"]


def test_a_certificate_is_no_key() -> None:
    lines = ["-----BEGIN CERTIFICATE-----", *[made_up(MIXED, 64, n) for n in range(3)], "-----END CERTIFICATE-----"]

    assert redact(lines) == lines


RSA = bytes.fromhex("300d06092a864886f70d0101010500")
CERTIFICATE, PUBLIC, OLD_PUBLIC = (
    bytes.fromhex("3082031f30820207a003020102021101"),
    bytes.fromhex("30820122") + RSA + bytes.fromhex("0382010f003082010a0282010100"),
    bytes.fromhex("3082010a0282010100"),
)
PRIVATE, OLD_PRIVATE, CURVE = (
    bytes.fromhex("30820276020100") + RSA + bytes.fromhex("04820260"),
    bytes.fromhex("3082025c02010002818100"),
    bytes.fromhex("308193020100301306072a8648ce3d0201"),
)


def encoded(begin: bytes) -> list[str]:
    """Return lines of a key or certificate in strings that are joined, as tests hold them."""
    text = base64.b64encode(begin + Random(3).randbytes(220)).decode()
    return [f'    "{text[at : at + 64]}" +' for at in range(0, len(text), 64)]


@pytest.mark.parametrize("begin", [CERTIFICATE, PUBLIC, OLD_PUBLIC])
def test_a_certificate_or_public_key_without_its_armour_is_no_secret(begin: bytes) -> None:
    lines = [*encoded(begin), f'password = "{made_up(MIXED, 14)}"']

    assert redact(lines) == [*lines[:-1], WITHHELD]


@pytest.mark.parametrize("begin", [PRIVATE, OLD_PRIVATE, CURVE])
def test_a_private_key_without_its_armour_is_withheld(begin: bytes) -> None:
    lines = [line for line in encoded(begin) if len(line) > 60]

    assert redact(lines) == [WITHHELD] * len(lines)


@pytest.mark.parametrize(
    ("named", "value"),
    [("password = (", '    "{}"'), ("  - name: DB_PASSWORD", '    value: "{}"'), ("secret: >-", "  {}")],
)
def test_a_value_in_the_line_after_its_name_is_withheld(named: str, value: str) -> None:
    line = value.format(made_up(MIXED, 14))

    assert redact([named, line, "after"]) == [named, WITHHELD, "after"]


SHAPES = (
    "attribute :db_password, :string, default: '{}'",
    '#define API_KEY "{}"',
    'assert_eq!(cfg.api_key, "{}");',
    "Connect-App -ApiKey '{}'",
    '@api_key "{}"',
    "local db_password = [[{}]]",
    'val dbPassword: String by lazy {{ "{}" }}',
    '"api_token" to "{}",',
    'keychain.set("{}", forKey: "authToken")',
    'request.setValue("{}", forHTTPHeaderField: "X-Api-Key")',
    '{{"name": "SIGNING_KEY", "value": "{}"}}',
    '- {{ name: DB_PASSWORD, value: "{}" }}',
    "aws ssm put-parameter --name /api_token --value '{}'",
    'buildConfigField("String", "API_KEY", "\\"{}\\"")',
    '#[arg(long, default_value = "{}")] api_key: String,',
    'user, password = "shop", "{}"',
    '<x:authToken type="text">{}</x:authToken>',
    "<password><![CDATA[{}]]></password>",
    "| db_password | {} |",
    "Log in with password **{}** please.",
    "ENV API_KEY {}",
    "api_key\t{}",
    "app --signing-key {}",
    'cy.get("[name=userPassword]").type("{}")',
    "https://example.org/f?access_token={}%3D",
    "wss://example.org/s?token={}&x=1",
    "xfreerdp /u:shop /p:{} /v:host",
    "openssl enc -aes-256-cbc -k {} -in a",
    "sqlcmd -S db -U sa -P {}",
    "az login -u shop -p {}",
    "htpasswd -b file shop {}",
    'db_password = join("", [\n  "{}"',
    "dsn: shop:{}@tcp(db:3306)/shop",
    "// credentials admin {}",
    "temp password ({}) until Friday",
    "db_password: \\\n  {}",
    'string dbPassword\n    = "{}";',
    '#define DB_PASSWORD \\\n  "{}"',
    'variable "db_password" {{\n  default = "{}"\n}}',
    "<dbPassword>\n  {}\n</dbPassword>",
    '"ParameterKey": "ApiKey",\n"ParameterValue": "{}"',
    'config.set("db_password",\n    "{}")',
    '"db_password": {{\n  "default": "{}"',
    'variable "db_password" {{\n  type = string\n  default = "{}"\n}}',
    '<property name="password">\n  <value>{}</value>',
    "user,password\nshop,{}",
    "| user | password |\n|---|---|\n| shop | {} |",
    'dbPassword, ok := "{}", true',
    "truststore.password={}",
    '"Authorization" => "Bearer " . "{}"',
    "bindpw {}",
    "ENV DB_PASS {}",
    "login ci password {}",
    "'login ci\\npassword {}'",
    "$ldap = ldap_bind($c, 'cn=x', '{}');",
    'dataSource("jdbc:h2:x", "sa", "{}")',
    'FTP("ftp.example.org", "shop", "{}")',
    '"credentials": ["shop", "{}"]',
    "basic_auth 'shop', '{}'",
    'sessions.NewCookieStore([]byte("{}"))',
    'token.SignedString([]byte("{}"))',
    'new SymmetricSecurityKey(Encoding.UTF8.GetBytes("{}"))',
    'keyStore.load(in, "{}".toCharArray());',
    "jdbc:oracle:thin:shop/{}@db:1521:x",
    "sqlplus shop/{}@db",
    "twine upload -u x -p {} dist/*",
    "mc alias set x http://minio admin {}",
    "sudo -S true <<< {}",
    "http -a shop:{} https://example.org",
    "password: !!str {}",
    'db_password <- "{}"',
    '[defaults setObject:@"{}" forKey:@"password"];',
    'case production = "{}" // api key',
    '    "# password: {}\\n"',
    "Login: `admin` / `{}`",
    "log in as root with {} as the password",
    "Wachtwoord: {}",
    "пароль: {}",
    "密码：{}",
    "パスワード: {}",
    "hasło = '{}'",
)
"""Ways to give a name a value, in languages and settings files."""


def test_each_way_to_give_a_name_a_value_is_known() -> None:
    values = [made_up(MIXED, length, length) for length in (24, 32)]

    standing = [shape for shape in SHAPES for value in values if value in "\n".join(redact([shape.format(value)]))]
    standing += [shape for shape in SHAPES if values[0] in mask_secrets(shape.format(values[0]).encode()).decode()]

    assert standing == []


@pytest.mark.parametrize(
    "line",
    [
        'access_token = "{}" + "{}"',
        "$db_password = '{}' . '{}';",
        'const char *api_key = "{}" "{}";',
    ],
)
def test_a_value_in_two_strings_is_withheld(line: str) -> None:
    assert redact([line.format("pWSWGRhx" + "srTn", "ur1NDx5" + "6BJ1p")]) == [WITHHELD]


def test_a_value_is_withheld_wherever_else_its_text_holds_it() -> None:
    value = made_up(MIXED, 14)

    assert redact([f'start("{value}")', "x = 1", f'password = "{value}"']) == [WITHHELD, "x = 1", WITHHELD]


@pytest.mark.parametrize("prefix", ["REM ", "dnl ", "    $key .= ", "@ "])
def test_what_stands_before_a_key_may_stand_before_each_of_its_lines(prefix: str) -> None:
    key = [BEGIN, *[made_up(MIXED, 64, n) for n in range(3)], "QyNT=", END]

    assert redact([*(f"{prefix}{line}" for line in key), "return x"]) == [WITHHELD, *[""] * 5, "return x"]


@pytest.mark.parametrize("secret", ["plain1 of 2", "shop-4821!x", "Violet77harbor"])
def test_base64_of_readable_text_is_a_password_and_other_words_are_not(secret: str) -> None:
    line = f"  DB_PASSWORD: {base64.b64encode(secret.replace(' ', '_').encode()).decode()}"

    assert redact([line, "  DB_PASSWORD: requiredInProduction"]) == [WITHHELD, "  DB_PASSWORD: requiredInProduction"]


def test_a_table_without_passwords_stays_as_it_is() -> None:
    table = ["| option | password |", "|---|---|", "| -p | asks for it |", "user, password, host", "ada, none, db1"]

    assert redact(table) == table


@pytest.mark.parametrize("value", ["pepperDOLPHIN{}", "Cactus-{}-Summit", "cactus.summit.{}", "Summit3{}?"])
def test_words_and_a_number_are_a_password_and_no_name(value: str) -> None:
    said = value.format(made_up("123456789", 4))

    assert redact([f'password = "{said}"', f'conn = "Server=db;Pwd={said};"']) == [WITHHELD, WITHHELD]
    assert redact(['password = "reset-2-factor"', 'password = "api.v2.token"']) == [
        'password = "reset-2-factor"',
        'password = "api.v2.token"',
    ]


DRAWN = "".join(Random(5).choices(LOWER[:26], k=12))
CHOSEN = ".".join(("walnut", "harbor", "ginger"))


@pytest.mark.parametrize(
    "line",
    [
        "password = '{}'",
        "redis_pass: {}",
        "export DB_PASSWORD={}",
        'let adminPwd = "{}"',
        "<password>{}</password>",
        "login(host, password: {!r})",
        "smtp.password={}",
        "keytool -storepass {} -alias a",
        "mysql -u root -p{} shop",
        "postgres://shop:{}@db/shop",
        'client.login("root", "{}")',
        '"Server=db;User Id=sa;Password={};"',
        "password = ~s({})",
        "| password | `{}` |",
    ],
)
def test_small_letters_that_nobody_could_say_are_a_password(line: str) -> None:
    assert redact([line.format(DRAWN)]) == [WITHHELD]


@pytest.mark.parametrize(
    "line",
    [
        "password = '{}'",
        'db_passwd: "{}"',
        "DB_PASSWORD={}",
        "    'password' => '{}',",
        'passphrase := "{}"',
        "{{ name: db, password: '{}' }}",
    ],
)
def test_words_that_say_nothing_of_programs_are_a_password(line: str) -> None:
    assert redact([line.format(CHOSEN)]) == [WITHHELD]
    assert redact([line.format(CHOSEN.replace(".", ""))]) == [WITHHELD]
    assert redact([line.format("candle" + CHOSEN.replace(".", "") + "!")]) == [WITHHELD]


def test_letters_of_any_script_and_marks_are_judged() -> None:
    lines = ["tool --password K]q|xWzé-ÿzß", "password: пароль|xkq}zz", 'pwd = "ÄÖÜßqxkzjw"']

    assert len(redact(lines)) == len(lines)


@pytest.mark.parametrize(
    "line",
    [
        "password = 'confirm-new-value'",
        'password: "user.login.hint"',
        "'password' => 'current_password',",
        "password: app.config.database",
        "password = request.form.field",
        "PASSWORD_RESET=views.password.reset",
        "if auth == 'subscriptionmanager': pass",
        "token_pattern = 'configurationproperties'",
        "salt = 'django.contrib.sessions.backends'",
        "WEBrick::HTTPAuth::Htpasswd.new('dot.htpasswd')",
        'data("with passphrase" => "' + "f" + "o" * 24 + '")',
        "secret: nginx-ingress-tls",
        '<input type="password" class="lesson-panel-left">',
        "{ type: 'password', icon: 'mdi-lock-outline' }",
        "password = 'lock-outline-missing'",
    ],
)
def test_words_of_programs_beside_the_name_of_a_password_stay(line: str) -> None:
    assert redact([line]) == [line]


@pytest.mark.parametrize("name", ["salt", "password_salt", "SECURE_AUTH_SALT", "pepper", "hashSalt"])
def test_a_salt_may_have_any_marks(name: str) -> None:
    value = made_up(MIXED, 5) + "^o(k,+" + made_up(MIXED, 6)

    assert redact([f'{name} = "{value}"', f"  {name}: '{value}',", f"{name}={value}"]) == [WITHHELD] * 3


@pytest.mark.parametrize(
    "line",
    [
        '"login": "octocat1234",',
        "owner: alice1234, admin: carol4321",
        "users: [admin, ubuntu2204]",
        "runs as root: kernel2628",
        "user with Windows2019",
        'users = ["root", "guest1001", "worker2002"]',
    ],
)
def test_a_word_with_a_number_beside_a_user_is_no_password(line: str) -> None:
    assert redact([line]) == [line]
    assert redact(["admin / " + "Summer" + made_up("123456789", 4)]) == [WITHHELD]


@pytest.mark.parametrize(
    "lines",
    [
        ["user app on >{} ~* +@all"],
        ["printf '%s' '{}' | docker secret create smtp_password -"],
        ["net use z: \\\\h\\share {} /user:deploy"],
        ['headers["Authorization"] = "Bot {}"'],
        ["http -a deploy:{} example.org"],
        ["7z x -p{} backup.7z"],
        ["mosquitto_pub -u deploy -P {} -t a"],
        ['BUNDLE_GEMS__EXAMPLE__ORG: "app:{}"'],
        ["db.example.org:5432:shop:app:{}"],
        ["new PDO($dsn, 'shop', '{}');"],
        ['.basic_auth("shop", Some("{}"))'],
        ["  DB_PASSWORD:", '    value: "{}"'],
        ["$password = <<<EOT", "{}"],
        ["The secret access key is " + made_up(HEX, 39) + "7{:.0}"],
        ['"auth": "' + base64.b64encode(b"app:" + made_up(MIXED, 9).encode() + b".+q").decode() + '{:.0}"'],
        ["password = ~s({})"],
        ["npm config set //registry.example.org/:_authToken {}"],
        ['curl -su "deploy:{}" https://example.org'],
        ['const auto encryption_key = R"({})";'],
        ['password = getattr(host, "password", None) or "{}"'],
        ["The secret key is " + "-".join(made_up(HEX, size) for size in (8, 4, 4, 4, 12)) + "{:.0}"],
    ],
)
def test_commands_and_files_give_passwords_in_places_of_their_own(lines: list[str]) -> None:
    value = "k7" + made_up(MIXED, 22) + "4Q"

    assert WITHHELD in redact([line.format(value) for line in lines])[-1]


def test_a_token_of_letters_alone_is_known_by_its_prefix() -> None:
    assert redact(['client.use("' + "hf_" + "SOUAjWyhEXMBFXTyktkNqsHjmjcZUbTupp" + '")']) == [WITHHELD]


def test_twelve_words_are_the_secret_of_a_wallet() -> None:
    words = "river copper lantern maple orbit tunnel violet harbor saddle meadow pepper walnut"

    assert redact([f'mnemonic: "{words}",', f'text: "{words}",']) == [WITHHELD, WITHHELD]
    assert redact([f'text: "{words}",']) == [f'text: "{words}",']


@pytest.mark.parametrize("begin", ["$2b$12$", "$apr1$saltsalt$", "$6$saltsalt$"])
def test_a_hash_of_a_password_is_withheld(begin: str) -> None:
    length = {"$2b$12$": 53, "$apr1$saltsalt$": 22, "$6$saltsalt$": 86}[begin]

    assert redact([f'stored = "{begin}{made_up(MIXED, length)}"']) == [WITHHELD]


def test_at_most_one_in_a_hundred_planted_secrets_stands_in_25_kinds_and_8_languages() -> None:
    planted = [secret for seed in range(4) for secret in secrets(seed, 500)]

    standing = [secret for secret in planted if stands(secret, "\n".join(redact(secret.lines)))]

    assert len(KINDS) >= 25
    assert {secret.language for secret in planted} >= set(LANGUAGES)
    assert len(standing) <= len(planted) // 100, [secret.lines for secret in standing]


def test_what_is_masked_for_the_index_holds_no_more_of_them() -> None:
    planted = list(secrets(11, 500))

    standing = [secret for secret in planted if stands(secret, mask_secrets("\n".join(secret.lines).encode()).decode())]

    assert len(standing) <= 5, [secret.lines for secret in standing]


def stands(secret: Secret, text: str) -> bool:
    return any(value in text for value in secret.values)


@given(st.lists(st.one_of(st.text(max_size=60), st.sampled_from([*SECRETS.values(), BEGIN, END]))))
def test_a_masked_text_is_as_long_and_its_lines_end_where_they_ended(lines: list[str]) -> None:
    text = "\n".join(lines).encode("utf-8", "surrogatepass")

    clean = mask_secrets(text)

    assert len(clean) == len(text)
    assert [at for at, byte in enumerate(clean) if byte in b"\r\n"] == [
        at for at, byte in enumerate(text) if byte in b"\r\n"
    ]
    assert all(mine in (theirs, ord(" ")) for mine, theirs in zip(clean, text, strict=True))


def test_code_around_a_masked_value_stays_code() -> None:
    secret = made_up(MIXED, 12)

    assert mask_secrets(f'def connect(password="{secret}", retries=3):'.encode()) == (
        b'def connect(password="            ", retries=3):'
    )


def test_a_sentence_keeps_its_other_words() -> None:
    token = "ghp_" + made_up(MIXED, 36)

    assert without_secrets(f"Rotate {token} of the shop") == f"Rotate {WITHHELD} of the shop"
    assert without_secrets("Rotate the token of the shop") == "Rotate the token of the shop"


def test_a_message_may_go_on_with_a_letter_of_several_bytes_behind_a_token() -> None:
    said = without_secrets(f"Rotate {SECRETS['github, fine-grained']}é of the shop")

    assert said.startswith(f"Rotate {WITHHELD}")
    assert said.endswith(" of the shop")


MESSAGES = st.lists(
    st.builds(
        "".join,
        st.lists(
            st.sampled_from(
                (*SECRETS.values(), "password", " = ", "Hunter2x9", "\n", "\n\n", "é", "Fix #12", "key:\n", "a" * 1_200)
            ),
            max_size=5,
        ),
    ),
    max_size=8,
)


@given(MESSAGES)
def test_texts_are_cleaned_together_as_each_by_itself(texts: list[str]) -> None:
    assert clean_each(texts) == [without_secrets(text) for text in texts]


def test_a_secret_in_a_line_of_many_thousand_characters_is_found() -> None:
    secret = made_up(MIXED, 12)
    line = "var a=1;" * 3_000 + f'b={{password:"{secret}"}};' + "var c=2;" * 3_000

    assert secret not in mask_secrets(line.encode()).decode()
    assert mask_secrets(line.encode()).count(b"var") == 6_000


def test_code_that_only_looks_for_a_key_stays_whole() -> None:
    assert redact([f'if "{BEGIN}" in text:', "    raise Leak(text)"]) == [WITHHELD, "    raise Leak(text)"]


@given(st.lists(st.one_of(st.text(max_size=60), st.sampled_from([*SECRETS.values(), BEGIN, END, "abc", ""]))))
def test_as_many_lines_come_out_and_none_that_holds_a_secret(lines: list[str]) -> None:
    out = redact(lines)

    assert len(out) == len(lines)
    assert not any(map(holds_secret, out))


@pytest.mark.parametrize(
    "unit", ["token ", "://a:", "aws ", "'=='", "a1_", "a", 'secret="', "passwordkey", BEGIN, "'secret'=="]
)
def test_a_megabyte_of_one_thing_is_judged_in_no_time(unit: str) -> None:
    line = unit * (1_000_000 // len(unit))
    started = time.process_time()

    redact([line, line[:1999], BEGIN, line])

    assert time.process_time() - started < 20


def test_ordinary_lines_do_not_import_the_close_look() -> None:
    script = """
import sys
from noctule.indexer.files.redaction import redact
redact(["def total(lines: list[int]) -> int:", "    return sum(lines) + 2**16"])
assert not any(name.endswith("secret_scan.lines") for name in sys.modules)
"""

    subprocess.run([sys.executable, "-c", script], check=True)


def test_scripts_of_others_find_it_under_the_name_that_they_know() -> None:
    from noctule.indexer import redaction

    assert (redaction.redacted, redaction.holds_secret) == (redact, holds_secret)
