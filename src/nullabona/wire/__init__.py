"""What bytes mean between a client and an operator's services: pure functions and typed structs, no I/O and no clock.

Spec: spec/relay.md (requests, boxes, blobs), spec/frame.md (frames and padding), spec/operator-notice.md (notices).
"""
