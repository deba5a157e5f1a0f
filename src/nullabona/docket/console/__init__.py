"""The legal desk's web console (spec/console.md): passkeys, sessions, pages. The desk decides what is allowed.

``rules`` are pure, ``store`` keeps passkeys and sessions, ``passkeys`` checks who signs in, ``pages`` are shown to
officers, ``routing`` says who may use them, `nullabona.docket.console.run` owns the socket and the clock.
"""
