"""Checks of credits: what is left, what is reserved, and what work costs."""

from __future__ import annotations

from nemovideo_contract.suite.context import Context
from nemovideo_contract.suite.marks import requirement
from nemovideo_contract.suite.messages import NO_SESSION, REEL, draft_of

PARTS = ("available", "frozen", "total")


@requirement("credits-read")
def test_a_balance_is_three_whole_numbers_and_does_not_change(context: Context) -> None:
    one, two = context.caller.credits(), context.caller.credits()
    for name in PARTS:
        context.must("credits-read", one.number("data", name) >= 0, f"{name} from 0 on", one)
    context.equal("credits-read", two.json, one.json, "the balance when it is read again")


@requirement("credits-sum", "credits-frozen", "credits-editing", "credits-operation")
def test_the_price_of_work_is_frozen_and_then_spent(context: Context) -> None:
    caller = context.caller
    before, session_id = caller.balance(), caller.new_session()
    caller.upload(session_id)
    with caller.open_upload(caller.new_session()):
        with caller.open_stream(session_id, REEL) as listening:
            during = caller.credits()
        gone = listening.answer
    available, frozen, total = (during.number("data", name) for name in PARTS)
    context.must("credits-sum", total == available + frozen, "total as the sum of both", during)
    missed = "the work may have been over when the balance was read"
    context.doubt_if_missed("credits-frozen", frozen > 0, missed, gone, during)
    context.must("credits-frozen", frozen > 0, "something frozen while work runs", during)
    context.must("credits-frozen", gone.status == 200, "a message that is taken", gone)
    # Where operations are paid for, nothing is frozen before the first: the draft says that the work is over.
    is_cancelled = context.profile.disconnect == "cancel"
    caller.wait_for_work(session_id, None if is_cancelled else lambda answer: bool(draft_of(answer)))
    after = caller.credits()
    context.must("credits-frozen", after.number("data", "frozen") == 0, "nothing frozen after it", after)
    made = caller.reel()
    price = made.credits_before - made.credits_after
    context.equal("credits-editing", price, 50, "the price of the first work on uploads")
    calls = max(1, len(made.turn.tools))
    context.must("credits-operation", calls <= price <= 3 * calls, "1 to 3 for each tool call", f"{price} for {calls}")
    held = caller.balance()
    caller.say(made.session_id, "Change the title to 'Gion'")
    caller.wait_for_work(made.session_id)
    context.equal("credits-editing", caller.balance(), held, "the balance after more work in that session")
    context.must("credits-sum", caller.balance() <= before, f"at most {before}", caller.balance())


@requirement("credits-export")
def test_an_export_costs_nothing(context: Context) -> None:
    exported = context.caller.exported
    context.equal("credits-export", exported.credits_after, exported.credits_before, "the balance after it")


@requirement("credits-free")
def test_sessions_uploads_reads_and_refusals_cost_nothing(context: Context) -> None:
    caller = context.caller
    before = caller.balance()
    session_id = caller.new_session()
    caller.upload(session_id)
    caller.state(session_id)
    caller.state(NO_SESSION)
    caller.expecting_refusal().say(NO_SESSION, REEL)
    context.equal("credits-free", caller.balance(), before, "the balance after it")


@requirement("credits-isolated")
def test_one_accounts_work_changes_no_other_accounts_balance(context: Context) -> None:
    other = context.anonymous("other") if context.profile.client_id == "required" else context.anonymous("token")
    before = other.balance()
    context.caller.reel()
    context.equal("credits-isolated", other.balance(), before, "the other account's balance")
