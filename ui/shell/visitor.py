"""What one visitor has made so far: one typed value in their session, and nowhere else."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from secrets import token_urlsafe
from typing import Any

import streamlit as st
from pydantic import BaseModel
from streamlit.runtime.scriptrunner import get_script_run_ctx

from synth.api.team.members import Entrance
from synth.budget import Audience, Entry, Opened
from synth.budget.eyes import ForCustodian
from synth.budget.ledger import rho_in
from synth.budget.population import LOOKED
from synth.errors import SynthError
from synth.evaluate import Comparison
from synth.evaluate.kept import Kept
from synth.ingest import Loaded
from synth.ingest.declaration import ColumnPart, declared
from synth.ingest.linked import LoadedLinked
from synth.protect.steps import Stage
from synth.release import Bundle
from synth.release.signature import key_set
from synth.runs import Recipe
from synth.runs.accounts import in_operators_ledger
from synth.runs.audit import Asked, Ended, brought
from synth.runs.bounds import of_server
from synth.runs.elsewhere import Elsewhere
from synth.runs.job import Job
from synth.runs.memory import Memory
from synth.runs.question import Question
from synth.runs.recipe import ChildrenPart, ReleasePart
from synth.runs.rewording import reworded
from synth.runs.trials import Trial
from synth.schema import Schema
from synth.vault.linked import LinkedRows
from ui.shell.places import page
from ui.shell.polling import polled
from ui.shell.signed_in import SINCE, member, sign_in
from ui.shell.visits import COOKIE, Returned, Visits, key_of

KEY = "visitor"
MOST_REMEMBERED = 5  # releases of queries that are kept to be given again
MOST_RUNS = 100  # finished runs that are compared, without their rows


@dataclass(frozen=True)
class Made:
    """A finished run: the bundle, what it was made by, and findings for the custodian."""

    recipe: Recipe
    zipped: bytes
    comparison: Comparison
    linked: Comparison | None = None  # of the rows of a second table beside their people
    found: dict[int, Kept] = field(default_factory=dict, compare=False)  # by length, when asked

    @cached_property
    def bundle(self) -> Bundle:
        return Bundle.read(io.BytesIO(self.zipped))

    @cached_property
    def trial(self) -> Trial:
        """What stays of it when the next one is made."""
        return Trial(self.recipe, self.bundle.statement.guarantee.short, self.comparison)


@dataclass(frozen=True, repr=False)
class Upload(ForCustodian):
    """A file whose bytes are kept for as long as it is open how to read it."""

    name: str
    content: bytes
    error: SynthError | None = None  # why it could not be read so far


Note = Callable[[Asked], None]  # writes down how a query ended, and at what cost


@dataclass
class Visitor:
    """The table, the decisions, the running job and the last finished run.

    Decisions live in `recipe` alone; screens edit it, runs read it.
    """

    loaded: Loaded | None = None
    second: LoadedLinked | None = None  # another table, whose rows belong to the people of this one
    table_name: str = ""
    upload: Upload | None = None  # while it is open how to read it
    recipe: Recipe = field(default_factory=Recipe)
    job: Job | None = None
    made: Made | None = None
    finished: list[Made] = field(default_factory=list)  # the last run of this table, in all tabs
    repeated: bool = False  # whether `made` is what was released of the same query before
    runs: list[Trial] = field(default_factory=list)  # of this table, oldest first
    entries: list[Entry] = field(default_factory=list)
    files: dict[str, str] = field(default_factory=dict)  # look-up tables and hierarchies, by name
    past: list[tuple[dict[str, Any], ...]] = field(default_factory=list)  # steps before each change
    works: dict[str, Any] = field(default_factory=dict)  # by what it is about, ui/shell/work.py
    matters: dict[str, str] = field(default_factory=dict)  # how much detail, by column
    searched: str = ""  # the key of the last search of the lattice
    stages: dict[str, Stage] = field(default_factory=dict)  # what the steps lead to, by the steps
    queries: dict[str, str] = field(default_factory=dict)  # as they stand in the field, by database
    refused: tuple[str, SynthError] | None = None  # the last query that could not be answered
    question: Question | None = None  # what a database was asked for this table
    elsewhere: Elsewhere | None = None  # where its rows stay, for whoever runs on them
    memory: Memory[Made] = field(default_factory=lambda: Memory(most=MOST_REMEMBERED))  # of queries
    owner: str = field(default_factory=lambda: token_urlsafe(16))  # of jobs, in all tabs

    def bring(
        self,
        loaded: Loaded,
        name: str,
        question: Question | None = None,
        *,
        again: bool = False,
        elsewhere: Elsewhere | None = None,
    ) -> None:
        """A new table: everything made from the old one goes, the method and its knobs stay.

        Decisions of a recipe that was opened before any table are about this one, and stay too, as
        those about the answer to a query do when it is asked again. Queries of one database are
        about the same people, so what they cost adds up.
        """
        now, before = (q.spelt if q else ("", "") for q in (question, self.question))
        people = question is not None and now[0] == before[0]
        same = again or (people and now == before)
        if self.job is not None:
            self.job.cancel()
        none = {"column": (), "protect": (), "rules": (), "children": ChildrenPart()}
        gone = {} if self.loaded is None or same else none
        self.second = self.second if same else None
        source = self.recipe.source.model_copy(update={"stay": elsewhere is not None})
        kept = self.recipe.model_copy(update={**gone, "source": source})
        if gone or kept.people.column not in ("", *loaded.suggestions):
            # Who is a person is about one table: in another, the same name may cap all rows away.
            whom = kept.people.model_copy(update={"column": "", "rows": 1})
            kept = kept.model_copy(update={"people": whom})
        self.loaded, self.table_name, self.recipe = loaded, name, kept
        self.job, self.made, self.finished, self.repeated = None, None, [], False
        self.upload = self.upload if again else None
        self.entries = self.entries if people or again else []
        self.question, self.elsewhere = question, elsewhere
        self.matters = self.matters if same else {}
        self.stop_works()
        self.past, self.stages, self.works, self.searched, self.runs = [], {}, {}, "", []

    def stop_works(self) -> None:
        """Stop what is worked out beside the screens, and let go of its rows and its place."""
        for work in self.works.values():
            if not work.finished.is_set():  # another tab may still look at what is
                work.stop()

    def decide(self, **parts: BaseModel | Sequence[Any]) -> None:
        """Change parts of the recipe; a finished run stays until the next one is done."""
        self.recipe = self.recipe.model_copy(update=parts)

    def declare(self, parts: Sequence[ColumnPart]) -> None:
        """Declare columns; refuses, changing nothing, what contradicts the table."""
        assert self.loaded is not None
        own = [p for p in parts if p.name in self.loaded.suggestions]
        declared(self.loaded.suggestions, own)
        later = [p for p in self.recipe.column if p.name not in self.loaded.suggestions]
        self.decide(column=(*own, *(p for p in parts if p not in own and p not in later), *later))

    def reword(self, made: Made, words: ReleasePart) -> None:
        """Other words about a finished release, and about the next; its rows stay.

        Raises:
            BundleError: it cannot be made again here.
        """
        zipped = reworded(made.bundle, words.title, words.about, key_set())
        said = {"title": words.title, **vars(words.about)}
        recipe = made.recipe.model_copy(
            update={"release": made.recipe.release.model_copy(update=said)}
        )
        new = replace(made, recipe=recipe, zipped=zipped)
        self.made, self.finished[:] = new, [new]
        self.decide(release=self.recipe.release.model_copy(update=said))
        if asking := self._asking(recipe):
            self.memory.keep(asking, new, len(zipped))

    def protect(self, steps: Sequence[Mapping[str, Any]]) -> None:
        """Change the de-identification steps; `undo` takes it back."""
        self.past.append(self.recipe.protect)
        self.decide(protect=tuple(dict(s) for s in steps))

    def undo(self) -> None:
        """The steps as they were before the last change."""
        if self.past:
            self.decide(protect=self.past.pop())

    def again(self) -> Visitor:
        """The same for another tab, which decides for itself from now on; what is spent adds up."""
        past, queries, works = list(self.past), dict(self.queries), dict(self.works)
        matters = dict(self.matters)
        return replace(self, past=past, queries=queries, works=works, matters=matters)

    @property
    def busy(self) -> bool:
        """Whether a run goes on."""
        return self.job is not None and not self.job.finished.is_set()

    @property
    def schema(self) -> Schema:
        """The schema as suggested, with the visitor's declarations over it."""
        assert self.loaded is not None
        own = [p for p in self.recipe.column if p.name in self.loaded.suggestions]
        return declared(self.loaded.suggestions, own)

    @property
    def stale(self) -> bool:
        """Whether decisions changed since the last finished run, but for what the rows are for."""
        if self.made is None:
            return False
        wanted = self.wanted
        return self.made.recipe.model_copy(update={"purpose": wanted.purpose}) != wanted

    @property
    def wanted(self) -> Recipe:
        """The recipe as it runs: with ORDER BY and LIMIT of its query, in the operator's ledger."""
        asked = self.question
        told = self.recipe if asked is None else self.recipe.following(asked.query)
        return in_operators_ledger(told)

    @property
    def rho_spent(self) -> float:
        """What all runs on this table in this session have spent together."""
        return rho_in(self.entries)

    @property
    def opened(self) -> bool:
        """Whether a run saw the rows themselves, which no epsilon bounds."""
        return any(isinstance(e, Opened) and e.audience is Audience.RELEASE for e in self.entries)

    @property
    def looks(self) -> int:
        """How many runs on this table were held against the real rows in this session."""
        return sum(isinstance(e, Opened) and e.reason == LOOKED for e in self.entries)

    def run(self, note: Note = lambda asked: None) -> None:
        """Start a run of the recipe in a worker.

        The same query with the same recipe is answered from what was already released.
        """
        assert self.loaded is not None
        earlier = self.memory.recall(self._asking(self.wanted))
        self.repeated = earlier is not None
        if earlier is not None and self.question is not None:
            note(self.question.asked(self.recipe).ending(Ended.REPEATED))
            self.made, self.finished[:] = earlier, [earlier]
            self.decide(source=earlier.recipe.source)  # the query as it was spelt then
            return
        self.job = self.job_of(self.wanted, note)
        self.job.start(self.elsewhere or self.loaded.private, of_server(), self.linked_rows)

    def job_of(self, recipe: Recipe, note: Note = lambda asked: None) -> Job:
        """A job without a way back to the visitor, who may leave while it runs."""
        own: list[Entry] = []
        every, asked = self.entries, self.asked

        def heard(entry: Entry) -> None:
            own.append(entry)
            every.append(entry)

        def over(job: Job) -> None:
            note(job.ending(asked, job.spent(own)))

        return Job(recipe, heard, dict(self.files), over, self.looks, owner=self.owner)

    @property
    def linked_rows(self) -> LinkedRows | None:
        """The rows of the second table, for a job; None where there is none."""
        return None if self.second is None else self.second.rows

    @property
    def asked(self) -> Asked:
        """What a run of this table is about, for the audit log."""
        if self.question is not None:
            return self.question.asked(self.recipe)
        return brought(self.table_name, self.recipe.method.name)

    def _asking(self, recipe: Recipe) -> str:
        """The same for every run that asks a database the same; "" where none was asked, or more.

        What a second table holds is not in the question.
        """
        if self.question is None or recipe.children.there:
            return ""
        return self.question.key(recipe, self.files)

    def keep_run(self, trial: Trial) -> None:
        """Keep what came of a run to be compared with others, once."""
        if not any(one is trial for one in self.runs):
            self.runs = [*self.runs, trial][-MOST_RUNS:]

    def collect(self) -> bool:
        """Take over the result of a finished job; whether there was one.

        A tab that has made nothing of its table takes what another one has made of it.
        """
        job = self.job
        if job is None and self.made is None and self.finished:
            self.made = self.finished[-1]
            self.keep_run(self.made.trial)
        if job is None or not job.finished.is_set() or job.bundle is None or job.comparison is None:
            return False
        if self.made is None or self.made.zipped is not job.bundle:
            self.made = Made(job.recipe, job.bundle, job.comparison, job.linked)
            self.finished[:] = [self.made]
            self.keep_run(self.made.trial)
            if asking := self._asking(job.recipe):
                self.memory.keep(asking, self.made, len(job.bundle))
        self.job = None
        return True


VISITS: Visits[Visitor] = Visits(lambda who: who.busy)  # of this server
RETURNED = Returned()
ANEW = "visits.anew"  # of a tab that came back to a server that was started meanwhile
STARTED_ANEW = (
    "This server was started anew since this browser was last here, or it is another one. If you "
    "had a table on these screens, it is gone, as it is kept in memory alone and never on a disk: "
    "please bring it again."
)


def visitor() -> Visitor:
    """This tab's state: its own once it is open, at first what its browser left off with."""
    key, context = visit(), get_script_run_ctx()
    if KEY not in st.session_state:
        left = VISITS.recall(key)
        st.session_state[ANEW] = RETURNED.tell(_secret()) and (left is None or left.loaded is None)
        st.session_state[KEY] = Visitor() if left is None else left.again()
    found: Visitor = st.session_state[KEY]
    if context is not None:
        VISITS.keep(key, found, context.session_id)
    return found


def say_started_anew() -> None:
    """Why the screens are empty, where a restart is the reason; until there is a table again."""
    if st.session_state.get(ANEW) and visitor().loaded is None:
        st.info(STARTED_ANEW)


def forget() -> None:
    """Stop this visitor's run, and drop everything they brought and made."""
    who = visitor()
    if who.job is not None:
        who.job.cancel()
    who.stop_works()
    who.finished.clear()
    VISITS.forget(visit())
    since = {SINCE: st.session_state[SINCE]} if SINCE in st.session_state else {}
    st.session_state.clear()
    st.session_state.update(since)  # what a proxy said is no newer for that


def this_tab() -> str:
    """The session of this tab; "" outside one."""
    context = get_script_run_ctx()
    return context.session_id if context is not None else ""


def visit() -> str:
    """The key of whoever is signed in, or else of this browser; "" where it keeps no cookies."""
    who = member()
    if who is not None and sign_in().way is not Entrance.LOCAL:
        return key_of("", who.id)
    return key_of(_secret(), "")


def _secret() -> str:
    """The secret of this browser; "" where it keeps no cookies."""
    secret: object = st.context.cookies.get(COOKIE)
    return secret if isinstance(secret, str) else ""


def need_table() -> tuple[Visitor, Loaded]:
    """The visitor and their table, or a word on where to bring one."""
    who = visitor()
    if who.loaded is None:
        st.info("First bring a table, or take the sample.")
        st.page_link(page("data"), label="Go to Data", icon=":material/arrow_forward:")
        st.stop()
    return who, who.loaded


def need_made() -> tuple[Visitor, Made]:
    """The visitor and their last finished run, or a word on where to start one."""
    who, _ = need_table()
    if who.made is None and who.job is not None and who.busy:
        st.info("Synthetic data are being made; they show here as soon as they are done.")
        job = who.job
        polled(job.finished.is_set, lambda: _show(job))
        st.stop()
    if who.made is None:
        st.info("First make synthetic data.")
        st.page_link(page("method"), label="Go to Method", icon=":material/arrow_forward:")
        st.stop()
    return who, who.made


def _show(job: Job) -> None:
    """How far a run is, on a screen that waits for it."""
    st.progress(min(1.0, job.share), f"{job.doing.capitalize()} …")


@contextmanager
def explained() -> Iterator[None]:
    """Show an error the person can put right as a sentence, and keep everything they had."""
    try:
        yield
    except SynthError as error:
        st.error(f"{error.what}\n\n**What to do:** {error.remedy}")
