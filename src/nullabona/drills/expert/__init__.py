"""The expert of the officers: reads the files of a relay and what is known of its process."""
