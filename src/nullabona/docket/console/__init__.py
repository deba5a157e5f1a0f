"""The legal desk's web console (spec/console.md): passkeys, sessions, pages. What is done is the desk's to decide.

``rules`` decide (pure), ``store`` keeps passkeys and sessions, ``passkeys`` let in, ``pages`` show and ask,
`nullabona.docket.console.run` holds the socket and the clock.
"""
