"""The legal desk's web console (spec/console.md): passkeys, sessions, pages. The desk decides what may be done.

``rules`` are pure, ``store`` keeps passkeys and sessions, ``passkeys`` checks who signs in, ``pages`` show and ask,
``routing`` says who may ask for what, `nullabona.docket.console.run` holds the socket and the clock.
"""
