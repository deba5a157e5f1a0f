"""The drill ``docket``: demands pass through a real desk while people talk; then its record is lied about.

``office`` is the desk and those who work at it, ``demands`` what arrives, ``walking`` one demand's way, ``packages``
what standard tools say of an answer, ``spoiling`` what is done to one afterwards, ``audit`` who counts, ``striking``
and ``tampering`` what an operator could try, ``scenario`` the drill, ``act`` the demo's. All but this file needs the
extra ``nullabona[docket]``.
"""
