"""What drills need around their story: the servers that they attack, and a folder of their own."""
