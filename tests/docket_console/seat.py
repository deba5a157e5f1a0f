"""An officer at a screen: a browser context of their own with two virtual authenticators (WebAuthn of the CDP)."""

from __future__ import annotations

from typing import Any, Final, Literal, Self

from playwright.sync_api import Browser, BrowserContext, CDPSession, Page, expect

from tests.docket_console.place import Place

PATIENCE_MS: Final = 15_000
DESKTOP: Final = {"width": 1280, "height": 860}
PHONE: Final = {"width": 390, "height": 844}
_AUTHENTICATOR: Final = {
    "protocol": "ctap2",
    "ctap2Version": "ctap2_1",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "hasPrf": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


class Seat:
    """Errors of the page and breaches of its policy fail the test."""

    def __init__(
        self, browser: Browser, place: Place, name: str, *, lang: str = "en", theme: Literal["light", "dark"] = "light",
        viewport: dict[str, int] | None = None,
    ) -> None:  # fmt: skip
        self.place = place
        self.name = name
        self.lang = lang
        self.errors: list[str] = []
        self.context: BrowserContext = browser.new_context(
            viewport=viewport or DESKTOP,  # type: ignore[arg-type]
            locale="ko-KR" if lang == "ko" else "en-GB",
            color_scheme=theme,
            reduced_motion="reduce",
        )
        self.context.set_default_timeout(PATIENCE_MS)
        self.page: Page = self.context.new_page()
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", lambda said: self.errors.append(said.text) if "Policy" in said.text else None)
        self._cdp: CDPSession = self.context.new_cdp_session(self.page)
        self._cdp.send("WebAuthn.enable", {"enableUI": False})
        self._keys: list[str] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self.context.close()
        if kind is None:
            assert self.errors == []

    def cdp(self, method: str, **parameters: Any) -> Any:  # noqa: ANN401 - what the protocol gives
        return self._cdp.send(f"WebAuthn.{method}", parameters)

    def plug(self, transport: str = "usb") -> str:
        """Another authenticator; only the newest answers."""
        for other in self._keys:
            self.cdp("setAutomaticPresenceSimulation", authenticatorId=other, enabled=False)
        made = self.cdp("addVirtualAuthenticator", options={**_AUTHENTICATOR, "transport": transport})
        self._keys.append(str(made["authenticatorId"]))
        return self._keys[-1]

    def hold(self, number: int) -> None:
        """Take one of the authenticators in hand; the others are out of reach."""
        for at, other in enumerate(self._keys):
            self.cdp("setAutomaticPresenceSimulation", authenticatorId=other, enabled=at == number)

    @property
    def authenticators(self) -> list[str]:
        return self._keys

    # -- what officers do again and again -----------------------------------------------------------------------------

    def go(self, path: str) -> Page:
        self.page.goto(f"{self.place.origin}{path}")
        return self.page

    def button(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).click()

    def enrol(self, *, known: bool = True) -> str:
        """With two authenticators; the identity that was shown."""
        invited = self.place.tell("invite", officer=self.name, known=known)
        self.go(f"/enrol#{invited['token']}")
        expect(self.page.locator("#steps")).to_be_visible()
        for number, transport in enumerate(("usb", "internal")):
            self.plug(transport)
            self.page.locator("#label").fill(f"key {number}")
            self.page.locator("#add").click()
            expect(self.page.locator("#labels li")).to_have_count(number + 1)
        self.page.locator("#identity").fill(invited["identity"]) if known else None
        self.page.locator("#finish").click()
        if known:
            self.page.wait_for_url("**/sign-in*")
            return str(invited["identity"])
        expect(self.page.locator("#paper")).to_be_visible()
        return self.page.locator("#key").inner_text()

    def arrive(self) -> Self:
        """Enrolled, admitted and signed in."""
        self.enrol()
        assert self.place.tell("admit", officer=self.name) == len(self._keys)
        self.sign_in()
        return self

    def sign_in(self, path: str = "/sign-in") -> None:
        self.go(path)
        self.page.locator("#sign-in").click()
        self.page.wait_for_url(lambda url: "/sign-in" not in url)

    def sign(self) -> None:
        """Sign what the page asks for, and wait for what it leads to."""
        before = self.page.url
        self.page.locator("#sign").click()
        self.page.wait_for_function(
            "url => location.href !== url || document.getElementById('said')?.textContent", arg=before
        )
