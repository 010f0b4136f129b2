"""Users: passwords that are hashed, sessions that end, commands that refuse clearly."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import text

from hotline.__main__ import main
from hotline.records import Records
from hotline.users import UserError, Users
from tests.signed_in import PASSWORD


class Clock:
    now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def users(database_url: str, clock: Clock) -> Iterator[Users]:
    records = Records(database_url)
    yield Users(records, idle_s=600, now=clock)
    records.close()


def test_only_name_and_password_together_open_the_door(users: Users) -> None:
    users.add("Wang", "agent", PASSWORD)
    found = users.check("wang", PASSWORD)
    assert found and (found.name, found.role) == ("Wang", "agent")
    assert users.check("wang", PASSWORD + "x") is None
    assert users.check("nobody", PASSWORD) is None
    with users.records.reading() as connection:
        kept = connection.execute(text("SELECT password FROM users")).scalar_one()
    assert kept.startswith("$argon2id$") and PASSWORD not in kept


def test_a_session_ends_with_idle_time_sign_out_and_a_user_switched_off(users: Users, clock: Clock) -> None:
    user = users.add("wang", "agent", PASSWORD)
    idle, left, off = users.open_session(user), users.open_session(user), users.open_session(user)
    users.end_session(left)
    assert users.session(left) is None and users.session(idle) == user
    clock.now += 590
    users.touch(off)
    clock.now += 20
    assert users.session(idle) is None, "610 s without a touch"
    assert users.session(off) == user, "touched 20 s ago"
    users.set_active("wang", False)
    assert users.session(off) is None and users.check("wang", PASSWORD) is None
    users.set_active("wang", True)
    assert users.session(off) is None, "a session that was ended stays so"


def test_an_ended_session_cannot_be_touched_back_to_life(users: Users, clock: Clock) -> None:
    token = users.open_session(users.add("wang", "agent", PASSWORD))
    clock.now += 700
    users.touch(token)
    assert users.session(token) is None


def test_no_session_outlives_its_shift(users: Users, clock: Clock) -> None:
    user = users.add("wang", "agent", PASSWORD)
    token = users.open_session(user)
    for _ in range(100):
        clock.now += 590
        users.touch(token)
    assert users.session(token) is None


def test_a_new_password_signs_out_everywhere(users: Users) -> None:
    token = users.open_session(users.add("wang", "agent", PASSWORD))
    users.set_password("wang", "another horse 43")
    assert users.session(token) is None and users.check("wang", PASSWORD) is None
    assert users.check("wang", "another horse 43")


@pytest.mark.parametrize(
    ("name", "role", "password", "why"),
    [
        ("wang li", "agent", PASSWORD, "name"),
        ("", "agent", PASSWORD, "name"),
        ("WANG", "agent", PASSWORD, "already"),
        ("li", "boss", PASSWORD, "role"),
        ("li", "agent", "short", "password"),
        ("lixiaoming", "agent", "my LiXiaoMing 1", "password"),
        ("li", "agent", "aaaaaaaaaaaa", "password"),
    ],
)
def test_what_makes_no_user(users: Users, name: str, role: str, password: str, why: str) -> None:
    users.add("wang", "agent", PASSWORD)
    with pytest.raises(UserError, match=why) as refused:
        users.add(name, role, password)
    assert password not in str(refused.value)
    assert [user.name for user in users.all()] == ["wang"]


def test_the_first_user_is_made_by_command_line(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("HOTLINE_VAR", str(tmp_path))

    def run(*words: str, password: str = "") -> Result:
        return CliRunner().invoke(main, ["user", *words], input=password)

    assert run("add", "wang", "--role", "agent", "--password-stdin", password="short\n").exit_code == 2
    assert run("add", "wang", "--role", "agent", "--password-stdin", password=PASSWORD + "\n").exit_code == 0
    assert '"name": "wang"' in run("list", "--json").stdout
    again = run("add", "wang", "--role", "agent", "--password-stdin", password=PASSWORD + "\n")
    assert again.exit_code == 2 and "already" in again.stderr and PASSWORD not in again.stderr
    assert run("off", "nobody").exit_code == 2
