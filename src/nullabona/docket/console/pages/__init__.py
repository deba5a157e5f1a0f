"""The pages: each module shows one subject and reads its forms. The desk decides whether an action is allowed."""
