"""The page of an outcome: what was measured, on which machine, what it says, and what it cannot say."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bench.leakage import tables
from bench.leakage.campaign import Outcome, Plan
from bench.leakage.defences import TOGETHER
from bench.leakage.designs import OURS, changed
from bench.leakage.intervals import Verdict
from bench.leakage.plots import Plot
from bench.leakage.rivals import RIVALS
from bench.leakage.tournament import NAMES
from bench.leakage.views import SAYS, View

BUILT_ON: Final = 60
"""Accounts of the societies on which the attackers were built."""
FEW: Final = 5
"""With fewer societies an interval over them says little."""
OTHERS: Final = """\
Of [today's client](leakage-today.md) there is one such page. Three are of the client before
[0061](decisions/0061-inboxes-wake.md): of [several societies](leakage.md), of
[three that live longer](leakage-long.md), and of [one that is larger](leakage-large.md)."""
LOWER: Final = """\
- **V3**: each request is a connection of its own, and every client is sent all activity. What is left are the hours
  in which people are there, which their inboxes show, and the moments in which they make friends or are invited: a
  request comes into one inbox, and soon after a new box is written to; invitations into a group come into many inboxes
  at once, if they are for people who have not talked in twos with anyone who makes it
  ([0029](decisions/0029-invited-by-the-room.md)): in the usual society most are. Since the answer to a request comes in
  a box of its own ([0028](decisions/0028-reply-boxes.md)) no inbox says whose the request was; before, that gave nearly
  every new friendship away (*without reply boxes*). The hours of anyone who reads the new box still say a part.
- **What the directory is asked** told nearly every friendship that began, without any address, where the relay is the
  directory as well. Since [0063](decisions/0063-proofs-compared-without-asking.md) a request brings the proof of its
  card and leaves nothing to ask. A directory that is not the relay's takes the rest
  from the relay's sight.
- **V4** adds the address. Only somebody in between takes it away: Tor, or a network address that many share. The client
  gives a SOCKS proxy another name for each connection, so that Tor leads each another way; a relay reached so is V3.
- **V5** adds whose inbox is where and who looks up whom. An inbox at another operator's relay, and a directory that is
  not the relay's, part what one machine sees; nobody measures here what two machines see that do not talk.
- **Longer.** Against somebody who watches for months, hours of presence tell more than they do here. Only a device that
  reads around the clock, whether its owner is there or not, leaves none.
- **Who lies.** A relay that reports activity to one device alone, and sees a read, learns that the two belong together.
  The connection on which it told is left after two minutes on average; but the next one asks for the activity since, by
  its number, and so does nobody else who left at another moment: with few devices the two can be tied together, and a
  chain of them is as long as its device is there. What is asked for is the same for all, so this says who is there and
  not for what. Unmeasured."""
GIVES: Final = """\
Most is told by which connections begin: ours opens one for each request, where the models keep one open. Making a room
is look-ups and a letter of 16 KiB, being taken into one a read of the inbox that brings as much. Since receipts are
slim (0067), what is read is followed by a frame less often; before, it was recognised [nearly always](leakage.md)."""
WORDS: Final = {Verdict.WIN: "We leak less", Verdict.TIE: "No difference can be told", Verdict.LOSE: "We leak more"}


@dataclass(frozen=True, slots=True)
class Pictures:
    """The plots and where they lie, from the page."""

    plots: Sequence[Plot]
    where: str = ""

    def show(self, file: str) -> str:
        """The plot as an image with its alternative text; nothing if it was not drawn."""
        return next((f"![{plot.alt}]({self.where}{file})" for plot in self.plots if plot.file == file), "")


def write(outcome: Outcome, plan: Plan, pictures: Pictures, command: str, ran_on: str) -> str:
    """The page as Markdown."""
    verdicts = _verdicts(outcome) if plan.seeds > 1 else ""  # of one society nothing is won or lost
    parts = [_head(plan, command, ran_on), verdicts, _views(outcome, plan, pictures), _snapshots(outcome)]
    parts += [
        _asked(outcome),
        _met(outcome, plan),
        _hindsight(outcome, plan),
        _groups(outcome),
        _first(outcome, pictures),
        _activity(outcome),
        _ablation(outcome, pictures),
    ]
    parts += [_together(outcome), _lower(outcome), _prices(outcome), _models(), _limits(plan)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _section(title: str, *parts: str) -> str:
    return "\n\n".join(part for part in (f"## {title}", *parts) if part)


def _head(plan: Plan, command: str, ran_on: str) -> str:
    size = plan.size
    return f"""# What a server's machine learns of who talks with whom

Made by `{command}`; do not edit it.
The same society of {size.accounts:,} accounts lives {_days(plan)} with our design (the real client and relay cores)
and with models of four others. {_acquainted(plan)}{_seized(plan)}Attackers get what each machine saw or kept, and
guess. {_means(plan)}
Which attacker is reported for a design and a view was decided on {_chosen_on(plan)};
the rows of all attackers are in the data that the command writes.

{OTHERS}

Measured on: {ran_on}."""


def _days(plan: Plan) -> str:
    return f"the first {plan.seized} of {plan.size.days} days" if plan.seized else f"{plan.size.days} days"


def _acquainted(plan: Plan) -> str:
    if not plan.size.acquainted:
        return ""
    return "Anyone who makes a group has talked in twos with everybody in it before.\n"


def _seized(plan: Plan) -> str:
    if not plan.seized:
        return ""
    return f"The machine is seized on the evening of day {plan.seized}, and nothing is seen later.\n"


def _tried(plan: Plan) -> int:
    """How many attackers play."""
    return len(NAMES) - len(plan.untried)


def _means(plan: Plan) -> str:
    if plan.seeds == 1:
        return "It is one society:\nnothing here says how much another would differ."
    return f"""Figures are means over
{plan.seeds} societies; in brackets the lowest and the highest of them."""


def _chosen_on(plan: Plan) -> str:
    if not plan.choice:
        return (
            "the societies of another page (where it was the one that learns, which nobody did here, the best here is)"
        )
    if plan.choice == 1:
        return "one other society (who learns was judged there on each half of the pairs by the other half)"
    return f"{plan.choice} other societies"


def _verdicts(outcome: Outcome) -> str:
    how = (
        "Less is better. Each society gives a difference between ours and the other; a row is won or lost when the 95 %"
        " t interval of the differences leaves zero out, which takes for granted that they are spread as errors are."
        " (That all of three differences have one sign, as a bootstrap would ask, happens by chance in one of four"
        " cases.) For V1 and V2 what is compared is how far each guess is above the mean of the same guess with"
        " everybody's names exchanged; where neither is above 95 of 100 of those, it is a tie. The last column is the"
        " same for the attackers that turned out best for each."
    )
    return _compared("Where we win, tie and lose", how, [*tables.verdicts(outcome), *tables.activity_lines(outcome)])


def _compared(title: str, how: str, lines: Sequence[tables.Line]) -> str:
    if not lines:
        return ""
    said = []
    for verdict, sentence in WORDS.items():
        rows = [f"{line.view or tables.ACTIVITY} beside {line.rival}" for line in lines if line.verdict is verdict]
        said.append(f"- **{sentence}** in {len(rows)} of {len(lines)} rows{': ' + '; '.join(rows) if rows else ''}.")
    return _section(title, how, "\n".join(said), tables.as_markdown(tables.verdict_table(lines)))


def _together(outcome: Outcome) -> str:
    how = (
        "`--fast` is the other choice: all rooms of a relay share one connection, on which it waits for wake"
        " tokens. It is for slow networks and for relays so large that polling is too much. A watcher then sees"
        " which boxes one device reads."
    )
    return _compared("If rooms share a connection", how, tables.verdicts(outcome, changed(TOGETHER)))


def _lower(outcome: Outcome) -> str:
    """What would lower the figures of anyone who watches what passes."""
    if not tables.verdicts(outcome, changed(TOGETHER)):
        return ""
    return _section("What would lower V3, V4 and V5", LOWER)


def _views(outcome: Outcome, plan: Plan, pictures: Pictures) -> str:
    edges = (
        "Average precision over all pairs of accounts; an edge is a pair with a room for two in which somebody wrote."
        " The views:"
    )
    best = (
        "These are the attackers that were chosen elsewhere. The same for those that turned out best here, of all"
        f" {_tried(plan)}; anyone who takes the best of so many is a little above what chance gives each:"
    )
    named = (
        "A person whom the attacker cannot name counts as found only through one pseudonym, whichever holds most of"
        " what they did."
    )
    return _section(
        "Who talks with whom, by view",
        edges,
        "\n".join(f"- **{view}**: {SAYS[view]}." for view in View),
        pictures.show("edges.svg"),
        tables.as_markdown(tables.edges(outcome)),
        best,
        tables.as_markdown(tables.best_edges(outcome)),
        named,
        tables.as_markdown(tables.attackers(outcome)),
    )


def _snapshots(outcome: Outcome) -> str:
    table = tables.snapshots(outcome)
    said = []
    for view in (View.DISK, View.MEMORY):
        rows = [row for row in table[1:] if row[0] == view]
        above = sum(row[-1] == "yes" for row in rows)
        if rows and above:
            said.append(f"- **{view}**: the guess is above chance in {above} of {len(rows)} societies.")
        elif rows:
            said.append(f"- **{view}**: the guess is above chance in none of {len(rows)} societies.")
    if not said:
        return ""
    return _section("Disk and memory of ours, society by society", "\n".join(said), tables.as_markdown(table))


def _asked(outcome: Outcome) -> str:
    how = (
        "V3 and V4 are of a relay whose people have their cards elsewhere. By default it is their directory, too, and"
        " anyone who watches it then sees what that is asked, over connections that name nobody. A request comes into"
        " an inbox whose owner is on a card; until requests brought proofs (0063), somebody asked before long for the"
        " card of anyone who asked. In the models of other designs nobody asks who writes, so V3 is all there."
    )
    if not outcome.asked:
        return ""
    return _section("What the directory is asked, without addresses", how, tables.as_markdown(tables.asked(outcome)))


def _met(outcome: Outcome, plan: Plan) -> str:
    how = (
        f"Anyone who watches what passes began on day {plan.tap_from:g}. Pairs whose room for two was in use before are"
        " friends of old, all others met under the tap. Each column leaves the pairs of the other out of the question;"
        " all other figures on this page are of both."
    )
    if not outcome.late:
        return ""
    return _section("Friends of old, and who met under the tap", how, tables.as_markdown(tables.met(outcome)))


def _hindsight(outcome: Outcome, plan: Plan) -> str:
    """Where the attackers were chosen on other sizes of societies, another one may do better."""
    table = tables.hindsight(outcome)
    how = (
        f"The attackers above were chosen on societies of another size. Of all {_tried(plan)} these turned out best"
        " for ours. Anyone who takes the best of so many is now and then above what chance gives each of them."
    )
    return "" if plan.choice or len(table) == 1 else _section("With hindsight", how, tables.as_markdown(table))


def _groups(outcome: Outcome) -> str:
    how = (
        "Extended B-cubed F1 over rooms of three and more, beside the same guess with everybody's names exchanged; the"
        " attacker was chosen as those of pairs were."
        " *Epochs chained* is the share of true successions of a room's boxes that the attacker found."
    )
    return _section("Groups, and rooms that move", how, tables.as_markdown(tables.groups(outcome)))


def _first(outcome: Outcome, pictures: Pictures) -> str:
    how = (
        "For each person with somebody to talk to: what they exchanged in rooms for two until the partner whom the"
        " attacker scores best is one of them. *Never* is the median when that was not so for half of the people."
    )
    if not outcome.first:
        return ""
    table = tables.as_markdown(tables.first(outcome))
    return _section("Messages until the first right guess", how, pictures.show("first.svg"), table)


def _activity(outcome: Outcome) -> str:
    how = (
        "The attack of Park and Kim on KakaoTalk over TLS (99.7 % there), on the sizes, directions and times of what"
        " the connections of one device exchange in some seconds, and on which begin; a random forest, tested on people"
        " it was not trained on."
    )
    table = tables.activity(outcome)
    if len(table) == 1:
        return ""
    each = (
        "The same by what begins: how much of it was recognised. Where a model shows nothing of something, as being"
        " taken into a room in that of the plaintext server, it is taken for nothing; a real server of that kind tells"
        " its people."
    )
    recognised = tables.as_markdown(tables.recognised(outcome))
    parts = [tables.as_markdown(part), GIVES] if len(part := tables.signals(outcome)) > 1 else []
    return _section("What somebody is doing", how, _worst(outcome), tables.as_markdown(table), *parts, each, recognised)


def _worst(outcome: Outcome) -> str:
    """How ours stands among the models."""
    lines = tables.activity_lines(outcome)
    if not lines:
        return ""
    more = sum(line.ours.mean > line.theirs.mean for line in lines)
    if more == len(lines):
        return (
            f"Ours is the worst of the {more + 1} designs here: that it is below every model was asked, and is missed."
        )
    held = "held" if not more else "missed"
    return f"Ours gives away more than {more} of the {len(lines)} models here; that it is below all was asked: {held}."


def _ablation(outcome: Outcome, pictures: Pictures) -> str:
    table = tables.ablation(outcome)
    how = (
        "Ours with one defence taken away (*without*), or otherwise than it is (*with*). Each is to be read beside the"
        " product above it, which is that of the same societies. A connection per box, cover reads and polling are not"
        " in the product."
    )
    shown = pictures.show("ablation.svg")
    return _section("What each defence is worth", how, shown, tables.as_markdown(table)) if len(table) > 1 else ""


def _prices(outcome: Outcome) -> str:
    how = (
        "Bytes are those of frames and files both ways. Carriers, requests, reads that bring nothing, what is polled"
        " and every digest are not among them: of ours, whose devices read all their boxes all day and are sent all"
        " activity, that is far the larger part, and it grows with everybody's talk at the relay. A delay is from the"
        " machine's taking a frame to its handing it to somebody who is connected. In models, delays are their own"
        " numbers and say nothing. Rows of other numbers of societies are of other societies."
    )
    table = tables.prices(outcome)
    return _section("What each costs", how, tables.as_markdown(table)) if len(table) > 1 else ""


def _models() -> str:
    how = (
        "Written from public descriptions; each says at its head which statements of its source it satisfies, and a"
        " test checks every one. Where the source leaves something open, the model has what favours the design."
    )
    rows = [f"- **{name}**: {_first_line(model.__module__)}" for name, model in RIVALS.items()]
    return _section("The models", how, "\n".join(rows))


def _first_line(module: str) -> str:
    return (importlib.import_module(module).__doc__ or "").partition("\n")[0]


def _limits(plan: Plan) -> str:
    limits = [
        "The society is made up. Its shapes come from published studies, its numbers are assumptions.",
        (
            f"{plan.size.accounts:,} accounts at one server, and {plan.seized or plan.size.days} days. In a larger"
            " crowd attacks by timing are harder, those by place are not; over a longer time both are easier."
        ),
        "The models are models: no code of those systems ran. All accounts use one server there, as here.",
        (
            "The attackers are those that are known and were built. A better one may exist: a figure here is a lower"
            " bound of what leaks, and *nothing found* means only that these found nothing."
        ),
        (
            "V2 is what the process keeps: rows, heads, and what waits on which connection until which second. Memory"
            " that it has dropped may hold requests of the last moments too, and where objects lie may hint at when"
            " they came; neither is played here, for any design."
        ),
        "An attacker here watches and does not act: it drops, delays and injects nothing.",
        "V3 gives connections numbers. A watcher who cannot even tell connections apart has less.",
        (
            "The ways of our devices have each a length of their own and differ from message to message by 3 ms on"
            " average, drawn; those of the models are drawn again each time. With steady ways that length alone tells"
            " requests of one device apart: pairs were guessed with 0.81 so, without addresses."
        ),
        "The attackers know the design they attack, but have no account in the society and no device of anybody.",
        (
            "A society begins with nobody's friend: all become friends while the tap is there. Without addresses"
            " friends of old show less, with them as much (`--tap-from`)."
            if not plan.tap_from
            else "Friends of old met in the days before the tap, not years before it."
        ),
    ]
    if plan.size.accounts > BUILT_ON:
        limits.append(
            f"The attackers were built on societies of {BUILT_ON} accounts, and what they are limited to, as how many"
            " people are thought of for one room, was set there. In a larger one a better one is likelier than there."
        )
    if plan.untried:
        limits.append(
            f"Not tried on a society of this size, as it takes too much memory: {', '.join(plan.untried)}. What it"
            " finds in smaller ones is in their data."
        )
    if plan.seeds < FEW:
        are = "One society is" if plan.seeds == 1 else f"{plan.seeds} societies are"
        limits.append(f"{are} few: others may give other figures.")
    return _section("What this cannot say", "\n".join(f"- {limit}" for limit in limits))


def verdict_words(outcome: Outcome) -> str:
    """One line for the terminal."""
    lines = tables.verdicts(outcome)
    counts = {verdict: sum(line.verdict is verdict for line in lines) for verdict in Verdict}
    return f"{OURS}: " + ", ".join(f"{verdict} {count}" for verdict, count in counts.items())
