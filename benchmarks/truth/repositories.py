"""The pinned public repositories, and how one of them comes to lie in a folder at its commit."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

HOST = "https://github.com"


@dataclass(frozen=True, slots=True)
class Pinned:
    """A repository at one commit, with what its oracle has to be told.

    `packages` are what its Python, or its TypeScript, imports; `options` are the oracle's own arguments.
    """

    language: str
    name: str  # owner/name
    commit: str
    options: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    called: str = ""  # where another one has that name

    @property
    def short(self) -> str:
        """The name without its owner."""
        return self.called or self.name.rpartition("/")[2]


_TEST = ("pytest",)
_JQ = ("-I.", "-Isrc", "-Ivendor", "-DUSE_DECNUM=1", "-DHAVE_PTHREAD=1", "-DHAVE_PTHREAD_KEY_CREATE=1")
"""What jq's own configure finds on Linux, as far as its sources ask for it."""
_EVENT = (
    "ACCEPT4 ARPA_INET_H CLOCK_GETTIME EPOLL EPOLL_CREATE1 ERRNO_H EVENTFD FCNTL FCNTL_H GETADDRINFO GETIFADDRS "
    "GETNAMEINFO GETPROTOBYNUMBER GETTIMEOFDAY IFADDRS_H INET_NTOP INET_PTON INTTYPES_H NANOSLEEP NETDB_H NETINET_IN_H "
    "NETINET_TCP_H OPENSSL PIPE PIPE2 POLL POLL_H PTHREADS PUTENV SA_FAMILY_T SELECT SETENV SIGACTION SIGNAL "
    "SIGNALFD SOCKETPAIR STDARG_H STDDEF_H STDINT_H STDLIB_H STRING_H STRSEP STRTOK_R STRTOLL STRUCT_ADDRINFO "
    "STRUCT_IN6_ADDR STRUCT_SOCKADDR_IN6 STRUCT_SOCKADDR_STORAGE STRUCT_SOCKADDR_UN SYS_EPOLL_H SYS_EVENTFD_H "
    "SYS_IOCTL_H SYS_MMAN_H SYS_RESOURCE_H SYS_SELECT_H SYS_SOCKET_H SYS_STAT_H SYS_TIME_H SYS_TYPES_H SYS_UIO_H "
    "SYS_UN_H SYS_WAIT_H TIMERADD TIMERCMP UINT16_T UINT32_T UINT64_T UINT8_T UINTPTR_T UMASK UNISTD_H UNSETENV USLEEP "
    "VASPRINTF"
)
"""What libevent's configuration finds on Linux."""
PINNED = (
    Pinned("Python", "pallets/flask", "2ac89889f4cc330eabd50f295dcef02828522c69", packages=("flask", *_TEST)),
    Pinned(
        "Python",
        "psf/requests",
        "1f6589ec3a1ee910f9a65cc3ceac60b26677bc0e",
        packages=("requests[socks]", "pytest-httpbin", "pytest-mock", "trustme", *_TEST),
    ),
    Pinned(
        "Python",
        "encode/httpx",
        "ae1b9f66238f75ced3ced5e4485408435de10768",
        packages=("httpx[brotli,cli,http2,socks,zstd]", "chardet", "trio", "trustme", "uvicorn", *_TEST),
    ),
    Pinned("Python", "simonw/llm", "f3f4f29c6e5e623c3776cbf6455dda2345638214", packages=("llm", *_TEST)),
    Pinned("Python", "pytest-dev/pytest", "df87db7b0462fb764ef73fa00561adf8ad047572", packages=_TEST),
    Pinned("TypeScript, JavaScript", "vuejs/core", "e2bede96134f757aad5c5b33ac9be055022dbfc8", ("tsconfig.json",)),
    Pinned("TypeScript, JavaScript", "darkreader/darkreader", "58ef40406a377ba130cbb10aad313f60fe8ef922"),
    Pinned("Go", "gin-gonic/gin", "dcaa4296d111981ffb31ac3eba90bb63e1eb5ab9"),
    Pinned("Go", "zeromicro/go-zero", "11f21098ddd95a58f801920fea4f0543d4d01586"),
    Pinned("Java", "FasterXML/jackson-core", "b367da1c30a25e99fbf2c30876e948b578c86846", ("src",)),
    Pinned("C", "jqlang/jq", "579e6f76cffd7643ba4002a2c3618a5ea710589a", _JQ),
    Pinned("Python", "pallets/click", "2c8cd3ac958a7eb316d67f2d316c27086c4c0369", packages=("click", *_TEST)),
    Pinned(
        "TypeScript, JavaScript",
        "reduxjs/redux-toolkit",
        "74200d87c27ca2b1c0915b2fbb4c44dd7494c2aa",
        ("packages/toolkit/tsconfig.base.json",),
    ),
    Pinned("Go", "spf13/cobra", "adbc8813901bba65827259daa8e22ff94ec1f30e"),
    Pinned("Java", "google/gson", "9835b6f90192f79cdf5300c528fc6212455fb6c1", ("gson/src",)),
    Pinned("PHP", "Seldaek/monolog", "57eb1028342134e701e77c617565d51b6e5a2a53"),
    Pinned("PHP", "guzzle/guzzle", "2779e868a00289e1b1fd854af030c43a06f4bcb4"),
    Pinned("C", "tmux/tmux", "c1f947a3c5bc72a40c32dead736f84c4628791ec", ("-I.", "-Icompat", "-D_GNU_SOURCE")),
    Pinned(
        "Python",
        "httpie/cli",
        "5b604c37c6c67e18e7c3e9aee6c88a8c22b98345",
        packages=("httpie", "pytest-httpbin", "responses", *_TEST),
    ),
    Pinned(
        "Python",
        "marshmallow-code/marshmallow",
        "341b927f219205704728c05cd61f04d7e9727523",
        packages=("marshmallow", "simplejson", *_TEST),
    ),
    Pinned(
        "Python",
        "python-attrs/attrs",
        "c1dc5dcba16ed827aa6dcad896b41a3afedb4e32",
        packages=("attrs", "cloudpickle", "hypothesis", *_TEST),
    ),
    Pinned("TypeScript, JavaScript", "pmndrs/zustand", "f094eebe9bd3b4b0d77b997f69ab1d273f69a877", ("tsconfig.json",)),
    Pinned("TypeScript, JavaScript", "koajs/koa", "e0ba8ef39d27fe5dae5492f9fe753d155124f994"),
    Pinned("TypeScript, JavaScript", "expressjs/express", "a3714473feb3d2908add734d340e7755fd85e0a3"),
    Pinned("TypeScript, JavaScript", "fastify/fastify", "83e69762aff047940b376fc2a266d143499ef727"),
    Pinned(
        "TypeScript, JavaScript", "date-fns/date-fns", "dd66398305c2b015fba3c1b3d31ccff42ee8d4cf", ("tsconfig.json",)
    ),
    Pinned("Go", "go-chi/chi", "735ae2b87f8c733d616e809ae86e0985c1bc3350"),
    Pinned("Go", "spf13/viper", "528f7416c4b56a4948673984b190bf8713f0c3c4"),
    Pinned("Go", "sirupsen/logrus", "87434bb3a736e2a27d34df66924471714f408d3d"),
    Pinned("Java", "jhy/jsoup", "46b620860af930eedc193a705eaf7cea5aec89a6", ("src",)),
    Pinned("Java", "square/javapoet", "b9017a9503b76e11b4ad4c1a9f050e2d29112cb0", ("src",)),
    Pinned("C", "DaveGamble/cJSON", "a29814f285cc531c00223743ad3c55cd38c0dc56", ("-I.", "-Itests/unity/src")),
    Pinned("C", "redis/hiredis", "29ea2791c102fdffff350f1ea6e04d1f71903d0d", ("-I.", "-D_GNU_SOURCE")),
    Pinned(
        "C",
        "libuv/libuv",
        "6179e7af87413396d5853a1c3722c8b5749336c8",
        ("-Iinclude", "-Isrc", "-Itest", "-D_GNU_SOURCE"),
    ),
    Pinned(
        "Python",
        "pallets/jinja",
        "5ef70112a1ff19c05324ff889dd30405b1002044",
        packages=("jinja2[i18n]", "trio", *_TEST),
    ),
    Pinned(
        "TypeScript, JavaScript",
        "colinhacks/zod",
        "e516c3baf22615e20934116abebfed6c000222c2",
        (
            "tsconfig.json",
            "zod=packages/zod/src/index.ts",
            *(f"zod/{name}=packages/zod/src/{name}/index.ts" for name in ("v3", "v4", "v4/core", "mini", "locales")),
            *(f"zod/v4{name}=packages/zod/src/v4{name}/index.ts" for name in ("-mini", "/mini", "/locales")),
        ),
    ),
    Pinned(
        "TypeScript, JavaScript",
        "axios/axios",
        "23a25af0688d1db2c396deb09229d2271cc24f6c",
        ("tsconfig.json", "axios=index.d.ts"),
    ),
    Pinned("Go", "gorilla/mux", "db9d1d0073d27a0a2d9a8c1bc52aa0af4374d265"),
    Pinned("Java", "apache/commons-lang", "d15939ef46f0bd4144994df8be95cf5a7f91eb52", ("src",)),
    Pinned("C++", "catchorg/Catch2", "a6ee7e20cd4011129816df7992c1a9db2ef4b58f", ("-Isrc",)),
    Pinned(
        "Python",
        "pallets/werkzeug",
        "1b00618e787f40dfb21eba29caf8f8be7c8e1d93",
        packages=("werkzeug", "watchdog", "cryptography", "ephemeral-port-reserve", "pytest-timeout", *_TEST),
    ),
    Pinned("TypeScript, JavaScript", "pmndrs/jotai", "1fae77247ae72ab5f2f002dc82a876e61ce26f56", ("tsconfig.json",)),
    Pinned("Go", "spf13/afero", "993a85a53c41c5272a08433dca5c4eb7cc407023"),
    Pinned("Java", "apache/commons-cli", "0a68ae0e826bb08eb59bda9bae7ec5d84008b62a", ("src",)),
    Pinned(
        "C",
        "yaml/libyaml",
        "840b65c40675e2d06bf40405ad3f12dec7f35923",
        (
            *("-Iinclude", "-Isrc", "-Itests", "-DYAML_VERSION_MAJOR=0", "-DYAML_VERSION_MINOR=2"),
            *("-DYAML_VERSION_PATCH=5", '-DYAML_VERSION_STRING="0.2.5"'),
        ),
    ),
    Pinned(
        "C++",
        "gabime/spdlog",
        "62302019babd8fdf63c1c6dc4c9faa48d441a7f0",
        # Its tests are written for Catch2, which is not in it.
        ("-Iinclude", "-Itests", "-DTEST_CASE(...)=static void test_case()", "-DREQUIRE(...)=(void)(__VA_ARGS__)"),
    ),
    Pinned("C++", "fmtlib/fmt", "60ccad511fd680cb91d8b60a315759f71c67bef9", ("-Iinclude", "-Itest/gtest")),
    Pinned(
        "C++",
        "google/leveldb",
        "78a352f47ed6c1e9d750545e9b242289185b87e1",
        # Its tests are written for GoogleTest, which is not in it; they live in its namespace instead.
        ("-I.", "-Iinclude", "-DLEVELDB_PLATFORM_POSIX=1", "-Dtesting=leveldb"),
    ),
    Pinned(
        "C",
        "lua/lua",
        "53b41d0cddd80bf33fdc631bdd32e3ba53842b89",
        ("-I.", "-DLUA_USE_LINUX", 'also:-DLUA_USER_H="ltests.h"'),
    ),
    Pinned("Go", "spf13/pflag", "5fdac2d16c16d60605cb8baa887e8c5c38ef623f"),
    Pinned("Go", "stretchr/testify", "12f8b5612e125f337c4589e198771e5f8970f160"),
    Pinned(
        "Python",
        "encode/starlette",
        "cb8f84f5284dc301ca7a31eb732b9e140769dd48",
        packages=("starlette[full]", "trio", "anyio", "typing_extensions", *_TEST),
    ),
    Pinned("Python", "tqdm/tqdm", "f6a30fab726ab8e794a9db88b4392ce207760937", packages=("tqdm", *_TEST)),
    Pinned(
        "Python",
        "Textualize/rich",
        "42899d8a0a96b121a514516f4be9db44ff7aeaf3",
        packages=("rich", "attrs", *_TEST),
    ),
    Pinned("TypeScript, JavaScript", "honojs/hono", "28a9c128912de19f3fb28b00ae289c9b93f6f392", ("tsconfig.json",)),
    Pinned(
        "TypeScript, JavaScript",
        "sindresorhus/got",
        "d00d845a0b435365ec73ea5a1fca6e17ee677184",
        ("tsconfig.json",),
        (
            *("@types/node@25", "@sindresorhus/is@8", "byte-counter@0.1", "cacheable-lookup@7", "cacheable-request@13"),
            *("chunk-data@0.1", "decompress-response@10", "http2-wrapper@2", "keyv@5", "lowercase-keys@4"),
            *("responselike@4", "type-fest@5", "uint8array-extras@1", "@types/express@5", "@types/sinon@21"),
            *("get-stream@9", "p-event@7", "tough-cookie@6", "delay@7", "ava@6"),
        ),
    ),
    Pinned(
        "TypeScript, JavaScript",
        "vuejs/pinia",
        "254eec764ecccd120ab9dbc31352d76ffd6ecfa3",
        ("tsconfig.json",),
        ("vue@3.5", "@vue/devtools-api@7", "@vue/test-utils@2", "vue-router@4"),
    ),
    Pinned("Java", "cbeust/jcommander", "e9599fed58fdf5251abb8ad08226e96ae951d302", ("src",)),
    Pinned("C", "lz4/lz4", "d9c01a3d49114dc28e2dfbbc0a8990e88be7b694", ("-Ilib", "-Iprograms", "-Itests")),
    Pinned("Go", "google/go-cmp", "b133f1f1932e48f466f597a3346ce6f5a49a0dc1"),
    Pinned("Java", "google/guice", "621416a2408952eec8007e06e81f4dc21baa8ab0", ("core", "extensions")),
    Pinned(
        "C",
        "json-c/json-c",
        "d17ad9d1863ebbf39993706140bf67847b7add0f",
        (
            *("-I.", "-D_GNU_SOURCE", "-DJSON_C_HAVE_INTTYPES_H=1", "-DJSON_C_HAVE_STDINT_H=1"),
            *(f"-DHAVE_{name}_H=1" for name in "INTTYPES STDARG STDLIB STRING UNISTD SYS_TYPES".split()),
            *(
                f"-DHAVE_{name}=1"
                for name in "SNPRINTF VSNPRINTF VASPRINTF STRDUP STRNCASECMP STRTOLL STRTOULL".split()
            ),
            *("made:json.h=json.h.cmakein", "made:json_config.h=cmake/json_config.h.in"),
            "made:config.h=cmake/config.h.in",
        ),
    ),
    Pinned("C", "madler/zlib", "d201f04c72b0881220f5ba75ca19fd0e19fa848b", ("-I.",)),
    Pinned(
        "Python",
        "encode/uvicorn",
        "e6c7ce791fc634b6eedee40e0d0207faa8a9aefd",
        packages=("uvicorn[standard]", "a2wsgi", "trustme", "wsproto", "httpx", "typing_extensions", *_TEST),
    ),
    Pinned(
        "TypeScript, JavaScript",
        "vercel/swr",
        "7173e55b2a175dee455612c5fa067383345c392f",
        (
            "tsconfig.json",
            "swr=src/index/index.ts",
            *(
                f"swr/{name}=src/{name}/index.ts"
                for name in ("infinite", "immutable", "subscription", "mutation", "_internal")
            ),
        ),
    ),
    Pinned(
        "TypeScript, JavaScript",
        "mochajs/mocha",
        "e6b9ee773481fd739ae24caeb42f32ac0b010f95",
        ("tsconfig.json", "node"),
        ("@types/node@22",),
    ),
    Pinned("Go", "urfave/cli", "1305a08200f7c4d873e28bd2bbad1ff257c6cfc4", called="urfave-cli"),
    Pinned("Java", "dropwizard/metrics", "2049d9625bf83d6d9b94004631b2e75b796e6c3f", ("metrics-",)),
    Pinned("C", "htop-dev/htop", "1a4504c0c6a74ecd7f2eb1c17c22750c55f555ff", ("-I.", "-Ilinux", "-D_GNU_SOURCE")),
    Pinned(
        "C",
        "libevent/libevent",
        "0c3e47ad5f654714e39bae3f8689a3446599b614",
        (
            *(
                "-I.",
                "-Iinclude",
                "-Icompat",
                "-D_GNU_SOURCE",
                "made:include/event2/event-config.h=event-config.h.cmake",
            ),
            *("made:evconfig-private.h=evconfig-private.h.cmake", "-DEVENT__ssize_t=ssize_t", "-DEVENT__inline=inline"),
            *("-DEVENT__socklen_t=socklen_t", "-DEVENT__SIZEOF_TIME_T=8", '-DEVENT__VERSION="2"'),
            *(f"-DEVENT__SIZEOF_{name}=8" for name in "VOID_P SIZE_T LONG LONG_LONG OFF_T PTHREAD_T".split()),
            *("-DEVENT__SIZEOF_INT=4", "-DEVENT__SIZEOF_SHORT=2"),
            *(f"-DEVENT__HAVE_{name}=1" for name in _EVENT.split()),
        ),
    ),
    Pinned(
        "Python",
        "paramiko/paramiko",
        "8697158113a3eab25ed1d1d541ebe2cad10169a7",
        packages=("paramiko", "invoke", "pytest-relaxed", "icecream", *_TEST),
    ),
    Pinned("TypeScript, JavaScript", "immerjs/immer", "061c2425e1c9dff89e4e4189d42af1b7839dfe0a", ("tsconfig.json",)),
    Pinned(
        "TypeScript, JavaScript",
        "sindresorhus/ky",
        "3419113b48e034fdcf8fa6bd3be3da7b3d0d758f",
        ("tsconfig.json",),
        ("@types/node@22", "ava@5", "@types/express@4", "type-fest@4", "expect-type@0.19", "delay@6"),
    ),
    Pinned("Go", "labstack/echo", "05489dc1730161df26b72d1ae2a3ba6fb8178fc7"),
    Pinned(
        "Python",
        "mwaskom/seaborn",
        "f04b6cd5484267a0885d1fed068e99dff3a1b226",
        packages=("seaborn[stats]", *_TEST),
    ),
    Pinned("TypeScript, JavaScript", "preactjs/preact", "f6c6cda581e1123095c56f9fc232b82fc518e426", ("jsconfig.json",)),
    Pinned(
        "TypeScript, JavaScript",
        "TanStack/form",
        "57a855b42b9b99cee5ca12890b70c7df84e2982c",
        (
            "tsconfig.json",
            *(
                f"@tanstack/{name}=packages/{name}/src/index.ts"
                for name in (
                    *(f"{one}-form" for one in ("angular", "lit", "preact", "react", "solid", "svelte", "vue")),
                    *("form-core", "react-form-nextjs", "react-form-remix", "react-form-start"),
                )
            ),
        ),
        (
            *("@tanstack/store@0.11", "@tanstack/pacer-lite@0.1", "@tanstack/devtools-event-client@0.4", "zod@3"),
            *("@tanstack/react-store@0.11", "@types/react@19", "@types/node@24", "vitest@3", "valibot@1", "vue@3"),
            *(
                "preact@10",
                "@tanstack/preact-store@0.11",
                "solid-js@1",
                "svelte@5",
                "lit@3",
                "@tanstack/vue-store@0.11",
            ),
        ),
    ),
    Pinned(
        "TypeScript, JavaScript",
        "tj/commander.js",
        "ba6d13ddb4243e5913367734f8c159089ffe7834",
        ("tsconfig.json", "node"),
        ("@types/node@22", "@types/jest@29"),
    ),
    Pinned(
        "TypeScript, JavaScript",
        "pmndrs/valtio",
        "c24a93a1b62d1fb95a7fa78c840d32cf95bef348",
        ("tsconfig.json", "~/*=website/*"),
        ("@types/react@19", "@types/node@24", "proxy-compare@3", "vitest@3", "@testing-library/react@16"),
    ),
    Pinned("Go", "caddyserver/caddy", "0cf03d32f7d99cf160d5375e8a40fbe3d910d515"),
    Pinned("Java", "apache/commons-text", "5a23e10056646febd4d43527a8c5b930ea540c78", ("src",)),
    Pinned(
        "C",
        "memcached/memcached",
        "2d51e364799bc9698bd4b11728ea978cea12da6e",
        (
            *("-I.", "-D_GNU_SOURCE", "-DEXTSTORE=1", "-DPROXY=1", "-DTLS=1", "-DHAVE_DROP_PRIVILEGES=1"),
            *(
                "-I/usr/include/lua5.4",
                "-Dbool=_Bool",
                "-Dtrue=1",
                "-Dfalse=0",
                "-DENDIAN_LITTLE=1",
                "-DHAVE_EVENTFD=1",
            ),
            *('-DVERSION="1.6"', '-DPACKAGE="memcached"', "-DHAVE_CLOCK_GETTIME=1", "-DHAVE_PTHREAD_SETNAME_NP=1"),
        ),
    ),
    Pinned(
        "C",
        "redis/librdb",
        "35f0f1a38c4de2e6eb47b388413bed070a0b0ad0",
        ("-Iapi", "-Isrc/lib", "-Ideps/redis", "-D_GNU_SOURCE", "-DUSE_OPENSSL=1"),
    ),
    Pinned(
        "Python",
        "tornadoweb/tornado",
        "e530031405e2154654dedc4c84d5656b557ea310",
        packages=("tornado", "pycurl", "pycares", "twisted", *_TEST),
    ),
    Pinned(
        "Python",
        "celery/kombu",
        "9ee8595b835c77b4f04cfb54b40b5d446f985a35",
        packages=("kombu[redis,msgpack,sqlalchemy,mongodb,yaml,zookeeper]", "boto3", "hypothesis", *_TEST),
    ),
    Pinned(
        "TypeScript, JavaScript",
        "statelyai/xstate",
        "b1811bf77bc2d1a74367328cec7907aa185b70df",
        (
            "tsconfig.json",
            "xstate=packages/core/src/index.ts",
            "xstate/dev=packages/core/src/dev/index.ts",
            "xstate/graph=packages/core/src/graph/index.ts",
            *(f"xstate/{name}=packages/core/src/{name}.ts" for name in ("actions", "guards", "actors")),
            "@xstate/store=packages/xstate-store/src/index.ts",
            *(f"@xstate/{name}=packages/xstate-{name}/src/index.ts" for name in ("react", "solid", "svelte", "vue")),
        ),
        ("@types/react@19", "vitest@3", "vue@3", "solid-js@1", "rxjs@7", "zod@3", "@types/node@24", "immer@10"),
    ),
    Pinned(
        "TypeScript, JavaScript",
        "karma-runner/karma",
        "84f85e7016efc2266fa6b3465f494a3fa151c85c",
        ("", "node"),
        ("@types/node@22", "@types/mocha@10", "@types/chai@4"),
    ),
    Pinned("Go", "prometheus/client_golang", "2e98f83366997d2a4f24c9f45d270c6c6d2e1e9c"),
    Pinned("Go", "charmbracelet/bubbletea", "8e624997c3bd14d39cb7521f6b5a55bb8e3b9920"),
    Pinned("Java", "JodaOrg/joda-time", "7088d772689b751d3e182833970290d05311bf35", ("src",)),
    Pinned(
        "C",
        "libssh2/libssh2",
        "250045f77ad9c906f65d9071d134bf9f8f9652db",
        (
            *("-I.", "-Iinclude", "-Isrc", "-Itests", "-D_GNU_SOURCE", "-DHAVE_CONFIG_H", "-DLIBSSH2_OPENSSL"),
            "made:src/libssh2_config.h=src/libssh2_config_cmake.h.in",
            *(f"-DHAVE_{name}" for name in "UNISTD_H INTTYPES_H SYS_SELECT_H SYS_UIO_H SYS_IOCTL_H SYS_UN_H".split()),
            *(f"-DHAVE_{name}" for name in "ARPA_INET_H NETINET_IN_H POLL O_NONBLOCK SYS_SOCKET_H SYS_TIME_H".split()),
            *(f"also:-ULIBSSH2_OPENSSL -DLIBSSH2_{name}" for name in ("LIBGCRYPT", "MBEDTLS", "WINCNG", "OS400QC3")),
        ),
    ),
    Pinned(
        "Python",
        "pallets/quart",
        "657bca721bbcc53047fc964c0593c5c0d19f45c8",
        packages=("quart", "hypothesis", "pytest-asyncio", "python-dotenv", "mypy_extensions", *_TEST),
    ),
    Pinned(
        "TypeScript, JavaScript",
        "preactjs/signals",
        "1e3ab34197cca0812bbd2f7cce360eab187600f4",
        (
            "tsconfig.json",
            "@preact/signals-devtools-adapter=packages/devtools-adapter/src/index.ts",
            "@preact/signals-devtools-ui=packages/devtools-ui/src/index.ts",
        ),
        (
            *(
                "preact@10",
                "@types/react@18",
                "@types/react-dom@18",
                "react-router-dom@6",
                "@types/node@20",
                "vitest@4",
            ),
            *("@types/babel__core@7", "@types/babel__traverse@7", "@types/use-sync-external-store@0.0.3", "vite@6"),
        ),
    ),
    Pinned(
        "TypeScript, JavaScript",
        "chaijs/chai",
        "099f48a326f0d77a0e4e9a34d7050b4217dd62d1",
        ("tsconfig.json", "node"),
        (
            "@types/node@22",
            "@types/mocha@10",
            "assertion-error@2",
            "check-error@2",
            "deep-eql@5",
            "loupe@3",
            "pathval@2",
        ),
    ),
    Pinned("Go", "gorilla/websocket", "e064f32e3674d9d79a8fd417b5bc06fa5c6cad8f"),
    Pinned("Java", "apache/commons-codec", "8dcd16b7d13ef1a78e325d458830ead890fe82ac", ("src",)),
    Pinned(
        "C",
        "akheron/jansson",
        "a8b3c5999e752d895030360c553ba66fa6630ed0",
        (
            *("-I.", "-Isrc", "-Itest/suites/api", "-D_GNU_SOURCE", "-DHAVE_CONFIG_H", "-DJSON_INLINE=inline"),
            *("-DJSON_INTEGER_IS_LONG_LONG=1", "-DJSON_HAVE_ATOMIC_BUILTINS=1", "-DJSON_HAVE_SYNC_BUILTINS=1"),
            *("-DUSE_URANDOM=1", "-DUSE_DTOA=1", "-DDTOA_ENABLED=1", "-DINITIAL_HASHTABLE_ORDER=3"),
            *("-DHAVE_INT32_T=1", "-DHAVE_UINT32_T=1", "-DHAVE_UINT16_T=1", "-DHAVE_UINT8_T=1", "-DHAVE_SSIZE_T=1"),
            *(f"-DHAVE_{name}=1" for name in "ENDIAN_H FCNTL_H SCHED_H UNISTD_H SYS_PARAM_H SYS_STAT_H".split()),
            *(f"-DHAVE_{name}=1" for name in "SYS_TIME_H SYS_TYPES_H STDINT_H CLOSE GETPID GETTIMEOFDAY".split()),
            *(f"-DHAVE_{name}=1" for name in "OPEN READ SCHED_YIELD ATOMIC_BUILTINS LOCALE_H SETLOCALE".split()),
            "made:src/jansson_config.h=src/jansson_config.h.in",
            "made:src/jansson_private_config.h=cmake/jansson_private_config.h.cmake",
        ),
    ),
)


class Unavailable(Exception):
    """Something is not on this machine; its text says what, in one line."""


def check_out(pinned: Pinned, clones: Path | None, into: Path) -> Path:
    """Return a work tree of the repository at its commit: from a clone in `clones`, else fetched. Unavailable."""
    tree = into / pinned.short
    if _git(tree, "rev-parse", "HEAD") == pinned.commit:
        return tree
    source = _find_clone(pinned, clones) if clones is not None else f"{HOST}/{pinned.name}"
    if source is None:
        raise Unavailable(f"{pinned.name}: no clone of it in {clones}")
    tree.mkdir(parents=True, exist_ok=True)
    _git(tree, "init", "--quiet")
    # A commit that no branch names is fetched from a clone's objects, or by its id.
    for step in (
        ("fetch", "--quiet", "--depth", "1", source, pinned.commit),
        ("checkout", "--quiet", "--force", pinned.commit),
    ):
        if _git(tree, "-c", "uploadpack.allowAnySHA1InWant=true", *step) is None:
            raise Unavailable(f"{pinned.name}: {source} does not give commit {pinned.commit[:10]}")
    return tree


def _find_clone(pinned: Pinned, clones: Path) -> str | None:
    owner = pinned.name.partition("/")[0]
    own = pinned.name.rpartition("/")[2]
    for place in (pinned.name, f"{owner}+{own}/repo", f"{owner}+{own}", own):
        if _git(clones / place, "cat-file", "-t", pinned.commit) == "commit":
            return str((clones / place).resolve())
    return None


def _git(folder: Path, *arguments: str) -> str | None:
    """Run git in a folder; None where it fails or there is no repository of its own."""
    if not folder.is_dir():
        return None
    upload = {"GIT_CEILING_DIRECTORIES": str(folder.parent)}
    done = subprocess.run(
        ["git", *arguments], cwd=folder, env={**_environment(), **upload}, capture_output=True, text=True, check=False
    )
    return done.stdout.strip() if done.returncode == 0 else None


def _environment() -> dict[str, str]:
    import os

    return {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
