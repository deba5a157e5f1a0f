"""nullabona: a messenger whose operator can obey every order in full and still has nothing to give.

The tree is the architecture (ARCHITECTURE.md): ``wire`` says what bytes mean, ``relay`` and ``directory``
are the operator's side, ``client`` is the person's side, ``cli`` is a face of ``client.api``.
"""
