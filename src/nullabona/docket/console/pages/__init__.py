"""The pages: each module shows one thing and reads its forms. The desk decides whether it may be done."""
