"""The pytest plugin in a user's test run: its fixtures, its restriction to this machine, and its small cost."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from nemovideo_harness.worlds import World
from nemovideo_mock.server import RunningServer
from tests.guards import HANG_S

pytest_plugins = ["pytester"]

BOTH = ("-p", "nemovideo_contract.suite.plugin", "-p", "nemovideo_harness.pytest_plugin")


@pytest.fixture
def alone(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A new project with our plugins and those that its tests need, and no others."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.delenv("NEMO_ALLOWED_HOSTS", raising=False)
    monkeypatch.delenv("NEMO_API_URL", raising=False)
    return pytester


def test_the_fixtures_share_a_world_and_its_journal(alone: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")  # nobody listens there
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.setenv("no_proxy", "other.example")
    alone.makepyfile(
        """
        import os
        import urllib.error
        import urllib.request
        from importlib.util import find_spec

        import anyio
        import pytest
        from nemovideo_client import MisuseError
        from nemovideo_harness import async_fake

        def test_one(nemo_client, nemo_journal, nemo_world):
            session = nemo_client.session()
            assert nemo_journal.calls == [
                "POST /api/auth/anonymous-token", "POST /api/tasks/me/with-session/nemo_agent"
            ]
            assert nemo_client.credits().total == 100
            assert [each["kind"] for each in nemo_journal][:2] == ["request", "response"]
            assert len(nemo_journal("request")) == 3 and len(nemo_journal) == len(list(nemo_journal))

        def test_the_next_world_is_another(nemo_journal, nemo_fake, nemo_world):
            assert len(nemo_journal) == 0
            assert nemo_world.url.startswith(nemo_fake.url + "/w/")

        @pytest.mark.parametrize("anyio_backend", ["asyncio"])
        @pytest.mark.anyio
        async def test_asynchronously(nemo_async_client, nemo_journal):
            async with nemo_async_client as nemo:
                await nemo.session()
            assert len(nemo_journal.calls) == 2

        @pytest.mark.anyio
        @pytest.mark.skipif(find_spec("trio") is None, reason="trio is not installed")
        @pytest.mark.parametrize("anyio_backend", ["trio"])
        async def test_under_trio(nemo_async_client):
            with pytest.raises(MisuseError, match="needs an asyncio event loop"):
                async with nemo_async_client as nemo:
                    await nemo.session()
            with pytest.raises(MisuseError, match="Under trio, use fake()"):
                async with async_fake():
                    pass

        def test_code_that_would_use_a_proxy(nemo_environ, nemo_journal):
            with pytest.raises(urllib.error.HTTPError, match="404"):  # an answer of the fake
                urllib.request.urlopen(os.environ["NEMO_API_URL"] + "/nothing")
            assert os.environ["no_proxy"] == "other.example,127.0.0.1,localhost"

        def test_code_that_reads_the_environment(nemo_environ, nemo_journal):
            from nemovideo_client import Client
            assert "NEMO_TOKEN" not in os.environ
            with Client(client_id="me") as nemo:
                nemo.token()
            assert nemo_journal.calls == ["POST /api/auth/anonymous-token"]

        def test_faults_are_ordered_for_one_world(nemo_world):
            nemo_world.control("POST", "/faults", {"kind": "status", "on": "credits", "status": 503, "first": 1})
            with nemo_world.client() as nemo:
                assert nemo.credits().total == 100
            assert nemo_world.journal.calls.count("GET /api/credits/balance/simple") == 2
        """
    )
    alone.makeini("[pytest]\nfilterwarnings = error")
    done = alone.runpytest_subprocess(*BOTH, "-p", "anyio.pytest_plugin", "-p", "no:cacheprovider", "-q")
    done.assert_outcomes(passed=7 if find_spec("trio") else 6, skipped=0 if find_spec("trio") else 1)


def test_neither_tests_nor_their_commands_can_call_another_machine_by_accident(alone: pytest.Pytester) -> None:
    alone.makepyfile(
        """
        import asyncio, os, subprocess, sys
        import httpx
        import pytest
        from nemovideo_client import AsyncClient, Client, MisuseError

        def test_by_default():
            with Client(token="nmv_usr_secret") as nemo, pytest.raises(MisuseError, match="must not") as found:
                nemo.credits()
            assert "secret" not in str(found.value)

        def test_asynchronously():
            async def call():
                async with AsyncClient("https://example.com", token="x") as nemo:
                    await nemo.credits()
            with pytest.raises(MisuseError, match="example.com must not be called"):
                asyncio.run(call())

        def test_in_a_command():
            code = "from nemovideo_harness.cli import main; main()"
            done = subprocess.run([sys.executable, "-c", code, "credits", "--target", "production"],
                capture_output=True, encoding="utf-8", env={**os.environ, "NEMO_TOKEN": "nmv_usr_secret"})
            assert done.returncode != 0
            assert "must not be called" in done.stderr

        def test_a_client_with_a_mock_transport_works():
            answer = httpx.Response(200, json={"code": 0, "data": {"available": 1, "frozen": 0, "total": 1}})
            with Client("https://example.com", token="x", transport=httpx.MockTransport(lambda _: answer)) as nemo:
                assert nemo.credits().total == 1
        """
    )
    done = alone.runpytest_subprocess(*BOTH, "-p", "no:cacheprovider", "-q")
    done.assert_outcomes(passed=4)


def test_hosts_are_allowed_by_option_or_setting_for_the_run_alone(alone: pytest.Pytester) -> None:
    alone.makepyfile(
        """
        from nemovideo_contract.allowed_hosts import reason_to_refuse

        def test_it():
            assert reason_to_refuse("https://a.example.com") is None
            assert reason_to_refuse("https://b.example.com") is None
            assert reason_to_refuse("https://c.example.com")
        """
    )
    alone.makeini("[pytest]\nnemo_allow_hosts = a.example.com")
    done = alone.runpytest_subprocess(*BOTH, "-p", "no:cacheprovider", "--nemo-allow-host", "b.example.com")
    done.assert_outcomes(passed=1)


@pytest.mark.slow
def test_each_worker_of_xdist_has_a_fake_of_its_own(alone: pytest.Pytester) -> None:
    alone.makepyfile(
        """
        import pytest

        @pytest.mark.parametrize("number", range(6))
        def test_it(number, nemo_client, nemo_journal):
            nemo_client.session()
            assert len(nemo_journal("request")) == 2
        """
    )
    done = alone.runpytest_subprocess(*BOTH, "-p", "xdist.plugin", "-n", "2", "-p", "no:cacheprovider")
    done.assert_outcomes(passed=6)


def test_settings_can_be_overridden(alone: pytest.Pytester) -> None:
    alone.makeconftest(
        """
        import pytest

        @pytest.fixture(scope="session")
        def nemo_settings():
            from nemovideo_contract.profiles import find_profile
            from nemovideo_mock.settings import Settings
            return Settings(quality="stub", profile=find_profile("vendor-1.9"))
        """
    )
    alone.makepyfile(
        """
        import pytest

        def test_the_whole_run(nemo_world):
            assert nemo_world.runtime.profile.two_stage

        @pytest.mark.parametrize("nemo_profile", ["seeds", "adk"])
        def test_one_world(nemo_world, nemo_profile, nemo_client):
            from nemovideo_contract.profiles import find_profile
            assert nemo_world.runtime.profile == find_profile(nemo_profile)
            assert nemo_client.credits().total == 100
        """
    )
    alone.runpytest_subprocess(*BOTH, "-p", "no:cacheprovider").assert_outcomes(passed=3)


def test_without_what_the_fake_needs_the_fixture_says_how_to_install_it(alone: pytest.Pytester) -> None:
    alone.makeconftest("import sys; sys.modules['uvicorn'] = None")
    alone.makepyfile("def test_it(nemo_client): pass")
    done = alone.runpytest_subprocess(*BOTH, "-p", "no:cacheprovider")
    done.assert_outcomes(errors=1)
    done.stdout.fnmatch_lines(["*pip install 'nemovideo-harness[[]mock[]]', or in a clone: scripts/install dev"])


def test_a_run_that_asks_for_nothing_of_ours_imports_nothing_of_ours(alone: pytest.Pytester) -> None:
    alone.makepyfile(
        """
        import sys

        def test_it():
            ours = sorted(each for each in sys.modules if each.startswith("nemovideo"))
            assert ours == [
                "nemovideo_contract", "nemovideo_contract.suite", "nemovideo_contract.suite.plugin",
                "nemovideo_harness", "nemovideo_harness.pytest_plugin",
            ]
            assert not {"httpx", "starlette", "hypothesis", "yaml", "rich", "click"} & sys.modules.keys()
        """
    )
    alone.runpytest_subprocess(*BOTH, "-p", "no:cacheprovider").assert_outcomes(passed=1)


@pytest.mark.slow
def test_the_suite_runs_with_its_target_and_nothing_else(
    tmp_path: Path, nemo_world: World, nemo_fake: RunningServer
) -> None:
    command = [sys.executable, "-m", "pytest", "--pyargs", "nemovideo_contract.suite", "-p", "no:schemathesis"]
    command += ["-p", "no:randomly", "-c", str(tmp_path / "pytest.ini"), "-p", "no:cacheprovider"]
    (tmp_path / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*command, *arguments], cwd=tmp_path, capture_output=True, encoding="utf-8", timeout=HANG_S, check=False
        )

    done = run("--contract-target", nemo_fake.url, "--contract-only", "credits")
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"contract: {nemo_fake.url} at {nemo_fake.url}" in done.stdout
    assert "requirements agreed, 0 contradicted" in done.stdout
    assert nemo_world.journal.calls == []

    bare = run("-k", "balance", "-x")
    assert bare.returncode == 4
    assert "Name a target of the contract's suite: --contract-target mock, production, or a URL." in bare.stderr
    wrong = run("--contract-target", "http://127.0.0.1:9")
    assert wrong.returncode == 3
    assert "can't be reached" in wrong.stdout + wrong.stderr


def test_each_client_of_a_world_has_a_new_id_unless_one_is_given(alone: pytest.Pytester) -> None:
    alone.makepyfile(
        """
        def test_two(nemo_client, nemo_world):
            with nemo_world.client() as other, nemo_world.client(client_id="me") as me:
                for each in (nemo_client, other, me):
                    each.session()
            asked = [each for each in nemo_world.journal("request") if each["path"].endswith("/anonymous-token")]
            named = ["me" in str(each["headers"]) for each in asked]
            assert named == [False, False, True]
        """
    )
    alone.runpytest_subprocess(*BOTH).assert_outcomes(passed=1)


def test_a_refused_control_request_says_why(alone: pytest.Pytester) -> None:
    alone.makepyfile(
        """
        import httpx
        import pytest

        def test_order(nemo_world):
            with pytest.raises(httpx.HTTPStatusError, match=r"(?s)POST /faults was refused with 4.*no-such-kind"):
                nemo_world.control("POST", "/faults", {"kind": "no-such-kind"})
        """
    )
    alone.runpytest_subprocess(*BOTH).assert_outcomes(passed=1)


def test_settings_with_function_scope_are_refused_with_a_remedy(alone: pytest.Pytester) -> None:
    alone.makepyfile(
        """
        import pytest

        @pytest.fixture
        def nemo_settings():
            return None

        def test_one(nemo_client):
            nemo_client.token()
        """
    )
    done = alone.runpytest_subprocess(*BOTH)
    done.assert_outcomes(errors=1)
    done.stdout.fnmatch_lines(["*nemo_settings must have session scope*scope=*session*"])
    assert "ScopeMismatch" not in done.stdout.str()
