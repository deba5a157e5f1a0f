"""What the docket decides: states, roles, actions, deadlines, slots and recounting. No I/O, no clock, no chance."""
